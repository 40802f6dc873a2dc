"""Similar cases as a page shows them: why they are alike, and what was answered then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from engine.access.readers import principals_of
from engine.case.identity import CaseId
from engine.case.search_words import Marked
from engine.definition.wording import title_of
from engine.service.similar import SHOWN_MAX, SimilarCase, similar_to
from engine.service.world import World
from web.shell import Shell, Visit
from web.views.case_reading import reader_of, visible_links
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
    excerpt: tuple[Marked, ...]
    promise: tuple[tuple[str, str], ...]
    dismiss: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPanel:
    """The similar cases of a case or of a text, the likest first.

    ``back`` is where one stands while looking at them; ``apart`` what was said last not to be alike, ``again`` where
    that is taken back.
    """

    rows: tuple[SimilarRow, ...]
    back: str = ""
    apart: str | None = None
    again: str | None = None


def similar_panel(shell: Shell, visit: Visit, case_id: CaseId, *, back: str, limit: int = SHOWN_MAX) -> SimilarPanel:
    """Return the panel of a case for ``similar_panel.html``; raises CaseNotFound where the visitor may not see it.

    The page at ``back`` shows it; the visitor returns there after saying that a case is not alike.
    """
    world, asker, words = shell.world(visit), visit.known, visit.words
    reads = shell.edge.desk.reads
    panel = panel_of(similar_to(reads, asker.root, case_id, asker.actor, world, limit=limit), world, visit, case_id)
    other = CaseId(visit.request.query_params.get("apart", ""))
    seen = reads.visible_cases(asker.root, [other], principals_of(asker.actor)) if other else ()
    if not seen or any(row.address == f"/cases/{other}" for row in panel.rows):
        return replace(panel, back=back)
    link = visible_links([other], reader_of(shell, visit, world))[other]
    return replace(
        panel,
        back=back,
        apart=words.t("similar_dismissed", case=link.title),
        again=f"/cases/{case_id}/similar/{other}/again",
    )


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
        excerpt=one.excerpt,
        promise=tuple((writer.title(name), writer.write(name, value)) for name, value in one.promise.items()),
        dismiss=None if case_id is None else f"/cases/{case_id}/similar/{case.id}/dismiss",
    )
