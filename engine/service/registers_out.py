"""Registers that go out: cases in the columns of the import's map, behind the readers of who asks.

Everything of many cases is read together, with no question per case.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final, cast

from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.codec import at_from, microseconds
from engine.case.erased import FIELDS
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import as_party, is_strict
from engine.ledger.canonical import parse_canonical
from engine.service.desk import Desk
from engine.service.exported import record_export
from engine.service.history_ports import CaseFile
from engine.service.importing.maps import RegisterMap
from engine.service.importing.outgoing import Named, OutCell, Told, moved_at, rows_out
from engine.service.long_work import Asked, LongWork, NoSuchWork, Outcome, Work
from engine.service.long_work_ports import Which
from engine.service.long_work_waves import Wave
from engine.service.ports import CaseFilter
from engine.service.world import World
from engine.text import Text

KIND: Final = "register_out"
AT_ONCE_MAX: Final = 200
"""So many cases are written while the asker waits; more are long work."""
CASES_MAX: Final = 10_000
PART_CASES: Final = 100
PAGE_LINES: Final = 200
GONE: Final = Text("已看不到此事项，未导出", "It can no longer be seen and is not in the file")


def cases_of(desk: Desk, root: RootId, actor: Actor, where: CaseFilter, *, year: int | None = None) -> list[CaseId]:
    """Return the cases of a register, the newest first, at most so many as one file holds.

    ``year`` is that in which they were opened, None for any.
    """
    found: list[CaseId] = []
    from_at = 0 if year is None else _new_year(year)
    # The key of a page that begins with the last instant of the year: no case has an id before "0".
    after: str | None = None if year is None else f"{_new_year(year + 1)}.0"
    while len(found) < CASES_MAX:
        page = desk.queries.page(root, actor, where, after=after, limit=min(PAGE_LINES, CASES_MAX - len(found)))
        found += [line.id for line in page.lines if line.opened_at >= from_at]
        after = page.next
        if after is None or page.lines[-1].opened_at < from_at:
            break
    return found


def _new_year(year: int) -> int:
    return microseconds(datetime(year, 1, 1, tzinfo=SHANGHAI))


def rows_of(
    desk: Desk, root: RootId, actor: Actor, world: World, part: RegisterMap, ids: Sequence[CaseId]
) -> dict[CaseId, list[list[OutCell]]]:
    """Return the rows of those of the cases that the actor may see, in the order of ``headings_out``.

    That somebody was given what a case under a strict level holds is recorded, as it is where its page is opened.
    """
    principals = principals_of(actor)
    cases = {case.id: case for case in desk.reads.visible_cases(root, ids, principals)}
    near = {child.case for case in cases.values() for child in case.newest_children if child.role == "lead"}
    near |= {CaseId(str(value)) for case in cases.values() for value in _named_cases(case, world)}
    children = {case.id: case for case in desk.reads.visible_cases(root, sorted(near), principals)}
    every = {**children, **cases}
    files = {file.case: file for file in desk.reads.case_files(root, sorted(every))}
    desk.sealer.fetch({row.key for file in files.values() for row in file.privates})
    told = {id_: _told(desk, files[id_], case, actor, world) for id_, case in every.items() if id_ in files}
    named = _named(desk, root, told, world)
    rows: dict[CaseId, list[list[OutCell]]] = {}
    for id_ in ids:
        if id_ in cases and id_ in told:
            lead = next((one.case for one in cases[id_].newest_children if one.role == "lead"), None)
            with_child = _with_child(told[id_], None if lead is None else told.get(lead))
            rows[id_] = rows_out(with_child, part, named)
    return rows


def ask(
    desk: Desk, root: RootId, actor: Actor, part: RegisterMap, ids: Sequence[CaseId], *, title: Text, key: str
) -> Work:
    """Have a large register written as long work; its cases are fixed now."""
    assert actor.person is not None, "who takes a register along is logged in"
    mark = desk.box.mark(f"register out {root} {actor.person} {key}")[:32]
    asked = Asked(
        kind=KIND,
        title=title,
        payload={
            "map": plain_map(part),
            "back": "/registers",
            "result": f"/registers/out/{mark}",
            "mark": mark,
        },
        items=list(ids),
        part_items=PART_CASES,
    )
    work = LongWork(desk).begin(root, actor.person, asked, key=key)
    record_export(desk, root, actor.person, "register", rows=len(ids), scope=part.workflow)
    return work


def write_some(desk: Desk, wave: Wave) -> Sequence[Outcome]:
    """Write the rows of some cases: a kind of long work."""
    work = wave.work
    part = map_from(work.payload["map"])
    ids = [CaseId(str(item)) for item in wave.items.values()]
    rows = rows_of(desk, work.root, wave.actor, desk.world(work.root), part, ids)
    return [
        Outcome(is_done=True, case=id_, output=[[_json(cell) for cell in row] for row in rows[id_]])
        if id_ in rows
        else Outcome(is_done=False, case=id_, reason=GONE)
        for id_ in ids
    ]


def written(desk: Desk, root: RootId, person: PersonId, mark: str) -> tuple[Work, RegisterMap]:
    """Return the work by which a register was written, and its map; raises NoSuchWork, also for somebody else's."""
    works = (work for work in LongWork(desk).of(root, person) if work.kind == KIND)
    found = next((work for work in works if work.payload.get("mark") == mark), None)
    if found is None:
        raise NoSuchWork
    return found, map_from(found.payload["map"])


