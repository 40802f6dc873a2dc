"""The search against plain Python that knows no tokens: texts and questions drawn at random, on both databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random

import pytest

from engine.case.identity import CaseId, PersonId
from engine.errors import InputRefused
from engine.service.ports import CaseFilter
from engine.service.search import search
from tests.support.house import ROOT, House, open_house

HAN, WORDS, GAPS = "食堂夜班热", ("a3", "12", "wifi", "AB"), ("，", " ", "\n", "_", "")
CASES, QUESTIONS, SEED = 30, 120, 20261122


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


def drawn(chance: Random, pieces: int) -> str:
    """Return a text of Chinese characters, words and gaps, words never side by side without a gap."""
    parts: list[str] = []
    for _piece in range(pieces):
        if chance.random() < 0.3:
            parts += [" ", chance.choice(WORDS), chance.choice(GAPS)]
        else:
            parts += ["".join(chance.choices(HAN, k=chance.randint(1, 4))), chance.choice(GAPS)]
    return "".join(parts).strip() or "食堂"


def signs(text: str) -> list[tuple[str, int]]:
    """Return what of a text is compared, in a row: each Chinese character and each word, with the stretch it is of."""
    found: list[tuple[str, int]] = []
    lower = text.lower()
    kinds = ["han" if sign in HAN else "word" if sign.isalnum() else "gap" for sign in lower]
    for stretch, (kind, group) in enumerate(groupby(range(len(lower)), key=lambda at: kinds[at])):
        whole = "".join(lower[at] for at in group)
        if kind == "han":
            found += [(sign, stretch) for sign in whole]
        elif kind == "word":
            found.append((whole, stretch))
    return found


def stands_in(asked: Sequence[tuple[str, int]], text: Sequence[tuple[str, int]]) -> bool:
    """Return whether signs stand in a text one after the other; characters of one stretch in one stretch there."""
    for begin in range(len(text) - len(asked) + 1):
        there = text[begin : begin + len(asked)]
        if [sign for sign, _stretch in there] == [sign for sign, _stretch in asked] and all(
            there[at][1] == there[at + 1][1] for at in range(len(asked) - 1) if asked[at][1] == asked[at + 1][1]
        ):
            return True
    return False


def chunks(typed: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in typed).split()


def can_be_asked(chunk: str) -> bool:
    return any(word.isascii() for word, _stretch in signs(chunk)) or len(chunk) > 1


def test_what_is_found_is_what_a_reader_would_find_with_a_finger_on_the_text(house: House) -> None:
    chance = Random(SEED)
    texts: dict[CaseId, tuple[str, ...]] = {}
    for n in range(CASES):
        subject, *others = drawn(chance, 2).replace("\n", " "), drawn(chance, 5), drawn(chance, 3)
        form = {"subject": subject, "grounds": others[0], "proposed_measures": others[1]}
        texts[house.open("shi" if n % 3 else "zhai", form)] = (subject, *others)
    desk = house.desk
    actor, world = desk.queries.actor(ROOT, PersonId("shen"), house.clock.now()), desk.world(ROOT)
    seen = {line.id for line in desk.queries.page(ROOT, actor, CaseFilter(), limit=CASES + 1).lines}
    assert seen == set(texts)
    hits = 0
    for _question in range(QUESTIONS):
        typed = drawn(chance, chance.randint(1, 2))
        if not any(can_be_asked(chunk) for chunk in chunks(typed)):
            with pytest.raises(InputRefused) as refused:
                search(desk.reads, ROOT, actor, typed, world)
            assert "请至少输入两个连在一起的汉字" in refused.value.text.zh
            continue
        asked = [signs(chunk) for chunk in chunks(typed)]
        expected = [
            case
            for case, parts in reversed(texts.items())
            if all(any(stands_in(one, signs(part)) for part in parts) for one in asked)
        ]
        found = search(desk.reads, ROOT, actor, typed, world)
        assert [line.case.id for line in found.lines] == expected, typed
        listed = desk.queries.page(ROOT, actor, CaseFilter(text=typed), world=world)
        assert {line.id for line in listed.lines} == set(expected), typed
        for line in found.lines:
            assert "".join(piece.text for piece in line.subject) == texts[line.case.id][0]
        hits += len(expected)
    assert hits > QUESTIONS, "questions that find something"
