"""Pages that help with a move of a case: units that handled its kind before, similar cases, merging with the texts
compared."""

from __future__ import annotations

from engine.service.main_cases import merging_moves
from engine.service.queries import CaseView
from engine.service.suggesting import assignment_of
from web.words import Words


def ways_of(view: CaseView, words: Words) -> list[tuple[str, str]]:
    """Return the pages that help with the moves offered to the reader: address and title."""
    workflow, found = view.definition.workflow, []
    if any(assignment_of(workflow, move) is not None for move in view.offered):
        found.append((f"/assign/{view.case.id}", words.t("assign_link")))
    _merging, leaving = merging_moves(workflow)
    if reviews(view):
        found.append((f"/cases/{view.case.id}/similar", words.t("similar_find")))
        found.append((f"/merge/{view.case.id}", words.t("meeting_merge")))
    if view.case.merged_into is not None and leaving in view.offered:
        found.append((f"/merge/{view.case.id}", words.t("merge_undo_link")))
    return found


def reviews(view: CaseView) -> bool:
    """Return whether the reader may merge the case: for whom that is open, similar cases are of use."""
    return merging_moves(view.definition.workflow)[0] in view.offered
