"""What somebody who comes back with a query code is shown: state, deadlines, exchange, what waits, what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.wording import source_words, title_of
from engine.service.deposits import Waiting
from engine.service.queries import CaseView
from engine.service.strangers import Looked
from web.forms.moves import Attempt, MoveForm, move_forms
from web.forms.people import holds_people
from web.forms.widgets import Choices, FormMaker
from web.shell import Visit
from web.views.clocks import ClockView, clock_view
from web.views.fields import FieldWriter, Group, Shown, format_of, named
from web.views.progress import Step, steps
from web.views.timeline import EntryView, entry_view


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingView:
    """Something that was sent and is not on record; ``refused`` says why it never will be."""

    title: str
    fields: tuple[Shown, ...]
    refused: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedView:
    """All of it. Without a case on record only ``waiting`` says anything."""

    number: str = ""
    subject: str = ""
    state: str = ""
    phase: str = ""
    steps: tuple[Step, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    groups: tuple[Group, ...] = ()
    moves: tuple[MoveForm, ...] = ()
    entries: tuple[EntryView, ...] = ()
    waiting: tuple[WaitingView, ...] = ()


def looked_view(looked: Looked, visit: Visit, attempt: Attempt | None = None) -> LookedView:
    """Return what is behind a code in the reader's words."""
    view, words = looked.view, visit.words
    if view is None:
        return LookedView(waiting=tuple(_waiting(looked, visit)))
    writer = _writer(looked, view.definition, visit)
    calendar = looked.world.calendar_of(view.case.unit)
    clocks = [clock_view(clock, view.definition, calendar, visit.now, words) for clock in view.clocks]
    workflow = view.definition.workflow
    numbers = (view.fields.get(name) for name in workflow.number_fields)
    return LookedView(
        number=next((str(number) for number in numbers if number), ""),
        subject=str(view.fields.get(workflow.subject_field) or words.t("no_subject")),
        state=words.say(title_of(view.case.state, workflow.states)),
        phase=str(view.case.phase),
        steps=steps(view.case, workflow, words),
        clocks=tuple(sorted(clocks, key=lambda clock: not clock.is_open)),
        groups=writer.groups(view.fields),
        moves=_moves(looked, view, visit, attempt),
        entries=tuple(entry_view(line, writer, looked.world.rules) for line in reversed(looked.lines)),
        waiting=tuple(_waiting(looked, visit)),
    )


def _moves(looked: Looked, view: CaseView, visit: Visit, attempt: Attempt | None) -> tuple[MoveForm, ...]:
    """Return the moves offered, but for those that ask for persons: no register is shown to strangers."""
    workflow, definition = view.definition.workflow, view.definition
    choices = Choices(surroundings=looked.world.surroundings)
    maker = FormMaker(words=visit.words, definition=definition, choices=choices)
    sources = {
        name: visit.words.say(source_words(source, workflow))
        for name in view.offered
        if (source := workflow.transitions[name].source) is not None
    }
    by_name = {
        name
        for name in view.offered
        for field in workflow.transitions[name].form
        if format_of(workflow.fields[field]) == "person" or holds_people(definition, field)
    }
    return tuple(move for move in move_forms(view, maker, sources, attempt) if move.transition not in by_name)


def _waiting(looked: Looked, visit: Visit) -> Iterator[WaitingView]:
    for one in looked.waiting:
        definition = _definition_of(looked, one)
        writer = _writer(looked, definition, visit)
        yield WaitingView(
            title=visit.words.t("look_waiting_new")
            if one.transition is None
            else visit.words.say(title_of(one.transition, definition.workflow.transitions)),
            fields=tuple(writer.shown(name, value) for name, value in one.form.items()),
            refused=None if one.refused is None else visit.words.say(one.refused),
        )


def _definition_of(looked: Looked, waiting: Waiting) -> Definition:
    if looked.view is not None:
        return looked.view.definition
    assert waiting.workflow is not None, "what opens a case names its procedure"
    return looked.world.rules.for_new(waiting.workflow, None)


def _writer(looked: Looked, definition: Definition, visit: Visit) -> FieldWriter:
    """Return what writes the fields: without names of persons, and of other cases that they were linked to."""
    values: list[Mapping[str, JsonValue]] = [line.fields for line in looked.lines]
    if looked.view is not None:
        values.append(looked.view.fields)
    cases = {CaseId(case) for each in values for case in named(definition, each, "case")}
    return FieldWriter(
        words=visit.words,
        definition=definition,
        surroundings=looked.world.surroundings,
        persons={},
        cases=dict.fromkeys(cases, visit.words.t("dash")),
    )
