"""Long work that a person asks for: fixed items, done wave by wave by a worker, with what became of each of them.

It acts as the person, with the rights held when a wave is begun. What is asked for and what became of it is sealed for
that person alone. Who works on it stands in ``long_work_waves``, what can be asked for in ``long_work_kinds``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from pydantic import JsonValue

from engine.case.codec import at_from, at_text, microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.errors import InputRefused, KeysUnavailable, NotFound
from engine.service.desk import Desk
from engine.service.long_work_ports import (
    BeginLongWork,
    DropLongWorks,
    MoveLongWork,
    PartRow,
    SealedPart,
    Which,
    WorkRow,
    WorkState,
)
from engine.text import Text

JOB: Final = "long-work"
"""The kind of the job that works on it: a hint without a subject. Who asks for work may schedule it at once."""
WORK_DAYS: Final = 30
ITEMS_MAX: Final = 10_000
BYTES_MAX: Final = 16 * 1024 * 1024
OPEN_MAX: Final = 5
"""So many pieces of one person may wait or run at a time."""
LISTED_MAX: Final = 50
PART_ITEMS: Final = 20
"""So many items are one wave: short enough that a stop, or a right that is withdrawn, counts within a second or so."""
PADDED_TO: Final = 1024
PARTS_AT_ONCE: Final = 20
_ID: Final = re.compile(r"[0-9a-f]{32}")
LIVE: Final = (WorkState.WAITING, WorkState.RUNNING)


class WorkTooLarge(InputRefused):
    """More was asked for than one piece of work may hold."""

    code = "work_too_large"

    def __init__(self, items: int) -> None:
        most = BYTES_MAX // (1024 * 1024)
        super().__init__(
            Text(
                f"一次最多办理 {ITEMS_MAX} 件、{most} MB，本次 {items} 件；请缩小范围，分几次办理",
                f"At most {ITEMS_MAX} items and {most} MB at a time, these are {items}: narrow it down",
            ),
            maximum=ITEMS_MAX,
        )


class TooMuchWork(InputRefused):
    """So many pieces of work of this person wait or run already."""

    code = "too_much_work"

    def __init__(self) -> None:
        super().__init__(
            Text(
                f"您已有 {OPEN_MAX} 项成批办理尚未办完；请等其中一项办完，或者在“办理进度”中停止一项",
                f"{OPEN_MAX} pieces of your work are not over yet: wait for one to end, or stop one (“My long work”)",
            ),
            maximum=OPEN_MAX,
        )


class NoSuchWork(NotFound):
    """There is none, it is over, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                f"没有这项办理，或者已满 {WORK_DAYS} 天、记录已清除；已办的事项请到各事项中查看",
                f"There is no such work, or its record went after {WORK_DAYS} days; look at the cases themselves",
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for. ``payload`` is for the kind and the same for all items; each item is any JSON value.

    ``part_items`` are done in one wave.
    """

    kind: str
    title: Text
    payload: Mapping[str, JsonValue] = field(repr=False)
    items: Sequence[JsonValue] = field(repr=False)
    part_items: int = PART_ITEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work as who asked for it sees it. ``left`` items were not worked on, or not yet."""

    root: RootId
    id: str
    person: PersonId
    kind: str
    title: Text
    payload: Mapping[str, JsonValue] = field(repr=False)
    asked_at: datetime
    turn_at: int
    state: WorkState
    total: int
    done: int
    skipped: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.skipped

    @property
    def is_live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one item: done, or skipped for a reason.

    ``case`` is the case it was about or led to; who may see it is asked whenever it is shown. ``label`` calls an item
    that is no case. ``output`` is the kind's own, as a row of a file to be downloaded.
    """

    is_done: bool
    case: CaseId | None = None
    label: Text | None = None
    reason: Text | None = None
    source: Text | None = None
    output: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item of a piece of work, counted from 0, with what became of it; None while it was not worked on."""

    number: int
    item: JsonValue
    outcome: Outcome | None


