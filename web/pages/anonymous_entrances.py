"""The anonymous entrances of a house, and the addresses of their pages."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final

from engine.case.scope import SHANGHAI
from engine.case.secrecy import ANONYMOUS_HOURS
from engine.service.strangers import Entrance, entrances
from web.shell import Shell, Visit
from web.words import Words

HERE: Final = "/anonymous"
LOOK: Final = "/anonymous/look"
ACT: Final = "/anonymous/act"
CHECK: Final = "/anonymous/check"
EDIT: Final = "/anonymous/edit"


def entrance_named(shell: Shell, visit: Visit, named: str) -> Entrance | None:
    """Return the entrance that an address or a form names, the first one where it names none."""
    found = _all(shell, visit.now)
    return next((one for one in found if mark_of(one) == named), found[0] if found else None)


def other_entrances(shell: Shell, visit: Visit, chosen: Entrance | None) -> list[tuple[str, str]]:
    """Return the other organisations and procedures that can be turned to, by address and name."""
    found = [one for one in _all(shell, visit.now) if chosen is None or mark_of(one) != mark_of(chosen)]
    return [(_address(f"{HERE}?to={mark_of(one)}", visit), entrance_name(shell, one, visit.words)) for one in found]


def _all(shell: Shell, now: datetime) -> list[Entrance]:
    desk = shell.edge.desk
    return [one for root in desk.reads.roots() for one in entrances(desk, root, now)]


def entrance_name(shell: Shell, entrance: Entrance, words: Words) -> str:
    """Return what an entrance is called: its office and its procedure."""
    unit = shell.edge.desk.world(entrance.root).surroundings.units.get(entrance.units[0])
    title = words.say(entrance.definition.workflow.title.text)
    return title if unit is None else f"{words.say(unit.title)} · {title}"


def mark_of(entrance: Entrance) -> str:
    """Return how an address or a form names an entrance."""
    return f"{entrance.root}.{entrance.definition.workflow.name}"


def own_addresses(visit: Visit) -> dict[str, str]:
    """Return the addresses of these pages in the reader's language: nothing remembers it but the address."""
    return {
        name: _address(path, visit)
        for name, path in (("here", HERE), ("look", LOOK), ("act", ACT), ("check", CHECK), ("edit", EDIT))
    }


def _address(path: str, visit: Visit) -> str:
    if visit.words.language == "zh":
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={visit.words.language}"


def release_hours(now: datetime) -> list[str]:
    """Return the hours of a day, in Shanghai, at which everything is released, in their order there.

    >>> release_hours(datetime(2026, 3, 2, 4, 30, tzinfo=UTC))
    ['0:00', '4:00', '8:00', '12:00', '16:00', '20:00']
    """
    first = datetime.combine(now.astimezone(UTC).date(), time(0), tzinfo=UTC)
    hours = {(first + timedelta(hours=step)).astimezone(SHANGHAI).hour for step in range(0, 24, ANONYMOUS_HOURS)}
    return [f"{hour}:00" for hour in sorted(hours)]
