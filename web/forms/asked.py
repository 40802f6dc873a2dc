"""The controls of a move on several cases: one for each field it asks for, whichever definitions ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from engine.errors import FieldProblem
from engine.service.measures import Planned, asked_fields
from engine.service.world import World
from web.forms.widgets import Choices, FormMaker, Widget
from web.shell import Shell, Visit
from web.views.fields import format_of

Values = Mapping[str, JsonValue]


def asked_widgets(
    shell: Shell,
    visit: Visit,
    world: World,
    planned: Sequence[Planned],
    measure: str,
    typed: Values,
    problems: Sequence[FieldProblem],
) -> list[Widget]:
    """Return one control for each field that the move asks for on these cases."""
    found: list[Widget] = []
    for name, definition in asked_fields(planned, measure).items():
        workflow = definition.workflow
        is_person = format_of(workflow.fields[name]) == "person"
        persons = shell.edge.desk.reads.all_persons(visit.known.root) if is_person else ()
        choices = Choices(surroundings=world.surroundings, persons=persons)
        maker = FormMaker(words=visit.words, definition=definition, choices=choices)
        need = workflow.transitions[measure].form[name]
        found += maker.widgets({name: need}, typed, [one for one in problems if one.path.partition(".")[0] == name])
    return found
