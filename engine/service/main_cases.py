"""Which cases another may be merged into: found by number, as it is written or by its digits, or by words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.case.numbers import DIGITS_MAX, written
from engine.definition.model import Workflow
from engine.definition.parts import Merge, Phase, TransitionPart, UnMerge
from engine.errors import InputRefused
from engine.service.desk import Desk
from engine.service.ports import CaseFilter, Page
from engine.service.similar import similar_to

FOUND_MAX: Final = 10


def merge_of(part: TransitionPart) -> Merge | None:
    """Return the effect by which a move merges, None for a move that does not."""
    return next((effect for effect in _effects(part) if isinstance(effect, Merge)), None)


def merging_moves(workflow: Workflow) -> tuple[str | None, str | None]:
    """Return the move that merges and the one that takes out again, None where the workflow has none."""
    merging = (name for name, part in workflow.transitions.items() if merge_of(part) is not None)
    leaving = (
        name
        for name, part in workflow.transitions.items()
        if any(isinstance(effect, UnMerge) for effect in _effects(part)) and _names_a_case(workflow, part)
    )
    return next(merging, None), next(leaving, None)


def main_cases(desk: Desk, root: RootId, actor: Actor, case: Case, workflow: Workflow, text: str) -> list[Case]:
    """Return cases of the same workflow and session that are under way, at most ``FOUND_MAX``; the case itself is none.

    Of a whole number, or of its digits alone, the one that has it; of other words those whose subject has them.
    """
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    wanted = text.strip()
    if not wanted:
        return []
    ids = [found for number in _numbers(desk, root, case, workflow, wanted) if (found := _of(desk, root, case, number))]
    if not ids:
        where = CaseFilter(
            workflow=case.workflow,
            phase=str(Phase.ACTIVE),
            congress_session=case.congress_session,
            text=wanted,
        )
        ids = [line.id for line in _found(desk, root, actor, where).lines]
    others = [one for one in dict.fromkeys(ids) if one != case.id]
    seen = {one.id: one for one in desk.reads.visible_cases(root, others, principals)}
    return [seen[one] for one in others if one in seen and seen[one].congress_session == case.congress_session][
        :FOUND_MAX
    ]


def likely_main_cases(desk: Desk, root: RootId, actor: Actor, case: Case) -> list[Case]:
    """Return those of the cases like this one that could be its main case, the likest first; few at most.

    Raises:
        CaseNotFound: the case may not be seen.
    """
    alike = similar_to(desk.reads, root, case.id, actor, desk.world(root))
    return [
        one.case
        for one in alike
        if one.case.phase is Phase.ACTIVE and one.case.congress_session == case.congress_session
    ]


def _found(desk: Desk, root: RootId, actor: Actor, where: CaseFilter) -> Page:
    try:
        return desk.queries.page(root, actor, where, limit=FOUND_MAX + 1, world=desk.world(root))
    except InputRefused:
        # What holds no word finds nothing: the page says so, and that numbers do as well.
        return Page((), None)


def _numbers(desk: Desk, root: RootId, case: Case, workflow: Workflow, text: str) -> Iterator[str]:
    """Yield the numbers that a text may mean: itself, or what each series writes for these digits."""
    yield text
    if text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX:
        session = case.congress_session
        known = None if session is None else desk.world(root).surroundings.sessions.get(session)
        for series in workflow.numbers.values():
            yield written(series, int(text), known, case.opened_at)


def _of(desk: Desk, root: RootId, case: Case, number: str) -> CaseId | None:
    return desk.reads.case_by_field(root, case.workflow, number)


def _names_a_case(workflow: Workflow, part: TransitionPart) -> bool:
    """Return whether a move asks for the main case: one that only withdraws leaves the merge as well."""
    return any(workflow.fields[name].json_schema.get("format") == "case" for name in part.form)


def _effects(part: TransitionPart) -> Iterable[object]:
    return (*part.effects, *(effect for way in part.alternatives for effect in way.effects))
