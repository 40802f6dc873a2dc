"""Searching cases by their words: behind the readers of who asks, newest first, by key and never counted.

What is found is held against the fields that the reader may know: a word in a field that is kept from somebody finds
nothing for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import RootId
from engine.case.search_words import Marked, Question, known_by, marked, question, search_texts
from engine.definition.compiled import Definition
from engine.errors import InputRefused
from engine.service.ports import CaseFilter, Reads
from engine.service.search_ports import Hit
from engine.service.world import World
from engine.text import Text

NEWEST: Final = 2**62
"""Above every number of a case."""
LOOKED_AT_MAX: Final = 20_000
"""Hits of which a page asks whether they may be seen and fit the filter; then the reader may go on from there."""
_WINDOWS: Final = (100, 1_000, 4_000)
_FEW_HITS: Final = 10_000
_FEW_AT_ONCE: Final = 150
_AROUND: Final = 40
_EXCERPTS_MAX: Final = 3
_KEY: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Where in a case the words stand: the field, and the piece of its text with what was looked for marked."""

    field: str
    pieces: tuple[Marked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """A case that was found, what it runs under and where the words stand. ``number`` is None where it has none."""

    case: Case
    definition: Definition
    number: str | None
    subject: tuple[Marked, ...]
    excerpts: tuple[Excerpt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A page of what was found. ``next`` is the key to go on after, None at the end.

    ``is_cut``: so many hits had to be looked at that the page may be short of what there is; going on finds it.
    """

    lines: tuple[FoundCase, ...]
    next: str | None
    is_cut: bool = False


def search(
    reads: Reads,
    root: RootId,
    actor: Actor,
    text: str,
    world: World,
    where: CaseFilter = CaseFilter(children=True),  # noqa: B008  # a tuple that does not change
    *,
    after: str | None = None,
    limit: int = 50,
) -> FoundPage:
    """Return a page of the cases that hold every word of a text and that the actor may see, newest first.

    Raises:
        InputRefused: the text holds nothing to look for or is too long, or the key is none of ours.
    """
    asked = question(text)
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    looking = _Looking(reads=reads, root=root, principals=principals, asked=asked, world=world)
    hits, at, is_cut = _hits(looking, where, _before(after), limit)
    cases = {case.id: case for case in reads.visible_cases(root, [hit.case for hit in hits], principals)}
    lines = (_found(cases[hit.case], asked, actor, world) for hit in hits if hit.case in cases)
    return FoundPage(
        lines=tuple(line for line in lines if line is not None),
        next=None if at is None else str(at),
        is_cut=is_cut,
    )


def open_texts(case: Case, definition: Definition, actor: Actor, world: World) -> Mapping[str, str]:
    """Return the texts by which a case may be found that this reader may know."""
    known = disclosed(case, definition, actor, world.surroundings.tree).fields
    return {name: text for name, text in search_texts(case, definition).items() if name in known}


def _found(case: Case, asked: Question, actor: Actor, world: World) -> FoundCase | None:
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    texts = open_texts(case, definition, actor, world)
    if not asked.holds_in(list(texts.values())):
        return None
    part = definition.workflow
    subject = texts.get(part.subject_field, "")
    called_by = known_by(definition)
    excerpts = (
        Excerpt(field=name, pieces=pieces)
        for name, text in texts.items()
        if name not in called_by and (pieces := marked(text, asked, around=_AROUND))
    )
    return FoundCase(
        case=case,
        definition=definition,
        number=next((texts[name] for name in part.number_fields if name in texts), None),
        subject=marked(subject, asked, around=len(subject)) or (Marked(subject, False),),
        excerpts=tuple(excerpt for excerpt, _n in zip(excerpts, range(_EXCERPTS_MAX), strict=False)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """Who looks for what."""

    reads: Reads
    root: RootId
    principals: Sequence[str] | None
    asked: Question
    world: World


def _hits(looking: _Looking, where: CaseFilter, before: int, limit: int) -> tuple[list[Hit], int | None, bool]:
    """Return the hits of a page, the number to go on below if there may be more, and whether it was cut short."""
    reads, root, principals = looking.reads, looking.root, looking.principals
    few = reads.search_few(root, principals, before=before)
    windows = _among_all(looking, before) if few is None else _among_few(looking, few, before)
    found: list[Hit] = []
    looked, last = 0, before
    for window in windows:
        visible = reads.search_visible(root, principals, [hit.case for hit in window], where)
        for hit in window:
            if hit.case in visible:
                if len(found) == limit:
                    return found, found[-1].n, False
                found.append(hit)
        looked += len(window)
        last = window[-1].n
        if looked >= LOOKED_AT_MAX:
            return found, last, True
    return found, None, False


def _among_all(looking: _Looking, before: int) -> Iterator[Sequence[Hit]]:
    """Yield all hits, the newest first: few at once at the beginning, as a common word fills a page soon."""
    for limit in _growing():
        window = looking.reads.search_hits(looking.root, looking.asked.asked, before=before, limit=limit)
        if window:
            yield window
        if len(window) < limit:
            return
        before = window[-1].n


def _among_few(looking: _Looking, few: Sequence[Hit], before: int) -> Iterator[Sequence[Hit]]:
    """Yield the hits among the few cases that somebody sees, the newest first.

    A rare word is looked up. For a common one the few are read themselves, until a page is full: nobody goes through
    all the hits that others see, and to ask the index of single cases costs more than to read them.
    """
    if not few:
        return
    reads = looking.reads
    enough = _FEW_HITS if len(few) > _FEW_AT_ONCE else _FEW_HITS // 10
    rare = reads.search_numbers(looking.asked.asked, before=before, limit=enough)
    if len(rare) < enough:
        numbers = frozenset(rare)
        if found := [hit for hit in few if hit.n in numbers]:
            yield found
        return
    for start in range(0, len(few), _FEW_AT_ONCE):
        some = few[start : start + _FEW_AT_ONCE]
        read = reads.visible_cases(looking.root, [hit.case for hit in some], looking.principals)
        holding = {case.id for case in read if _holds(case, looking)}
        if found := [hit for hit in some if hit.case in holding]:
            yield found


def _holds(case: Case, looking: _Looking) -> bool:
    definition = looking.world.rules.pinned(case.pins.definition, case.pins.lists)
    return looking.asked.holds_in(list(search_texts(case, definition).values()))


def _growing() -> Iterator[int]:
    yield from _WINDOWS
    while True:
        yield _WINDOWS[-1]


def _before(after: str | None) -> int:
    if after is None:
        return NEWEST
    if _KEY.fullmatch(after) is None:
        raise InputRefused(Text("翻页标记有误，请从第一页重新查看", "Not the key of a page; begin with the first"))
    return int(after)
