"""Plain writes about accounts: passwords, sessions, tokens, tries, one-time secrets and second factors.

Those that use something up refuse when somebody was first, and so the whole transaction they stand in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, assert_never

from pydantic import JsonValue

from engine.access.throttle import WINDOW_SECONDS, Try, seconds_to_wait
from engine.case.codec import at_text, instant, microseconds
from engine.case.identity import PersonId, RootId
from engine.errors import InputRefused, LoginRefused, NotFound
from engine.ledger.streams import Fact
from engine.service.account_ports import AccountWrites, OneTime
from engine.text import Text

SECOND: Final = 1_000_000
HOUR: Final = 3600 * SECOND
TOLD_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Set the hash a person's password is checked against; their sessions end, but for ``keep``.

    None fits no password: until another is set, by a slip or a link, nobody logs in. With ``due_at`` the next login
    must set another one.
    """

    root: RootId
    person: PersonId
    password_hash: str | None = field(repr=False)
    due_at: datetime | None = None
    keep: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLogin:
    """Keep a login session or an API token by the hash of its secret; ``idle_seconds`` None means no limit.

    ``vouched``: an identity provider that is trusted with it has checked a second factor.
    """

    token_hash: str = field(repr=False)
    root: RootId
    person: PersonId
    kind: str
    title: str
    at: datetime
    expires_at: datetime
    idle_seconds: int | None = None
    device: str | None = None
    scope: str | None = None
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class EndLogin:
    """Revoke a login session or token."""

    token_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndLogins:
    """Revoke the sessions of a person but for ``keep``; with ``tokens`` the tokens too."""

    root: RootId
    person: PersonId
    keep: str = field(default="", repr=False)
    tokens: bool = False


