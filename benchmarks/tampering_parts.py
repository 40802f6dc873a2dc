"""The parts of the hunt ``tamper``, each done in a process and a folder of its own; see ``tampering``."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.case.identity import RootId
from runtime import rules

if TYPE_CHECKING:
    from tests.support.drawn_lives import Life

ROOT: Final = RootId("works")
LIVED: Final = 14
"""So many things happen in a history that is tampered with, twice over."""
STEPS: Final = (3, 12)
"""So many in one that nobody touches, from and to."""
RESTORED_OF: Final = 20
"""Of so many of these one is backed up and restored too."""
BUG_TRIES: Final = 700
"""So many changes a seeded bug may survive, one of every column and kind among them."""


class Part(NamedTuple):
    """A part of the work: where, from which number it draws, which of how many parts it is, and how much there is."""

    folder: Path
    number: int
    place: int
    parts: int
    size: int


class Scene(NamedTuple):
    """How often a scenario was played and found, alone and with its evidence, and how often otherwise than it ought."""

    played: int
    alone: int
    by_evidence: int
    wrong: int


Scenes = Mapping[str, Scene]


class Old(NamedTuple):
    """How many old copies of tables and key files were put in place, and what was not found."""

    tables: int
    keys: int
    unfound: list[str]


class Clean(NamedTuple):
    """How many houses nobody touched, with how many entries, how many were restored, alarms, and what happened."""

    houses: int
    entries: int
    restored: int
    alarms: list[str]
    events: Counter[str]


def quiet() -> None:
    """Keep refusals, which are drawn too, out of the log, and read the calendars once in each process."""
    logging.disable(logging.WARNING)
    rules.load_calendar = cache(rules.load_calendar)


def blind(part: Part) -> tuple[int, int, list[str]]:
    """Make every change of every value and row of a drawn history; return how many, refused ones, and missed ones."""
    from tests.support.tampering import attempts, everything_found, found_of_tables, tamper

    with _lived(part) as life:
        assert everything_found(life.house, life.keeper.key) == set(), life.log
        every = attempts(life.url, life.random)
        done = tamper(life.url, life.house, life.keeper.key, every)
        assert everything_found(life.house, life.keeper.key) == set(), "every change was taken back"
        assert found_of_tables(life.house) == []
    return len(every), done.refused, [f"{one.table}.{one.column} {one.kind}" for one in done.missed]


def scenes(part: Part) -> Scenes:
    """Play every scenario of the handbook so many times, each at a place drawn anew."""
    from tests.support.tamper_ground import a_ground
    from tests.support.tamper_scenarios import EXPECTED, played

    draw, found = Random(part.number), {}
    part.folder.mkdir(parents=True)
    with a_ground(part.folder) as ground:
        for name, expected in EXPECTED.items():
            results = [played(ground, name, draw) for _instance in range(part.size)]
            found[name] = Scene(
                played=len(results),
                alone=sum(alone is True for alone, _with in results),
                by_evidence=sum(by_evidence is True for _alone, by_evidence in results),
                wrong=sum((alone, with_) != (expected.alone, expected.by_evidence) for alone, with_ in results),
            )
    return found


def old_copies(part: Part) -> Old:
    """Let histories go on, and put copies of tables and key files from before in place of what there is."""
    from tests.support.tamper_files import all_history, copied_keys, old_keys_are_found, old_tables_unfound
    from tests.support.tampering import everything_found

    tables, unfound = 0, list[str]()
    for number in range(part.size):
        one = part._replace(folder=part.folder / str(number), number=part.number * 100 + number)
        with _lived(one) as life:
            old, keys = all_history(life.url), one.folder / "old-keys"
            copied_keys(life, keys)
            life.go(LIVED)
            while not life.erase():
                life.step()
            life.seal()
            assert everything_found(life.house, life.keeper.key) == set(), life.log
            tried, missed = old_tables_unfound(life, life.keeper.key, old, _TOGETHER)
            tables += tried
            unfound += missed
            if not old_keys_are_found(life, keys, one.folder / "old"):
                unfound.append("key file")
    return Old(tables, part.size, unfound)


def flips(part: Part) -> tuple[Counter[str], list[str]]:
    """Flip so many bits of the file of a drawn history; return what found them, and what was not found or crashed."""
    from tests.support.tamper_files import flip_bits

    with _lived(part) as life:
        scratch = part.folder / "flipped"
        scratch.mkdir()
        done = flip_bits(life.opened.desk, life.keeper.key, life.url, scratch, part.size, life.random)
    return done.outcomes, [*done.missed, *(f"crashed: {one}" for one in done.crashed)]


def clean(part: Part) -> Clean:
    """Draw so many houses, verify each, and every now and then its restored back-up; nothing may be found."""
    from tests.support.drawn_lives import BEGIN, LATE_IN_THE_YEAR, a_founded_house, a_life, restored
    from tests.support.sealing import anchored
    from tests.support.tampering import everything_found

    draw, alarms, events = Random(part.number), list[str](), Counter[str]()
    entries = restores = 0
    begins: tuple[datetime, ...] = (BEGIN, LATE_IN_THE_YEAR)
    founded = [a_founded_house(part.folder / f"founded-{place}", at) for place, at in enumerate(begins)]
    for number in range(part.size):
        place, seed = draw.randrange(len(begins)), part.number * 1_000 + number
        folder = part.folder / str(number)
        with a_life(founded[place], folder, seed, begins[place]) as life:
            life.go(draw.randint(*STEPS))
            if number % 4:
                life.seal()
            anchors = [anchored(life.house)] if life.opened.desk.reads.newest_checkpoint(ROOT) else []
            found = everything_found(life.house, life.keeper.key, anchors)
            alarms += [f"house {seed}: {sorted(found)}"] if found else []
            entries += life.opened.desk.reads.count_entries(ROOT)
            events.update(life.log)
            if number % RESTORED_OF == 0:
                with restored(life, folder / "restored") as opened:
                    again = everything_found(life.house_of(opened), life.keeper.key, anchors)
                alarms += [f"house {seed}, restored: {sorted(again)}"] if again else []
                restores += 1
        shutil.rmtree(folder)
    return Clean(part.size, entries, restores, alarms, events)


def seeded(part: Part) -> dict[str, bool]:
    """Put bugs into verification, one at a time; return for each whether changes or scenarios then go unfound."""
    from tests.support.tamper_bugs import BUGS
    from tests.support.tamper_bugs import seeded as put_in
    from tests.support.tamper_ground import a_ground
    from tests.support.tamper_scenarios import EXPECTED, played
    from tests.support.tampering import attempts, some_of, tamper

    def gone_unnoticed(life: Life) -> bool:
        for name, expected in EXPECTED.items():
            if played(ground, name, draw) != (expected.alone, expected.by_evidence):
                return True
        # Of checkpoints that come and go only the last tells what no other does: none of them is left to chance.
        checkpoints = [one for one in every if one.table == "checkpoint" and not one.column]
        chosen = [*some_of(every, BUG_TRIES, draw), *checkpoints]
        draw.shuffle(chosen)
        return any(tamper(life.url, life.house, life.keeper.key, [one]).missed for one in chosen)

    draw, found = Random(part.number), {}
    with _lived(part) as life:
        every = attempts(life.url, draw)
        (part.folder / "ground").mkdir()
        with a_ground(part.folder / "ground") as ground:
            for name in sorted(BUGS)[part.place :: part.parts]:
                with put_in(name):
                    found[name] = gone_unnoticed(life)
    return found


_TOGETHER: Final = (
    ("cases", "span", "deadline"),
    ("ledger_entry", "private_value", "cases", "span", "deadline"),
    ("leaf", "checkpoint", "tree", "unsealed"),
    ("granting", "person", "unit", "deputation"),
)
"""Tables that belong together: each of these sets is put back as a whole too."""


@contextmanager
def _lived(part: Part) -> Iterator[Life]:
    """Open a drawn history, sealed here and there, with something that waits."""
    from tests.support.drawn_lives import a_founded_house, a_life

    founded = a_founded_house(part.folder / "founded")
    with a_life(founded, part.folder / "lived", part.number) as life:
        life.go(LIVED)
        life.have_a_file()
        life.seal()
        life.beat()
        life.seal()
        life.go(LIVED // 2)
        # Nothing tells of the last checkpoint yet, and something waits behind it.
        life.seal()
        while not life.open_case():
            pass
        yield life
