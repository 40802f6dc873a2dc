"""Lines of the list of deadlines: who handles what until when, on which rung it stands, and the figures above."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.case.identity import UnitId
from engine.definition.model import Rung
from engine.service.overdue import OverdueEntry, OverdueFigures
from engine.service.rung_colours import COLOUR_TITLES, Colour
from engine.service.world import World
from web.exports import Cell
from web.shell import Visit
from web.views.lines import DeadlineRow, deadline_row
from web.words import Words

NAMES_MAX = 3
COLUMNS: Final = (
    "number",
    "subject",
    "workflow",
    "state",
    "unit",
    "lead_unit",
    "supervise_person",
    "deadline",
    "due",
    "promised",
    "provisional",
    "standing",
    "overdue_rung",
    "overdue_following",
)
"""The texts that head the columns of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungShown:
    """A rung by its title, with the colour for the eye."""

    title: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueRow:
    """One line of the list; ``measures`` says whether there is anything to select it for."""

    case_id: str
    row: DeadlineRow
    handlers: str | None
    rung: RungShown | None
    following: str | None
    can_act: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure above the list, and the list it counts."""

    title: str
    count: int
    address: str
    tone: str


def overdue_row(entry: OverdueEntry, world: World, visit: Visit) -> OverdueRow:
    """Return a line of the list."""
    words = visit.words
    return OverdueRow(
        case_id=entry.line.case.id,
        row=deadline_row(entry.line, world, visit),
        handlers=_names(entry.handlers, words),
        rung=None if entry.rung is None else _shown(entry.rung, words),
        following=_following(entry, words),
        can_act=bool(entry.measures),
    )


def overdue_cells(entry: OverdueEntry, world: World, visit: Visit) -> list[Cell]:
    """Return the cells of a line, in the order of the columns; all who must act are named."""
    words, line, row = visit.words, entry.line, deadline_row(entry.line, world, visit)
    units = [
        None if unit is None else world.surroundings.units.get(UnitId(unit))
        for unit in (line.case.unit, line.case.lead_unit)
    ]
    return [
        line.case.number or "",
        line.case.subject or "",
        row.case.workflow,
        row.case.state,
        *("" if unit is None else words.say(unit.title) for unit in units),
        words.listed(entry.handlers) if entry.handlers else "",
        row.title,
        date.fromisoformat(line.due_on),
        None if line.promised_on == line.due_on else date.fromisoformat(line.promised_on),
        words.t("yes") if line.provisional else "",
        row.standing.text,
        "" if entry.rung is None else words.say(entry.rung.title.text),
        _following(entry, words) or "",
    ]


def tiles(figures: OverdueFigures, addresses: dict[str, str], words: Words) -> list[Tile]:
    """Return the figures, each with the address of the list it counts; colours without deadlines are left out.

    Args:
        figures: the numbers.
        addresses: of the lists, by ``late``, ``near`` and the colours.
        words: of the reader.
    """
    counted = [
        Tile(title=words.t("overdue_now"), count=figures.late, address=addresses["late"], tone="late"),
        Tile(title=words.t("overdue_near"), count=figures.near, address=addresses["near"], tone="soon"),
    ]
    return counted + [
        Tile(title=words.say(COLOUR_TITLES[colour]), count=count, address=addresses[colour], tone=f"rung-{colour}")
        for colour in Colour
        if (count := figures.by_colour[colour])
    ]


def _shown(rung: Rung, words: Words) -> RungShown:
    return RungShown(title=words.say(rung.title.text), colour=rung.colour)


def _following(entry: OverdueEntry, words: Words) -> str | None:
    if entry.next_on is None:
        return None
    on = words.date(entry.next_on)
    if entry.line.provisional:
        on = f"{on} {words.t('provisional')}"
    if entry.next_rung is None:
        return words.t("overdue_next_on", on=on)
    return words.t("overdue_next", title=words.say(entry.next_rung.title.text), on=on)


def _names(handlers: tuple[str, ...], words: Words) -> str | None:
    if not handlers:
        return None
    names = words.listed(handlers[:NAMES_MAX])
    if len(handlers) > NAMES_MAX:
        names = words.t("overdue_others", names=names, n=len(handlers))
    return words.t("overdue_handler", names=names)
