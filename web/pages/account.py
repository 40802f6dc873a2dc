"""One's own account: password, second factor, sessions and API tokens."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.accounts import rounded
from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person, whose
from engine.access.password_rules import CHARACTERS_MIN
from engine.access.token_scope import FEED, FEED_TITLE, PARTS, scope_from, scope_of
from engine.access.totp import key_uri, secret_text
from engine.case.codec import instant
from engine.errors import BanjieError, FieldProblem, FormInvalid, NotFound
from engine.service.account_ports import LoginRow
from engine.service.own_account import (
    TOKEN_DAYS_MAX,
    change_password,
    confirm_second_factor,
    end_others,
    end_own,
    login_of,
    make_token,
    number_of,
    offer_second_factor,
    own_logins,
    remove_second_factor,
)
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.words import Words

TOKEN_DAYS = 90
DONE = {
    "password": "password_done",
    "ended": "session_ended",
    "others": "sessions_ended",
    "token": "token_ended",
    "factor": "factor_removed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was refused: what was typed, passwords and codes left out, and why."""

    error: BanjieError
    typed: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def errors(self, words: Words) -> Mapping[str, str]:
        """Return what is wrong, by field."""
        if not isinstance(self.error, FormInvalid):
            return {}
        return {problem.path: words.say(problem.text) for problem in self.error.fields}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginView:
    """A session or token as the page shows it."""

    number: str
    title: str
    begun: str
    used: str
    until: str
    scope: str
    is_current: bool


def account_pages(shell: Shell) -> Pages:
    """Return the addresses of one's own account."""
    router = Pages()
    _password(shell, router)
    _second_factor(shell, router)
    _sessions(shell, router)
    _tokens(shell, router)
    return router