class LongWork:
    """The long work of every person of a desk, each seen by that person alone."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def begin(self, root: RootId, person: PersonId, asked: Asked, *, key: str, is_proposed: bool = False) -> Work:
        """Ask for a piece of work and return it; under the same key it is begun once.

        With ``is_proposed`` nothing is done until it is confirmed (``confirm``).

        Raises:
            WorkTooLarge: there are too many items, or they are too large.
            TooMuchWork: too much of this person's is not over yet.
        """
        id_ = self._desk.box.mark(f"long work {root} {person} {key}")[:32]
        known = self._read(root, person, id_)
        if known is not None:
            return known
        if len(asked.items) > ITEMS_MAX:
            raise WorkTooLarge(len(asked.items))
        if sum(work.is_live for work in self.of(root, person)) >= OPEN_MAX:
            raise TooMuchWork
        now = self._desk.office.now()
        state = WorkState.PROPOSED if is_proposed else WorkState.WAITING
        who, at = self._who(root, person), microseconds(now)
        row = WorkRow(root, id_, who, state, len(asked.items), 0, 0, 0, at, _expires_at(now), b"")
        head = {
            "person": person,
            "kind": asked.kind,
            "title": [asked.title.zh, asked.title.en],
            "payload": dict(asked.payload),
            "asked_at": at_text(now),
        }
        sealed = self._sealed(head, _bound_to(root, id_))
        parts = tuple(self._parts(root, id_, asked))
        if len(sealed) // 2 + sum(len(part.sealed) // 2 for part in parts) > BYTES_MAX:
            raise WorkTooLarge(len(asked.items))
        self._desk.office.write([BeginLongWork(row, sealed, parts)])
        return self.one(root, person, id_)

    def confirm(self, root: RootId, person: PersonId, id_: str) -> Work:
        """Let work that was proposed begin; raises NoSuchWork where there is none of this person."""
        self.one(root, person, id_)
        self._desk.office.write([MoveLongWork(root, id_, WorkState.WAITING, (WorkState.PROPOSED,))])
        return self.one(root, person, id_)

    def stop(self, root: RootId, person: PersonId, id_: str) -> Work:
        """Stop work: the wave under way ends, no other is begun; raises NoSuchWork where this person has none."""
        self.one(root, person, id_)
        self._desk.office.write([MoveLongWork(root, id_, WorkState.STOPPED, (WorkState.PROPOSED, *LIVE))])
        return self.one(root, person, id_)

    def of(self, root: RootId, person: PersonId) -> list[Work]:
        """Return somebody's work, the newest first; what is only proposed is not in it."""
        at = microseconds(self._desk.office.now())
        rows = self._desk.reads.long_works(root, self._who(root, person), at, limit=LISTED_MAX)
        found = [work for row in rows if (work := self.opened(row)) is not None]
        return sorted((one for one in found if one.state is not WorkState.PROPOSED), key=_newest_first)

    def one(self, root: RootId, person: PersonId, id_: str) -> Work:
        """Return a piece of work of this person; raises NoSuchWork for any other."""
        work = self._read(root, person, id_)
        if work is None:
            raise NoSuchWork
        return work

    def lines(
        self, work: Work, which: Which = Which.ALL, *, after: int = -1, limit: int = 50
    ) -> tuple[list[Line], int | None]:
        """Return lines of a piece of work in their order, at least ``limit`` where there are so many, and the part
        after which the next page goes on, None where this is the last."""
        found: list[Line] = []
        for part in self._rows(work, which, after):
            if len(found) >= limit:
                return found, after
            found += _lines_of(self.items_of(part), which)
            after = part.number
        return found, None

    def every_line(self, work: Work, which: Which = Which.ALL) -> Iterator[Line]:
        """Yield every line of a piece of work, in order."""
        for part in self._rows(work, which, -1):
            yield from _lines_of(self.items_of(part), which)

    def drop_all(self, root: RootId, person: PersonId) -> None:
        """Take away all work of somebody who is erased."""
        self._desk.office.write([DropLongWorks(root, self._who(root, person))])

    def opened(self, row: WorkRow) -> Work | None:
        """Return what a row holds, None where another key has sealed it."""
        try:
            plain = json.loads(self._desk.box.open(row.sealed, bound_to=_bound_to(row.root, row.id)))
        except KeysUnavailable:
            return None
        return Work(
            root=RootId(row.root),
            id=row.id,
            person=PersonId(str(plain["person"])),
            kind=str(plain["kind"]),
            title=Text(*plain["title"]),
            payload=plain["payload"],
            asked_at=at_from(str(plain["asked_at"])),
            turn_at=row.turn_at,
            state=WorkState(row.state),
            total=row.total,
            done=row.done,
            skipped=row.skipped,
        )

    def items_of(self, row: PartRow) -> tuple[int, list[JsonValue], list[Outcome]]:
        """Return the number of the first item of a part, its items, and what became of them, if that is known yet.

        Raises:
            KeysUnavailable: another key has sealed it.
        """
        plain = json.loads(self._desk.box.open(row.sealed, bound_to=_bound_to(row.root, row.work, row.number)))
        return int(plain["first"]), plain["items"], [_outcome(each) for each in plain["outcomes"]]

    def settled(self, row: PartRow, first: int, items: Sequence[JsonValue], outcomes: Sequence[Outcome]) -> SealedPart:
        """Return a part with what became of its items."""
        done = sum(outcome.is_done for outcome in outcomes)
        plain = {"first": first, "items": list(items), "outcomes": [_plain(outcome) for outcome in outcomes]}
        sealed = self._sealed(plain, _bound_to(row.root, row.work, row.number))
        return SealedPart(number=row.number, items=len(items), done=done, skipped=len(outcomes) - done, sealed=sealed)

    def _read(self, root: RootId, person: PersonId, id_: str) -> Work | None:
        # What is no id of ours is not even asked for: it may be anything.
        if _ID.fullmatch(id_) is None:
            return None
        row = self._desk.reads.long_work(root, id_, microseconds(self._desk.office.now()))
        return None if row is None or row.who != self._who(root, person) else self.opened(row)

    def _parts(self, root: RootId, id_: str, asked: Asked) -> Iterator[SealedPart]:
        size = 0
        for number, first in enumerate(range(0, len(asked.items), asked.part_items)):
            items = list(asked.items[first : first + asked.part_items])
            plain = {"first": first, "items": items, "outcomes": []}
            sealed = self._sealed(plain, _bound_to(root, id_, number))
            size += len(sealed) // 2
            if size > BYTES_MAX:
                raise WorkTooLarge(len(asked.items))
            yield SealedPart(number=number, items=len(items), sealed=sealed)

    def _rows(self, work: Work, which: Which, after: int) -> Iterator[PartRow]:
        while rows := self._desk.reads.long_work_parts(work.root, work.id, which, after=after, limit=PARTS_AT_ONCE):
            yield from rows
            after = rows[-1].number

    def _sealed(self, plain: Mapping[str, object], bound_to: str) -> str:
        octets = json.dumps(plain, ensure_ascii=False).encode()
        return self._desk.box.seal(octets + b" " * (-len(octets) % PADDED_TO), bound_to=bound_to).hex()

    def _who(self, root: RootId, person: PersonId) -> str:
        return self._desk.box.mark(f"long work of {root} {person}")


