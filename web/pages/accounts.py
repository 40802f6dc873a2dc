"""Looking after the accounts of others: whose there are, slips to print, resets, and everybody's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.routes.accounts import carer_of, demand_person
from engine.case.codec import instant, microseconds
from engine.case.identity import PersonId, UnitId
from engine.case.scope import SHANGHAI
from engine.errors import InputRefused, NotFound
from engine.service.account_care import (
    Carer,
    account_rows,
    cared_units,
    demand_carer,
    demand_token_guard,
    person_under,
    remove_factor_of,
    slips_of,
    waiting_in,
)
from engine.service.account_ports import AccountState
from engine.service.exported import record_export
from engine.service.first_logins import Slip, make_slips, refuse_nobody
from engine.service.own_account import end_token
from engine.text import Text
from web.exports import EXPORT_ROWS_MAX, file_of, kind_of, offered
from web.pages.account import first, token_view
from web.routing import Pages
from web.shell import Shell, Visit

LINES: Final = 50
UNITS_MAX: Final = 300
"""So many units are chosen from a list; more are typed by their codes."""
WAITING: Final = "waiting"
"""What ``show`` says where those alone are listed who have no password yet."""
COLUMNS: Final = ("login_name", "first_name", "accounts_unit", "accounts_standing", "me_second_factor")
DONE: Final = {"factor": "accounts_factor_removed", "token": "token_ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account on the page."""

    login: str
    name: str
    unit: str
    standing: str
    is_active: bool
    has_factor: bool


