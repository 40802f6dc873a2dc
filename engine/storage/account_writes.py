"""Writing sessions, tokens, tries, one-time secrets and second factors: a few statements in the open transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.case.identity import PersonId, RootId
from engine.errors import InputRefused
from engine.service.account_ports import FailedLogins, OneTime
from engine.storage.account_statements import AccountStatements
from engine.storage.compiled import Compiler, Runner
from engine.text import Text

HOUR_MICROSECONDS: Final = 60 * 60 * 1_000_000
TRIES_KEPT_MICROSECONDS: Final = 24 * HOUR_MICROSECONDS


class StoredAccounts:
    """Implements ``AccountWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._accounts = AccountStatements.of(compiler)
        self._run = transaction

    def open_login(
        self,
        token_hash: str,
        root: RootId,
        person: PersonId,
        kind: str,
        title: str,
        at: int,
        expires_at: int,
        *,
        idle: int | None = None,
        device: str | None = None,
        scope: str | None = None,
        vouched_at: int | None = None,
    ) -> None:
        self._run.run(self._accounts.no_expired_logins, root=root, person=person, at=at)
        self._run.run(
            self._accounts.login,
            token_hash=token_hash,
            root=root,
            person=person,
            kind=kind,
            title=title,
            opened_at=at,
            expires_at=expires_at,
            used_at=at if kind == "login" else None,
            idle=idle,
            device=device,
            scope=scope,
            vouched_at=vouched_at,
        )

    def end_login(self, token_hash: str) -> None:
        self._run.run(self._accounts.no_login, token_hash=token_hash)

    def end_logins(self, root: RootId, person: PersonId, *, keep: str = "", tokens: bool = False) -> None:
        statement = self._accounts.no_logins if tokens else self._accounts.no_sessions
        self._run.run(statement, root=root, person=person, keep=keep)

    def touch_login(self, token_hash: str, at: int) -> None:
        self._run.run(self._accounts.touch, token_hash=token_hash, at=at)

    def set_password(
        self, person: PersonId, root: RootId, password_hash: str | None, *, due_at: int | None = None, keep: str = ""
    ) -> None:
        """Set the password of somebody with a login name; without one there is nothing to log in to.

        None is the reset of an account that is no longer trusted: its link to the identity provider ends too.

        Raises:
            InputRefused: the person has no login name.
        """
        whose = {"root": root, "person": person}
        if not self._run.run(self._accounts.password, **whose, password_hash=password_hash, due_at=due_at):
            raise InputRefused(Text("该人员没有登录名", "This person has no login name"))
        self._run.run(self._accounts.no_one_times, **whose)
        if password_hash is None:
            self.unlink_login(root, person)
        self.end_logins(root, person, keep=keep)

    def recent_tries(self, bucket: str, since: int) -> Sequence[tuple[int, int]]:
        if self._accounts.hold_bucket is not None:
            self._run.fetch(self._accounts.hold_bucket, bucket=bucket)
        return [(row[0], row[1]) for row in self._run.fetch(self._accounts.tries, bucket=bucket, since=since)]

    def note_try(self, bucket: str, at: int) -> None:
        """Count a try; those of more than a day ago are forgotten, so that guessing fills no disk."""
        self._run.run(self._accounts.no_old_tries, before=at - TRIES_KEPT_MICROSECONDS)
        self._run.run(self._accounts.one_try, bucket=bucket, at=at, times=1)

    def return_try(self, bucket: str, at: int) -> None:
        self._run.run(self._accounts.no_try, bucket=bucket, at=at)

    def note_failure(self, root: RootId, person: PersonId, at: int) -> None:
        hour_at = at - at % HOUR_MICROSECONDS
        self._run.run(self._accounts.failure, root=root, person=person, hour_at=hour_at, times=1)

    def take_failures(self, before: int, limit: int) -> Sequence[FailedLogins]:
        found = [FailedLogins(*row) for row in self._run.fetch(self._accounts.failures, before=before, limit=limit)]
        # Whoever deletes a row tells of it: another process may be at the same rows.
        return [
            one
            for one in found
            if self._run.run(self._accounts.no_failure, root=one.root, person=one.person, hour_at=one.hour_at)
        ]

    def add_one_time(self, row: OneTime) -> None:
        self._run.run(self._accounts.no_old_one_times, root=row.root, at=row.made_at)
        self._run.run(self._accounts.no_one_times_of, root=row.root, person=row.person, purpose=row.purpose)
        self._run.run(self._accounts.new_one_time, **row._asdict())

    def take_one_time(self, secret_hash: str, purpose: str, at: int) -> bool:
        return self._run.run(self._accounts.take_one_time, secret_hash=secret_hash, purpose=purpose, at=at) > 0

    def offer_second_factor(self, root: RootId, person: PersonId, sealed: bytes) -> bool:
        whose = {"root": root, "person": person}
        return self._run.run(self._accounts.offer, **whose, sealed=sealed, enrolled_at=None, last_step=0) > 0

    def confirm_second_factor(self, root: RootId, person: PersonId, sealed: bytes, step: int, at: int) -> bool:
        return self._run.run(self._accounts.confirm, root=root, person=person, sealed=sealed, step=step, at=at) > 0

    def use_step(self, root: RootId, person: PersonId, step: int) -> bool:
        return self._run.run(self._accounts.use_step, root=root, person=person, step=step) > 0

    def set_recovery_codes(self, root: RootId, person: PersonId, hashes: Sequence[str]) -> None:
        self._run.run(self._accounts.no_recovery_codes, root=root, person=person)
        for code_hash in hashes:
            self._run.run(self._accounts.new_recovery_code, root=root, person=person, code_hash=code_hash)

    def use_recovery_code(self, root: RootId, person: PersonId, code_hash: str) -> bool:
        whose = {"root": root, "person": person}
        return self._run.run(self._accounts.use_recovery_code, **whose, code_hash=code_hash) > 0

    def remove_second_factor(self, root: RootId, person: PersonId) -> bool:
        self._run.run(self._accounts.no_recovery_codes, root=root, person=person)
        return self._run.run(self._accounts.no_second_factor, root=root, person=person) > 0

    def link_login(self, mark: str, root: RootId, person: PersonId, issuer: str, at: int) -> bool:
        whose = {"root": root, "person": person}
        return self._run.run(self._accounts.new_link, mark=mark, **whose, issuer=issuer, linked_at=at) > 0

    def unlink_login(self, root: RootId, person: PersonId) -> bool:
        return self._run.run(self._accounts.no_link, root=root, person=person) > 0
