"""Reading sessions, tokens, one-time secrets and second factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from engine.case.identity import PersonId, RootId
from engine.service.account_ports import AccountState, LinkedLogin, LoginRow, OneTime, SecondFactor, Session
from engine.storage.account_statements import AccountStatements
from engine.storage.compiled import Compiler, Pool


class AccountReads:
    """The part of ``Reads`` that is about logging in."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        self._accounts = AccountStatements.of(compiler)

    def session(self, token_hash: str, at: int) -> Session | None:
        found = self._pool.fetch(self._accounts.session, token_hash=token_hash, at=at)
        return Session(*found[0]) if found else None

    def logins(self, root: RootId, person: PersonId, at: int) -> Sequence[LoginRow]:
        return [LoginRow(*row) for row in self._pool.fetch(self._accounts.logins, root=root, person=person, at=at)]

    def tokens(self, root: RootId, at: int) -> Sequence[LoginRow]:
        return [LoginRow(*row) for row in self._pool.fetch(self._accounts.tokens, root=root, at=at)]

    def one_time(self, secret_hash: str, at: int) -> OneTime | None:
        found = self._pool.fetch(self._accounts.one_time, secret_hash=secret_hash, at=at)
        return OneTime(*found[0]) if found else None

    def one_times(self, root: RootId, purpose: str, at: int) -> Mapping[PersonId, int]:
        found = self._pool.fetch(self._accounts.one_times, root=root, purpose=purpose, at=at)
        return {PersonId(row[0]): row[1] for row in found}

    def one_times_of(
        self, root: RootId, purpose: str, persons: Collection[PersonId], at: int
    ) -> Mapping[PersonId, int]:
        asked = self._accounts.one_times_of
        found = self._pool.fetch(asked, root=root, purpose=purpose, persons=sorted(persons), at=at)
        return {PersonId(row[0]): row[1] for row in found}

    def second_factor(self, root: RootId, person: PersonId) -> SecondFactor | None:
        found = self._pool.fetch(self._accounts.second_factor, root=root, person=person)
        return SecondFactor(bytes(found[0][0]), found[0][1], found[0][2]) if found else None

    def recovery_codes(self, root: RootId, person: PersonId) -> int:
        return int(self._pool.fetch(self._accounts.recovery_codes, root=root, person=person)[0][0])

    def linked(self, mark: str) -> LinkedLogin | None:
        found = self._pool.fetch(self._accounts.linked, mark=mark)
        return LinkedLogin(*found[0]) if found else None

    def link(self, root: RootId, person: PersonId) -> LinkedLogin | None:
        found = self._pool.fetch(self._accounts.link, root=root, person=person)
        return LinkedLogin(*found[0]) if found else None

    def account_states(self, root: RootId) -> Sequence[AccountState]:
        found = self._pool.fetch(self._accounts.states, root=root)
        return [AccountState(*row)._replace(has_password=bool(row[4])) for row in found]
