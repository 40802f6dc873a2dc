"""A measure of supervision on a selection of cases, in two steps: first what it would come to, then what is confirmed.

The one way for the command line, the API and the pages. A preview asks every guard of every case and writes nothing;
what is carried out is what was confirmed by case and version, so that nothing is done to a case that somebody moved on
meanwhile. Whatever was selected and is not done is told with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.commands import FireTransition
from engine.case.events import Step
from engine.case.identity import CaseId, RootId
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError, InputRefused
from engine.service.desk import Desk
from engine.service.measures import Planned, commands, measure_called, plan
from engine.service.notice_recipients import announced
from engine.service.office import Answer
from engine.service.rehearsal import rehearse
from engine.text import Text

NOT_CONFIRMED: Final = Text("未经确认，没有办理", "Not confirmed, so not done")
_PREVIEW: Final = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What somebody wants to do to which cases; ``measure`` is the name of a move or its title.

    ``any_move``: it need be no measure of supervision, and is known by its name.
    """

    root: RootId
    actor: Actor
    measure: str
    form: Mapping[str, JsonValue]
    cases: tuple[CaseId, ...]
    any_move: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The commands of what was confirmed, in its order, and everything selected: first the same, then the rest."""

    commands: tuple[FireTransition, ...]
    planned: tuple[Planned, ...]

    def results(self, answers: Sequence[Answer]) -> list[tuple[Planned, Answer]]:
        """Return what became of each case, given the answers to the commands; the rest with why it was left out."""
        done = list(zip(self.planned, answers, strict=False))
        left = self.planned[len(self.commands) :]
        return [*done, *((one, one.refusal or InputRefused(NOT_CONFIRMED)) for one in left)]


def preview(desk: Desk, selection: Selection) -> list[Planned]:
    """Return what the measure would come to on each case, each once, in their order; nothing is written.

    Raises:
        NotFound: no workflow has such a measure.
    """
    rules = desk.world(selection.root).rules
    measure = measure_called(rules, selection.measure, any_move=selection.any_move)
    planned = plan(desk, selection.root, selection.actor, measure, selection.cases, any_move=selection.any_move)
    ready = [one for one in planned if one.refusal is None]
    asked = commands(
        ready, measure, selection.form, actor=selection.actor, root=selection.root, key=_PREVIEW, rules=rules
    )
    steps = dict(zip((one.id for one in ready), rehearse(desk, selection.root, asked), strict=True))
    return [one if one.id not in steps else _after(one, steps[one.id], rules) for one in planned]


def confirm(desk: Desk, selection: Selection, confirmed: Mapping[CaseId, int | None], *, key: str) -> Confirmed:
    """Return the commands that carry out what was confirmed, and what was selected beside it.

    Args:
        desk: what is asked.
        selection: as it was previewed.
        confirmed: the cases to be acted on, with the version that was looked at, None where that does not matter.
        key: idempotency key of the whole: confirmed again under it, nothing is done twice.

    Raises:
        NotFound: no workflow has such a measure.
    """
    rules = desk.world(selection.root).rules
    measure = measure_called(rules, selection.measure, any_move=selection.any_move)
    planned = plan(desk, selection.root, selection.actor, measure, confirmed, any_move=selection.any_move)
    # Also of those it is not offered for (any more): the refusal, or that it was done before, is the engine's to say.
    asked = commands(
        planned,
        measure,
        selection.form,
        actor=selection.actor,
        root=selection.root,
        key=key,
        rules=rules,
        versions={case: version for case, version in confirmed.items() if version is not None},
    )
    rest = replace(selection, cases=tuple(case for case in selection.cases if case not in confirmed))
    return Confirmed(commands=tuple(asked), planned=(*planned, *(preview(desk, rest) if rest.cases else ())))


def _after(one: Planned, step: Step | BanjieError, rules: Rulebook) -> Planned:
    """Return the plan with what the step would tell, raise and open, or with why there is none."""
    if isinstance(step, BanjieError):
        return replace(one, refusal=step, tells=(), opens=(), raises=())
    tells: dict[Text, None] = {}
    raises: dict[Text, None] = {}
    opens: dict[Text, None] = {}
    for event, case in zip(step.events, step.after, strict=True):
        workflow = rules.pinned(case.pins.definition, case.pins.lists).workflow
        if event.opening is not None and event.opening.parent is None:
            opens[workflow.title.text] = None
        rungs = [("rung", f"{deadline}/{rung}") for deadline, rung in event.rungs]
        for kind, name in (*(("notice", notice) for notice in event.notices), *rungs):
            announcement = announced(workflow, kind, name)
            if announcement is None:
                continue
            tells.update((workflow.roles[role].title.text, None) for role in announcement.to)
            if kind == "rung":
                raises[announcement.title.text] = None
    return replace(one, tells=tuple(tells), raises=tuple(raises), opens=tuple(opens))
