"""Rows of a register whose number a case bears that was filed in the house: such a row would make it a second time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from engine.case.actors import ActorKind
from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.ledger.canonical import parse_canonical
from engine.service.desk import Desk
from engine.service.importing.lives import Life
from engine.service.ports import CaseLine
from engine.text import Text


def filed_here(desk: Desk, root: RootId, definition: Definition, lives: Sequence[Life]) -> Mapping[int, Text]:
    """Return why rows are not to be imported, by the number of the row: a case of their number and congress session was
    filed here, or of their number and year where there is no session. Cases that were imported are known by their keys.
    """
    workflow = definition.workflow
    told = {life.row: tuple(_numbers(life, workflow.number_fields)) for life in lives}
    wanted = sorted({number for numbers in told.values() for number in numbers})
    found: dict[str | None, list[CaseLine]] = {}
    for line in desk.reads.cases_numbered(root, workflow.name, wanted) if wanted else ():
        found.setdefault(line.number, []).append(line)
    reasons: dict[int, Text] = {}
    for life in lives if found else ():
        lines = (line for number in told[life.row] for line in found.get(number, ()))
        same = next((line for line in lines if _is_same(line, life) and not _is_imported(desk, root, line)), None)
        if same is not None:
            state = workflow.states[same.state].title.text if same.state in workflow.states else Text("", "")
            reasons[life.row] = Text(
                f"编号“{same.number}”的事项已在本系统登记（现为“{state.zh}”），不是由登记册导入的，不再重复建立；请在该事项上办理",
                f"The case numbered {same.number} (now: {state.en}) was filed here and not imported; "
                "it is not made a second time: go on with that case",
            )
    return reasons


def _numbers(life: Life, fields: Sequence[str]) -> Iterator[str]:
    """Yield what the row says the case is called, in the fields that hold its number."""
    for move in (life.opening, *(move for move in life.moves if move.child is None)):
        for name in fields:
            value = move.form.get(name)
            if isinstance(value, str) and value:
                yield value


def _is_same(line: CaseLine, life: Life) -> bool:
    if line.congress_session is not None or life.congress_session is not None:
        return line.congress_session == life.congress_session
    year = life.opening.at.astimezone(SHANGHAI).year
    return _new_year(year) <= line.opened_at < _new_year(year + 1)


def _is_imported(desk: Desk, root: RootId, line: CaseLine) -> bool:
    opening = parse_canonical(desk.reads.entries(root, line.id)[0].body)
    return isinstance(opening, Mapping) and opening.get("actor") == str(ActorKind.IMPORT)


def _new_year(year: int) -> int:
    return microseconds(datetime(year, 1, 1, tzinfo=SHANGHAI))
