"""The login sessions and tokens of others: looking somebody up, seeing what they are logged in by, ending all of it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import carer_of, demand_person
from engine.case.identity import UnitId
from engine.errors import BanjieError, InputRefused
from engine.service.account_care import demand_token_guard
from engine.service.others_logins import end_logins_of, logins_of
from engine.text import Text
from web.pages.account import first, token_view
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.people import people_rows, person_lines


def others_logins_pages(shell: Shell) -> Pages:
    """Return the addresses of the logins of others."""
    router = Pages()
    desk, staff = shell.edge.desk, shell.edge.settings.accounts.staff

    @router.get("/accounts/logins")
    def find(request: Request) -> Response:
        visit = shell.visit(request)
        root = visit.known.root
        demand_token_guard(staff, visit.known.actor, root)
        asked = visit.request.query_params
        text = asked.get("text", "").strip()
        rows = people_rows(desk, root, text=text, after=asked.get("after", ""))
        lines, following = person_lines(rows, shell.world(visit).surroundings, "/accounts/logins", visit.words)
        return shell.page(
            visit,
            "accounts_logins.html",
            section="accounts",
            text=text,
            lines=lines,
            next=following and f"/accounts/logins?{urlencode({'text': text, 'after': following})}",
            cares=staff.looks_after_some(visit.known.actor),
        )

    @router.get("/accounts/logins/{person}")
    def show(request: Request, person: str) -> Response:
        return _page(shell, shell.visit(request), person)

    @router.post("/accounts/logins/{person}/end")
    async def end(request: Request, person: str) -> Response:
        visit = await shell.visiting(request)
        carer = carer_of(demand_person(visit.known))
        posted = await read_form(request)

        def act() -> Response:
            demand_token_guard(staff, carer.actor, carer.root)
            try:
                if first(posted, "sure") != "yes":
                    raise InputRefused(Text("请先勾选确认", "Tick that you are sure first"))
                end_logins_of(desk, staff, carer, person)
            except InputRefused as error:
                return _page(shell, visit, person, error)
            if person == carer.person:  # the session that asked is over too
                return RedirectResponse("/login", status_code=303)
            return RedirectResponse(f"/accounts/logins/{person}?done=ended", status_code=303)

        return await run_in_threadpool(act)

    return router


def _page(shell: Shell, visit: Visit, person: str, error: BanjieError | None = None) -> Response:
    words, staff = visit.words, shell.edge.settings.accounts.staff
    found = logins_of(shell.edge.desk, staff, carer_of(visit.known), person)
    there = shell.world(visit).surroundings
    unit = there.units.get(UnitId(found.person.unit or ""))
    return shell.page(
        visit,
        "accounts_logins_of.html",
        section="accounts",
        status=200 if error is None else status_of(error),
        name=found.person.name,
        login=found.person.login or "",
        unit="" if unit is None else words.say(unit.title),
        address=f"/accounts/logins/{found.person.id}",
        rows=[(words.t(f"others_{row.kind}"), token_view(row, visit)) for row in found.rows],
        refusal=None if error is None else words.say(error.text),
        done=words.t("others_ended") if visit.request.query_params.get("done") == "ended" else None,
    )
