"""Which organisation is meant, what its units, persons and sessions are identified by, and which roles may be granted.
Reading all of them from a workbook stands in ``organisation_import``."""

from __future__ import annotations

from engine.access.staff_roles import load_staff_roles
from engine.case.identity import PersonId, RootId, SessionId, UnitId, derived_id
from engine.definition.rulebook import Rulebook
from engine.errors import NotFound
from engine.service.ports import Reads
from engine.text import Text


def root_id(code: str) -> RootId:
    """Return the id of the organisation whose top unit has this code."""
    return RootId(derived_id("organisation", code))


def unit_id(root: RootId, code: str) -> UnitId:
    """Return the id of a unit; the top unit has the organisation's own."""
    return UnitId(derived_id("unit", root, code))


def person_id(root: RootId, known_as: str) -> PersonId:
    """Return the id of a person by login or staff number."""
    return PersonId(derived_id("person", root, known_as))


def session_id(root: RootId, unit: UnitId, term: int, meeting: int) -> SessionId:
    """Return the id of a congress session."""
    return SessionId(derived_id("session", root, unit, term, meeting))


def session_title(term: int, meeting: int) -> Text:
    """Return what a session is called where nobody gave it a title."""
    return Text(f"第{term}届第{meeting}次职工代表大会", f"Congress {term}, meeting {meeting}")


def organisation_called(reads: Reads, wanted: str | None) -> RootId:
    """Return the organisation called ``wanted`` (code, name or id of its top unit), or the only one there is.

    Raises:
        NotFound: there is none, none of that name, or several and none was named.
    """
    tops = {root: reads.surroundings(root).units[UnitId(root)] for root in reads.roots()}
    named = {
        root: top
        for root, top in tops.items()
        if wanted is None or wanted in (top.id, top.code, top.title.zh, top.title.en)
    }
    if len(named) == 1:
        return next(iter(named))
    if not tops:
        raise NotFound(
            Text(
                "数据库中还没有单位；请先运行 banjie unit add 编码 --name 名称 --root，或 banjie unit import 文件.xlsx",
                "There is no unit yet; run banjie unit add CODE --name NAME --root, or banjie unit import FILE.xlsx",
            )
        )
    codes = "、".join(top.code for top in tops.values())
    if wanted is None:
        raise NotFound(
            Text(
                f"有多个组织：{codes}；请加 --root 编码", f"There are several organisations ({codes}); add --root CODE"
            )
        )
    raise NotFound(
        Text(f"没有名为“{wanted}”的组织，现有：{codes}", f"No organisation is called {wanted!r}; there is {codes}")
    )


def grantable_roles(rules: Rulebook) -> dict[str, str]:
    """Return every name a grantable role goes by, with the role: its own, and titles that mean one role only.

    Beside the roles of workflows there are those of staff who look after the house itself.
    """
    names: dict[str, set[str]] = {}
    for workflow in rules.names():
        for part in rules.newest(workflow).roles.values():
            for role in part.of:
                names.setdefault(role, set()).add(role)
                if len(part.of) == 1:
                    names.setdefault(part.title.zh, set()).add(role)
                    names.setdefault(part.title.en, set()).add(role)
    for role, title in load_staff_roles().titles().items():
        for name in (role, title.zh, title.en):
            names.setdefault(name, set()).add(role)
    return {name: next(iter(roles)) for name, roles in names.items() if len(roles) == 1}


def role_titles(rules: Rulebook) -> dict[str, Text]:
    """Return what every grantable role is called: as the staff's roles are, else as a workflow calls it alone."""
    titles: dict[str, Text] = {}
    for workflow in rules.names():
        for part in rules.newest(workflow).roles.values():
            for role in part.of:
                titles.setdefault(role, part.title.text if len(part.of) == 1 else Text(role, role))
    return {**titles, **load_staff_roles().titles()}
