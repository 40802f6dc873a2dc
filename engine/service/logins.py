"""Logging in: a password, then a code of the second factor where there is one, then a session. Knows no HTTP.

What is wrong takes as long and says as much for a name that there is as for one that there is not.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from engine.access.codes import RECOVERY_GROUPS, is_code, plain_code
from engine.access.passwords import new_secret, password_fits, secret_hash
from engine.access.staff_roles import StaffRoles
from engine.access.throttle import SECOND_FACTOR, Try, tries
from engine.access.totp import DIGITS, step_of
from engine.case.actors import Actor
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused
from engine.ledger.streams import Fact
from engine.service.account_ports import STEP, OneTime, Session
from engine.service.account_writes import (
    AddOneTime,
    EndLogin,
    NoteFailure,
    OpenLogin,
    ReturnTries,
    TakeTries,
    TellFailures,
    UseOneTime,
    UseRecoveryCode,
    UseStep,
    wrong_code,
)
from engine.service.desk import Desk
from engine.service.plain import PlainWrite, RecordFact
from engine.text import Text

STEP_MINUTES: Final = 5
NOBODY: Final = (RootId(""), PersonId(""))
"""Whom a failed login of an unknown name is counted for: counting it takes as long as for a known one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """What this installation asks of accounts. With ``second_factor`` the roles that need one must have one."""

    staff: StaffRoles = field(default_factory=StaffRoles)
    second_factor: bool = False
    idle_minutes: int = 30
    login_hours: int = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a try comes from: marks and words, never an address.

    ``source`` is a mark, None where sources cannot be told apart. ``known`` is what a browser was given when it was let
    in before. ``previous`` is the hash of a session that the browser still holds.
    """

    source: str | None = None
    device: str = ""
    known: str = field(default="", repr=False)
    previous: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """A session was opened: its secret, and what lets the browser be known next time."""

    secret: str = field(repr=False)
    known: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfWay:
    """The password was right; ``ticket`` is good for a code of the second factor within some minutes."""

    ticket: str = field(repr=False)


def log_in(desk: Desk, rules: AccountRules, login: str, password: str, visitor: Visitor) -> LetIn | HalfWay:
    """Check a password; raises LoginRefused, which never says which half was wrong."""
    office, now = desk.office, desk.office.now()
    name = desk.box.mark(f"login {login}")
    counted = tries("password", name, source=visitor.source, known=is_known(desk, visitor.known, login))
    office.write([TakeTries(counted, now)])
    account = desk.reads.account(login)
    if not password_fits(password, None if account is None else account.password_hash) or account is None:
        office.write([NoteFailure(*(NOBODY if account is None else (account.root, account.person)), now)])
        raise LoginRefused(Text("账号或密码不正确", "Wrong name or password"))
    root, person = account.root, account.person
    factor = desk.reads.second_factor(root, person)
    if factor is not None and factor.enrolled_at is not None:
        half, row = half_way(root, person, now)
        office.write([ReturnTries(counted, now), row])
        return half
    secret, writes = opening(desk, rules, root, person, visitor, now)
    office.write([ReturnTries(counted, now), *writes])
    return LetIn(secret=secret, known=known_browser(desk, login))


def half_way(root: RootId, person: PersonId, now: datetime) -> tuple[HalfWay, AddOneTime]:
    """Return what a code of the second factor is asked with, and the write that keeps it."""
    ticket = new_secret()
    until_at = now + timedelta(minutes=STEP_MINUTES)
    row = OneTime(secret_hash(ticket), root, person, STEP, microseconds(now), microseconds(until_at))
    return HalfWay(ticket=ticket), AddOneTime(row)


def second_step(desk: Desk, rules: AccountRules, ticket: str, code: str, visitor: Visitor) -> LetIn:
    """Check a code of the second factor, or a recovery code; raises LoginRefused."""
    office, now = desk.office, desk.office.now()
    half = desk.reads.one_time(secret_hash(ticket), microseconds(now))
    if half is None or half.purpose != STEP:
        raise LoginRefused(Text("登录已超时，请重新登录", "That took too long; log in again"))
    counted = second_tries(desk, half.root, half.person)
    office.write([TakeTries(counted, now)])
    used = code_used(desk, half.root, half.person, code, now)
    if used is None:
        office.write([NoteFailure(half.root, half.person, now)])
        raise wrong_code()
    secret, writes = opening(desk, rules, half.root, half.person, visitor, now, second_factor=True)
    office.write([UseOneTime(half.secret_hash, STEP, now), used, ReturnTries(counted, now), *writes])
    login = next((one.login for one in desk.reads.persons(half.root, [half.person]).values()), None)
    return LetIn(secret=secret, known=known_browser(desk, login or ""))


def second_tries(desk: Desk, root: RootId, person: PersonId) -> tuple[Try, ...]:
    """Return what a try at somebody's second factor is counted in."""
    return (Try(f"second/{desk.box.mark(f'second {root} {person}')}", SECOND_FACTOR),)


