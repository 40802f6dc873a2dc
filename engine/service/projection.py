"""What the tables must show of a case, worked out from its ledger alone, and how what they show differs (P1 to P5).

Columns are compared as they are stored: a forged or damaged one is a difference, never an exception.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.erased import fields_in
from engine.case.polls import is_taken
from engine.definition.compiled import Definition
from engine.figures.spans import span_changes
from engine.ledger.replay import Move, Replayed
from engine.service.case_rows import row_of
from engine.service.history_ports import StoredPoll, StoredSpan
from engine.service.roster_rows import RosterRows
from engine.service.rows import CaseRow, DeadlineRow
from engine.text import Text

_FIELDS, _PEOPLE = "fields/", "people/P"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """What replay cannot know because private values are gone or wrong: fields by name, people by their number.

    ``erased`` are the fields that an erasure has taken away, with the seq of the last one: of the time before it
    nothing may be kept, and what the case shows after it is known.
    """

    fields: frozenset[str]
    people: frozenset[int]
    erased: Mapping[str, int]

    @classmethod
    def of(cls, replayed: Replayed) -> Unknown:
        """Return what the paths of a replay stand for."""
        paths = replayed.unknown
        people = (path.removeprefix(_PEOPLE) for path in paths if path.startswith(_PEOPLE))
        return cls(
            fields=frozenset(path.removeprefix(_FIELDS) for path in paths if path.startswith(_FIELDS)),
            people=frozenset(int(number) for number in people if number.isdecimal()),
            erased={
                path.removeprefix(_FIELDS): seq for path, seq in replayed.erased.items() if path.startswith(_FIELDS)
            },
        )


def spans_of(moves: Iterable[Move]) -> list[StoredSpan]:
    """Return the spans that the moves opened and closed, those still open last."""
    closed: list[StoredSpan] = []
    held: dict[str, StoredSpan] = {}
    for move in moves:
        if move.event.erasure is not None:
            for kind in (f"field:{name}" for name in fields_in(move.event.erasure.paths)):
                held.pop(kind, None)
                closed = [span for span in closed if span.kind != kind]
        case, at = move.after, microseconds(move.event.at)
        for change in span_changes(move.before, case, move.event, move.definition, move.was):
            kind, value, _had = change
            if (ended := held.pop(kind, None)) is not None:
                begun = (ended.root, ended.case, kind, ended.seq, ended.value, ended.from_at)
                closed.append(StoredSpan(*begun, at, case.seq))
            if value is not None:
                held[kind] = StoredSpan(case.root, case.id, kind, case.seq, value, at, None, None)
    return [*closed, *held.values()]


def row_differences(row: CaseRow, case: Case, definition: Definition, unknown: Unknown) -> Iterator[Text]:
    """Yield each column, and each part of the body, in which the row is not what the ledger says."""
    expected = row_of(case, definition)
    if _alike(row, expected):
        return
    part = definition.workflow
    sources = {
        "number": frozenset(part.number_fields),
        "subject": frozenset({part.subject_field}),
        "category": frozenset({part.category_field or ""}),
    }
    for name, value in expected._asdict().items():
        if name in sources and sources[name] & unknown.fields:
            continue
        stored = getattr(row, name)
        if name != "body" and not _same(stored, value):
            yield _difference(name, stored, value)
    yield from _body_differences(row.body, expected.body, unknown)


def span_differences(
    stored: Sequence[StoredSpan], expected: Sequence[StoredSpan], unknown: Unknown
) -> Iterator[tuple[int, Text]]:
    """Yield seq and text of each span that is missing, too much, or otherwise than the ledger says."""
    skipped = {f"field:{name}" for name in unknown.fields}
    rows = {(span.kind, span.seq): span for span in stored if span.kind not in skipped}
    known = {(span.kind, span.seq): span for span in expected if span.kind not in skipped}
    for (kind, seq), span in known.items():
        row = rows.pop((kind, seq), None)
        if row is None:
            yield seq, Text(f"缺少区间 {kind}", f"the span {kind} is missing")
            continue
        if _alike(row, span):
            continue
        for name, value in span._asdict().items():
            if not _same(getattr(row, name), value):
                yield seq, _difference(f"{kind} {name}", getattr(row, name), value)
    for kind, seq in rows:
        yield _seq(seq), Text(f"多出区间 {kind!r:.60}", f"a span too much: {kind!r:.60}")


def deadline_differences(stored: Sequence[DeadlineRow], expected: Sequence[DeadlineRow]) -> Iterator[Text]:
    """Yield each deadline row that is missing, too much, or otherwise than the case's clock."""
    rows = {row.name: row for row in stored}
    for known in expected:
        row = rows.pop(known.name, None)
        if row is None:
            yield Text(f"缺少期限 {known.name}", f"the deadline {known.name} is missing")
            continue
        if _alike(row, known):
            continue
        for name, value in known._asdict().items():
            if not _same(getattr(row, name), value):
                yield _difference(f"{known.name} {name}", getattr(row, name), value)
    for extra in rows:
        yield Text(f"多出期限 {extra!r:.60}", f"a deadline too much: {extra!r:.60}")


