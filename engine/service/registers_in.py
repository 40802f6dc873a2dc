"""Registers brought in by a person: rehearsed at once, then imported as long work by the very way of the command.

Who may stands in ``importing.importers``; where the map takes the unit of each row from the register, it is asked in
the organisation's top unit. Nothing of the file is trusted after it was read: its rows are kept sealed
for the person as work that is proposed, and every row is judged again when its turn comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final, cast

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.errors import ImportRefused, NotPermitted, StorageError, TooBusy
from engine.ledger.streams import Fact
from engine.service.desk import Desk
from engine.service.importing.cells import Value, heading_of, shown
from engine.service.importing.importers import demand_importing
from engine.service.importing.maps import RegisterMap
from engine.service.importing.registers import Into, bound, definition_for, import_table, proved_map, tied_rows
from engine.service.importing.reports import ImportReport, RefusedRow
from engine.service.importing.tables import Row, open_table, table_of
from engine.service.long_work import Asked, LongWork, Outcome, Work
from engine.service.long_work_waves import Wave
from engine.service.plain import RecordFact
from engine.service.registers_out import map_from, plain_map
from engine.service.world import World
from engine.text import Text

KIND: Final = "register_in"
ROWS_MAX: Final = 5_000
"""So many rows a page rehearses at once; the command takes larger files."""
PART_ROWS: Final = 50
TIED_MAX: Final = 500
GROUPED_MAX: Final = 2_000
PAGE: Final = "/registers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person wants to bring in: a file as cases of a workflow, in a unit and a congress session."""

    workflow: str
    unit: UnitId
    session: SessionId | None
    file: Path
    map: Path
    file_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A register that was rehearsed and waits to be confirmed, as its page shows it.

    ``new`` rows would become cases, ``known`` ones had been imported before. ``undated`` of the new rows lack dates of
    moves: they come in only where ``other`` is confirmed, the same work with them, None where there are no such rows.
    """

    work: Work
    other: str | None
    rows: int
    new: int
    known: int
    undated: int
    unused: tuple[str, ...]
    headings: tuple[str, ...]
    refused: tuple[RefusedRow, ...]


def demand_importer(actor: Actor, root: RootId, part: RegisterMap, unit: UnitId, world: World) -> None:
    """Raise NotPermitted for who may not bring in registers by the map in the unit."""
    where = UnitId(root) if part.unit is not None else unit
    definition = definition_for(world, part.workflow, where, None)
    demand_importing(definition, part, actor, where, world.surroundings.tree)


def may_import(actor: Actor, root: RootId, part: RegisterMap, unit: UnitId, world: World) -> bool:
    """Return whether somebody may bring in registers by a map in a unit."""
    try:
        demand_importer(actor, root, part, unit, world)
    except NotPermitted:
        return False
    return True


def propose(desk: Desk, root: RootId, actor: Actor, wanted: Wanted, *, key: str) -> Work:
    """Rehearse a register, and keep it as work that waits to be confirmed; nothing of it is written.

    Raises:
        ImportRefused: the file cannot be read as a register, or is too large for a page.
        NotPermitted: the actor may not enter such cases in this unit.
        NotFound: no such workflow, unit or session.
        WorkTooLarge, TooMuchWork: see ``LongWork.begin``.
    """
    assert actor.person is not None, "who brings in a register is logged in"
    world = desk.world(root)
    definition = definition_for(world, wanted.workflow, wanted.unit, wanted.session)
    part = proved_map(wanted.map, wanted.workflow, definition, world)
    demand_importer(actor, root, part, wanted.unit, world)
    table = open_table(wanted.file, part.known_headings())
    rows: list[Row] = []
    for row in table.rows():
        rows.append(row)
        if len(rows) > ROWS_MAX:
            raise ImportRefused(
                Text(
                    f"台账超过 {ROWS_MAX} 行，请拆分成几个文件，或请管理员用 banjie import 导入",
                    f"There are more than {ROWS_MAX} rows: split the file, or have it imported by banjie import",
                )
            )
    into = Into(part=part, unit=wanted.unit, session=wanted.session, allow_undated=True)
    kept = table_of(table.hash, table.headings, rows)
    reading = bound(desk, root, kept, into)
    tied = tied_rows(reading, rows)
    if part.grouped and len(tied) > GROUPED_MAX:
        raise ImportRefused(
            Text(
                f"一件占几行的台账一次最多导入 {GROUPED_MAX} 行，请按件拆分，同一件的行放在同一个文件",
                f"At most {GROUPED_MAX} rows where several rows are one case: split it, not within a case",
            )
        )
    if not part.grouped and len(tied) > TIED_MAX:
        raise ImportRefused(
            Text(
                f"互相引用编号的行超过 {TIED_MAX} 行，请拆分后导入",
                f"More than {TIED_MAX} rows name each other: split the file",
            )
        )
    report = import_table(desk, root, kept, into, dry_run=True, keeps_rows=True)
    proposing = _Proposing(desk, root, actor.person, wanted, into, rows, tied, report, reading.unused(kept))
    other = proposing.begin(key, undated=True) if any(one.undated for one in report.played) else None
    return proposing.begin(f"{key} dated", undated=False, other=other)


@dataclass(frozen=True, slots=True)
class _Proposing:
    """One register on its way to being proposed, once or twice."""

    desk: Desk
    root: RootId
    person: PersonId
    wanted: Wanted
    into: Into
    rows: Sequence[Row]
    tied: frozenset[int]
    report: ImportReport
    unused: tuple[str, ...]

    def begin(self, key: str, *, undated: bool, other: Work | None = None) -> Work:
        report, wanted = self.report, self.wanted
        passed = {one.number for one in report.played if undated or not one.undated}
        fresh = [one for one in report.played if not one.known]
        # Rows that name each other are in the first wave together; whoever names a row finds it there.
        ordered = sorted(
            (row for row in self.rows if row.number in passed), key=lambda row: row.number not in self.tied
        )
        payload: dict[str, JsonValue] = {
            "workflow": wanted.workflow,
            "unit": wanted.unit,
            "session": wanted.session,
            "file_name": wanted.file_name,
            "file_hash": report.file_hash,
            "headings": list(report.headings),
            "map": plain_map(self.into.part),
            "allow_undated": undated,
            "rows": report.rows,
            "new": len(fresh),
            "known": len(report.played) - len(fresh),
            "undated": sum(one.undated for one in fresh),
            "unused": list(self.unused),
            "refused": [[row.number, row.reason.zh, row.reason.en, list(row.cells)] for row in report.refused],
            "other": None if other is None else other.id,
            "back": PAGE,
        }
        items: list[JsonValue] = [
            [row.number, [_json(row.cells.get(name)) for name in report.headings]] for row in ordered
        ]
        asked = Asked(
            kind=KIND,
            title=Text(f"导入台账“{wanted.file_name}”", f"Register {wanted.file_name} brought in"),
            payload=payload,
            items=items,
            part_items=max(PART_ROWS, len(self.tied)),
        )
        return LongWork(self.desk).begin(self.root, self.person, asked, key=key, is_proposed=True)


def proposed(work: Work) -> Proposed:
    """Return a proposed register as its page shows it."""
    payload = work.payload
    refused = cast("Sequence[tuple[int, str, str, Sequence[str]]]", payload["refused"])
    other = payload["other"]
    return Proposed(
        work=work,
        other=None if other is None else str(other),
        rows=_count(payload["rows"]),
        new=_count(payload["new"]),
        known=_count(payload["known"]),
        undated=_count(payload["undated"]),
        unused=tuple(_texts(payload["unused"])),
        headings=tuple(_texts(payload["headings"])),
        refused=tuple(
            RefusedRow(number=number, reason=Text(zh, en), cells=tuple(cells)) for number, zh, en, cells in refused
        ),
    )


def sample(desk: Desk, work: Work, limit: int) -> list[tuple[int, str, str]]:
    """Return of the first rows of a proposed register: the row, and what its number and its subject are."""
    part, headings = map_from(work.payload["map"]), _texts(work.payload["headings"])
    known = {heading_of(name): place for place, name in enumerate(headings)}

    def place_of(column: str | None) -> int | None:
        names = () if column is None else part.columns[column].headings
        return next((known[heading_of(name)] for name in names if heading_of(name) in known), None)

    subject = desk.world(work.root).rules.newest(part.workflow).subject_field
    given = part.opening.form.get(subject)
    places = [place_of(part.key[0] if part.key else None), place_of(given if isinstance(given, str) else None)]
    lines, _next = LongWork(desk).lines(work, limit=limit)
    found = []
    for line in lines[:limit]:
        number, cells = cast("tuple[int, Sequence[JsonValue]]", line.item)
        told = [("" if place is None else shown(_cell(cells[place]))) for place in places]
        found.append((number, told[0], told[1]))
    return sorted(found)


def confirm(desk: Desk, root: RootId, actor: Actor, id_: str) -> Work:
    """Let a register come in, and record who brought it; raises NoSuchWork, or NotPermitted where the right is gone."""
    assert actor.person is not None, "who brings in a register is logged in"
    works = LongWork(desk)
    work = works.one(root, actor.person, id_)
    into, world = _into(work), desk.world(root)
    demand_importer(actor, root, into.part, into.unit, world)
    details: dict[str, JsonValue] = {
        "what": into.part.workflow,
        "rows": work.total,
        "scope": into.session,
        "hash": str(work.payload["file_hash"]),
    }
    fact = Fact(type="imported", details=details, by=actor.person)
    desk.office.write([RecordFact(root=root, at=desk.office.now(), fact=fact)])
    return works.confirm(root, actor.person, id_)


def import_some(desk: Desk, wave: Wave) -> Sequence[Outcome]:
    """Import some rows: a kind of long work. What was imported before is known again by its natural key."""
    work, into = wave.work, _into(wave.work)
    headings = _texts(work.payload["headings"])
    rows = [_row(headings, item) for item in wave.items.values()]
    try:
        demand_importer(wave.actor, work.root, into.part, into.unit, desk.world(work.root))
        table = table_of(str(work.payload["file_hash"]), headings, rows)
        report = import_table(desk, work.root, table, into, keeps_rows=True)
    except (StorageError, TooBusy):
        raise  # nothing is wrong with any row: the wave is done again
    except (NotPermitted, ImportRefused) as refusal:
        return [Outcome(is_done=False, label=_label(row.number), reason=refusal.text) for row in rows]
    found = {one.number: Outcome(is_done=True, case=one.case, label=_label(one.number)) for one in report.played}
    for one in report.refused:
        found[one.number] = Outcome(
            is_done=False, case=one.case, label=_label(one.number), reason=one.reason, output=list(one.cells)
        )
    return [found[row.number] for row in rows]


def _into(work: Work) -> Into:
    payload = work.payload
    session = payload["session"]
    return Into(
        part=map_from(payload["map"]),
        unit=UnitId(str(payload["unit"])),
        session=None if session is None else SessionId(str(session)),
        allow_undated=bool(payload["allow_undated"]),
    )


def _label(number: int) -> Text:
    return Text(f"第 {number} 行", f"row {number}")


def _json(value: Value) -> JsonValue:
    """Return a cell as JSON, its days and instants told from texts."""
    if isinstance(value, datetime):
        return {"i": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _cell(value: JsonValue) -> Value:
    match value:
        case {"i": str(at)}:
            return datetime.fromisoformat(at)
        case {"d": str(day)}:
            return date.fromisoformat(day)
        case _:
            return cast("Value", value)


def _row(headings: Sequence[str], item: JsonValue) -> Row:
    number, cells = cast("tuple[int, Sequence[JsonValue]]", item)
    return Row(number, {name: _cell(cell) for name, cell in zip(headings, cells, strict=True)})


def _texts(value: JsonValue) -> list[str]:
    return [str(each) for each in cast("Sequence[JsonValue]", value)]


def _count(value: JsonValue) -> int:
    return int(str(value))