def accounts_pages(shell: Shell) -> Pages:
    """Return the addresses of looking after accounts."""
    router = Pages()
    desk, staff = shell.edge.desk, shell.edge.settings.accounts.staff

    @router.get("/accounts")
    def show(request: Request) -> Response:
        return _page(shell, shell.visit(request))

    @router.get("/accounts.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send the list as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        carer = carer_of(visit.known)
        demand_carer(staff, carer.actor)
        wanted = kind_of(kind)
        asked, titles = visit.request.query_params, _unit_titles(shell, visit, carer)
        unit, text = asked.get("unit", "").strip(), asked.get("text", "").strip()[:100]
        rows = account_rows(
            desk, carer, cared_units(desk, staff, carer, unit), text=text, waiting=asked.get("show") == WAITING,
            after="", limit=EXPORT_ROWS_MAX,
        )  # fmt: skip
        slips = slips_of(desk, carer.root, [one.person for one in rows])
        record_export(desk, carer.root, visit.known.person, "accounts", rows=len(rows))
        lines = (_line(one, visit, slips, titles) for one in rows)
        yes, no = visit.words.t("yes"), visit.words.t("dash")
        return file_of(
            wanted,
            f"accounts-{visit.now.astimezone(SHANGHAI).date().isoformat()}",
            [visit.words.t(name) for name in COLUMNS],
            ([line.login, line.name, line.unit, line.standing, yes if line.has_factor else no] for line in lines),
        )

    @router.post("/accounts/slips")
    async def slips(request: Request) -> Response:
        visit = await shell.visiting(request)
        carer = carer_of(demand_person(visit.known))
        form = await read_form(request)

        def make() -> Response:
            demand_carer(staff, carer.actor)
            there = desk.reads.surroundings(carer.root)
            unit = there.unit_called(first(form, "unit"))
            if unit is None or not staff.looks_after(carer.actor, unit.id, there.tree):
                raise NotFound(Text("没有这个单位", "There is no such unit"))
            persons = waiting_in(desk, carer, cared_units(desk, staff, carer, unit.id))
            refuse_nobody(persons)
            return slips_page(shell, visit, list(make_slips(desk, carer.root, persons, by=carer.person)))

        return await run_in_threadpool(make)

    @router.post("/accounts/{login}/reset")
    async def reset(request: Request, login: str) -> Response:
        visit = await shell.visiting(request)
        carer = carer_of(demand_person(visit.known))
        form = await read_form(request)

        def make() -> Response:
            demand_carer(staff, carer.actor)
            person = person_under(desk, staff, carer, login)
            if first(form, "sure") != "yes":
                raise InputRefused(Text("请先勾选确认", "Tick that you are sure first"))
            made = make_slips(desk, carer.root, [person], by=carer.person, reset=True)
            return slips_page(shell, visit, list(made))

        return await run_in_threadpool(make)

    @router.post("/accounts/{login}/second-factor")
    async def remove_factor(request: Request, login: str) -> Response:
        visit = await shell.visiting(request)
        carer = carer_of(demand_person(visit.known))

        def remove() -> Response:
            demand_carer(staff, carer.actor)
            remove_factor_of(desk, carer, person_under(desk, staff, carer, login).id)
            return RedirectResponse("/accounts?done=factor", status_code=303)

        return await run_in_threadpool(remove)

    @router.get("/accounts/tokens")
    def tokens(request: Request) -> Response:
        visit = shell.visit(request)
        demand_token_guard(staff, visit.known.actor, visit.known.root)
        rows = desk.reads.tokens(visit.known.root, microseconds(desk.office.now()))
        people = desk.reads.persons(visit.known.root, {row.person for row in rows})
        shown = [(token_view(row, visit), people[row.person].name if row.person in people else "") for row in rows]
        return shell.page(visit, "accounts_tokens.html", section="accounts", tokens=shown, done=_done(visit))

    @router.post("/accounts/tokens/{number}/end")
    async def end(request: Request, number: str) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        demand_token_guard(staff, asker.actor, asker.root)
        await run_in_threadpool(end_token, desk, asker.root, number, asker.person)
        return RedirectResponse("/accounts/tokens?done=token", status_code=303)

    return router


def slips_page(shell: Shell, visit: Visit, slips: list[Slip]) -> Response:
    """Return the slips to be printed; their codes are on this page and nowhere else."""
    address = shell.edge.settings.pages_url or f"{visit.request.url.scheme}://{visit.request.url.netloc}"
    words = visit.words
    shown = [(slip, words.say(slip.unit), words.day(slip.until_at)) for slip in slips]
    return shell.page(visit, "slips.html", section="accounts", slips=shown, address=f"{address.rstrip('/')}/activate")


def _page(shell: Shell, visit: Visit) -> Response:
    desk, staff = shell.edge.desk, shell.edge.settings.accounts.staff
    carer = carer_of(visit.known)
    if not staff.looks_after_some(carer.actor) and staff.ends_tokens(carer.actor, UnitId(carer.root)):
        return RedirectResponse("/accounts/tokens", status_code=303)
    demand_carer(staff, carer.actor)
    there, asked = desk.reads.surroundings(carer.root), visit.request.query_params
    wanted, text = asked.get("unit", "").strip(), asked.get("text", "").strip()[:100]
    shown, after = asked.get("show", ""), asked.get("after", "")
    cared = cared_units(desk, staff, carer, wanted)
    rows = account_rows(desk, carer, cared, text=text, waiting=shown == WAITING, after=after, limit=LINES + 1)
    lines, goes_on = rows[:LINES], len(rows) > LINES
    slips = slips_of(desk, carer.root, [one.person for one in lines])
    titles = _unit_titles(shell, visit, carer)
    units = [there.units[unit] for unit in (cared_units(desk, staff, carer) if wanted else cared)]
    following = {"unit": wanted, "text": text, "show": shown, "after": lines[-1].person} if goes_on else None
    return shell.page(
        visit,
        "accounts.html",
        section="accounts",
        lines=[_line(one, visit, slips, titles) for one in lines],
        total=f"{len(lines)}{'+' if after or goes_on else ''}",
        next=None if following is None else f"/accounts?{urlencode(following)}",
        units=None
        if len(units) > UNITS_MAX
        else [(unit.id, titles[unit.id]) for unit in sorted(units, key=lambda unit: unit.code)],
        files=offered(visit.words, "/accounts", urlencode({"unit": wanted, "text": text, "show": shown})),
        wanted=wanted,
        text=text,
        waiting=shown == WAITING,
        sees_tokens=staff.ends_tokens(carer.actor, UnitId(carer.root)),
        done=_done(visit),
    )


def _unit_titles(shell: Shell, visit: Visit, carer: Carer) -> Mapping[UnitId, str]:
    there = shell.edge.desk.reads.surroundings(carer.root)
    return {unit.id: visit.words.say(unit.title) for unit in there.units.values()}


def _line(one: AccountState, visit: Visit, slips: Mapping[PersonId, int], titles: Mapping[UnitId, str]) -> AccountLine:
    words, until = visit.words, slips.get(one.person)
    if one.has_password:
        standing = words.t("account_active") if one.password_due_at is None else words.t("account_must_change")
    elif until is not None:
        standing = words.t("account_slip", on=words.short_day(instant(until)))
    else:
        standing = words.t("account_waiting")
    return AccountLine(
        login=one.login,
        name=one.name,
        unit=titles.get(UnitId(one.unit or ""), ""),
        standing=standing,
        is_active=one.has_password,
        has_factor=one.enrolled_at is not None,
    )


def _done(visit: Visit) -> str | None:
    done = DONE.get(visit.request.query_params.get("done", ""))
    return None if done is None else visit.words.t(done)
