"""Imports a register: rows become lives, lives are rehearsed, and what passes is carried out by the office.

Nothing is written twice: a row is known again by its natural key, whichever file brings it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from engine.access.directory import Person
from engine.case.actors import ActorKind
from engine.case.decide import key_hash
from engine.case.identity import CaseId, RootId, SessionId, UnitId
from engine.definition.compiled import Definition
from engine.errors import InputRefused, NotFound
from engine.service.desk import Desk
from engine.service.importing.cells import text_of
from engine.service.importing.filed_here import filed_here
from engine.service.importing.grouped import told_problems
from engine.service.importing.lives import Life, Planner
from engine.service.importing.map_checks import check_register_map, child_workflows
from engine.service.importing.maps import RegisterMap, load_register_map
from engine.service.importing.readings import Names, Reading, RowRefused, bind
from engine.service.importing.rehearsal import OfficeStage, Rehearsal
from engine.service.importing.reports import ImportReport, PlayedRow, RefusedRow
from engine.service.importing.tables import Row, Table, open_table
from engine.service.importing.waves import Played, Source, Waves
from engine.service.world import World
from engine.text import Text

CHUNK_ROWS = 2_000
KEYS = "import"

Progress = Callable[[int, int], None]
"""Called with the rows done with and the rows there are."""


def import_register(
    desk: Desk,
    root: RootId,
    path: Path,
    workflow: str,
    *,
    map_path: Path,
    unit: UnitId,
    session: SessionId | None = None,
    dry_run: bool = False,
    allow_undated: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a register as cases of a workflow.

    Args:
        desk: where to read and write.
        root: the organisation.
        path: the register, an .xlsx, .xls, .ods or .csv file.
        workflow: the workflow the map is for.
        map_path: the map of its columns (``workflows/<name>/import.yaml`` is the default one).
        unit: the unit of the cases, unless the map names a column for it.
        session: the congress session of the cases; it chooses the code lists, too.
        dry_run: check everything and write nothing.
        allow_undated: let a move stand without its date, marked so, instead of refusing the row.
        progress: told after each wave.

    Raises:
        DefinitionError: the map is wrong.
        ImportRefused: the file cannot be read as a register; nothing was written.
        NotFound: no such workflow, unit or session.
        StorageError, TooBusy: the office cannot go on now. What is written stays; the same import finishes the rest.
    """
    world = desk.world(root)
    definition = definition_for(world, workflow, unit, session)
    part = proved_map(map_path, workflow, definition, world)
    table = open_table(path, part.known_headings())
    into = Into(part=part, unit=unit, session=session, allow_undated=allow_undated)
    return import_table(desk, root, table, into, dry_run=dry_run, progress=progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class Into:
    """What rows become: by which map, in which unit and session, and whether moves may stand without their dates."""

    part: RegisterMap
    unit: UnitId
    session: SessionId | None = None
    allow_undated: bool = False


def proved_map(path: Path, workflow: str, definition: Definition, world: World) -> RegisterMap:
    """Return the map of a file, held against its workflow; raises DefinitionError, or NotFound for another's map."""
    loaded = load_register_map(path)
    if loaded.part.workflow != workflow:
        raise NotFound(
            Text(
                f"映射文件用于“{loaded.part.workflow}”，不是“{workflow}”",
                f"The map is for {loaded.part.workflow!r}, not {workflow!r}",
            )
        )
    check_register_map(loaded, definition, world.rules)
    return loaded.part


def import_table(
    desk: Desk,
    root: RootId,
    table: Table,
    into: Into,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
    keeps_rows: bool = False,
) -> ImportReport:
    """Import the rows of a table that was opened with a map that was proved; raises as ``import_register`` does.

    ``keeps_rows`` says of every row that was not refused what became of it.
    """
    world = desk.world(root)
    definition = definition_for(world, into.part.workflow, into.unit, into.session)
    planner = Planner(
        reading=bound(desk, root, table, into),
        definition=definition,
        children=tuple(world.rules.newest(name) for name in child_workflows(definition)),
        unit=into.unit,
        congress_session=into.session,
        headings=table.headings,
        allow_undated=into.allow_undated,
        now=desk.office.now(),
    )
    source = Source(root=root, keys=KEYS, file_hash=table.hash)
    return _Import(desk, root, world, table, planner, source, dry_run, progress or _quiet, keeps_rows).run()


def bound(desk: Desk, root: RootId, table: Table, into: Into) -> Reading:
    """Return what the map makes of a table; raises ImportRefused when a required column is not there."""
    world = desk.world(root)
    definition = definition_for(world, into.part.workflow, into.unit, into.session)
    persons = _persons(desk, root, into.part)
    return bind(into.part, table, Names(surroundings=world.surroundings, definition=definition, persons=persons))


def tied_rows(reading: Reading, rows: Sequence[Row]) -> frozenset[int]:
    """Return the rows that name others or are named, which must be played together."""
    if reading.map.grouped:
        return frozenset(row.number for row in rows)
    refs = _case_headings(reading)
    tied = {text for row in rows for text in _texts(row, refs)}
    number = reading.headings.get(reading.map.key[0]) if reading.map.key else None
    return frozenset(
        row.number
        for row in rows
        if _texts(row, refs) or (number is not None and tied.intersection(_texts(row, (number,))))
    )


def definition_for(world: World, workflow: str, unit: UnitId, session: SessionId | None) -> Definition:
    """Return what new cases of the unit and session run under; raises NotFound."""
    sessions = world.surroundings.sessions
    if session is not None and session not in sessions:
        raise NotFound(Text(f"没有届次“{session}”", f"No congress session {session!r}"), congress_session=session)
    if not world.surroundings.tree.exists(unit):
        raise NotFound(Text(f"没有单位“{unit}”", f"No unit {unit!r}"), unit=unit)
    return world.rules.for_new(workflow, None if session is None else sessions[session].lists)


def _persons(desk: Desk, root: RootId, part: RegisterMap) -> Sequence[Person]:
    wanted = any("person" in (column.type, column.of) for column in part.columns.values())
    return desk.reads.all_persons(root) if wanted else ()


def _quiet(_done: int, _total: int) -> None:
    return


class _Playing(NamedTuple):
    """A chunk that is being carried out; ``finished`` brings rows as they are done with, then None."""

    played: Future[Sequence[Played]]
    finished: SimpleQueue[Sequence[Played] | None]


@dataclass(slots=True)
class _Import:
    """One import while it runs."""

    desk: Desk
    root: RootId
    world: World
    table: Table
    planner: Planner
    source: Source
    dry_run: bool
    progress: Progress
    keeps_rows: bool = False
    total: int = 0
    done: int = 0
    created: int = 0
    repeated: int = 0
    moves: int = 0
    undated: int = 0
    refused: list[RefusedRow] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    tied: list[Row] = field(default_factory=list)
    played: list[PlayedRow] = field(default_factory=list)

    def run(self) -> ImportReport:
        """Rehearse one chunk while the office carries out the one before it; everything is counted on this thread."""
        rows = self._apart(self._tied_numbers())
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as beside:
            playing: _Playing | None = None
            while chunk := list(islice(rows, CHUNK_ROWS)) or [(row,) for row in self._together()]:
                passed = self._rehearsed(chunk)
                if playing is not None:
                    self._settle(playing)
                finished: SimpleQueue[Sequence[Played] | None] = SimpleQueue()
                playing = _Playing(beside.submit(self._play, passed, finished), finished)
            if playing is not None:
                self._settle(playing)
        self.refused.sort(key=lambda row: row.number)
        return ImportReport(
            file_hash=self.table.hash,
            headings=self.table.headings,
            unused=self.planner.reading.unused(self.table),
            rows=self.total,
            created=self.created,
            repeated=self.repeated,
            moves=self.moves,
            undated=self.undated,
            refused=tuple(self.refused),
            dry_run=self.dry_run,
            played=tuple(self.played),
        )

    def _tied_numbers(self) -> frozenset[str]:
        """Count the rows, and return the numbers that rows name: those rows must be played together."""
        refs = _case_headings(self.planner.reading)
        tied: set[str] = set()
        for row in self.table.rows():
            self.total += 1
            tied.update(_texts(row, refs))
        return frozenset(tied)

    def _apart(self, tied: frozenset[str]) -> Iterator[tuple[Row, ...]]:
        """Yield the rows that stand alone, each as one, or those that are one case together, in the order of the first.

        Those that name others or are named are kept for the last chunk.
        """
        reading = self.planner.reading
        if reading.map.grouped:
            cases: dict[tuple[Hashable, ...], list[Row]] = {}
            for row in self.table.rows():
                cases.setdefault(reading.key_of(row), []).append(row)
            yield from map(tuple, cases.values())
            return
        refs = _case_headings(reading)
        number = reading.headings.get(reading.map.key[0]) if reading.map.key else None
        for row in self.table.rows():
            if _texts(row, refs) or (number is not None and tied.intersection(_texts(row, (number,)))):
                self.tied.append(row)
            else:
                yield (row,)

    def _together(self) -> list[Row]:
        together, self.tied = self.tied, []
        return together

    def _rehearsed(self, chunk: Sequence[tuple[Row, ...]]) -> list[Life]:
        """Return the lives of the rows that the workflow allows; the others are refused."""
        lives = self._not_filed_here([life for rows in chunk if (life := self._planned(rows)) is not None])
        rehearsal = Waves(Rehearsal(self.desk, self.root, self.world), self.source, lives)
        for _finished in rehearsal.play():
            pass
        passed = [one for one in rehearsal.played if one.refused is None or self._was_imported(one.life)]
        kept = {one.life.row for one in passed}
        self._refuse([one for one in rehearsal.played if one.life.row not in kept], imported=False)
        if self.dry_run:
            self._count(passed)
            return []
        return [one.life for one in passed]

    def _play(self, lives: Sequence[Life], finished: SimpleQueue[Sequence[Played] | None]) -> Sequence[Played]:
        """Carry the lives out; runs beside the thread that counts."""
        waves = Waves(OfficeStage(self.desk, self.root), self.source, lives)
        try:
            for rows in waves.play():
                finished.put(rows)
        finally:
            finished.put(None)
        return waves.played

    def _settle(self, playing: _Playing) -> None:
        """Wait for a chunk to be carried out; raises what kept the office from going on."""
        while (rows := playing.finished.get()) is not None:
            self._count(rows)
        self._refuse([one for one in playing.played.result() if one.refused is not None], imported=True)

    def _planned(self, rows: tuple[Row, ...]) -> Life | None:
        try:
            life = self.planner.life(*rows)
        except RowRefused as refusal:
            self._note([(row.number, self.planner.cells(row)) for row in rows], refusal.text)
            return None
        first = self.seen.setdefault(life.key, life.row)
        if first != life.row:
            self._note(life.lines, Text(f"与第 {first} 行重复", f"The same as row {first}"))
            return None
        return life

    def _not_filed_here(self, lives: list[Life]) -> list[Life]:
        reasons = filed_here(self.desk, self.root, self.planner.definition, lives)
        again = {life.row for life in lives if life.row in reasons and not self._was_imported(life)}
        for life in lives:
            if life.row in again:
                self._note(life.lines, reasons[life.row])
        return [life for life in lives if life.row not in again]

    def _was_imported(self, life: Life) -> bool:
        """A row that was imported before is left to the office to judge, wherever its case stands now."""
        stored = self.desk.reads.find_outcome(self.root, str(ActorKind.IMPORT), key_hash(self.source.key(life, "open")))
        return stored is not None

    def _note(self, lines: Sequence[tuple[int, tuple[str, ...]]], reason: Text) -> None:
        self.refused += [RefusedRow(number=number, reason=reason, cells=cells) for number, cells in lines]
        self._advance(len(lines))

    def _count(self, finished: Sequence[Played]) -> None:
        for one in finished:
            self.created += one.created
            self.repeated += one.case is not None and not one.created
            self.moves += one.fired
            self.undated += one.case is not None and one.life.undated
            if self.keeps_rows and one.refused is None:
                self.played += self._rows(one)
        self._advance(sum(len(one.life.lines) for one in finished))

    def _rows(self, one: Played) -> list[PlayedRow]:
        known = self._was_imported(one.life) if self.dry_run else not one.created
        case = None if self.dry_run else one.case
        return [
            PlayedRow(number=number, case=case, known=known, undated=one.life.undated)
            for number, _cells in one.life.lines
        ]

    def _advance(self, rows: int) -> None:
        if rows:
            self.done += rows
            self.progress(self.done, self.total)

    def _refuse(self, played: Sequence[Played], *, imported: bool) -> None:
        """Note rows that went no further; of those that became cases, where they stand."""
        opened = [one.case for one in played if imported and one.case is not None]
        cases = {case.id: case for case in self.desk.reads.cases(self.root, opened)} if opened else {}
        for one in played:
            assert one.refused is not None, "only refused rows are noted"
            case = cases.get(one.case) if one.case is not None else None
            reason = _at_move(self.planner.definition, one)
            self.refused += [
                RefusedRow(
                    number=number,
                    reason=reason,
                    cells=cells,
                    case=None if case is None else CaseId(case.id),
                    state=None if case is None else self.planner.definition.workflow.states[case.state].title.text,
                )
                for number, cells in one.life.lines
            ]
        if not imported:
            self._advance(sum(len(one.life.lines) for one in played))


def _at_move(definition: Definition, one: Played) -> Text:
    reason = one.refused or Text("", "")
    if one.problems:
        move = one.life.opening if one.at_move is None else one.move_at
        reason = told_problems(one.problems, {} if move is None else move.tables, definition)
    part = None if one.at_move is None else definition.workflow.transitions.get(one.at_move)
    if part is None:
        return reason
    return Text(f"“{part.title.zh}”：{reason.zh}", f"{part.title.en}: {reason.en}")


def _case_headings(reading: Reading) -> tuple[str, ...]:
    columns = reading.map.columns
    return tuple(heading for name, heading in reading.headings.items() if columns[name].type == "case")


def _texts(row: Row, headings: Sequence[str]) -> list[str]:
    """Return the texts of some cells; what no text may hold is refused when the row is read."""
    found = []
    for heading in headings:
        try:
            found.append(text_of(row.cells.get(heading)))
        except InputRefused:
            continue
    return [text for text in found if text]
