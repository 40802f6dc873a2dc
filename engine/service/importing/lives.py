"""What a row says a case went through: its opening and its moves in order, each with its form and its instant.

Pure: whether the workflow allows all that is asked afterwards (``rehearsal``), and carried out after that (``waves``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pydantic import JsonValue

from engine.case.identity import SessionId, UnitId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.service.importing.cells import Instant, shown
from engine.service.importing.grouped import TableNumbers, plain_given, read_together, table_rows
from engine.service.importing.map_checks import columns_of
from engine.service.importing.maps import ANY_GIVEN, GIVEN, MISSING, At, FormValue, MovePart, TableRows
from engine.service.importing.readings import CaseRef, Read, Reading, RowRefused
from engine.service.importing.tables import Row
from engine.text import Text

DAY_BEGINS = time(8)
"""A register's day means 08:00 in Shanghai: the same day in UTC, and before any office of that day opens."""

BETWEEN_MOVES = timedelta(minutes=1)
Form = Mapping[str, JsonValue | CaseRef]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move to be made. ``name`` tells it from the others of its row; ``child`` makes it a move of its children.

    ``note`` makes it a note: nothing moves. ``stated`` is False for what is kept without an instant of its own.
    """

    name: str
    transition: str
    at: datetime
    form: Form = field(default_factory=dict)
    child: Literal["lead", "co_handlers"] | None = None
    undated: bool = False
    note: Mapping[str, JsonValue] | None = None
    stated: bool = True
    remark: str = ""
    tables: TableNumbers = field(default_factory=dict)

    @property
    def refs(self) -> tuple[str, ...]:
        """The numbers of the rows this move names."""
        return tuple(value.number for value in self.form.values() if isinstance(value, CaseRef))


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One row as a case's life. ``key`` is its natural key, hashed; ``number`` what other rows call it by.

    ``more`` are the other rows that are the same case, by their numbers and with their cells.
    """

    row: int
    key: str
    number: str | None
    workflow: str
    unit: UnitId
    congress_session: SessionId | None
    opening: Move
    parties: Mapping[str, tuple[str, ...]]
    moves: tuple[Move, ...]
    cells: tuple[str, ...]
    more: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def lines(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """All rows of this life, by their numbers and with their cells."""
        return ((self.row, self.cells), *self.more)

    @property
    def undated(self) -> bool:
        return self.opening.undated or any(move.undated for move in self.moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Turns rows into lives: one map, one definition, the organisation's answers for what rows do not say."""

    reading: Reading
    definition: Definition
    children: tuple[Workflow, ...]
    unit: UnitId
    congress_session: SessionId | None
    headings: tuple[str, ...]
    allow_undated: bool
    now: datetime

    def life(self, row: Row, *more: Row) -> Life:
        """Return the life of a row, or of rows that are one case; raises RowRefused naming everything that is wrong."""
        map_ = self.reading.map
        if map_.grouped:
            values, each = read_together(self.reading, (row, *more))
        else:
            values = self.reading.read(row)
            each = [(row.number, values)]
        asked = [move for move in map_.moves if _holds(move, values)]
        instants = self._instants([map_.opening.at, *(move.at for move in asked)], values)
        workflow = self.definition.workflow
        form, tables = self._form(map_.opening.form, values, each, workflow)
        opening = Move(
            name="open", transition="open", at=instants[0][0], form=form, undated=instants[0][1], tables=tables
        )
        parties = {role: _persons(values[name]) for role, name in map_.opening.parties.items()}
        unit = None if map_.unit is None else values[map_.unit]
        return Life(
            row=row.number,
            key=self._key(row, values, opening.at),
            number=_text(values[map_.key[0]]) if map_.key else None,
            workflow=workflow.name,
            unit=UnitId(unit) if isinstance(unit, str) else self.unit,
            congress_session=self.congress_session,
            opening=opening,
            parties={role: persons for role, persons in parties.items() if persons},
            moves=tuple(self._moves(asked, instants[1:], values, each)),
            cells=self.cells(row),
            more=tuple((one.number, self.cells(one)) for one in more),
        )

    def cells(self, row: Row) -> tuple[str, ...]:
        """Return the cells of a row as a report shows them, in the order of the headings."""
        return tuple(shown(row.cells.get(heading)) for heading in self.headings)

    def _moves(
        self,
        asked: list[MovePart],
        instants: list[tuple[datetime, bool]],
        values: Mapping[str, Read],
        each: Sequence[tuple[int, Mapping[str, Read]]],
    ) -> Iterator[Move]:
        counts: dict[str, int] = {}
        for part, (at, undated) in zip(asked, instants, strict=True):
            count = counts[part.fire] = counts.get(part.fire, 0) + 1
            workflows = (self.definition.workflow,) if part.child is None else self.children
            workflow = next(known for known in workflows if part.fire in known.transitions)
            form, tables = self._form(part.form, values, each, workflow)
            yield Move(
                name=part.fire if count == 1 else f"{part.fire}#{count}",
                transition=part.fire,
                at=at,
                form=form,
                child=part.child,
                undated=undated,
                tables=tables,
            )

    def _form(
        self,
        parts: Mapping[str, FormValue],
        values: Mapping[str, Read],
        each: Sequence[tuple[int, Mapping[str, Read]]],
        workflow: Workflow,
    ) -> tuple[Form, TableNumbers]:
        """Return the form of a move, and which rows of the register stand behind the rows of its tables."""
        form: dict[str, JsonValue | CaseRef] = {}
        tables: dict[str, tuple[int, ...]] = {}
        for name, given in parts.items():
            if isinstance(given, TableRows):
                columns = workflow.fields[name].columns
                rows, numbers = table_rows(given, self.reading, each)
                if rows:
                    tables[name] = numbers
                    form[name] = [
                        {column: _plain(cell, columns[column].json_schema) for column, cell in row.items()}
                        for row in rows
                    ]
                continue
            value = plain_given(given, values)
            if value is not None:
                form[name] = value if isinstance(value, CaseRef) else _plain(value, workflow.fields[name].json_schema)
        return form, tables

    def _instants(self, columns: list[At], values: Mapping[str, Read]) -> list[tuple[datetime, bool]]:
        """Return when each move happened and whether the register does not tell; order is kept within a day."""
        found = [_first(columns_of(at), values) for at in columns]
        reasons = []
        for at, (when, _name) in zip(columns, found, strict=True):
            if when is None and not self.allow_undated:
                heading = self._heading(columns_of(at)[0])
                reasons.append(Text(f"缺少“{heading}”", f"{heading} is missing"))
        if reasons:
            raise RowRefused(tuple(dict.fromkeys(reasons)))
        first = next((instant_of(when) for when, _name in found if when is not None), None)
        last, exact = (first or self.now) - BETWEEN_MOVES, False
        instants: list[tuple[datetime, bool]] = []
        for when, name in found:
            if when is None:
                last = min(last + BETWEEN_MOVES, self.now)
            else:
                last = self._placed(when, name, last, both_exact=exact and isinstance(when, datetime))
            exact = isinstance(when, datetime)
            instants.append((last, when is None))
        return instants

    def _placed(self, when: Instant, name: str, last: datetime, *, both_exact: bool) -> datetime:
        """Return the instant, moved behind the one before it when both are of one day and not both known exactly."""
        at = instant_of(when)
        if at > last or (both_exact and at == last):
            return at
        day, before = at.astimezone(SHANGHAI), last.astimezone(SHANGHAI)
        if both_exact or day.date() < before.date():
            heading, form = self._heading(name), "%Y-%m-%d %H:%M" if both_exact else "%Y-%m-%d"
            raise RowRefused(
                [
                    Text(
                        f"“{heading}”（{day:{form}}）早于前一步（{before:{form}}）",
                        f"{heading} ({day:{form}}) lies before the step before it ({before:{form}})",
                    )
                ]
            )
        return last + BETWEEN_MOVES

    def _heading(self, column: str) -> str:
        return self.reading.headings.get(column) or self.reading.map.columns[column].headings[0]

    def _key(self, row: Row, values: Mapping[str, Read], opened_at: datetime) -> str:
        """Return what a row is known by: its key columns within its congress session, or its year without one."""
        names = self.reading.map.key
        if names and all(values[name] is not None for name in names):
            known = [str(values[name]) for name in names]
        else:
            known = ["*", *self.cells(row)]
        scope = self.congress_session or str(opened_at.astimezone(SHANGHAI).year)
        return hashed(self.definition.workflow.name, scope, *known)


def hashed(*parts: str) -> str:
    """Return a natural key as a hash, so that no personal data stands in a key."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def _holds(move: MovePart, values: Mapping[str, Read]) -> bool:
    for name, wanted in move.when.items():
        if name == ANY_GIVEN:
            columns = (wanted,) if isinstance(wanted, str) else wanted
            if all(values[column] is None for column in columns):
                return False
        elif wanted in (GIVEN, MISSING):
            if (values[name] is None) is (wanted == GIVEN):
                return False
        elif values[name] not in ((wanted,) if isinstance(wanted, str) else wanted):
            return False
    return True


def _first(columns: tuple[str, ...], values: Mapping[str, Read]) -> tuple[Instant | None, str]:
    for name in columns:
        value = values[name]
        if isinstance(value, date):
            return value, name
    return None, columns[0]


def instant_of(when: Instant) -> datetime:
    """Return an instant for a day: its beginning as registers mean it."""
    if isinstance(when, datetime):
        return when
    return datetime.combine(when, DAY_BEGINS, SHANGHAI).astimezone(UTC)


def _plain(value: Read | JsonValue, schema: Mapping[str, JsonValue]) -> JsonValue:
    """Return a value as the schema of its field wants it."""
    if isinstance(value, datetime):
        if schema.get("format") == "date":
            return value.astimezone(SHANGHAI).date().isoformat()
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    assert not isinstance(value, CaseRef), "references to cases are resolved when the move is made"
    return value


def _persons(value: Read) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def _text(value: Read) -> str | None:
    return None if value is None else str(value)
