"""Linked logins: an account and somebody whom the house's identity provider knows. Knows no HTTP and no tokens.

Nothing is ever matched, by no name and no e-mail address: whoever is logged in here and confirms it links the account.
How the provider calls somebody is kept as a keyed mark, so that the table tells nothing about anybody elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pydantic import JsonValue

from engine.access.passwords import secret_hash
from engine.access.throttle import OF_ONE_SOURCE, Pace, Try
from engine.case.codec import microseconds
from engine.errors import FieldProblem, FormInvalid, InputRefused, LoginRefused
from engine.ledger.streams import Fact
from engine.service.account_ports import LINKING, OneTime
from engine.service.account_writes import (
    AddOneTime,
    LinkLogin,
    ReturnTries,
    TakeTries,
    UnlinkLogin,
    UseOneTime,
    wrong_code,
)
from engine.service.desk import Desk
from engine.service.logins import (
    AccountRules,
    HalfWay,
    LetIn,
    Visitor,
    code_used,
    half_way,
    known_browser,
    opening,
    second_tries,
)
from engine.service.own_account import Whose, demand_password, login_of, told
from engine.service.plain import PlainWrite, RecordFact
from engine.text import Text

HANDSHAKE_MINUTES: Final = 10
ONCE: Final = Pace(most=1, free=1)
"""An answer of the provider is taken once: a window of tries is longer than a handshake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Somebody as the identity provider has just named them.

    ``vouched``: it says that a second factor was checked, and this installation trusts it with that.
    """

    issuer: str
    subject: str = field(repr=False)
    vouched: bool = False


def take_answer(desk: Desk, state: str, visitor: Visitor) -> None:
    """Take the answer to a handshake, before anything is asked with it; raises LoginRefused the second time."""
    tries = [Try(f"linked/{desk.box.mark(f'linked state {state}')}", ONCE)]
    if visitor.source is not None:
        tries.append(Try(f"source/{visitor.source}", OF_ONE_SOURCE))
    desk.office.write([TakeTries(tuple(tries), desk.office.now())])


def log_in_linked(desk: Desk, rules: AccountRules, subject: Subject, visitor: Visitor) -> LetIn | HalfWay:
    """Let the person in whose account is linked to this subject, or ask for their second factor.

    Raises:
        LoginRefused: no account of anybody active is linked.
    """
    now = desk.office.now()
    link = desk.reads.linked(_mark(desk, subject))
    if link is None:
        raise LoginRefused(
            Text(
                "该统一身份尚未绑定本站账号。请先用账号密码登录，再到“个人设置”绑定",
                "No account here is linked to it. Log in with your password, then link it in your settings",
            )
        )
    root, person = link.root, link.person
    writes: list[PlainWrite] = []
    if rules.staff.is_staff(desk.queries.actor(root, person, now)):
        details: dict[str, JsonValue] = {"person": person, "vouched": int(subject.vouched)}
        used = Fact(type="linked_login_used", details=details, by=person)
        writes.append(RecordFact(root=root, at=now, fact=used))
    factor = desk.reads.second_factor(root, person)
    if factor is not None and factor.enrolled_at is not None and not subject.vouched:
        half, row = half_way(root, person, now)
        desk.office.write([*writes, row])
        return half
    vouched = subject.vouched
    secret, opened = opening(desk, rules, root, person, visitor, now, second_factor=vouched, vouched=vouched)
    desk.office.write([*writes, *opened])
    return LetIn(secret=secret, known=known_browser(desk, link.login))


def allow_linking(desk: Desk, whose: Whose, state: str, *, password: str, code: str) -> None:
    """Let the account be linked by the answer to this handshake, once, after its person has confirmed to be there.

    Raises:
        FormInvalid: a wrong password, or neither password nor code.
        LoginRefused: a wrong code, or tried too often.
        InputRefused: the account is linked already.
    """
    if desk.reads.link(whose.root, whose.person) is not None:
        raise InputRefused(Text("您的账号已绑定统一身份，请先解除", "Your account is linked already; unlink it first"))
    confirmed = _confirmed(desk, whose, password, code)
    now = desk.office.now()
    until_at = now + timedelta(minutes=HANDSHAKE_MINUTES)
    row = OneTime(secret_hash(state), whose.root, whose.person, LINKING, microseconds(now), microseconds(until_at))
    desk.office.write([*confirmed, AddOneTime(row)])


def link(desk: Desk, whose: Whose, state: str, subject: Subject) -> None:
    """Link the account of whoever is logged in, as they had confirmed.

    Raises:
        LoginRefused: it was not they who confirmed, or too long ago.
        InputRefused: the account or the subject is linked already.
    """
    now = desk.office.now()
    allowed = desk.reads.one_time(secret_hash(state), microseconds(now))
    if allowed is None or (allowed.root, allowed.person, allowed.purpose) != (whose.root, whose.person, LINKING):
        raise LoginRefused(
            Text("绑定已超时或不是本人发起，请重新绑定", "Not begun by you, or too long ago; begin again")
        )
    desk.office.write(
        [
            UseOneTime(allowed.secret_hash, LINKING, now),
            LinkLogin(mark=_mark(desk, subject), root=whose.root, person=whose.person, issuer=subject.issuer, at=now),
            told(whose.root, now, "login_linked", whose.person, by=whose.person, issuer=subject.issuer),
        ]
    )


def unlink(desk: Desk, whose: Whose, *, password: str, code: str) -> None:
    """Take the link of one's own account away, by password or code; other sessions end.

    Raises:
        FormInvalid: a wrong password, or neither password nor code.
        LoginRefused: a wrong code, or tried too often.
        NotFound: the account is not linked.
    """
    confirmed = _confirmed(desk, whose, password, code)
    now = desk.office.now()
    gone = told(whose.root, now, "login_unlinked", whose.person, by=whose.person)
    desk.office.write([*confirmed, UnlinkLogin(whose.root, whose.person, keep=whose.token_hash), gone])


def _mark(desk: Desk, subject: Subject) -> str:
    # The length tells where the issuer ends: no two pairs read alike.
    return desk.box.mark(f"linked login {len(subject.issuer)} {subject.issuer} {subject.subject}")


def _confirmed(desk: Desk, whose: Whose, password: str, code: str) -> list[PlainWrite]:
    """Refuse whoever is not the person of this account, by password or second factor; return the writes of it."""
    if not password and not code:
        raise FormInvalid(
            [FieldProblem(path="password", text=Text("请填写密码或动态验证码", "Give your password or a code"))]
        )
    now = desk.office.now()
    if password:
        demand_password(desk, whose, login_of(desk, whose), password, now, path="password")
        return []
    counted = second_tries(desk, whose.root, whose.person)
    desk.office.write([TakeTries(counted, now)])
    used = code_used(desk, whose.root, whose.person, code, now)
    if used is None:
        raise wrong_code()
    return [used, ReturnTries(counted, now)]
