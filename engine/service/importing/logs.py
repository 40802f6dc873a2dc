"""Imports a foreign event log: its events by case become moves of a workflow, or notes where the workflow has none.

What happened before the opening or after the final move is kept as a note, with the time the log gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from pathlib import Path

from pydantic import JsonValue

from engine.case.identity import RootId, SessionId, UnitId
from engine.definition.compiled import Definition
from engine.definition.parts import Phase
from engine.errors import BanjieError, ImportRefused, InputRefused
from engine.service.desk import Desk
from engine.service.importing.cells import Instant, heading_of, shown, text_of, when_of
from engine.service.importing.lives import Life, Move, hashed, instant_of
from engine.service.importing.map_checks import NOTE, OPEN, check_log_map
from engine.service.importing.maps import LogMap, load_log_map
from engine.service.importing.readings import RowRefused
from engine.service.importing.registers import Progress, definition_for
from engine.service.importing.rehearsal import OfficeStage, Rehearsal
from engine.service.importing.reports import LogReport, RefusedRow
from engine.service.importing.tables import Row, Table, open_table
from engine.service.importing.waves import Played, Source, Waves
from engine.text import Text

CHUNK_CASES = 1_000
KEYS = "import-log"


def import_log(
    desk: Desk,
    root: RootId,
    path: Path,
    *,
    map_path: Path,
    unit: UnitId,
    session: SessionId | None = None,
    progress: Progress | None = None,
) -> LogReport:
    """Import an event log as cases of the workflow its map names.

    Args:
        desk: where to read and write.
        root: the organisation.
        path: the log, a .csv or a workbook with one event per row.
        map_path: the map of its columns and events.
        unit: the unit of the cases.
        session: their congress session, if any; it chooses the code lists, too.
        progress: told the cases done with and the cases there are.

    Raises:
        DefinitionError: the map is wrong.
        ImportRefused: the file cannot be read as this log; nothing was written.
        NotFound: no such workflow, unit or session.
        StorageError, TooBusy: the office cannot go on now; the same import finishes the rest.
    """
    world = desk.world(root)
    loaded = load_log_map(map_path)
    definition = definition_for(world, loaded.part.workflow, unit, session)
    check_log_map(loaded, definition)
    table = open_table(path, loaded.part.known_headings())
    log = _Log(loaded.part, definition, table, unit, session)
    source = Source(root=root, keys=KEYS, file_hash=table.hash)
    cases = log.cases()
    totals = _Totals()
    lives: list[Life] = []
    for rows in cases.values():
        try:
            lives.append(log.life(rows))
        except RowRefused as refusal:
            totals.refused.append(RefusedRow(number=rows[0].number, reason=refusal.text, cells=log.cells(rows[0])))
    done = len(totals.refused)
    for begin in range(0, len(lives), CHUNK_CASES):
        rehearsal = Waves(Rehearsal(desk, root, world), source, lives[begin : begin + CHUNK_CASES])
        for _finished in rehearsal.play():
            pass
        totals.refuse(one for one in rehearsal.played if one.refused is not None)
        passed = [one.life for one in rehearsal.played if one.refused is None]
        waves = Waves(OfficeStage(desk, root), source, passed)
        done += len(rehearsal.played) - len(passed)
        for finished in waves.play():
            done += len(finished)
            if progress is not None:
                progress(done, len(cases))
        totals.count(waves.played)
    return LogReport(
        file_hash=table.hash,
        headings=table.headings,
        events=sum(len(rows) for rows in cases.values()),
        cases=len(cases),
        created=totals.created,
        repeated=totals.repeated,
        moves=totals.moves,
        notes=totals.notes,
        moved_later=sum(1 for life in lives for move in life.moves if move.remark),
        refused=tuple(sorted(totals.refused, key=lambda row: row.number)),
    )


class _Totals:
    """What the report counts."""

    def __init__(self) -> None:
        self.created = self.repeated = self.moves = self.notes = 0
        self.refused: list[RefusedRow] = []

    def count(self, played: Sequence[Played]) -> None:
        for one in played:
            kept = sum(1 for move in one.life.moves[: one.next] if move.note is not None) if one.fired else 0
            self.created += one.created
            self.repeated += one.case is not None and not one.created
            self.notes += kept
            self.moves += one.fired - kept
        self.refuse(one for one in played if one.refused is not None)

    def refuse(self, played: Iterable[Played]) -> None:
        for one in played:
            reason = one.refused or Text("", "")
            at = f"“{one.at_move}”：" if one.at_move is not None else ""
            text = Text(f"{at}{reason.zh}", f"{one.at_move or ''} {reason.en}".strip())
            self.refused.append(RefusedRow(number=one.life.row, reason=text, cells=one.life.cells, case=one.case))


@dataclass(frozen=True, slots=True)
class _Event:
    """One event of a case: what it is called, when it was, and the row it comes from."""

    name: str
    at: datetime
    row: Row


class _Log:
    """A log read through its map."""

    def __init__(
        self, map_: LogMap, definition: Definition, table: Table, unit: UnitId, session: SessionId | None
    ) -> None:
        by_name = {heading_of(name): name for name in table.headings}
        missing = [name for name in map_.headings() if heading_of(name) not in by_name]
        if missing:
            raise ImportRefused(
                Text(f"缺少列：{'、'.join(missing)}", f"Missing columns: {', '.join(missing)}"), missing=missing
            )
        self._map = map_
        self._definition = definition
        self._table = table
        self._unit = unit
        self._session = session
        self._headings = {name: by_name[heading_of(name)] for name in map_.headings()}
        workflow = definition.workflow
        self._final = frozenset(
            name
            for name, part in workflow.transitions.items()
            if part.to is not None and workflow.states[part.to].phase is Phase.FINAL
        )

    def cases(self) -> dict[str, list[Row]]:
        """Return the rows of each case in the order of the file; rows without a case are refused as a whole."""
        cases: dict[str, list[Row]] = {}
        for row in self._table.rows():
            cases.setdefault(text_of(row.cells.get(self._headings[self._map.case])), []).append(row)
        return cases

    def cells(self, row: Row) -> tuple[str, ...]:
        return tuple(shown(row.cells.get(heading)) for heading in self._table.headings)

    def life(self, rows: Sequence[Row]) -> Life:
        """Return the life of a case; raises RowRefused when an event of it cannot be placed."""
        first = rows[0]
        case = self._text(first, self._map.case)
        if not case:
            raise RowRefused([Text(f"“{self._map.case}”未填写", f"{self._map.case} is empty")])
        events = sorted(self._events(rows), key=lambda event: event.at)
        opening = next((event for event in events if self._does(event) == OPEN), None)
        if opening is None:
            raise RowRefused([Text("没有打开案件的事件", "No event opens the case")])
        return Life(
            row=first.number,
            key=hashed(self._map.workflow, case),
            number=None,
            workflow=self._map.workflow,
            unit=self._unit,
            congress_session=self._session,
            opening=Move(name="open", transition="open", at=opening.at, form=self._form(first)),
            parties={},
            moves=tuple(self._moves(events, opening)),
            cells=self.cells(first),
        )

    def _events(self, rows: Sequence[Row]) -> Iterator[_Event]:
        """Yield the events made from columns of the case, then those of the log, in the order of the file."""
        for derived in self._map.derive:
            at = self._time(rows[0], derived.at)
            if at is not None:
                yield _Event(derived.event, at, rows[0])
        for row in rows:
            at = self._time(row, self._map.time)
            if at is None:
                raise RowRefused([Text(f"第 {row.number} 行没有时间", f"Row {row.number} has no time")])
            yield _Event(self._text(row, self._map.activity), at, row)

    def _does(self, event: _Event) -> str:
        does = self._map.events.get(event.name, self._map.otherwise)
        if does == "refuse":
            raise RowRefused([Text(f"映射中没有事件“{event.name}”", f"The map has no event {event.name!r}")])
        return does

    def _moves(self, events: Sequence[_Event], opening: _Event) -> Iterator[Move]:
        """Yield what follows the opening: first the notes of what was before it, then everything in order of time.

        A final move whose time lies before the opening happened at the opening, and its basis says what the log says.
        """
        counts: dict[str, Iterator[int]] = {}
        others = [event for event in events if event is not opening]
        for event in others:
            if event.at < opening.at and self._does(event) not in self._final:
                yield self._named(counts, self._note(event))
        ended = False
        for event in sorted(others, key=lambda event: max(event.at, opening.at)):
            does = self._does(event)
            late = event.at < opening.at
            if late and does not in self._final:
                continue
            if ended or does in (NOTE, OPEN):
                yield self._named(counts, self._note(event))
                continue
            remark = f";stated {event.at.isoformat()}" if late else ""
            move = Move(name=does, transition=does, at=max(event.at, opening.at), remark=remark)
            yield self._named(counts, move)
            ended = does in self._final

    def _note(self, event: _Event) -> Move:
        note: dict[str, JsonValue] = {"at": event.at.isoformat()}
        note.update({name: text for name in self._map.note if (text := self._text(event.row, name))})
        return Move(name=f"note {event.name}", transition=event.name, at=event.at, note=note, stated=False)

    @staticmethod
    def _named(counts: dict[str, Iterator[int]], move: Move) -> Move:
        """Return the move with a name of its own in the case: the second of a name is ``name#2``."""
        number = next(counts.setdefault(move.name, count(1)))
        return move if number == 1 else replace(move, name=f"{move.name}#{number}")

    def _form(self, row: Row) -> Mapping[str, JsonValue]:
        form: dict[str, JsonValue] = {}
        for field, name in self._map.form.items():
            if text := self._text(row, name):
                form[field] = text
        if self._map.deadline is not None:
            due = self._when(row, self._map.deadline.column)
            if due is not None:
                form[self._map.deadline.from_field] = due.isoformat()
        return form

    def _text(self, row: Row, name: str) -> str:
        try:
            return text_of(row.cells.get(self._headings[name]))
        except InputRefused as refusal:
            raise _in_row(row, name, refusal) from refusal

    def _when(self, row: Row, name: str) -> Instant | None:
        try:
            return when_of(row.cells.get(self._headings[name]))
        except InputRefused as refusal:
            raise _in_row(row, name, refusal) from refusal

    def _time(self, row: Row, name: str) -> datetime | None:
        when = self._when(row, name)
        return None if when is None else instant_of(when)


def _in_row(row: Row, name: str, refusal: BanjieError) -> RowRefused:
    text = refusal.text
    return RowRefused([Text(f"第 {row.number} 行“{name}”：{text.zh}", f"Row {row.number}, {name}: {text.en}")])
