"""Whom a page's forms can name, and the controls of a move on several cases: one for each field it asks for, whichever
definitions ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.secrecy import recused_people
from engine.definition.compiled import Definition
from engine.errors import FieldProblem
from engine.service.measures import Planned, asked_fields
from engine.service.queries import CaseView
from engine.service.world import World
from web.forms.filled import PREFIX, rows_filled
from web.forms.lines import Lines
from web.forms.people import FIND, PeopleTyped, Roster, people_typed, with_people
from web.forms.widgets import Choices, FormMaker, Widget
from web.shell import Shell, Visit

Values = Mapping[str, JsonValue]


def roster_of(shell: Shell, visit: Visit, view: CaseView | None = None) -> Roster:
    """Return who can be named in the visitor's organisation: on a case nobody who is recused from it."""
    return Roster(
        reads=shell.edge.desk.reads,
        root=visit.known.root,
        surroundings=shell.world(visit).surroundings,
        lines=Lines(reads=shell.edge.desk.reads, root=visit.known.root, principals=principals_of(visit.known.actor)),
        recused=frozenset() if view is None else recused_people(view.case, view.parent),
    )


def asked_people(
    shell: Shell, visit: Visit, fields: Mapping[str, Definition], posted: Mapping[str, Sequence[str]]
) -> PeopleTyped:
    """Look up the names that were typed for a move on several cases; ``fields`` are those asked for."""
    roster, find = roster_of(shell, visit), {name: values for name, values in posted.items() if name == FIND}
    so_far = PeopleTyped(posted={name: list(values) for name, values in posted.items()})
    for name, definition in fields.items():
        one = people_typed(definition, {name: "optional"}, {**so_far.posted, **find}, roster)
        so_far = replace(
            one,
            left={**so_far.left, **one.left},
            candidates={**so_far.candidates, **one.candidates},
            problems=(*so_far.problems, *one.problems),
        )
    return so_far


def typed_values(posted: Mapping[str, Sequence[str]]) -> dict[str, JsonValue]:
    """Return what was typed, to be shown again."""
    return {
        name.removeprefix(PREFIX): list[JsonValue](values) if len(values) > 1 else values[0]
        for name, values in posted.items()
        if name.startswith(PREFIX) and values
    }


def asked_widgets(
    shell: Shell,
    visit: Visit,
    world: World,
    planned: Sequence[Planned],
    measure: str,
    typed: Values,
    problems: Sequence[FieldProblem],
    people: PeopleTyped | None = None,
) -> list[Widget]:
    """Return one control for each field that the move asks for on these cases."""
    found: list[Widget] = []
    for name, definition in asked_fields(planned, measure).items():
        workflow = definition.workflow
        choices = Choices(surroundings=world.surroundings)
        choices = with_people(choices, definition, [name], [typed], roster_of(shell, visit), people)
        maker = FormMaker(words=visit.words, definition=definition, choices=choices)
        need = workflow.transitions[measure].form[name]
        found += maker.widgets(
            {name: need},
            _with_rows(definition, name, typed),
            [one for one in problems if one.path.partition(".")[0] == name],
        )
    return found


def _with_rows(definition: Definition, name: str, typed: Values) -> Values:
    """Return what was typed, the cells of a table put together."""
    part = definition.field(name)
    if not part.columns:
        return typed
    cells = {f"{PREFIX}{key}": [str(value)] for key, value in typed.items() if not isinstance(value, list)}
    return {**typed, name: rows_filled(part, name, cells)}
