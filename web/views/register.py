"""Published cases as the public register shows them: without anybody's name, and without a word of what was not
published."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definition.parts import Milestone
from engine.definition.wording import title_of
from engine.service.register import Published
from engine.service.world import World
from web.views.fields import FieldWriter, Shown
from web.views.progress import Step, steps
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One line of the register; ``kind`` is its workflow, its category and its session, as far as it has them."""

    address: str
    number: str
    subject: str
    kind: str
    category: str
    session: str
    unit: str
    handled: str
    evaluation: tuple[str, ...]
    is_judged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCase:
    """One published case, whole: the line, where it stands, what was said, and what else is public."""

    row: RegisterRow
    workflow: str
    state: str
    phase: str
    steps: tuple[Step, ...]
    texts: tuple[Shown, ...]
    more: tuple[Shown, ...]


def register_row(published: Published, world: World, words: Words, query: str = "") -> RegisterRow:
    """Return the line of a published case; ``query`` is added to its address."""
    case, workflow = published.case, published.definition.workflow
    writer, known = _writer(published, world, words), {**published.fields, **published.texts}
    session = None if case.congress_session is None else world.surroundings.sessions.get(case.congress_session)
    category, judged = workflow.category_field, workflow.evaluation
    number = next((str(known[name]) for name in workflow.number_fields if known.get(name)), None)
    handled_at = case.milestones.get(Milestone.HANDLED)
    said = [words.say(workflow.title.text)]
    said += [writer.write(category, known[category])] if category is not None and category in known else []
    said += [] if session is None else [words.say(session.title)]
    return RegisterRow(
        kind=" · ".join(said),
        address=f"/register/{case.id}{query}",
        number=number or words.t("no_number"),
        subject=str(known.get(workflow.subject_field) or words.t("no_subject")),
        category=words.t("dash") if category not in known else writer.write(str(category), known[str(category)]),
        session=words.t("dash") if session is None else words.say(session.title),
        unit=writer.unit(case.lead_unit or case.unit),
        handled=words.t("dash") if handled_at is None else words.day(handled_at),
        evaluation=()
        if judged is None
        else tuple(
            f"{writer.title(name)}{words.t('colon')}{writer.write(name, known[name])}"
            for name in judged.dimensions.values()
            if name in known
        ),
        is_judged=judged is not None,
    )


def register_case(published: Published, world: World, words: Words) -> RegisterCase:
    """Return a published case as its page shows it."""
    case, workflow = published.case, published.definition.workflow
    writer = _writer(published, world, words)
    said = {workflow.subject_field, *workflow.number_fields}
    return RegisterCase(
        row=register_row(published, world, words),
        workflow=words.say(workflow.title.text),
        state=words.say(title_of(case.state, workflow.states)),
        phase=str(case.phase),
        steps=steps(case, workflow, words),
        texts=tuple(writer.shown(name, value) for name, value in published.texts.items()),
        more=tuple(writer.shown(name, value) for name, value in published.fields.items() if name not in said),
    )


def _writer(published: Published, world: World, words: Words) -> FieldWriter:
    """Return what writes the fields: whoever they name, and whatever case they link to, is not told."""
    return FieldWriter(words=words, definition=published.definition, surroundings=world.surroundings, persons={})
