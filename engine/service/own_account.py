"""What people settle about their own account: password, second factor, sessions, API tokens. Knows no HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from engine.access.codes import RECOVERY_CODES, RECOVERY_GROUPS, new_code, plain_code
from engine.access.password_rules import CHARACTERS_MAX, wrong_password
from engine.access.passwords import hash_password, new_secret, password_fits, secret_hash
from engine.access.throttle import SECOND_FACTOR, Try
from engine.access.token_scope import TokenScope
from engine.access.totp import DIGITS, new_totp_secret, step_of
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.case.scope import SHANGHAI
from engine.errors import FieldProblem, FormInvalid, NotFound
from engine.ledger.streams import Fact
from engine.service.account_ports import LoginRow
from engine.service.account_writes import (
    ConfirmSecondFactor,
    EndLogin,
    EndLogins,
    OfferSecondFactor,
    OpenLogin,
    RemoveSecondFactor,
    ReturnTries,
    SetPassword,
    TakeTries,
    wrong_code,
)
from engine.service.desk import Desk
from engine.service.logins import AccountRules, Visitor, bound_to, code_hash, code_used, opening, second_tries
from engine.service.plain import PlainWrite, RecordFact
from engine.text import Text

NUMBER_CHARACTERS: Final = 16
TOKEN_DAYS_MAX: Final = 366
TOKEN_TITLE_CHARACTERS_MAX: Final = 60
TOKENS_MAX: Final = 20
_TITLE_WRONG: Final = (
    f"请填写用途，不超过 {TOKEN_TITLE_CHARACTERS_MAX} 字",
    f"Say in at most {TOKEN_TITLE_CHARACTERS_MAX} characters what it is for",
)
_TOKENS_TOO_MANY: Final = (
    f"每人最多 {TOKENS_MAX} 个令牌，请先撤销不用的",
    f"Nobody has more than {TOKENS_MAX} tokens; revoke one first",
)
_NUMBER: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Whose:
    """The account that is settled, and the session in which that is done."""

    root: RootId
    person: PersonId
    token_hash: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeToken:
    """A token that was made: its secret is shown once, its number tells it from others."""

    secret: str = field(repr=False)
    number: str
    expires_at: datetime


def number_of(token_hash: str) -> str:
    """Return the number of a session or token: enough of its hash to tell it apart, and nothing that opens it."""
    return token_hash[:NUMBER_CHARACTERS]


def change_password(desk: Desk, rules: AccountRules, whose: Whose, old: str, new: str, visitor: Visitor) -> str:
    """Set another password of one's own and return the secret of the session that goes on; all others end.

    Raises:
        FormInvalid: the old password is wrong (field ``old``), or the new one is not taken (field ``password``).
        LoginRefused: tried too often.
    """
    login = login_of(desk, whose)
    wrong = wrong_password(new, login)
    if wrong is None and new == old:
        wrong = Text("新密码与原密码相同", "This is the password you have now")
    if wrong is not None:
        raise FormInvalid([FieldProblem(path="password", text=wrong)])
    now = desk.office.now()
    demand_password(desk, whose, login, old, now)
    secret, opened = opening(desk, rules, whose.root, whose.person, visitor, now)
    desk.office.write(
        [
            SetPassword(whose.root, whose.person, hash_password(new)),
            *opened,
            told(whose.root, now, "password_set", whose.person, by=whose.person, way="self"),
        ]
    )
    return secret


def offer_second_factor(desk: Desk, whose: Whose) -> bytes:
    """Return the secret to be shown for an authenticator, the same one until it is confirmed.

    Raises:
        InputRefused: there is a second factor already.
    """
    held = desk.reads.second_factor(whose.root, whose.person)
    if held is not None and held.enrolled_at is None:
        return desk.box.open(held.sealed, bound_to=bound_to(whose.root, whose.person))
    secret = new_totp_secret()
    sealed = desk.box.seal(secret, bound_to=bound_to(whose.root, whose.person))
    desk.office.write([OfferSecondFactor(whose.root, whose.person, sealed)])
    return secret


def confirm_second_factor(desk: Desk, whose: Whose, code: str) -> list[str]:
    """Make what was shown the second factor, by a code of it; return the recovery codes, which are shown once.

    Every other session ends, as the rules for this account have changed.

    Raises:
        LoginRefused: a wrong code, or tried too often.
    """
    now = desk.office.now()
    counted = second_tries(desk, whose.root, whose.person)
    desk.office.write([TakeTries(counted, now)])
    held = desk.reads.second_factor(whose.root, whose.person)
    plain = plain_code(code)
    if held is None or held.enrolled_at is not None or len(plain) != DIGITS:
        raise wrong_code()
    step = step_of(desk.box.open(held.sealed, bound_to=bound_to(whose.root, whose.person)), plain, int(now.timestamp()))
    if step is None:
        raise wrong_code()
    codes = [new_code(RECOVERY_GROUPS) for _ in range(RECOVERY_CODES)]
    confirm = ConfirmSecondFactor(
        root=whose.root,
        person=whose.person,
        sealed=held.sealed,
        step=step,
        recovery=tuple(code_hash(plain_code(one)) for one in codes),
        at=now,
    )
    desk.office.write(
        [
            confirm,
            EndLogins(whose.root, whose.person, keep=whose.token_hash),
            ReturnTries(counted, now),
            told(whose.root, now, "second_factor_enrolled", whose.person, by=whose.person),
        ]
    )
    return codes


def remove_second_factor(desk: Desk, whose: Whose, password: str, code: str) -> None:
    """Take one's own second factor away, by password and code.

    Raises:
        FormInvalid: a wrong password.
        LoginRefused: a wrong code, or tried too often.
    """
    now = desk.office.now()
    demand_password(desk, whose, login_of(desk, whose), password, now, path="password")
    counted = second_tries(desk, whose.root, whose.person)
    desk.office.write([TakeTries(counted, now)])
    used = code_used(desk, whose.root, whose.person, code, now)
    if used is None:
        raise wrong_code()
    desk.office.write(
        [
            used,
            RemoveSecondFactor(whose.root, whose.person, keep=whose.token_hash),
            ReturnTries(counted, now),
            told(whose.root, now, "second_factor_removed", whose.person, by=whose.person),
        ]
    )


def own_logins(desk: Desk, whose: Whose, kind: str) -> Sequence[LoginRow]:
    """Return one's own sessions (``login``) or tokens (``token``), the newest first."""
    found = desk.reads.logins(whose.root, whose.person, microseconds(desk.office.now()))
    return [row for row in found if row.kind == kind]