def _password(shell: Shell, router: Pages) -> None:
    edge = shell.edge

    @router.get("/me/password")
    def show(request: Request) -> Response:
        return password_page(shell, shell.visit(request))

    @router.post("/me/password")
    async def change(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        form = await read_form(request)
        old, new, again = (first(form, name) for name in ("old", "password", "again"))
        if new != again:
            return await run_in_threadpool(password_page, shell, visit, Refused(error=not_the_same()))
        visitor = await run_in_threadpool(edge.logins.visitor, request)
        try:
            secret = await edge.logins.with_passwords(
                lambda: change_password(edge.desk, edge.logins.rules, whose(visit.known), old, new, visitor)
            )
        except BanjieError as error:
            return await run_in_threadpool(password_page, shell, visit, Refused(error=error))
        response = RedirectResponse("/me/password?done=password", status_code=303)
        edge.logins.set_cookie(response, secret)
        return response


def _second_factor(shell: Shell, router: Pages) -> None:
    desk = shell.edge.desk

    @router.get("/me/second-factor")
    def show(request: Request) -> Response:
        return _factor_page(shell, shell.visit(request))

    @router.get("/me/second-factor/picture.svg")
    def picture(request: Request) -> Response:
        # An image of our own address: the policy of content allows nothing written into the page.
        visit = shell.visit(request)
        demand_person(visit.known)
        held = desk.reads.second_factor(visit.known.root, visit.known.person)
        if held is None or held.enrolled_at is not None:
            raise NotFound(Text("没有待绑定的动态验证码", "There is no second factor to set up"))
        return Response(_picture(shell, visit), media_type="image/svg+xml")

    @router.post("/me/second-factor")
    async def confirm(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        code = first(await read_form(request), "code")
        try:
            codes = await run_in_threadpool(confirm_second_factor, desk, whose(visit.known), code)
        except BanjieError as error:
            return await run_in_threadpool(_factor_page, shell, visit, Refused(error=error))
        again = await shell.visiting(request)
        return await run_in_threadpool(lambda: shell.page(again, "my_recovery.html", section="me", codes=codes))

    @router.post("/me/second-factor/remove")
    async def remove(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        form = await read_form(request)
        password, code = first(form, "password"), first(form, "code")
        try:
            await shell.edge.logins.with_passwords(
                lambda: remove_second_factor(desk, whose(visit.known), password, code)
            )
        except BanjieError as error:
            return await run_in_threadpool(_factor_page, shell, visit, Refused(error=error))
        return RedirectResponse("/me/second-factor?done=factor", status_code=303)


def _sessions(shell: Shell, router: Pages) -> None:
    desk = shell.edge.desk

    @router.get("/me/sessions")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        rows = own_logins(desk, whose(visit.known), "login")
        return shell.page(
            visit,
            "my_sessions.html",
            section="me",
            sessions=[token_view(row, visit) for row in rows],
            done=_done(visit),
            idle_minutes=shell.edge.settings.accounts.idle_minutes,
        )

    @router.post("/me/sessions/{number}/end")
    async def end(request: Request, number: str) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        await run_in_threadpool(end_own, desk, whose(visit.known), "login", number)
        return RedirectResponse("/me/sessions?done=ended", status_code=303)

    @router.post("/me/sessions/end-others")
    async def end_all_others(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        await run_in_threadpool(end_others, desk, whose(visit.known))
        return RedirectResponse("/me/sessions?done=others", status_code=303)


def _tokens(shell: Shell, router: Pages) -> None:
    desk = shell.edge.desk

    @router.get("/me/tokens")
    def show(request: Request) -> Response:
        return tokens_page(shell, shell.visit(request))

    @router.post("/me/tokens")
    async def add(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        form = await read_form(request)
        days = first(form, "days")

        def make() -> Response:
            try:
                made = make_token(
                    desk,
                    whose(asker),
                    title=first(form, "title"),
                    scope=scope_of(first(form, "access"), list(form.get("parts", []))),
                    days=int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else 0,
                    by=asker.person,
                )
            except BanjieError as error:
                return tokens_page(shell, visit, refused=Refused(error=error, typed=form))
            return tokens_page(shell, visit, secret=made.secret)

        return await run_in_threadpool(make)

    @router.post("/me/tokens/{number}/end")
    async def end(request: Request, number: str) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        await run_in_threadpool(end_own, desk, whose(visit.known), "token", number)
        return RedirectResponse("/me/tokens?done=token", status_code=303)


def password_page(shell: Shell, visit: Visit, refused: Refused | None = None) -> Response:
    """Return the page on which one changes one's own password."""
    return shell.page(
        visit,
        "my_password.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        login=login_of(shell.edge.desk, whose(visit.known)),
        characters_min=CHARACTERS_MIN,
        must=visit.known.due == "password",
        done=_done(visit),
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )


def not_the_same() -> FormInvalid:
    """Return the refusal of a new password that was typed in two ways."""
    text = Text("两次输入的新密码不一致", "The two are not the same")
    return FormInvalid([FieldProblem(path="again", text=text)])


def errors_of(refused: Refused | None, words: Words) -> Mapping[str, str]:
    """Return what is wrong with a form, by field."""
    return {} if refused is None else refused.errors(words)


def message_of(refused: Refused | None, words: Words) -> str | None:
    """Return why a form was refused as a whole, None for one that was not."""
    return None if refused is None else words.say(refused.error.text)


def first(form: Mapping[str, Sequence[str]], name: str) -> str:
    """Return the one value of a field, "" where it was not sent."""
    return form.get(name, [""])[0]


def _factor_page(shell: Shell, visit: Visit, refused: Refused | None = None) -> Response:
    desk, asker = shell.edge.desk, visit.known
    held = desk.reads.second_factor(asker.root, asker.person)
    enrolled = held is not None and held.enrolled_at is not None
    secret = "" if enrolled else secret_text(offer_second_factor(desk, whose(demand_person(asker))))
    return shell.page(
        visit,
        "my_second_factor.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        enrolled_on=visit.words.day(instant(held.enrolled_at)) if held is not None and held.enrolled_at else None,
        codes_left=desk.reads.recovery_codes(asker.root, asker.person) if enrolled else 0,
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        must=asker.due == "second_factor",
        done=_done(visit),
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )


def _picture(shell: Shell, visit: Visit) -> bytes:
    desk, asker = shell.edge.desk, visit.known
    login = login_of(desk, whose(asker))
    uri = key_uri(offer_second_factor(desk, whose(asker)), issuer=visit.words.t("brand"), account=login)
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        out,
        kind="svg",
        scale=5,
        border=4,
        light="#ffffff",
        dark="#000000",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue()


def tokens_page(
    shell: Shell, visit: Visit, *, refused: Refused | None = None, secret: str | None = None, feed: str | None = None
) -> Response:
    """Return the page of one's own tokens, once with the secret of a new one or the address of a new feed."""
    rows = own_logins(shell.edge.desk, whose(visit.known), "token")
    typed = {} if refused is None else refused.typed
    return shell.page(
        visit,
        "my_tokens.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        tokens=[token_view(row, visit) for row in rows],
        parts=[(name, visit.words.say(title)) for name, title in PARTS.items()],
        fields={name: first(typed, name) for name in ("title", "access")}
        | {"days": first(typed, "days") or TOKEN_DAYS},
        chosen=set(typed.get("parts", [])),
        days_max=TOKEN_DAYS_MAX,
        secret=secret,
        feed=feed,
        done=_done(visit),
        errors=errors_of(refused, visit.words),
        message=message_of(refused, visit.words),
    )


def token_view(row: LoginRow, visit: Visit) -> LoginView:
    """Return a session or token as a page shows it."""
    words = visit.words
    token = row.kind == "token"
    used = words.t("dash")
    if row.used_at is not None:
        used_at = instant(rounded(row.used_at))
        used = words.short_day(used_at) if token else words.short_instant(used_at)
    return LoginView(
        number=number_of(row.token_hash),
        title=row.title if token else row.device or words.t("session_unknown"),
        begun=words.short_instant(instant(row.opened_at)),
        used=used,
        until=words.short_instant(instant(row.expires_at)),
        scope=_scope_words(row.scope, words),
        is_current=row.token_hash == visit.known.token_hash,
    )


def _scope_words(scope: str | None, words: Words) -> str:
    if scope is None:
        return words.t("token_everything")
    found = scope_from(scope)
    if found == FEED:
        return words.say(FEED_TITLE)
    parts = words.listed(words.say(PARTS[name]) for name in sorted(found.parts)) if found.parts else words.t("any")
    return f"{words.t('token_write' if found.writes else 'token_read')} · {parts}"


def _done(visit: Visit) -> str | None:
    done = DONE.get(visit.request.query_params.get("done", ""))
    return None if done is None or visit.request.method != "GET" else visit.words.t(done)