def rows_written(desk: Desk, work: Work) -> Iterator[list[OutCell]]:
    """Yield the rows of a register that was written, in its order."""
    for line in LongWork(desk).every_line(work, Which.DONE):
        if line.outcome is not None:
            for row in cast("Sequence[Sequence[JsonValue]]", line.outcome.output):
                yield [_cell(cell) for cell in row]


def plain_map(part: RegisterMap) -> dict[str, JsonValue]:
    """Return a map as JSON, to be kept beside the work that goes by it."""
    return cast("dict[str, JsonValue]", part.model_dump(mode="json", by_alias=True, exclude_unset=True))


def map_from(plain: JsonValue) -> RegisterMap:
    """Return the map that was kept."""
    return RegisterMap.model_validate_json(json.dumps(plain), strict=True)


def _named_cases(case: Case, world: World) -> Iterator[JsonValue]:
    """Yield the cases that the fields of a case name."""
    fields = world.rules.pinned(case.pins.definition, case.pins.lists).workflow.fields
    for name, value in case.data.items():
        if name in fields and fields[name].json_schema.get("format") == "case" and value:
            yield value


def _told(desk: Desk, file: CaseFile, case: Case, actor: Actor, world: World) -> Told:
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    if is_strict(case, definition) and as_party(actor, case) is actor:
        desk.watch.read(case.root, case.id, actor)
    known = disclosed(case, definition, actor, world.surroundings.tree)
    bodies = [cast("Mapping[str, JsonValue]", parse_canonical(entry.body)) for entry in file.entries]
    ids = {entry.seq: str(body["id"]) for entry, body in zip(file.entries, bodies, strict=True)}
    values: dict[str, JsonValue] = {}
    for row in sorted(file.privates, key=lambda row: row.seq):
        name = row.path.removeprefix(FIELDS)
        if name != row.path and name in known.fields and name not in case.data:
            opened = desk.sealer.open(ids[row.seq], row.path, row.key, row.ciphertext)
            if opened is not None:
                values[name] = cast("JsonValue", opened.value)
    fields = {name: value for name, value in {**values, **case.data}.items() if name in known.fields}
    moves = [(str(body["transition"]), _at(body)) for body in bodies if body.get("transition")]
    veiled = case._replace(parties=tuple(one for one in case.parties if one.person not in known.nameless))
    return Told(case=veiled, definition=definition, fields=fields, moved=moved_at(moves), opened=_at(bodies[0]))


def _at(body: Mapping[str, JsonValue]) -> datetime:
    stated = body.get("stated")
    return at_from(str(stated["occurred_at"] if isinstance(stated, dict) else body["at"]))


def _with_child(told: Told, child: Told | None) -> Told:
    return told if child is None else replace(told, child=child)


def _named(desk: Desk, root: RootId, told: Mapping[CaseId, Told], world: World) -> Named:
    """Return what is called how: by its name, or where several have that name by what tells it apart when it comes in
    again."""
    people = any(True for one in told.values() for _person in _people_in(one))
    persons = {person.id: person for person in desk.reads.all_persons(root)} if people else {}
    units = world.surroundings.units
    called = Counter(person.name for person in persons.values()), Counter(unit.title.zh for unit in units.values())

    def unit(id_: UnitId) -> str | None:
        found = units.get(id_)
        return None if found is None else found.title.zh if called[1][found.title.zh] == 1 else found.code

    def person(id_: str) -> str | None:
        found = persons.get(PersonId(id_))
        return None if found is None else found.name if called[0][found.name] == 1 else found.login or found.id

    def case(id_: str) -> str | None:
        found = told.get(CaseId(id_))
        return None if found is None else _number(found)

    return Named(unit=unit, person=person, case=case)


def _people_in(told: Told) -> Iterator[str]:
    for name, value in told.fields.items():
        part = told.definition.workflow.fields.get(name)
        if part is not None and part.json_schema.get("format") == "person" and isinstance(value, str):
            yield value
    yield from (one.person for one in told.case.parties)


def _number(told: Told) -> str | None:
    """Return what rows call a case by: the number it came in with."""
    values = [told.fields.get(name) for name in told.definition.workflow.number_fields]
    return next((str(value) for value in reversed(values) if value), None)


def _json(cell: OutCell) -> JsonValue:
    return {"d": cell.isoformat()} if isinstance(cell, date) else cell


def _cell(plain: JsonValue) -> OutCell:
    match plain:
        case {"d": str(day)}:
            return date.fromisoformat(day)
        case _:
            return cast("OutCell", plain)
