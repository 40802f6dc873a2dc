"""What a case is in a file of a list: the cells of its row, as the list shows them and a little more."""

from __future__ import annotations

from collections.abc import Mapping

from engine.case.codec import instant
from engine.case.identity import SessionId, UnitId
from engine.case.scope import SHANGHAI
from engine.service.ports import CaseLine
from engine.service.world import World
from web.exports import Cell
from web.shell import Visit
from web.views.lines import case_row
from web.words import Words

COLUMNS = (
    "number",
    "subject",
    "workflow",
    "category",
    "case_session",
    "unit",
    "lead_unit",
    "state",
    "phase",
    "opened_on",
    "next_due",
    "standing",
    "provisional",
)


def case_columns(words: Words) -> list[str]:
    """Return the titles of the columns."""
    return [words.t(name) for name in COLUMNS]


def category_titles(world: World, words: Words) -> Mapping[tuple[str, str], str]:
    """Return (workflow, code) → what the category is called now."""
    found: dict[tuple[str, str], str] = {}
    for name in world.rules.names():
        definition = world.rules.for_new(name)
        field = definition.workflow.category_field
        codes = None if field is None else definition.list_of(field)
        found |= {(name, item.code): words.say(item.title.text) for item in (() if codes is None else codes.items)}
    return found


def case_cells(line: CaseLine, world: World, visit: Visit, categories: Mapping[tuple[str, str], str]) -> list[Cell]:
    """Return the cells of a case, in the order of the columns."""
    words, row, there = visit.words, case_row(line, world, visit), world.surroundings
    session = None if line.congress_session is None else there.sessions.get(SessionId(line.congress_session))
    units = [None if unit is None else there.units.get(UnitId(unit)) for unit in (line.unit, line.lead_unit)]
    return [
        line.number or "",
        line.subject or "",
        row.workflow,
        categories.get((line.workflow, line.category or ""), line.category or ""),
        "" if session is None else words.say(session.title),
        *("" if unit is None else words.say(unit.title) for unit in units),
        row.state,
        words.t(f"phase_{line.phase}"),
        instant(line.opened_at).astimezone(SHANGHAI).date(),
        row.due or "",
        "" if row.standing is None else row.standing.text,
        words.t("yes") if line.provisional else "",
    ]
