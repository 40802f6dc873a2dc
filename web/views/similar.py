"""Similar cases as a page shows them: why they are alike, and what was answered then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.case.identity import CaseId
from engine.definition.wording import title_of
from engine.service.similar import SimilarCase, similar_to
from engine.service.world import World
from web.shell import Shell, Visit
from web.views.fields import FieldWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRow:
    """One similar case; ``dismiss`` is where it is said that it is not, None where there is nothing to compare with."""

    address: str
    number: str
    subject: str
    state: str
    phase: str
    session: str
    opened: str
    score: str
    shared: str | None
    promise: tuple[tuple[str, str], ...]
    dismiss: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPanel:
    """The similar cases of a case or of a text, the likest first."""

    rows: tuple[SimilarRow, ...]


def similar_panel(shell: Shell, visit: Visit, case_id: CaseId) -> SimilarPanel:
    """Return the panel of a case for ``similar_panel.html``; raises CaseNotFound where the visitor may not see it."""
    world, asker = shell.world(visit), visit.known
    found = similar_to(shell.edge.desk.reads, asker.root, case_id, asker.actor, world)
    return panel_of(found, world, visit, case_id)


def panel_of(found: Iterable[SimilarCase], world: World, visit: Visit, case_id: CaseId | None = None) -> SimilarPanel:
    """Return a panel of what was found."""
    return SimilarPanel(rows=tuple(_row(one, world, visit, case_id) for one in found))


def _row(one: SimilarCase, world: World, visit: Visit, case_id: CaseId | None) -> SimilarRow:
    words, case = visit.words, one.case
    workflow = one.definition.workflow
    session = None if case.congress_session is None else world.surroundings.sessions.get(case.congress_session)
    shared: Mapping[str, object] = {"words": words.listed(one.likeness.shared)}
    writer = FieldWriter(words=words, definition=one.definition, surroundings=world.surroundings, persons={})
    return SimilarRow(
        address=f"/cases/{case.id}",
        number=one.number or words.t("no_number"),
        subject=one.subject or words.t("no_subject"),
        state=words.say(title_of(case.state, workflow.states)),
        phase=case.phase.value,
        session="" if session is None else words.say(session.title),
        opened=words.day(case.opened_at),
        score=words.t("similar_score", n=round(one.likeness.score * 100)),
        shared=words.t("similar_shared", **shared) if one.likeness.shared else None,
        promise=tuple((writer.title(name), writer.write(name, value)) for name, value in one.promise.items()),
        dismiss=None if case_id is None else f"/cases/{case_id}/similar/{case.id}/dismiss",
    )
