"""What happens next with a case: who has it, until which day, and whether it is the reader."""

from __future__ import annotations

from dataclasses import dataclass

from engine.definition.parts import Phase
from engine.definition.wording import title_of
from engine.service.queries import CaseView
from web.views.clocks import ClockView
from web.views.offers import Offers
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """In plain words: ``who`` has it now, ``due`` by when, ``moves`` what the reader can do about it."""

    who: str
    due: ClockView | None
    is_mine: bool
    moves: str | None


def next_step(view: CaseView, clocks: tuple[ClockView, ...], offers: Offers, words: Words) -> NextStep:
    """Return what happens next; ``clocks`` are those of the case, what is due soonest first."""
    workflow = view.definition.workflow
    state = workflow.states[view.case.state]
    if state.phase is Phase.FINAL:
        return NextStep(who=words.t("next_over"), due=None, is_mine=False, moves=None)
    roles = words.listed(words.say(title_of(role, workflow.roles)) for role in state.acts)
    titles = [offer.form.title for offer in offers.first]
    return NextStep(
        who=words.t("next_mine") if titles else words.t("next_who", roles=roles),
        due=next((clock for clock in clocks if clock.is_open), None),
        is_mine=bool(titles),
        moves=words.t("next_do", moves=words.listed(titles)) if titles else None,
    )
