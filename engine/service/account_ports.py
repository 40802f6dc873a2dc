"""What the service asks of a database about sessions, tokens, one-time secrets, tries and second factors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from engine.case.identity import PersonId, RootId

LINK = "link"
"""A link by which somebody sets a password."""
SLIP = "slip"
"""The activation code on a printed slip."""
STEP = "step"
"""The password was right; the second factor is still to come."""
LINKING = "linking"
"""Somebody has confirmed to be themselves and is on the way to the identity provider, to link their account."""
FIRST = "first"
"""The link of the first administrator; it belongs to nobody."""


class Account(NamedTuple):
    """What a login is checked against; ``password_hash`` is None for persons who cannot log in by password."""

    root: RootId
    person: PersonId
    login: str
    name: str
    password_hash: str | None


class Session(NamedTuple):
    """A login session (``kind`` login) or API token (``kind`` token) that holds, as it is asked for at every request.

    Instants are microseconds. ``idle`` is how long it may lie unused; ``scope`` None means everything.
    ``password_due_at`` is since when another password must be set; ``enrolled_at`` since when there is a second factor,
    of the person or, by the word of an identity provider, of this session.
    """

    root: RootId
    person: PersonId
    kind: str
    used_at: int | None
    idle: int | None
    scope: str | None
    password_due_at: int | None
    enrolled_at: int | None


class LoginRow(NamedTuple):
    """A session or token as it is listed; its number is the beginning of its hash."""

    token_hash: str
    root: RootId
    person: PersonId
    kind: str
    title: str
    opened_at: int
    used_at: int | None
    expires_at: int
    device: str | None
    scope: str | None


class OneTime(NamedTuple):
    """A secret that works once: whose it is and what for."""

    secret_hash: str
    root: RootId
    person: PersonId
    purpose: str
    made_at: int
    expires_at: int


class SecondFactor(NamedTuple):
    """The second factor of a person; ``enrolled_at`` is None until it was confirmed by a code."""

    sealed: bytes
    enrolled_at: int | None
    last_step: int


class AccountState(NamedTuple):
    """An account as those see it who look after it."""

    person: PersonId
    login: str
    name: str
    unit: str | None
    has_password: bool
    password_due_at: int | None
    enrolled_at: int | None


class LinkedLogin(NamedTuple):
    """An account that is linked to somebody at an identity provider; how that one is called there is not kept."""

    root: RootId
    person: PersonId
    login: str
    issuer: str
    linked_at: int


class FailedLogins(NamedTuple):
    """Failed logins of one account in one hour."""

    root: RootId
    person: PersonId
    hour_at: int
    times: int


class AccountReads(Protocol):
    """Questions about accounts."""

    def session(self, token_hash: str, at: int) -> Session | None:
        """Return the session or token, None when it is unknown, over, idle for too long, or its person inactive."""

    def logins(self, root: RootId, person: PersonId, at: int) -> Sequence[LoginRow]:
        """Return the sessions and tokens of a person that hold, the newest first."""

    def tokens(self, root: RootId, at: int) -> Sequence[LoginRow]:
        """Return every API token of an organisation that holds, the newest first."""

    def one_time(self, secret_hash: str, at: int) -> OneTime | None:
        """Return a one-time secret that was not used and is not over."""

    def one_times(self, root: RootId, purpose: str, at: int) -> Mapping[PersonId, int]:
        """Return until when each person's secret of this kind can be used."""

    def one_times_of(
        self, root: RootId, purpose: str, persons: Collection[PersonId], at: int
    ) -> Mapping[PersonId, int]:
        """Return until when the secret of this kind of each of these persons can be used."""

    def second_factor(self, root: RootId, person: PersonId) -> SecondFactor | None: ...

    def recovery_codes(self, root: RootId, person: PersonId) -> int:
        """Return how many recovery codes are left."""

    def linked(self, mark: str) -> LinkedLogin | None:
        """Return whose account is linked to the mark of an issuer and subject, None for nobody who is active."""

    def link(self, root: RootId, person: PersonId) -> LinkedLogin | None:
        """Return the link of a person's account."""

    def account_states(self, root: RootId) -> Sequence[AccountState]:
        """Return the accounts of active persons, by login name."""


class AccountWrites(Protocol):
    """Writes about accounts inside one transaction."""

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
        """Keep a login session (``kind`` login) or an API token (``kind`` token) by the hash of its secret."""

    def end_login(self, token_hash: str) -> None: ...

    def end_logins(self, root: RootId, person: PersonId, *, keep: str = "", tokens: bool = False) -> None:
        """End the sessions of a person but one; with ``tokens`` the tokens too."""

    def touch_login(self, token_hash: str, at: int) -> None:
        """Note that a session or token was used."""

    def set_password(
        self, person: PersonId, root: RootId, password_hash: str | None, *, due_at: int | None = None, keep: str = ""
    ) -> None:
        """Set a password; every session but ``keep`` ends, and so do links, codes and half-done logins."""

    def recent_tries(self, bucket: str, since: int) -> Sequence[tuple[int, int]]:
        """Return (at, times) of the tries in a bucket; nobody else counts in it till the end of the transaction."""

    def note_try(self, bucket: str, at: int) -> None: ...

    def return_try(self, bucket: str, at: int) -> None:
        """Take back a try that has proved right."""

    def note_failure(self, root: RootId, person: PersonId, at: int) -> None:
        """Count a failed login to be told once its hour is over."""

    def take_failures(self, before: int, limit: int) -> Sequence[FailedLogins]:
        """Take out the counts of hours that began before an instant."""

    def add_one_time(self, row: OneTime) -> None:
        """Keep a one-time secret; others of its person and purpose end."""

    def take_one_time(self, secret_hash: str, purpose: str, at: int) -> bool:
        """Use a one-time secret up; False when there is none to use."""

    def offer_second_factor(self, root: RootId, person: PersonId, sealed: bytes) -> bool:
        """Keep a secret that was shown; False when there is a confirmed one."""

    def confirm_second_factor(self, root: RootId, person: PersonId, sealed: bytes, step: int, at: int) -> bool:
        """Make the secret that was shown the second factor; False when another is shown or confirmed by now."""

    def use_step(self, root: RootId, person: PersonId, step: int) -> bool:
        """Use a code up; False when it, or a later one, was used before."""

    def set_recovery_codes(self, root: RootId, person: PersonId, hashes: Sequence[str]) -> None: ...

    def use_recovery_code(self, root: RootId, person: PersonId, code_hash: str) -> bool: ...

    def remove_second_factor(self, root: RootId, person: PersonId) -> bool: ...

    def link_login(self, mark: str, root: RootId, person: PersonId, issuer: str, at: int) -> bool:
        """Link an account; False when it is linked by now, or the one at the provider is to another account."""

    def unlink_login(self, root: RootId, person: PersonId) -> bool: ...
