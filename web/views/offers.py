"""The moves of a case as a reader meets them: what is to be done now, what else is possible, what is not yet, and why.

Each says where it leads, who will be told and what it asks. All of it comes from the definition.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.roles import holds_role
from engine.case.secrecy import as_party
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.definition.parts import Bind, Effect, Notify, Phase, TransitionPart
from engine.definition.wording import title_of
from engine.errors import BanjieError, GuardRefused
from engine.service.queries import CaseView
from engine.service.signing import is_signature
from web.forms.moves import MoveForm, source_of
from web.forms.widgets import Widget
from web.words import Words

_EXPIRED: Final = re.compile(r"\bexpired\.([a-z0-9_]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The exact text that a move puts one's name to."""

    digest: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One move with its form. ``blocked`` says why it would be refused now, ``possible`` from when it would not be.

    ``scales`` are the controls of an evaluation, which are not among the form's own: their codes stand side by side.
    """

    form: MoveForm
    leads: str
    tells: str | None
    blocked: str | None = None
    source: str | None = None
    possible: str | None = None
    signing: Signing | None = None
    signs: bool = False
    scales: tuple[Widget, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """The moves of a case: to be done now, possible beside that, not possible yet, and writing a message."""

    first: tuple[Offer, ...] = ()
    more: tuple[Offer, ...] = ()
    blocked: tuple[Offer, ...] = ()
    talk: tuple[Offer, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do but to write."""
        return not (self.first or self.more or self.blocked)


def offers_of(
    view: CaseView,
    forms: Sequence[MoveForm],
    pressing: Collection[str],
    refusals: Mapping[str, BanjieError],
    signing: Signing | None,
    words: Words,
) -> Offers:
    """Return the moves put in order; ``refusals`` are what each would come to now, of those that ask for nothing."""
    workflow = view.definition.workflow
    first, more, blocked, talk = [], [], [], []
    for form in forms:
        part = workflow.transitions[form.transition]
        refusal = refusals.get(form.transition)
        offer = _offer(view, form, part, refusal, signing, words)
        if is_message(part, workflow):
            talk.append(offer)
        elif offer.blocked is not None and not form.is_open:
            blocked.append(offer)
        elif form.transition in pressing:
            first.append(offer)
        else:
            more.append(offer)
    return Offers(first=tuple(first), more=tuple(more), blocked=tuple(blocked), talk=tuple(talk))


def is_message(part: TransitionPart, workflow: Workflow) -> bool:
    """Return whether all that a move does is to say something to the others."""
    return part.stay and bool(part.form) and set(part.form) <= set(workflow.conversation)


def pressing_moves(
    workflow: Workflow, case: Case, offered: Sequence[str], actor: Actor, units: UnitTree
) -> tuple[str, ...]:
    """Return the moves by which the case goes on and that wait for this reader, in the definition's order.

    They are made by a role that must act in the state and that the reader holds, and lead on in the life of the case;
    or they bring those in who must act here, or are what those were asked for.
    """
    state, seen = workflow.states[case.state], as_party(actor, case)
    held = {role for role in state.acts if holds_role(role, workflow, case, seen, units)}
    return tuple(
        name
        for name in offered
        if held.intersection((part := workflow.transitions[name]).by) and _goes_on(part, workflow, held, state.acts)
    )


def _goes_on(part: TransitionPart, workflow: Workflow, held: Collection[str], acts: Collection[str]) -> bool:
    ways = [way.to for way in part.alternatives] or ([] if part.to is None else [part.to])
    if any(to in workflow.states and workflow.states[to].phase is not Phase.FINAL for to in ways):
        return True
    binds = [effect for effect in part.effects if isinstance(effect, Bind) and effect.those_in is None]
    return any(bind.who == "actor" or (bind.role in acts and bind.role not in held) for bind in binds)


def _offer(
    view: CaseView,
    form: MoveForm,
    part: TransitionPart,
    refusal: BanjieError | None,
    signing: Signing | None,
    words: Words,
) -> Offer:
    workflow = view.definition.workflow
    ways = dict.fromkeys([way.to for way in part.alternatives] or ([] if part.to is None else [part.to]))
    titles = [words.say(title_of(to, workflow.states)) for to in ways]
    judged = () if workflow.evaluation is None else workflow.evaluation.dimensions.values()
    roles = dict.fromkeys(_told(part, workflow))
    scales = tuple(widget for widget in form.widgets if widget.options) if set(judged) & set(part.form) else ()
    return Offer(
        form=replace(form, widgets=tuple(widget for widget in form.widgets if widget not in scales)),
        leads=words.t("moves_to", state=words.t("moves_or").join(titles)) if titles else words.t("moves_stay"),
        tells=words.t("moves_tells", roles=words.listed(words.say(title_of(role, workflow.roles)) for role in roles))
        if roles
        else None,
        blocked=None if refusal is None else words.say(refusal.text),
        source=None if refusal is None else source_of(refusal, words.language),
        possible=None if not isinstance(refusal, GuardRefused) else _possible(view, part, refusal, words),
        signing=signing,
        signs=is_signature(part),
        scales=scales,
    )


def _told(part: TransitionPart, workflow: Workflow) -> Iterator[str]:
    effects: list[Effect] = [*part.effects, *(effect for way in part.alternatives for effect in way.effects)]
    for effect in effects:
        if isinstance(effect, Notify):
            yield from workflow.notices[effect.notice].to


def _possible(view: CaseView, part: TransitionPart, refusal: GuardRefused, words: Words) -> str | None:
    """Return from which day a move is possible that waits for the end of a term, None where it waits for no day."""
    guards = (*part.guards, *(guard for way in part.alternatives for guard in way.guards))
    guard = next((one for one in guards if one.id == refusal.details.get("guard")), None)
    names = set() if guard is None or guard.expr is None else set(_EXPIRED.findall(guard.expr))
    running = [clock for clock in view.clocks if clock.is_open and clock.name in names]
    if not running:
        return None
    clock = min(running, key=lambda clock: clock.due_at)
    title = words.say(view.definition.workflow.deadlines[clock.name].title.text)
    return words.t("moves_after", day=words.date(clock.due_on + timedelta(days=1)), deadline=title)
