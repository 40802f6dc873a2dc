"""Sessions, tokens, accounts and slips as JSON."""

from __future__ import annotations

from api.rendering import Json, text_json
from engine.case.codec import at_text, instant
from engine.service.account_ports import AccountState, LoginRow
from engine.service.first_logins import Slip
from engine.service.own_account import number_of

ROUNDED_MINUTES = 10


def rounded(at: int) -> int:
    """Return an instant (microseconds) rounded down, so that it tells no more than one needs to know a session by."""
    return at - at % (ROUNDED_MINUTES * 60 * 1_000_000)


def session_json(row: LoginRow, current: str) -> Json:
    """Return a session as its person sees it; no address is kept."""
    return {
        "number": number_of(row.token_hash),
        "begun_at": at_text(instant(row.opened_at)),
        "used_at": None if row.used_at is None else at_text(instant(rounded(row.used_at))),
        "expires_at": at_text(instant(row.expires_at)),
        "device": row.device or None,
        "current": row.token_hash == current,
    }


def token_json(row: LoginRow) -> Json:
    """Return a token as it is listed; its secret is not kept."""
    return {
        "number": number_of(row.token_hash),
        "title": row.title,
        "scope": row.scope,
        "person": row.person,
        "made_at": at_text(instant(row.opened_at)),
        "used_on": None if row.used_at is None else at_text(instant(row.used_at))[:10],
        "expires_at": at_text(instant(row.expires_at)),
    }


def account_json(state: AccountState, slip_until: int | None) -> Json:
    """Return an account as those see it who look after it."""
    return {
        "person": state.person,
        "login": state.login,
        "name": state.name,
        "unit": state.unit,
        "has_password": state.has_password,
        "must_change_password": state.password_due_at is not None,
        "second_factor": state.enrolled_at is not None,
        "slip_until": None if slip_until is None else at_text(instant(slip_until)),
    }


def slip_json(slip: Slip) -> Json:
    """Return a slip with its code, which is shown this once."""
    return {
        "login": slip.login,
        "name": slip.name,
        "unit": text_json(slip.unit),
        "code": slip.code,
        "until_at": at_text(slip.until_at),
    }
