"""All cases of a workflow as one table: how each stands, and whatever its definition holds for public."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Final

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.identity import RootId, UnitId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import is_strict
from engine.definition.model import Workflow
from engine.definition.parts import FieldPart, Privacy
from engine.definition.wording import title_of
from engine.service.ports import Reads
from engine.service.world import World
from web.exports import Cell
from web.views.fields import FieldWriter, format_of
from web.words import Words

AT_ONCE: Final = 500
STANDING: Final = ("number", "subject", "state", "unit", "lead_unit", "opened_on", "next_due", "moved_on")
"""What every case has, before the fields of its definition."""
_NOT_IN_A_CELL: Final = frozenset({"file", "person", "case"})


@dataclass(slots=True)
class CaseTable:
    """Reads the cases of a workflow as a table. ``left_out`` counts those under a strict level, and their parts.

    The columns are those of the newest version; a case of an older one has empty cells where it knows no such field.
    """

    reads: Reads
    world: World
    root: RootId
    workflow: str
    words: Words
    left_out: int = 0
    _writers: dict[str, FieldWriter] = field(default_factory=dict)

    def titles(self) -> list[str]:
        """Return the titles of the columns."""
        part = self._newest
        return [
            *(self.words.t(name) for name in STANDING),
            *(self.words.say(part.fields[name].title.text) for name in self._columns()),
        ]

    def rows(self) -> Iterator[list[Cell]]:
        """Yield the cells of each case, in the order of their ids, which is about that of their opening."""
        columns, kept_apart = self._columns(), set[str]()
        ids = self.reads.all_case_ids(self.root)
        while some := list(islice(ids, AT_ONCE)):
            for case in self.reads.cases(self.root, some):
                writer = self._writer(case)
                if is_strict(case, writer.definition) or case.parent in kept_apart:
                    kept_apart.add(case.id)
                    self.left_out += case.workflow == self.workflow
                elif case.workflow == self.workflow:
                    yield [*self._standing(case, writer), *(_cell(case, name, writer) for name in columns)]

    @property
    def _newest(self) -> Workflow:
        return self.world.rules.for_new(self.workflow).workflow

    def _columns(self) -> list[str]:
        part = self._newest
        own = {*part.number_fields, part.subject_field}
        return [name for name, one in part.fields.items() if name not in own and _fits(one)]

    def _writer(self, case: Case) -> FieldWriter:
        key = f"{case.pins.definition} {sorted(case.pins.lists.items())}"
        if key not in self._writers:
            self._writers[key] = FieldWriter(
                words=self.words,
                definition=self.world.rules.pinned(case.pins.definition, case.pins.lists),
                surroundings=self.world.surroundings,
                persons={},
            )
        return self._writers[key]

    def _standing(self, case: Case, writer: FieldWriter) -> Iterator[Cell]:
        workflow = writer.definition.workflow
        public = {name: case.data.get(name) for name, part in workflow.fields.items() if part.privacy is Privacy.PUBLIC}
        yield next((str(public[name]) for name in workflow.number_fields if public.get(name)), None)
        yield _text(public.get(workflow.subject_field))
        yield self.words.say(title_of(case.state, workflow.states))
        for unit in (case.unit, case.lead_unit):
            known = None if unit is None else self.world.surroundings.units.get(UnitId(unit))
            yield unit if known is None else self.words.say(known.title)
        yield _day(case.opened_at)
        yield (
            None
            if case.next_due_at is None
            else min(clock.due_on for clock in case.clocks if clock.watched and clock.due_at == case.next_due_at)
        )
        yield _day(case.happened_at)


def _fits(part: FieldPart) -> bool:
    return part.privacy is Privacy.PUBLIC and not part.columns and format_of(part) not in _NOT_IN_A_CELL


def _cell(case: Case, name: str, writer: FieldWriter) -> Cell:
    """Return a value as a cell: dates as dates, numbers as numbers, codes by their titles."""
    part, value = writer.definition.workflow.fields.get(name), case.data.get(name)
    if part is None or not _fits(part) or value in (None, "", []):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if format_of(part) == "date" and isinstance(value, str):
        return date.fromisoformat(value)
    return writer.write(name, value)


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()