def code_used(desk: Desk, root: RootId, person: PersonId, code: str, now: datetime) -> UseStep | UseRecoveryCode | None:
    """Return the write that uses a code up, None for a code that is none."""
    factor = desk.reads.second_factor(root, person)
    if factor is None or factor.enrolled_at is None:
        return None
    plain = plain_code(code)
    if len(plain) == DIGITS and plain.isdecimal():
        secret = desk.box.open(factor.sealed, bound_to=bound_to(root, person))
        step = step_of(secret, plain, int(now.timestamp()))
        return None if step is None or step <= factor.last_step else UseStep(root, person, step)
    return UseRecoveryCode(root, person, code_hash(plain)) if is_code(plain, RECOVERY_GROUPS) else None


def code_hash(plain: str) -> str:
    """Return how a code of at least 80 random bits is kept; so many need no slow hash."""
    return hashlib.sha256(f"banjie code {plain}".encode()).hexdigest()


def bound_to(root: RootId, person: PersonId) -> str:
    """Return what a sealed second factor is bound to: nobody's opens as another's."""
    return f"second factor {root} {person}"


def opening(
    desk: Desk,
    rules: AccountRules,
    root: RootId,
    person: PersonId,
    visitor: Visitor,
    now: datetime,
    *,
    second_factor: bool = False,
    vouched: bool = False,
) -> tuple[str, Sequence[PlainWrite]]:
    """Return the secret of a new session, and the writes that open it. What the browser held before ends.

    ``second_factor``: one was checked, here or, with ``vouched``, by an identity provider that is trusted with it.
    """
    secret = new_secret()
    actor = desk.queries.actor(root, person, now)
    is_staff = rules.staff.is_staff(actor)
    writes: list[PlainWrite] = [
        OpenLogin(
            token_hash=secret_hash(secret),
            root=root,
            person=person,
            kind="login",
            title="",
            at=now,
            expires_at=now + timedelta(hours=rules.login_hours),
            idle_seconds=rules.idle_minutes * 60 if is_staff else None,
            device=visitor.device,
            vouched=vouched,
        ),
        TellFailures(now),
    ]
    if visitor.previous:
        writes.append(EndLogin(visitor.previous))
    if is_staff:
        details: dict[str, JsonValue] = {"person": person, "second_factor": int(second_factor)}
        writes.append(RecordFact(root=root, at=now, fact=Fact(type="login_opened", details=details, by=person)))
    return secret, writes


def due_of(session: Session, actor: Actor, rules: AccountRules) -> str:
    """Return what must be done before anything else: ``password``, ``second_factor``, or "" for nothing."""
    if session.kind != "login":
        return ""
    if session.password_due_at is not None:
        return "password"
    needs = rules.second_factor and session.enrolled_at is None and rules.staff.needs_second_factor(actor)
    return "second_factor" if needs else ""


def known_browser(desk: Desk, login: str) -> str:
    """Return what tells later that a browser was let in to this account; it opens nothing."""
    nonce = new_secret()[:17]
    return f"{nonce}.{_known_mark(desk, login, nonce)}"


def is_known(desk: Desk, known: str, login: str) -> bool:
    """Return whether a browser was let in to this account before."""
    nonce, dot, mark = known.partition(".")
    return bool(dot) and hmac.compare_digest(mark.encode(), _known_mark(desk, login, nonce).encode())


def _known_mark(desk: Desk, login: str, nonce: str) -> str:
    return desk.box.mark(f"known {nonce} {login}")