def _lines_of(part: tuple[int, Sequence[JsonValue], Sequence[Outcome]], which: Which) -> Iterator[Line]:
    first, items, outcomes = part
    known: list[Outcome | None] = [*outcomes, *[None] * (len(items) - len(outcomes))]
    for number, (item, outcome) in enumerate(zip(items, known, strict=True), start=first):
        if which in (Which.ALL, _became(outcome)):
            yield Line(number=number, item=item, outcome=outcome)


def _became(outcome: Outcome | None) -> Which:
    if outcome is None:
        return Which.OPEN
    return Which.DONE if outcome.is_done else Which.SKIPPED


def _newest_first(work: Work) -> tuple[float, str]:
    return -work.asked_at.timestamp(), work.id


def _plain(outcome: Outcome) -> dict[str, JsonValue]:
    texts = {"label": outcome.label, "reason": outcome.reason, "source": outcome.source}
    told: dict[str, JsonValue] = {name: [text.zh, text.en] for name, text in texts.items() if text is not None}
    return {"done": outcome.is_done, "case": outcome.case, "output": outcome.output, **told}


def _outcome(plain: Mapping[str, JsonValue]) -> Outcome:
    case = plain["case"]
    return Outcome(
        is_done=bool(plain["done"]),
        case=None if case is None else CaseId(str(case)),
        label=_text(plain.get("label")),
        reason=_text(plain.get("reason")),
        source=_text(plain.get("source")),
        output=plain["output"],
    )


def _text(pair: JsonValue) -> Text | None:
    return None if pair is None else Text(*cast("Sequence[str]", pair))


def _expires_at(now: datetime) -> int:
    """Return when a piece of work is over: to the day, as the table is not to say more than it must."""
    day = 24 * 3600 * 1_000_000
    at = microseconds(now + timedelta(days=WORK_DAYS))
    return at + (-at % day)


def _bound_to(root: str, id_: str, part: int | None = None) -> str:
    return f"long work {root} {id_}" if part is None else f"long work {root} {id_} part {part}"
