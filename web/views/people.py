"""Lists of people, page by page: a page of them read, and their lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from engine.access.directory import Person, Surroundings
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.desk import Desk
from engine.service.people_ports import PersonKey
from web.words import Words

LINES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person of the list."""

    address: str
    name: str
    login: str
    unit: str
    is_active: bool


def people_rows(
    desk: Desk, root: RootId, *, text: str, after: str, units: Collection[UnitId] | None = None
) -> Sequence[Person]:
    """Return a page of people and one more if there are more.

    ``after`` is the id of the last one before: no name stands in an address. One that is nobody begins the list anew.
    """
    last = desk.reads.persons(root, [PersonId(after)]).get(PersonId(after)) if after else None
    place = None if last is None else PersonKey(last.name, last.id)
    return desk.reads.people_page(root, text=text, units=units, after=place, limit=LINES + 1)


def person_lines(
    rows: Sequence[Person], there: Surroundings, address: str, words: Words
) -> tuple[list[PersonLine], str | None]:
    """Return the lines of a page, and after whom the list goes on, None at its end."""
    shown = rows[:LINES]
    lines = [
        PersonLine(
            address=f"{address}/{one.id}",
            name=one.name,
            login=one.login or "",
            unit="" if one.unit is None or one.unit not in there.units else words.say(there.units[one.unit].title),
            is_active=one.active,
        )
        for one in shown
    ]
    return lines, shown[-1].id if len(rows) > LINES else None
