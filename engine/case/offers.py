"""What is open from here to this actor, and how a refusal says so."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.roles import holds_role
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.errors import NotPermitted, TransitionNotOffered
from engine.text import Text


def offered(workflow: Workflow, case: Case, actor: Actor, units: UnitTree) -> tuple[str, ...]:
    """Return the transitions open from the case's state to one of the actor's roles, in the definition's order.

    Guards are not asked: a page shows the move, and the refusal says what is missing. To object to an entry on behalf
    is open only where something was entered so.
    """
    # Many moves are made by the same roles.
    holds = cache(lambda role: holds_role(role, workflow, case, actor, units))
    return tuple(
        name
        for name, transition in workflow.transitions.items()
        if case.state in transition.from_
        and any(map(holds, transition.by))
        and not nothing_to_object_to(workflow, case, name)
    )


def nothing_to_object_to(workflow: Workflow, case: Case, move: str) -> bool:
    """Return whether the move is an objection to an entry on behalf, and none was made or its term was used."""
    part = workflow.on_behalf
    if part is None or move != part.objection:
        return False
    clock = case.clock(part.deadline)
    return clock is None or not clock.is_open


def not_offered(workflow: Workflow, case: Case, actor: Actor, units: UnitTree, asked: str) -> TransitionNotOffered:
    """Return the refusal that names what is offered instead."""
    names = offered(workflow, case, actor, units)
    titles = [workflow.transitions[name].title.text for name in names]
    state = workflow.states[case.state].title.text
    known = workflow.transitions.get(asked)
    title = known.title.text if known is not None else Text(asked, asked)
    open_zh = "、".join(text.zh for text in titles) or "无"
    open_en = ", ".join(text.en for text in titles) or "nothing"
    return TransitionNotOffered(
        Text(
            f"事项处于“{state.zh}”，不能“{title.zh}”；现在可以：{open_zh}",
            f"The case is “{state.en}” and cannot “{title.en}”; open now: {open_en}",
        ),
        state=case.state,
        asked=asked,
        offered=list(names),
    )


def not_permitted(workflow: Workflow, roles: Iterable[str]) -> NotPermitted:
    """Return the refusal that names the roles that would be needed."""
    wanted = [role for role in roles if workflow.roles[role].bound != "system"]
    titles = [workflow.roles[role].title.text for role in wanted]
    return NotPermitted(
        Text(
            f"您没有办理此步骤的权限，须由{'、'.join(text.zh for text in titles) or '系统'}办理",
            f"This needs the role {' or '.join(text.en for text in titles) or 'system'}",
        ),
        roles=wanted,
    )
