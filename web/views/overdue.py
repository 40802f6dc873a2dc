"""Lines of the list of deadlines: who handles what until when, on which rung it stands, and the figures above."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definition.model import Rung
from engine.service.overdue import OverdueEntry, OverdueFigures
from engine.service.rung_colours import COLOUR_TITLES, Colour
from engine.service.world import World
from web.shell import Visit
from web.views.lines import DeadlineRow, deadline_row
from web.words import Words

NAMES_MAX = 3


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