def roster_fields(definition: Definition) -> frozenset[str]:
    """Return the fields from which the rows of rosters are worked out."""
    workflow = definition.workflow
    part = workflow.roster
    names = [] if part is None else [part.key, part.name, *part.facets]
    for reach in workflow.reaches.values():
        names += [reach.key.partition(".")[0], reach.on, reach.planned_on or reach.on]
        names += [] if reach.once is None else [reach.once.within, reach.once.unless.partition(".")[0]]
    return frozenset(names)


def roster_differences(stored: RosterRows, expected: RosterRows) -> Iterator[Text]:
    """Yield each row of the rosters that is missing, too much, or otherwise than the case makes it."""
    for rows, known in ((stored.lines, expected.lines), (stored.reaches, expected.reaches)):
        there: list[tuple[object, ...]] = [*rows]
        for row in known:
            alike = next((n for n, one in enumerate(there) if _alike(one, row)), None)
            if alike is None:
                yield Text(f"名册中缺少 {row[1]} {row[2]!r:.40} 的行", f"a row of {row[1]} {row[2]!r:.40} is missing")
            else:
                del there[alike]
        for one in there:
            yield Text(f"名册中多出一行：{one!r:.80}", f"a row too much on a roster: {one!r:.80}")


def poll_differences(stored: Sequence[StoredPoll], case: Case | None, definition: Definition | None) -> Iterator[Text]:
    """Yield what is wrong with the open polls of a case, and with what is left of those that are not open.

    Who has answered what nobody knows, so that a ballot changed for another does not show.
    """
    parts = {} if case is None or definition is None else definition.workflow.polls
    asked = {name: part for name, part in parts.items() if is_taken(part, case)}
    there = {poll.name: poll for poll in stored}
    for name in sorted(there.keys() - asked.keys()):
        yield Text(
            f"网上投票 {name!r:.40} 没有在进行，选票或名单仍在", f"the poll {name!r:.40} is not open and was kept"
        )
    for name, part in asked.items():
        poll = there.get(name)
        if poll is None or poll.row is None:
            yield Text(f"网上投票 {name} 的票箱不见了", f"the box of the poll {name} is missing")
            continue
        electors = None if case is None else case.data.get(part.eligible_count)
        if not poll.tokens == poll.row.electors == electors:
            yield _difference(f"{name} electors", (poll.row.electors, poll.tokens), electors)
        ballots = _ballots(poll.row.box)
        if not poll.spent == poll.row.returned == ballots:
            yield _difference(f"{name} returned", (poll.row.returned, ballots), poll.spent)


def _ballots(box: object) -> int | None:
    """Return how many ballots a box holds, None where it cannot be read."""
    try:
        found = json.loads(box) if isinstance(box, str) else None
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(type(times) is int and times > 0 for times in found.values()):
        return None
    return sum(found.values())


def _body_differences(stored: object, expected: str, unknown: Unknown) -> Iterator[Text]:
    try:
        body = from_json(stored) if isinstance(stored, str) else None
    except ValueError:
        body = None
    if not isinstance(body, dict):
        yield Text("主表内容无法读取", "the body of the row cannot be read")
        return
    known: Mapping[str, object] = from_json(expected)
    for name in sorted(known.keys() | body.keys()):
        shown, wanted = body.get(name), known.get(name)
        if name in ("data", "sealed"):
            shown, wanted = _without(shown, unknown.fields), _without(wanted, unknown.fields)
        elif name in ("people", "parties"):
            shown, wanted = _masked(shown, body, unknown), _masked(wanted, known, unknown)
        if name == "data" and isinstance(shown, dict) and isinstance(wanted, dict):
            for field in sorted(shown.keys() | wanted.keys()):
                if not _same(shown.get(field), wanted.get(field)):
                    yield _difference(f"data.{field}", shown.get(field), wanted.get(field))
        elif not _same(shown, wanted):
            yield _difference(name, shown, wanted)


def _without(value: object, fields: frozenset[str]) -> object:
    """Return the value of ``data`` or ``sealed`` without these fields; nothing left is as good as no value."""
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if name not in fields} or None
    if isinstance(value, list):
        return [name for name in value if name not in fields] or None
    return value


def _masked(value: object, body: Mapping[str, object], unknown: Unknown) -> object:
    """Return people or parties with the persons whom replay cannot know called by their numbers, on both sides."""
    people = body.get("people")
    if not unknown.people or not isinstance(people, list) or not isinstance(value, list):
        return value
    called = {str(person): f"P{n}" for n, person in enumerate(people, start=1) if n in unknown.people}
    return [
        [called.get(str(part), part) for part in one] if isinstance(one, list) else called.get(str(one), one)
        for one in value
    ]


def _same(stored: object, expected: object) -> bool:
    """Compare as the ledger does: 1 and true are not the same."""
    return type(stored) is type(expected) and stored == expected


def _alike(stored: tuple[object, ...], expected: tuple[object, ...]) -> bool:
    """Say whether two rows are the same column by column, as nearly all are: then none has to be looked at alone."""
    return stored == expected and list(map(type, stored)) == list(map(type, expected))


def _seq(value: object) -> int:
    return value if type(value) is int else 0


def _difference(name: str, stored: object, expected: object) -> Text:
    return Text(
        f"{name} 与账册不符：现为 {stored!r:.60}，应为 {expected!r:.60}",
        f"{name} is {stored!r:.60}, the ledger says {expected!r:.60}",
    )
