"""Who looks after the installation itself: the office at the top of an organisation. There is no right beside it."""

from __future__ import annotations

from typing import Final

from engine.case.actors import Actor, ActorKind
from engine.case.identity import RootId, UnitId
from engine.errors import NotPermitted
from engine.text import Text

OPERATOR_ROLE: Final = "union_office"
"""The grant whose holders at the top unit see and re-run background jobs."""


def is_operator(actor: Actor, root: RootId) -> bool:
    """Return whether the actor looks after the installation: the engine itself, or the office at the top."""
    return actor.kind is ActorKind.SYSTEM or actor.holds(OPERATOR_ROLE, UnitId(root))


def demand_operator(actor: Actor, root: RootId) -> None:
    """Raise NotPermitted for everybody else."""
    if not is_operator(actor, root):
        raise NotPermitted(
            Text(
                "后台任务由本级工会办公室管理，您没有此权限",
                "Background jobs are looked after by the union office at the top; you may not",
            ),
            roles=[OPERATOR_ROLE],
        )
