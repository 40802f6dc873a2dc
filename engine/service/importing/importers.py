"""Who may bring in a register: its cases are entered for others, or opened by who keeps them.

What people file themselves comes in by those who may enter it on their behalf. What nobody files but an office comes in
by whoever may open it and make every move that the map makes of it: a register opens no way around a role.
"""

from __future__ import annotations

from engine.case.actors import Actor
from engine.case.identity import UnitId
from engine.case.offers import not_permitted
from engine.case.roles import granting_unit
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.errors import NotPermitted
from engine.service.importing.maps import RegisterMap
from engine.text import Text


def importing_roles(definition: Definition, part: RegisterMap) -> tuple[str, ...]:
    """Return the roles that may bring in registers by a map, in the order of the definition; none for some maps."""
    workflow = definition.workflow
    if workflow.on_behalf is not None:
        return workflow.on_behalf.by
    fired = [workflow.transitions[move.fire] for move in part.moves if move.child is None]
    return tuple(
        role
        for role in workflow.openers
        if workflow.roles[role].bound == "grant" and all(role in transition.by for transition in fired)
    )


def demand_importing(definition: Definition, part: RegisterMap, actor: Actor, unit: UnitId, units: UnitTree) -> None:
    """Raise NotPermitted for who holds none of the roles in the unit."""
    workflow = definition.workflow
    roles = importing_roles(definition, part)
    if not roles:
        raise NotPermitted(
            Text(
                f"“{workflow.title.zh}”的台账含有经办人不能代办的步骤，请管理员用 banjie import 导入",
                f"{workflow.title.en}: this register holds moves that nobody may make alone; use banjie import",
            )
        )
    if not any(granting_unit(workflow.roles[role], actor, unit, units) is not None for role in roles):
        raise not_permitted(workflow, roles)
