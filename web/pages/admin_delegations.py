"""Who stands in for whom: the list for those who look after grants, entering one for somebody absent, ending one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from api.routes.grants import giver_of
from engine.access.directory import Person
from engine.case.identity import PersonId
from engine.errors import BanjieError, FormInvalid, InputRefused, NotPermitted
from engine.service.absences import ABSENCE_DAYS_MAX, NOTE_CHARACTERS_MAX, Away, key_of
from engine.service.people_ports import DeputationKey
from engine.service.standing_in import StandingIn, end_standing_in, name_substitute, standing_in
from web.forms.drafting import resumed, sent, stamp_for
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.absences import end_words
from web.words import Words

FORM: Final = "/admin/delegations"
TYPED: Final = ("principal", "substitute", "from_on", "until_on", "note")
DONE: Final = {"saved": "delegations_saved", "ended": "delegations_ended"}
KEY_PARTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationLine:
    """A deputation on the page."""

    principal: str
    deputy: str
    days: str
    standing: str
    is_now: bool
    note: str
    end: str


def admin_delegation_pages(shell: Shell) -> Pages:
    """Return the addresses of looking after substitutes."""
    router = Pages()
    desk, edge = shell.edge.desk, shell.edge

    @router.get("/admin/delegations")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        found = resumed(shell, visit, FORM)
        return _page(shell, visit) if found is None else _page(shell, visit, found.typed(TYPED), note=found.note)

    @router.post("/admin/delegations")
    async def enter(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        posted = await read_form(request)
        typed = {name: first(posted, name) for name in TYPED}

        def act() -> Response:
            away = Away(**{name: typed[name] for name in TYPED if name != "principal"})
            try:
                name_substitute(desk, giver_of(edge, asker), typed["principal"], away)
            except (FormInvalid, InputRefused, NotPermitted) as error:
                return _page(shell, visit, typed, error)
            sent(shell, visit, FORM)
            return RedirectResponse("/admin/delegations?done=saved", status_code=303)

        return await run_in_threadpool(act)

    @router.post("/admin/delegations/{person}/{key}/end")
    async def end(request: Request, person: str, key: str) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        await run_in_threadpool(end_standing_in, desk, giver_of(edge, asker), person, key)
        return RedirectResponse("/admin/delegations?done=ended", status_code=303)

    return router


def _page(
    shell: Shell,
    visit: Visit,
    typed: Mapping[str, str] | None = None,
    error: BanjieError | None = None,
    note: str | None = None,
) -> Response:
    giver, words = giver_of(shell.edge, visit.known), visit.words
    after = visit.request.query_params.get("after", "").split(" ")
    found, following = standing_in(shell.edge.desk, giver, DeputationKey(*after) if len(after) == KEY_PARTS else None)
    there = shell.world(visit).surroundings
    errors: dict[str, str] = {}
    for problem in error.fields if isinstance(error, FormInvalid) else ():
        errors.setdefault(problem.path, words.say(problem.text))
    done = DONE.get(visit.request.query_params.get("done", ""))
    return shell.page(
        visit,
        "admin_delegations.html",
        section="admin",
        status=200 if error is None else status_of(error),
        lines=[_line(one, words) for one in found],
        next=None if following is None else f"/admin/delegations?{urlencode({'after': ' '.join(following)})}",
        is_first=len(after) != KEY_PARTS,
        gives=any(giver.staff.gives_grants(giver.actor, unit, there.tree) for unit in there.units),
        typed=typed or dict.fromkeys(TYPED, ""),
        errors=errors,
        note=note,
        draft_of=stamp_for(shell, visit, FORM),
        refusal=None if error is None or errors else words.say(error.text),
        note_max=NOTE_CHARACTERS_MAX,
        days_max=ABSENCE_DAYS_MAX,
        done=None if done is None else words.t(done),
    )


def _line(one: StandingIn, words: Words) -> DelegationLine:
    row = one.deputation
    begin = words.t("absence_since_ever") if row.from_on is None else words.date(row.from_on)
    return DelegationLine(
        principal=_name(one.principal, row.principal),
        deputy=_name(one.deputy, row.deputy),
        days=words.t("absence_days", begin=begin, end=end_words(row, words)),
        standing=words.t("absence_now" if one.holds else "absence_coming"),
        is_now=one.holds,
        note=row.note or "",
        end=f"/admin/delegations/{row.principal}/{key_of(row)}/end" if one.may_end else "",
    )


def _name(person: Person | None, known: PersonId) -> str:
    if person is None:
        return known
    return person.name if person.login is None else f"{person.name}（{person.login}）"
