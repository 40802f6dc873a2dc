"""What of a case a reader may know: which of its fields, and which of its persons stay nameless.

That somebody may see a case at all is asked before (``readers``). Handlers see the brief that was made for them and not
the original; who is behind a case is known to those whose role reads what is confidential, and under a strict level to
the person and to those whom two together have let in (XF Art.30; the definition's ``identity``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import PersonId
from engine.case.roles import holds_role
from engine.case.secrecy import as_party, is_strict
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.parts import Privacy

_LEVELS: Final = tuple(Privacy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """What one reader may know: the fields by name, and the persons and party roles that stay without a name.

    ``originals``: files as they came; all others get copies without what says who made them, where and on what.
    """

    fields: frozenset[str]
    nameless: frozenset[PersonId] = frozenset()
    nameless_roles: frozenset[str] = frozenset()
    originals: bool = True


def disclosed(case: Case, definition: Definition, actor: Actor, units: UnitTree) -> Disclosure:
    """Return what of the case this reader may know now."""
    workflow = definition.workflow
    if actor.kind is not ActorKind.PERSON:
        return Disclosure(fields=frozenset(workflow.fields))
    seen = as_party(actor, case)
    held = [name for name in workflow.roles if holds_role(name, workflow, case, seen, units)]
    # Who holds no role of the case sees it for handling a part of it.
    up_to = max((_LEVELS.index(workflow.roles[name].reads) for name in held), default=_LEVELS.index(Privacy.INTERNAL))
    fields = _fields_up_to(definition, up_to)
    identity, own = workflow.identity, workflow.opener_becomes
    originals = up_to > _LEVELS.index(Privacy.INTERNAL)
    if identity is None or own is None:
        return Disclosure(fields=fields, originals=originals)
    strict = is_strict(case, definition)
    if own in held or identity.opened_to in held:
        return Disclosure(fields=fields.union(identity.fields))
    if strict:
        fields -= frozenset(identity.fields)
    if not strict and up_to >= _LEVELS.index(Privacy.CONFIDENTIAL):
        return Disclosure(fields=fields)
    return Disclosure(
        fields=fields, nameless=frozenset(case.persons_in(own)), nameless_roles=frozenset({own}), originals=False
    )


@lru_cache(maxsize=1024)
def _fields_up_to(definition: Definition, level: int) -> frozenset[str]:
    """Return the fields of a privacy up to a level: worked out once, and asked for every case of a page."""
    return frozenset(name for name, part in definition.workflow.fields.items() if _LEVELS.index(part.privacy) <= level)
