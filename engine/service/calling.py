"""Whom a typed login name, name or id means; a name counts only while nobody else bears it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Protocol

from engine.access.directory import Person
from engine.case.identity import PersonId, RootId
from engine.errors import FieldProblem
from engine.service.account_ports import Account
from engine.text import Text

_SHOWN_CHARACTERS: Final = 40


class CallingReads(Protocol):
    """The part of ``Reads`` that knows people by what they are called."""

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]: ...

    def all_persons(self, root: RootId) -> Sequence[Person]: ...

    def account(self, login: str) -> Account | None: ...


def person_called(reads: CallingReads, root: RootId, called: str, path: str) -> Person | FieldProblem:
    """Return the one active person who is called so, or what is wrong with the field at ``path``."""
    account = reads.account(called)
    if account is not None and account.root == root:
        found = [one for one in reads.persons(root, [account.person]).values() if one.active]
    else:
        found = [one for one in reads.all_persons(root) if one.active and called in (one.name, one.id)]
    if len(found) == 1:
        return found[0]
    shown = called[:_SHOWN_CHARACTERS]
    if found:
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
