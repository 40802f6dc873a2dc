"""One move on many cases as long work: the kind, what is asked for, and how a wave of it is done.

What is chosen is fixed when it is confirmed, case by case with the version that stood then. Whoever asked must be able
to make the move when its turn comes; what is refused is told with the reason, as it is where few cases are chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from pydantic import JsonValue

from engine.case.identity import CaseId
from engine.definition.rulebook import Rulebook
from engine.errors import (
    BanjieError,
    CaseNotFound,
    FormInvalid,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    StorageUnavailable,
    TooBusy,
)
from engine.service.desk import Desk
from engine.service.long_work import Asked, Outcome
from engine.service.long_work_waves import Wave
from engine.service.measures import Planned, commands, measure_called, plan, title_on
from engine.service.office import Answer
from engine.service.selecting import Selection
from engine.text import Text

KIND: Final = "bulk_moves"
_PASSING: Final = frozenset({StorageUnavailable.code, OutcomeUnknown.code, TooBusy.code})


def bulk_moves(
    selection: Selection,
    versions: Mapping[CaseId, int | None],
    rules: Rulebook,
    *,
    section: str,
    back: str,
    planned: Iterable[Planned] = (),
) -> Asked:
    """Return what is asked for when somebody confirms a move on many cases.

    Args:
        selection: who wants which move, with what was filled in.
        versions: the cases, each with the version that it is to have still, None where that does not matter.
        rules: of the organisation.
        section: the list from which they were chosen, ``board`` or ``overdue``.
        back: the address of that list.
        planned: some of the cases as they were looked at: by them the work is called.
    """
    measure = measure_called(rules, selection.measure, any_move=selection.any_move)
    return Asked(
        kind=KIND,
        title=title_on(planned, rules, measure, any_move=selection.any_move),
        payload={
            "measure": measure,
            "any_move": selection.any_move,
            "form": dict(selection.form),
            "section": section,
            "back": back,
        },
        items=[[case, version] for case, version in versions.items()],
    )


def move_some(desk: Desk, wave: Wave) -> Sequence[Outcome]:
    """Make the move on the cases of a wave."""
    payload, root, actor = wave.work.payload, wave.work.root, wave.actor
    versions = dict(_item(item) for item in wave.items.values())
    any_move, rules = bool(payload["any_move"]), desk.world(root).rules
    try:
        measure = measure_called(rules, str(payload["measure"]), any_move=any_move)
    except NotFound as gone:
        return [Outcome(is_done=False, case=case, reason=gone.text) for case in versions]
    planned = plan(desk, root, actor, measure, versions, any_move=any_move)
    asked = commands(
        planned,
        measure,
        cast("Mapping[str, JsonValue]", payload["form"]),
        actor=actor,
        root=root,
        key=wave.work.id,
        rules=rules,
        versions={case: version for case, version in versions.items() if version is not None},
    )
    answers = desk.office.carry_out(asked)
    for one, answer in zip(planned, answers, strict=True):
        if isinstance(answer, BanjieError):
            _noted(desk, wave, one.id, answer)
    return [_outcome(one, answer) for one, answer in zip(planned, answers, strict=True)]


def _noted(desk: Desk, wave: Wave, case: CaseId, refusal: BanjieError) -> None:
    """Have the wave begun again where the database could not be reached; count what was refused for want of rights.

    By their codes: another process may have answered.
    """
    if refusal.code in _PASSING:
        raise refusal
    root = wave.work.root
    is_hidden = refusal.code == CaseNotFound.code and bool(desk.reads.cases(root, [case]))
    if refusal.code == NotPermitted.code or is_hidden:
        desk.watch.denied(root, wave.work.person, f"POST /{wave.work.payload['section']}/act")


def _item(item: JsonValue) -> tuple[CaseId, int | None]:
    case, version = cast("tuple[str, int | None]", item)
    return CaseId(case), version


def _outcome(one: Planned, answer: Answer) -> Outcome:
    if not isinstance(answer, BanjieError):
        return Outcome(is_done=True, case=one.id)
    source = answer.details.get("source")
    told = source if isinstance(source, dict) else {}
    return Outcome(
        is_done=False,
        case=one.id,
        reason=_reason(one, answer),
        source=Text(str(told["zh"]), str(told["en"])) if told.keys() >= {"zh", "en"} else None,
    )


def _reason(one: Planned, refusal: BanjieError) -> Text:
    """Return why it was refused; of a form, what is wrong with which of its fields."""
    fields = refusal.details.get("fields")
    if refusal.code != FormInvalid.code or not isinstance(fields, list) or one.definition is None:
        return refusal.text
    parts = one.definition.workflow.fields
    told = []
    for problem in fields:
        name = str(problem["path"]).partition(".")[0]
        title = parts[name].title.text if name in parts else Text(name, name)
        told.append(Text(f"{title.zh}：{problem['zh']}", f"{title.en}: {problem['en']}"))
    return Text("；".join(text.zh for text in told), "; ".join(text.en for text in told))
