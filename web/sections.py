"""The parts of the navigation: where each stands, in which group, and who may do something there.

A part whose page the site does not have is not shown; so pages may be left out of an installation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.routing import BaseRoute

from engine.access.operators import is_operator
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.identity import RootId, UnitId
from web.routing import pages_of

SECRETARIAT: Final = frozenset({"union_office", "committee_director", "committee_member", "presidium"})
"""Who prepares and holds the meetings of a congress, by the ids of ``workflows/staff_roles.json``."""
SUPERVISION: Final = frozenset({"union_office", "supervisor", "leader_in_charge", "committee_director", "presidium"})
ADMINISTRATION: Final = frozenset(
    {"union_office", "system_administrator", "security_administrator", "audit_administrator"}
)


class Group(StrEnum):
    """How the parts are put together; those of the desk stand side by side, those of the others in a menu each."""

    DESK = "desk"
    CONGRESS = "congress"
    OVERSIGHT = "oversight"
    RULES = "rules"
    PROOF = "proof"
    HOUSE = "house"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at the navigation; ``runs_jobs`` says whether background jobs can be looked at here."""

    actor: Actor
    root: RootId
    staff: StaffRoles
    runs_jobs: bool = False

    def is_staff(self) -> bool:
        """Return whether this is somebody of an office."""
        return self.staff.is_staff(self.actor)

    def is_one_of(self, roles: frozenset[str]) -> bool:
        """Return whether one of the roles is held anywhere."""
        return any(grant.role in roles for grant in self.actor.grants)

    def audits(self) -> bool:
        """Return whether this is an auditor of some unit, or the office at the top, which answers to them."""
        roles = self.staff.roles
        return is_operator(self.actor, self.root) or any(
            grant.role in roles and roles[grant.role].audits for grant in self.actor.grants
        )

    def cares_for_accounts(self) -> bool:
        """Return whether this is somebody who looks after the accounts of others, or after tokens."""
        staff = self.staff
        return staff.looks_after_some(self.actor) or staff.ends_tokens(self.actor, UnitId(self.root))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of the navigation; its text is ``nav_<name>``."""

    name: str
    address: str
    group: Group
    who: Callable[[Viewer], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A group as the navigation shows it; ``is_open`` where its parts stand side by side and not in a menu."""

    name: str
    is_open: bool
    sections: tuple[Section, ...]


def everybody(_viewer: Viewer) -> bool:
    """Return True: whoever is logged in."""
    return True


def _holders(roles: frozenset[str]) -> Callable[[Viewer], bool]:
    return lambda viewer: viewer.is_one_of(roles)


def _part(name: str, group: Group, who: Callable[[Viewer], bool], address: str = "") -> Section:
    return Section(name=name, address=address or f"/{name}", group=group, who=who)


SECTIONS: Final = (
    _part("front", Group.DESK, everybody, "/"),
    _part("mine", Group.DESK, Viewer.is_staff),
    _part("own", Group.DESK, lambda viewer: not viewer.is_staff(), "/me/cases"),
    _part("notices", Group.DESK, everybody),
    _part("cases", Group.DESK, everybody),
    _part("overdue", Group.DESK, everybody),
    _part("search", Group.DESK, everybody),
    _part("board", Group.CONGRESS, _holders(SECRETARIAT)),
    _part("meeting", Group.CONGRESS, _holders(SECRETARIAT)),
    _part("work", Group.CONGRESS, _holders(SECRETARIAT | SUPERVISION), "/long-work"),
    _part("calls", Group.CONGRESS, everybody),
    _part("registers", Group.CONGRESS, Viewer.is_staff),
    _part("archive", Group.CONGRESS, Viewer.is_staff),
    _part("register", Group.CONGRESS, everybody),
    _part("supervise", Group.OVERSIGHT, _holders(SUPERVISION)),
    _part("figures", Group.OVERSIGHT, everybody),
    _part("coverage", Group.OVERSIGHT, Viewer.is_staff),
    _part("workflows", Group.RULES, everybody),
    _part("audit", Group.PROOF, Viewer.audits),
    _part("process", Group.PROOF, Viewer.audits, "/audit/process"),
    _part("ledger", Group.PROOF, Viewer.is_staff),
    _part("admin", Group.HOUSE, _holders(ADMINISTRATION)),
    _part("accounts", Group.HOUSE, Viewer.cares_for_accounts),
    _part("grants", Group.HOUSE, lambda viewer: viewer.staff.reads_some_grants(viewer.actor)),
    _part("jobs", Group.HOUSE, lambda viewer: viewer.runs_jobs and is_operator(viewer.actor, viewer.root)),
)


def sections_of(site: Sequence[BaseRoute]) -> tuple[Section, ...]:
    """Return the parts whose pages are among the routes of a site."""
    paths = {page.path for page in pages_of(site) if "GET" in (page.methods or ())}
    return tuple(section for section in SECTIONS if section.address in paths)


def menus_for(viewer: Viewer, sections: Iterable[Section]) -> tuple[Menu, ...]:
    """Return what the navigation shows somebody, in order; a menu of one part is that part alone."""
    shown = [section for section in sections if section.who(viewer)]
    groups = ((group, tuple(one for one in shown if one.group is group)) for group in Group)
    return tuple(
        Menu(name=str(group), is_open=group is Group.DESK or len(parts) == 1, sections=parts)
        for group, parts in groups
        if parts
    )
