"""Searching cases by their words: behind the readers of who asks, newest first, by key and never counted.

What is found is held against the fields that the reader may know: a word in a field that is kept from somebody finds
nothing for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

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
_WINDOW: Final = 100
_WINDOW_MAX: Final = 4_000
_HARDLY_ANY: Final = 10
"""Of so many hits one, and the reader is taken to see few of them."""
_NUMBERS: Final = 1_000
_NUMBERS_MAX: Final = 100_000
_READ_AT_ONCE: Final = 150
_LOOKED_UP_AT_ONCE: Final = 500
_OFTEN: Final = 0.02
"""So many of all cases hold the words, and the few are sooner looked up one by one than picked out of all hits."""
_READ_PER_NUMBER: Final = 85
"""How many numbers the index tells in the time in which one case is read."""
_EVERY: Final = 2**31
"""More than there are hits: as many are looked at in one go as ever are."""
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


def every_hit(
    reads: Reads, root: RootId, principals: Sequence[str] | None, asked: Question, world: World
) -> Iterator[Sequence[Hit]]:
    """Yield all cases with these words, whoever may see them, the newest first and some thousands at a time; for who
    sees hardly any of them, only such as may be seen."""
    looking = _Looking(reads=reads, root=root, principals=principals, asked=asked, world=world)
    seen: list[Hit] = []
    for place, window in enumerate(_windows(looking, NEWEST, _EVERY, seen)):
        yield window.hits
        if place == 0:
            ids = [hit.case for hit in window.hits]
            visible = reads.search_visible(root, principals, ids, CaseFilter(children=True))
            seen += [hit for hit in window.hits if hit.case in visible]


def open_texts(case: Case, definition: Definition, actor: Actor, world: World) -> Mapping[str, str]:
    """Return the texts by which a case may be found that this reader may know."""
    known = disclosed(case, definition, actor, world.surroundings.tree).fields
    return {name: text for name, text in search_texts(case, definition).items() if name in known}


def known_to(actor: Actor, world: World) -> Callable[[Case, Definition], Mapping[str, str]]:
    """Return what tells the texts by which a reader may find a case."""
    return lambda case, definition: open_texts(case, definition, actor, world)


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


class _Window(NamedTuple):
    """Hits, the newest first; whatever is not below a number has been looked at. None at the end."""

    hits: Sequence[Hit]
    below: int | None


def _hits(looking: _Looking, where: CaseFilter, before: int, limit: int) -> tuple[list[Hit], int | None, bool]:
    """Return the hits of a page, the number to go on below if there may be more, and whether it was cut short."""
    found: list[Hit] = []
    looked = 0
    for window in _windows(looking, before, limit, found):
        ids = [hit.case for hit in window.hits]
        visible = looking.reads.search_visible(looking.root, looking.principals, ids, where)
        for hit in window.hits:
            if hit.case in visible:
                if len(found) == limit:
                    return found, found[-1].n, False
                found.append(hit)
        looked += len(ids)
        if window.below is None:
            break
        if looked >= LOOKED_AT_MAX:
            return found, window.below, True
    return found, None, False


def _windows(looking: _Looking, before: int, limit: int, found: Sequence[Hit]) -> Iterator[_Window]:
    """Yield all hits, the newest first; ``found`` grows meanwhile.

    A rare word has few, whoever asks. After the first ones, who sees hardly any of them is asked for the few cases that
    may be seen; of all others, as many hits come next as should fill the page.
    """
    size, looked = _WINDOW, 0
    while True:
        hits = looking.reads.search_hits(looking.root, looking.asked.asked, before=before, limit=size)
        below = hits[-1].n if len(hits) == size else None
        yield _Window(hits, below)
        if below is None:
            return
        is_first, looked, before = looked == 0, looked + len(hits), below
        if is_first and len(found) * _HARDLY_ANY < looked:
            few = looking.reads.search_few(looking.root, looking.principals, before=before)
            if few is not None:
                density = len(hits) / (hits[0].n - below + 1)
                by_number = _by_number(looking, few, density)
                yield from _among_few(looking, few, limit, found) if by_number is None else by_number
                return
        wanted = (limit + 1 - len(found)) * looked / max(1, len(found))
        size = min(_WINDOW_MAX, max(_WINDOW, int(1.2 * wanted)))


def _among_few(looking: _Looking, few: Sequence[Hit], limit: int, found: Sequence[Hit]) -> Iterator[_Window]:
    """Yield the hits among the few cases that somebody sees, the newest first.

    The index tells the numbers of all hits, and those of the few are picked out of them. Where that would take longer
    than to read the few themselves, as of a common word for somebody who sees ten cases, they are read.
    """
    at, size, told = 0, _NUMBERS, 0
    while at < len(few):
        first = few[at].n
        numbers = looking.reads.search_numbers(looking.asked.asked, before=first + 1, limit=size)
        told += len(numbers)
        is_last = len(numbers) < size
        lowest = 0 if is_last else numbers[-1]
        held = frozenset(numbers)
        begin = at
        while at < len(few) and few[at].n >= lowest:
            at += 1
        is_last = is_last or at == len(few)
        yield _Window([hit for hit in few[begin:at] if hit.n in held], None if is_last else lowest)
        if is_last:
            return
        if told >= _NUMBERS_MAX or _is_read_sooner(
            few, at, limit + 1 - len(found), len(numbers) / (first - lowest + 1)
        ):
            break
        size = min(5 * size, _NUMBERS_MAX - told)
    for start in range(at, len(few), _READ_AT_ONCE):
        some = few[start : start + _READ_AT_ONCE]
        read = looking.reads.visible_cases(looking.root, [hit.case for hit in some], looking.principals)
        holding = {case.id for case in read if _holds(case, looking)}
        yield _Window(
            [hit for hit in some if hit.case in holding], some[-1].n if start + _READ_AT_ONCE < len(few) else None
        )


def _by_number(looking: _Looking, few: Sequence[Hit], density: float) -> Iterator[_Window] | None:
    """Return the hits among the few cases that somebody sees, where the database has the words of a case at hand by its
    number; else None.

    ``density``: how many of the newest cases hold the words. Of rare ones all hits are known sooner.
    """
    asked = looking.asked.asked
    if not few:
        return iter(())
    if looking.reads.search_holding(asked, ()) is None:
        return None
    numbers = () if density >= _OFTEN else looking.reads.search_numbers(asked, before=few[0].n + 1, limit=_NUMBERS_MAX)
    if density < _OFTEN and len(numbers) < _NUMBERS_MAX:
        held = frozenset(numbers)
        return iter([_Window([hit for hit in few if hit.n in held], None)])
    return _looked_up(looking, few)


def _looked_up(looking: _Looking, few: Sequence[Hit]) -> Iterator[_Window]:
    for start in range(0, len(few), _LOOKED_UP_AT_ONCE):
        some = few[start : start + _LOOKED_UP_AT_ONCE]
        held = looking.reads.search_holding(looking.asked.asked, [hit.n for hit in some]) or frozenset()
        is_last = start + _LOOKED_UP_AT_ONCE >= len(few)
        yield _Window([hit for hit in some if hit.n in held], None if is_last else some[-1].n)


def _is_read_sooner(few: Sequence[Hit], at: int, wanted: int, density: float) -> bool:
    """Return whether the rest of the few is sooner read than picked out of the numbers of all hits.

    ``density``: how many of all cases hold the words.
    """
    left = len(few) - at
    between = few[at].n - few[-1].n + 1
    told = min(wanted * between / left, density * between)
    return min(left, wanted / density) * _READ_PER_NUMBER < told


def _holds(case: Case, looking: _Looking) -> bool:
    definition = looking.world.rules.pinned(case.pins.definition, case.pins.lists)
    return looking.asked.holds_in(list(search_texts(case, definition).values()))


def _before(after: str | None) -> int:
    if after is None:
        return NEWEST
    if _KEY.fullmatch(after) is None:
        raise InputRefused(Text("翻页标记有误，请从第一页重新查看", "Not the key of a page; begin with the first"))
    return int(after)
