"""Whom a typed login name, name or id means; a name counts only while nobody else bears it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from engine.access.directory import Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import FieldProblem
from engine.service.account_ports import Account
from engine.text import Text

NAMESAKES_MAX: Final = 20
"""So many people of one name are told apart; where there are more, something else has to be said of whom is meant."""
_SHOWN_CHARACTERS: Final = 40


class CallingReads(Protocol):
    """The part of ``Reads`` that knows people by what they are called."""

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]: ...

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]: ...

    def account(self, login: str) -> Account | None: ...


def person_called(reads: CallingReads, root: RootId, called: str, path: str) -> Person | FieldProblem:
    """Return the one active person who is called so, or what is wrong with the field at ``path``."""
    account = reads.account(called)
    if account is not None and account.root == root:
        found = [one for one in reads.persons(root, [account.person]).values() if one.active]
    else:
        found = _named(reads, root, called, [PersonId(called)], None)
    if len(found) == 1:
        return found[0]
    shown = called[:_SHOWN_CHARACTERS]
    if len(found) > NAMESAKES_MAX:
        text = Text(
            f"叫“{shown}”的超过{NAMESAKES_MAX}人，请填写登录名",
            f"More than {NAMESAKES_MAX} people are called {shown!r}; give the login name",
        )
    elif found:
        text = Text(
            f"有{len(found)}人叫“{shown}”，请填写登录名",
            f"{len(found)} people are called {shown!r}; give the login name",
        )
    else:
        text = Text(
            f"名册中没有“{shown}”，请填写登录名或姓名",
            f"Nobody in the register is called {shown!r}; give a login name or a name",
        )
    return FieldProblem(path=path, text=text)


def people_called(
    reads: CallingReads, root: RootId, called: str, units: Collection[UnitId] | None = None
) -> Sequence[Person]:
    """Return the active people whose whole name, login name or id this is, in some units or in all.

    Of more than NAMESAKES_MAX of one name one more than these is returned, and no others.
    """
    account = reads.account(called)
    ids = [PersonId(called)] if account is None or account.root != root else [PersonId(called), account.person]
    return _named(reads, root, called, ids, units)


def _named(
    reads: CallingReads, root: RootId, name: str, ids: Sequence[PersonId], units: Collection[UnitId] | None
) -> list[Person]:
    """Return the active people who bear a name, and those with one of the ids; each once."""
    found = {one.id: one for one in reads.people_named(root, [name], units=units, limit=NAMESAKES_MAX + 1)}
    for one in reads.persons(root, ids).values():
        if one.active and (units is None or one.unit in units):
            found.setdefault(one.id, one)
    return list(found.values())
