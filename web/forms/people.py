"""Persons in a form by what they are called: names that were typed become persons, what is unclear becomes something to
choose. Works without JavaScript; of many people nobody is listed who was not asked for by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pydantic import JsonValue

from engine.access.directory import Person, Surroundings, Unit
from engine.case.forms import Asked
from engine.case.identity import PersonId, RootId, UnitId
from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid
from engine.service.called_ports import CalledReads
from engine.service.calling import NAMESAKES_MAX, CallingReads, people_called
from engine.text import Text
from web.forms.filled import PREFIX
from web.forms.lines import Lines, Suggested, lines_typed, suggested
from web.forms.widgets import Choices
from web.views.fields import format_of, named

TYPED: Final = "p."
"""Before the names of fields whose persons were typed; the persons ticked come under the field's own name."""
FIND: Final = "find"
"""The button that looks names up and sends nothing."""
FOUND_MAX: Final = NAMESAKES_MAX
LISTED_MAX: Final = 200
"""One of so many people is chosen from a list; where there are more the name is typed."""
LINES_MAX: Final = 50
"""So many names are looked up for one field at a time."""
_LINE: Final = re.compile(r"(.+?)\s*(?:[(（]\s*(.+?)\s*[)）])?")


class RosterReads(CalledReads, CallingReads, Protocol):
    """The part of ``Reads`` that a roster asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The people of an organisation as forms ask for them: by a list where they are few, else by what they are called.

    Nobody who is ``recused`` is named where one person is asked for. ``lines`` are those of rosters that the visitor
    may see; None where forms ask for none.
    """

    reads: RosterReads
    root: RootId
    surroundings: Surroundings
    recused: frozenset[str] = frozenset()
    lines: Lines | None = None

    def listed(self) -> Sequence[Person] | None:
        """Return all active people, None where they are too many for a list."""
        found = self.reads.active_people(self.root, limit=LISTED_MAX + 1)
        return found if len(found) <= LISTED_MAX else None

    def called(self, line: str) -> tuple[Sequence[Person], bool]:
        """Return who is called so, and whether by the whole name; else those with this in their name.

        A line is a name, a login name or an id, or one of these with a unit: 张伟（后勤服务中心）.
        """
        parts = _LINE.fullmatch(line)
        name, unit = (line, None) if parts is None else (parts[1], parts[2])
        if unit is not None and (exact := people_called(self.reads, self.root, line)):
            return exact, True  # somebody whose name holds brackets
        units = None if unit is None else self._below(unit)
        if units is not None and not units:
            return (), False
        if exact := people_called(self.reads, self.root, name, units):
            return exact, True
        return self.reads.people_with(self.root, name, units=units, limit=FOUND_MAX), False

    def _below(self, called: str) -> Collection[UnitId]:
        """Return the units that are called so, and those below them."""
        there = {unit.id for unit in self.surroundings.units.values() if called in _names(unit)}
        tree = self.surroundings.tree
        return [unit for unit in tree.parents if not there.isdisjoint(tree.lineage(unit))] if there else []


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTyped:
    """What became of names that were typed: the form with those found, what is left in each field, whom to choose from
    there, and what is wrong. ``near`` are the lines of rosters that a name may mean."""

    posted: dict[str, list[str]]
    left: Mapping[str, str] = field(default_factory=dict)
    candidates: Mapping[str, Sequence[Person]] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()
    only_find: bool = False
    near: Suggested = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the form is shown again before anything is done with it."""
        return self.only_find or bool(self.problems)

    @property
    def refusal(self) -> FormInvalid | None:
        """Why nothing is done with the form, None where names were looked up only."""
        return FormInvalid(self.problems) if self.problems else None


def holds_people(definition: Definition, name: str) -> bool:
    """Return whether a field holds several persons."""
    return holds_person(definition, name) and definition.field(name).json_schema.get("type") == "array"


def holds_person(definition: Definition, name: str) -> bool:
    """Return whether a field holds one person or several."""
    return format_of(definition.field(name)) == "person"


def people_typed(
    definition: Definition, asked: Asked, posted: Mapping[str, Sequence[str]], roster: Roster
) -> PeopleTyped:
    """Look up the names that were typed into the fields of a form that hold persons."""
    whole = {name: list(values) for name, values in posted.items()}
    only_find = bool(whole.pop(FIND, None))
    left: dict[str, str] = {}
    candidates: dict[str, Sequence[Person]] = {}
    problems: list[FieldProblem] = []
    for name in (name for name in asked if holds_person(definition, name)):
        lines = [line.strip() for text in whole.pop(f"{TYPED}{name}", []) for line in text.split("\n") if line.strip()]
        if not lines:
            continue
        several = holds_people(definition, name)
        looked_up = _looked_up(roster, lines, whole.get(f"{PREFIX}{name}", []), several=several, again=only_find)
        whole[f"{PREFIX}{name}"] = looked_up.chosen
        problems += [FieldProblem(path=name, text=text) for text in looked_up.wrong]
        if looked_up.left:
            left[name], candidates[name] = "\n".join(looked_up.left), list(looked_up.near.values())
    near: Suggested = {}
    if roster.lines is not None:
        named_lines = lines_typed(definition, asked, whole, roster.lines)
        whole, near = named_lines.posted, named_lines.near
        problems += named_lines.problems
    return PeopleTyped(
        posted=whole, left=left, candidates=candidates, problems=tuple(problems), only_find=only_find, near=near
    )


def with_people(
    choices: Choices,
    definition: Definition,
    asked: Iterable[str],
    values: Iterable[Mapping[str, JsonValue]],
    roster: Roster,
    people: PeopleTyped | None,
) -> Choices:
    """Return the choices with whom the fields of a form offer: nobody is read where no field asks for a person.

    ``values`` is all that may stand in the fields: who stands there is offered however many people there are.
    """
    if roster.lines is not None:
        near = {} if people is None else people.near
        choices = replace(choices, lines=suggested(definition, asked, roster.lines, near))
    names = {name for name in asked if holds_person(definition, name)}
    if not names:
        return choices
    listed = () if all(holds_people(definition, name) for name in names) else roster.listed()
    known = {person.id: person for person in listed or ()}
    kept = ({name: value for name, value in each.items() if name in names} for each in values)
    standing = {PersonId(one) for each in kept for one in named(definition, each, "person")} - known.keys()
    known.update(roster.reads.persons(roster.root, standing) if standing else {})
    return replace(
        choices,
        persons=list(known.values()),
        names_typed=listed is None,
        recused=roster.recused,
        typed={} if people is None else people.left,
        candidates={} if people is None else people.candidates,
    )


@dataclass(slots=True)
class _LookedUp:
    """What became of the lines of one field."""

    chosen: list[str]
    left: list[str] = field(default_factory=list)
    near: dict[PersonId, Person] = field(default_factory=dict)
    wrong: list[Text] = field(default_factory=list)


def _looked_up(roster: Roster, lines: Sequence[str], chosen: list[str], *, several: bool, again: bool) -> _LookedUp:
    """Look up the lines of one field. What was chosen among those whom a line may mean settles it, but not where
    somebody asks to look ``again``."""
    so_far = _LookedUp(chosen=chosen)
    for line in lines[:LINES_MAX]:
        called, exact = roster.called(line)
        found = [one for one in called if several or one.id not in roster.recused]
        if exact and len(found) == 1:
            so_far.chosen = list(dict.fromkeys([*chosen, found[0].id])) if several else [found[0].id]
            chosen = so_far.chosen
        elif again or not any(one.id in chosen for one in found):
            so_far.left.append(line)
            so_far.near.update({one.id: one for one in found[:FOUND_MAX]})
            so_far.wrong.append(_recused(line) if exact and not found else _unclear(line, len(found) if exact else 0))
    if lines[LINES_MAX:]:
        so_far.left += lines[LINES_MAX:]
        so_far.wrong.append(_TOO_MANY)
    return so_far


def _names(unit: Unit) -> Iterator[str]:
    yield from (unit.title.zh, unit.title.en, unit.code)


def _unclear(line: str, several: int) -> Text:
    if several > FOUND_MAX:
        return Text(
            f"叫“{line}”的超过 {FOUND_MAX} 位，请写明单位",
            f"More than {FOUND_MAX} people are called {line}: say the unit",
        )
    if several:
        return Text(
            f"有 {several} 位“{line}”，请勾选或者写明单位",
            f"{several} people are called {line}: choose, or say the unit",
        )
    return Text(f"没有叫“{line}”的人员", f"Nobody is called {line}")


def _recused(line: str) -> Text:
    return Text(f"“{line}”应当回避本件，请另写他人", f"{line} is recused from this case: name somebody else")


_TOO_MANY: Final = Text(
    f"一次最多查找 {LINES_MAX} 个姓名，其余的已保留，请再提交一次",
    f"At most {LINES_MAX} names are looked up at a time; the others are kept, please send them again",
)