@dataclass(frozen=True, slots=True)
class TouchLogin:
    """Note that a session or token was used."""

    token_hash: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class TakeTries:
    """Count a try in every bucket, before it is known whether it is right; refuses while one says wait."""

    tries: tuple[Try, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnTries:
    """Take back a try that has proved right."""

    tries: tuple[Try, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteFailure:
    """Count a failed login of an account; an empty root and person stand for names that there are not."""

    root: RootId
    person: PersonId
    at: datetime


@dataclass(frozen=True, slots=True)
class TellFailures:
    """Tell, as facts, of the failed logins of the hours that are over."""

    at: datetime


@dataclass(frozen=True, slots=True)
class AddOneTime:
    """Keep a one-time secret; an earlier one of its person and purpose ends."""

    row: OneTime = field(repr=False)


@dataclass(frozen=True, slots=True)
class UseOneTime:
    """Use a one-time secret up; refuses when it is over, or somebody was first."""

    secret_hash: str = field(repr=False)
    purpose: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OfferSecondFactor:
    """Keep a sealed secret that is being shown; refuses beside a confirmed one."""

    root: RootId
    person: PersonId
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmSecondFactor:
    """Make the secret that was shown the second factor; refuses when another is shown by now."""

    root: RootId
    person: PersonId
    sealed: bytes = field(repr=False)
    step: int = field(repr=False)
    recovery: tuple[str, ...] = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class UseStep:
    """Use a code of the second factor up; refuses one that was used."""

    root: RootId
    person: PersonId
    step: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class UseRecoveryCode:
    """Use a recovery code up; refuses one that is not there."""

    root: RootId
    person: PersonId
    code_hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoveSecondFactor:
    """Take a second factor away, with its recovery codes; every session of the person but ``keep`` ends."""

    root: RootId
    person: PersonId
    keep: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLogin:
    """Link an account to somebody at the identity provider, by a mark; refuses beside another link of either."""

    mark: str = field(repr=False)
    root: RootId
    person: PersonId
    issuer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class UnlinkLogin:
    """Take the link of an account away; every session of the person but ``keep`` ends."""

    root: RootId
    person: PersonId
    keep: str = field(default="", repr=False)


class WritesAndFacts(AccountWrites, Protocol):
    """Writes about accounts, and the stream that tells of them."""

    def record_fact(self, root: RootId, at: datetime, slot: int, fact: Fact) -> int: ...


AccountWrite = (
    SetPassword
    | OpenLogin
    | EndLogin
    | EndLogins
    | TouchLogin
    | TakeTries
    | ReturnTries
    | NoteFailure
    | TellFailures
    | AddOneTime
    | UseOneTime
    | OfferSecondFactor
    | ConfirmSecondFactor
    | UseStep
    | UseRecoveryCode
    | RemoveSecondFactor
    | LinkLogin
    | UnlinkLogin
)


def apply_account_write(write: AccountWrite, writes: WritesAndFacts) -> None:
    """Carry out one write about accounts in the transaction behind ``writes``.

    Raises:
        LoginRefused: tried too often, or a code or link that is used up.
        InputRefused: a password for somebody without a login name, a second factor beside another.
        NotFound: there is no second factor to remove.
    """
    match write:
        case SetPassword():
            due_at = None if write.due_at is None else microseconds(write.due_at)
            writes.set_password(write.person, write.root, write.password_hash, due_at=due_at, keep=write.keep)
        case OpenLogin():
            _open(write, writes)
        case EndLogin():
            writes.end_login(write.token_hash)
        case EndLogins():
            writes.end_logins(write.root, write.person, keep=write.keep, tokens=write.tokens)
        case TouchLogin():
            writes.touch_login(write.token_hash, microseconds(write.at))
        case TakeTries():
            _take(write, writes)
        case ReturnTries():
            for one in write.tries:
                writes.return_try(one.bucket, microseconds(write.at))
        case NoteFailure():
            writes.note_failure(write.root, write.person, microseconds(write.at))
        case TellFailures():
            _tell(write, writes)
        case AddOneTime(row):
            writes.add_one_time(row)
        case UseOneTime():
            if not writes.take_one_time(write.secret_hash, write.purpose, microseconds(write.at)):
                raise used_up()
        case OfferSecondFactor() | ConfirmSecondFactor() | UseStep() | UseRecoveryCode() | RemoveSecondFactor():
            _second_factor(write, writes)
        case LinkLogin() | UnlinkLogin():
            _link(write, writes)
        case _:
            assert_never(write)


def used_up() -> LoginRefused:
    """Return the refusal of a code or link; it does not say whether there ever was one."""
    return LoginRefused(
        Text("登录名或代码不正确，或代码已使用、已过期", "Wrong name or code, or the code was used before or is over")
    )


def wrong_code() -> LoginRefused:
    """Return the refusal of a code of the second factor."""
    return LoginRefused(Text("验证码不正确或已使用", "Wrong code, or it was used before"))


def too_often(seconds: int) -> LoginRefused:
    """Return the refusal of a try that comes too early."""
    minutes = -(-seconds // 60)
    zh, en = (f"{seconds} 秒", f"{seconds} seconds") if seconds < 120 else (f"{minutes} 分钟", f"{minutes} minutes")
    return LoginRefused(
        Text(f"尝试次数过多，请 {zh}后再试", f"Too many tries; try again in {en}"), retry_after_seconds=seconds
    )


def _open(write: OpenLogin, writes: AccountWrites) -> None:
    writes.open_login(
        write.token_hash,
        write.root,
        write.person,
        write.kind,
        write.title,
        microseconds(write.at),
        microseconds(write.expires_at),
        idle=None if write.idle_seconds is None else write.idle_seconds * SECOND,
        device=write.device,
        scope=write.scope,
        vouched_at=microseconds(write.at) if write.vouched else None,
    )


def _take(write: TakeTries, writes: AccountWrites) -> None:
    at = microseconds(write.at)
    wait = 0
    # In one order everywhere, so that two processes never wait for each other.
    for one in sorted(write.tries):
        earlier = writes.recent_tries(one.bucket, at - WINDOW_SECONDS * SECOND)
        ages = [(at - tried_at) / SECOND for tried_at, times in earlier for _ in range(times)]
        wait = max(wait, seconds_to_wait(one.pace, ages))
    if wait:
        raise too_often(wait)
    for one in write.tries:
        writes.note_try(one.bucket, at)


def _tell(write: TellFailures, writes: WritesAndFacts) -> None:
    at = microseconds(write.at)
    for failed in writes.take_failures(at - at % HOUR, TOLD_AT_ONCE):
        if failed.root:
            details: dict[str, JsonValue] = {
                "person": failed.person,
                "hour": at_text(instant(failed.hour_at)),
                "times": failed.times,
            }
            writes.record_fact(failed.root, write.at, 0, Fact(type="logins_failed", details=details))


SecondFactorWrite = OfferSecondFactor | ConfirmSecondFactor | UseStep | UseRecoveryCode | RemoveSecondFactor


def _second_factor(write: SecondFactorWrite, writes: AccountWrites) -> None:
    root, person = write.root, write.person
    match write:
        case OfferSecondFactor():
            if not writes.offer_second_factor(root, person, write.sealed):
                raise InputRefused(Text("已绑定动态验证码", "There is a second factor already"))
        case ConfirmSecondFactor():
            if not writes.confirm_second_factor(root, person, write.sealed, write.step, microseconds(write.at)):
                raise wrong_code()
            writes.set_recovery_codes(root, person, write.recovery)
        case UseStep():
            if not writes.use_step(root, person, write.step):
                raise wrong_code()
        case UseRecoveryCode():
            if not writes.use_recovery_code(root, person, write.code_hash):
                raise wrong_code()
        case RemoveSecondFactor():
            if not writes.remove_second_factor(root, person):
                raise NotFound(Text("没有绑定动态验证码", "There is no second factor"))
            writes.end_logins(root, person, keep=write.keep)
        case _:
            assert_never(write)


def _link(write: LinkLogin | UnlinkLogin, writes: AccountWrites) -> None:
    match write:
        case LinkLogin():
            if not writes.link_login(write.mark, write.root, write.person, write.issuer, microseconds(write.at)):
                raise InputRefused(
                    Text(
                        "您的账号或该统一身份已有绑定，请先解除",
                        "Your account, or the one there, is linked already; unlink it first",
                    )
                )
        case UnlinkLogin():
            if not writes.unlink_login(write.root, write.person):
                raise NotFound(Text("没有绑定统一身份", "The account is not linked"))
            writes.end_logins(write.root, write.person, keep=write.keep)
        case _:
            assert_never(write)