def end_own(desk: Desk, whose: Whose, kind: str, number: str) -> None:
    """End a session or token of one's own; raises NotFound."""
    row = numbered(own_logins(desk, whose, kind), number)
    desk.office.write([EndLogin(row.token_hash), *_token_ended(row, desk.office.now(), whose.person)])


def end_others(desk: Desk, whose: Whose) -> None:
    """End every session of one's own but this one."""
    desk.office.write([EndLogins(whose.root, whose.person, keep=whose.token_hash)])


def end_token(desk: Desk, root: RootId, number: str, by: PersonId | None) -> None:
    """End anybody's token, for those who look after them; raises NotFound."""
    row = numbered(desk.reads.tokens(root, microseconds(desk.office.now())), number)
    desk.office.write([EndLogin(row.token_hash), *_token_ended(row, desk.office.now(), by)])


def numbered(rows: Sequence[LoginRow], number: str) -> LoginRow:
    """Return the session or token of this number, given whole or as its beginning; raises NotFound."""
    found = [row for row in rows if _NUMBER.fullmatch(number[:NUMBER_CHARACTERS]) and row.token_hash.startswith(number)]
    if len(found) != 1:
        raise NotFound(Text("没有这个会话或令牌，或已失效", "There is no such session or token, or it is over"))
    return found[0]


def make_token(desk: Desk, whose: Whose, *, title: str, scope: TokenScope, days: int, by: PersonId | None) -> MadeToken:
    """Make an API token; raises FormInvalid for a title, a time or a number of tokens that is not taken."""
    title = title.strip()
    problems: list[FieldProblem] = []
    if not 0 < len(title) <= TOKEN_TITLE_CHARACTERS_MAX or not title.isprintable():
        problems.append(_problem("title", *_TITLE_WRONG))
    if not 1 <= days <= TOKEN_DAYS_MAX:
        problems.append(_problem("days", f"有效天数应在 1 至 {TOKEN_DAYS_MAX} 之间", f"1 to {TOKEN_DAYS_MAX} days"))
    if not problems and len(own_logins(desk, whose, "token")) >= TOKENS_MAX:
        problems.append(_problem("title", *_TOKENS_TOO_MANY))
    if problems:
        raise FormInvalid(problems)
    secret, now = new_secret(), desk.office.now()
    expires_at = now + timedelta(days=days)
    number = number_of(secret_hash(secret))
    until_on = expires_at.astimezone(SHANGHAI).date().isoformat()
    opened = OpenLogin(
        token_hash=secret_hash(secret),
        root=whose.root,
        person=whose.person,
        kind="token",
        title=title,
        at=now,
        expires_at=expires_at,
        scope=str(scope),
    )
    fact = Fact(
        type="token_made",
        details={"person": whose.person, "number": number, "scope": str(scope), "until_on": until_on},
        by=by,
    )
    desk.office.write([opened, RecordFact(root=whose.root, at=now, fact=fact)])
    return MadeToken(secret=secret, number=number, expires_at=expires_at)


def told(root: RootId, at: datetime, kind: str, person: PersonId, *, by: PersonId | None, **more: str) -> RecordFact:
    """Return the write that records a fact about an account; ``by`` is None for a command of the operator."""
    return RecordFact(root=root, at=at, fact=Fact(type=kind, details={"person": person, **more}, by=by))


def login_of(desk: Desk, whose: Whose) -> str:
    """Return the login name of an account; raises NotFound where there is none."""
    somebody = desk.reads.persons(whose.root, [whose.person]).get(whose.person)
    if somebody is None or somebody.login is None:
        raise NotFound(Text("该人员没有登录名", "This person has no login name"))
    return somebody.login


def demand_password(desk: Desk, whose: Whose, login: str, typed: str, now: datetime, path: str = "old") -> None:
    """Refuse a wrong password of one's own: whoever finds a session open does not guess at it either."""
    counted = (Try(f"own/{desk.box.mark(f'own {whose.root} {whose.person}')}", SECOND_FACTOR),)
    desk.office.write([TakeTries(counted, now)])
    account = desk.reads.account(login)
    if len(typed) > CHARACTERS_MAX or account is None or not password_fits(typed, account.password_hash):
        raise FormInvalid([FieldProblem(path=path, text=Text("原密码不正确", "This is not your password"))])
    desk.office.write([ReturnTries(counted, now)])


def _token_ended(row: LoginRow, at: datetime, by: PersonId | None) -> list[PlainWrite]:
    if row.kind != "token":
        return []
    details = {"person": row.person, "number": number_of(row.token_hash)}
    return [RecordFact(root=row.root, at=at, fact=Fact(type="token_ended", details=details, by=by))]


def _problem(path: str, zh: str, en: str) -> FieldProblem:
    return FieldProblem(path=path, text=Text(zh, en))
