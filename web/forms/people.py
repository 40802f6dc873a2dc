"""Several persons in one field: names typed one to a line become persons, and what is unclear becomes something to
tick. Works without JavaScript; nobody is listed who was not asked for by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from engine.access.directory import Person, Surroundings
from engine.case.forms import Asked
from engine.definition.compiled import Definition
from engine.errors import FieldProblem
from engine.text import Text
from web.forms.filled import PREFIX
from web.views.fields import format_of

TYPED: Final = "p."
"""Before the names of fields whose persons were typed; the persons ticked come under the field's own name."""
FIND: Final = "find"
"""The button that looks names up and sends nothing."""
FOUND_MAX: Final = 20
_LINE: Final = re.compile(r"(.+?)\s*(?:[(（]\s*(.+?)\s*[)）])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTyped:
    """What became of names that were typed: the form with those found, what is left in each field, whom to tick there,
    and what is wrong."""

    posted: dict[str, list[str]]
    left: Mapping[str, str] = field(default_factory=dict)
    candidates: Mapping[str, Sequence[Person]] = field(default_factory=dict)
    problems: tuple[FieldProblem, ...] = ()
    only_find: bool = False


def holds_people(definition: Definition, name: str) -> bool:
    """Return whether a field holds several persons."""
    part = definition.field(name)
    return part.json_schema.get("type") == "array" and format_of(part) == "person"


def people_typed(
    definition: Definition,
    asked: Asked,
    posted: Mapping[str, Sequence[str]],
    persons: Sequence[Person],
    surroundings: Surroundings,
) -> PeopleTyped:
    """Look up the names that were typed into the fields of a form that hold several persons."""
    whole = {name: list(values) for name, values in posted.items()}
    left: dict[str, str] = {}
    candidates: dict[str, Sequence[Person]] = {}
    problems: list[FieldProblem] = []
    for name in (name for name in asked if holds_people(definition, name)):
        lines = [line.strip() for text in whole.pop(f"{TYPED}{name}", []) for line in text.split("\n") if line.strip()]
        unclear: list[str] = []
        near: dict[str, Person] = {}
        for line in lines:
            found, exact = _found(line, persons, surroundings)
            if exact and len(found) == 1:
                ticked = whole.setdefault(f"{PREFIX}{name}", [])
                ticked += [found[0].id] if found[0].id not in ticked else []
                continue
            unclear.append(line)
            near.update({person.id: person for person in found[:FOUND_MAX]})
            problems.append(FieldProblem(path=name, text=_unclear(line, len(found) if exact else 0)))
        if unclear:
            left[name], candidates[name] = "\n".join(unclear), list(near.values())
    return PeopleTyped(
        posted=whole,
        left=left,
        candidates=candidates,
        problems=tuple(problems),
        only_find=bool(whole.pop(FIND, None)),
    )


def asks_for_people(definition: Definition, asked: Asked) -> bool:
    """Return whether a form has a field that holds several persons."""
    return any(holds_people(definition, name) for name in asked)


def _found(line: str, persons: Sequence[Person], surroundings: Surroundings) -> tuple[list[Person], bool]:
    """Return who is called so, and whether by the whole name; else those with this in their name."""
    parts = _LINE.fullmatch(line)
    assert parts is not None, "a line that is not empty has a name"
    name, unit = parts[1], parts[2]
    there = [person for person in persons if person.active and (unit is None or unit in _units(person, surroundings))]
    exact = [person for person in there if name in (person.name, person.login)]
    if exact:
        return exact, True
    return [person for person in there if name in person.name], False


def _units(person: Person, surroundings: Surroundings) -> Iterator[str]:
    """Yield what the units are called to which somebody belongs, from their own up."""
    if person.unit is not None:
        for above in surroundings.tree.lineage(person.unit):
            unit = surroundings.units.get(above)
            if unit is not None:
                yield from (unit.title.zh, unit.title.en, unit.code)


def _unclear(line: str, several: int) -> Text:
    if several:
        return Text(
            f"有 {several} 位“{line}”，请勾选或者写明单位",
            f"{several} people are called {line}: choose, or say the unit",
        )
    return Text(f"没有叫“{line}”的人员", f"Nobody is called {line}")
