"""What the supervisor of the sample does on its last day about cases that are late: orders, a listing, reminders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import JsonValue

from engine.calendar.term import SHANGHAI
from engine.case.actors import Actor
from engine.case.commands import FireTransition
from engine.case.identity import CaseId
from engine.errors import BanjieError
from engine.service.desk import Desk
from runtime.demo.organisation import Cast
from runtime.demo.simulation import SampleRefusedError

LOOKED_AT = 50
Form = dict[str, JsonValue]


def supervise_late(desk: Desk, cast: Cast) -> int:
    """Supervise the cases that are longest overdue, each by one measure; return how many commands that took."""
    actor = cast.actor(cast.in_role("supervisor")[0])
    commands = list(_commands(desk, cast, actor))
    for command, answer in zip(commands, desk.office.carry_out(commands), strict=True):
        if isinstance(answer, BanjieError):
            raise SampleRefusedError(f"{command}: {answer.text.zh} {answer.details}")
    return len(commands)


def _commands(desk: Desk, cast: Cast, actor: Actor) -> Iterator[FireTransition]:
    """Yield one measure for each case that offers it, the gravest for the case that has waited longest."""
    now, world = desk.office.now(), desk.world(cast.root)
    measures = _measures(now)
    lines, _next = desk.queries.overdue(cast.root, actor, before=now, limit=LOOKED_AT)
    for case in dict.fromkeys(CaseId(line.case.id) for line in lines):
        view = desk.queries.case(cast.root, case, actor, world)
        if view.case.linked:  # one matter, one order
            continue
        asked = world.rules.newest(view.case.workflow).transitions
        found = next(
            (one for one in measures if one[0] in view.offered and set(one[1]) <= set(asked[one[0]].form)), None
        )
        if found is not None:
            measures.remove(found)
            move, form = found
            yield FireTransition(
                root=cast.root, actor=actor, key=f"sample:supervised:{case}", case=case, transition=move, form=form
            )


def _measures(now: datetime) -> list[tuple[str, Form]]:
    due_on = (now.astimezone(SHANGHAI).date() + timedelta(days=20)).isoformat()
    order: Form = {"supervision_trigger": "overdue", "supervision_note": "请书面说明逾期原因和办理安排，明确办结日期。"}
    return [
        ("issue_supervision", {**order, "supervision_kind": "rectification", "supervision_due_on": due_on}),
        ("issue_supervision", {**order, "supervision_kind": "order"}),
        ("supervise", {**order, "supervision_trigger": "unsolved"}),
        ("remind", {"reminder_note": "已超过办理期限，请抓紧办理并及时答复。"}),
        ("remind", {"reminder_note": "请于本周内反馈办理进展。"}),
        ("remind", {"reminder_note": "请尽快与提案人沟通，按期答复。"}),
    ]
