"""Units, people and congress sessions: lists to look at, and forms that add or change one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.access.directory import Person, Surroundings, Unit
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.scope import SHANGHAI
from engine.errors import BanjieError, FormInvalid, NotFound
from engine.service.housekeeping import (
    SESSION_DAYS,
    Keeper,
    PersonWish,
    SessionWish,
    UnitWish,
    demand_keeper,
    put_person,
    put_session,
    put_unit,
)
from engine.text import Text
from web.forms.widgets import Choices
from web.pages.account import first
from web.pages.admin import keeper_of
from web.shell import Shell, Visit

LINES_MAX: Final = 200
FIELDS: Final = tuple(dict.fromkeys(one.name for wish in (UnitWish, PersonWish, SessionWish) for one in fields(wish)))
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A form that was refused: what was typed, and why not."""

    typed: Typed
    error: BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLine:
    """A unit of the tree, ``depth`` below the top."""

    address: str
    depth: int
    code: str
    title: str
    people: int
    period: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """A person of the list."""

    address: str
    name: str
    login: str
    unit: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A congress session of the list."""

    address: str
    title: str
    unit: str
    days: tuple[str, ...]


def admin_house_pages(shell: Shell) -> APIRouter:
    """Return the addresses of units, people and sessions."""
    router = APIRouter(include_in_schema=False)

    desk, edge = shell.edge.desk, shell.edge

    async def put(request: Request, page: Callable[..., Response], write: Callable[[Keeper, Typed], str]) -> Response:
        """Write what a posted form wishes for, or show what is wrong with it."""
        visit = await shell.visiting(request)
        demand_person(visit.known)
        form = await read_form(request)
        typed = {name: first(form, name) for name in FIELDS}

        def act() -> Response:
            try:
                address = write(keeper_of(edge, visit.known), typed)
            except FormInvalid as error:
                return page(shell, visit, tried=Tried(typed=typed, error=error))
            return RedirectResponse(f"{address}?done=kept", status_code=303)

        return await run_in_threadpool(act)

    @router.get("/admin/units")
    def units(request: Request) -> Response:
        return _units_page(shell, shell.visit(request))

    @router.get("/admin/units/{unit}")
    def unit(request: Request, unit: str) -> Response:
        return _units_page(shell, shell.visit(request), unit)

    @router.get("/admin/people")
    def people(request: Request) -> Response:
        return _people_page(shell, shell.visit(request))

    @router.get("/admin/people/{person}")
    def person(request: Request, person: str) -> Response:
        return _people_page(shell, shell.visit(request), person)

    @router.get("/admin/sessions")
    def sessions(request: Request) -> Response:
        return _sessions_page(shell, shell.visit(request))

    @router.get("/admin/sessions/{session}")
    def session(request: Request, session: str) -> Response:
        return _sessions_page(shell, shell.visit(request), session)

    @router.post("/admin/units")
    async def keep_unit(request: Request) -> Response:
        def write(keeper: Keeper, typed: Typed) -> str:
            put_unit(desk, keeper, UnitWish(**_of(UnitWish, typed)))
            return "/admin/units"

        return await put(request, _units_page, write)

    @router.post("/admin/people")
    async def keep_person(request: Request) -> Response:
        def write(keeper: Keeper, typed: Typed) -> str:
            active = typed["active"] != "no"
            wish = PersonWish(
                person=typed["person"], login=typed["login"], name=typed["name"], unit=typed["unit"], active=active
            )
            return f"/admin/people/{put_person(desk, keeper, wish).id}"

        return await put(request, _people_page, write)

    @router.post("/admin/sessions")
    async def keep_session(request: Request) -> Response:
        def write(keeper: Keeper, typed: Typed) -> str:
            put_session(desk, keeper, SessionWish(**_of(SessionWish, typed)))
            return "/admin/sessions"

        return await put(request, _sessions_page, write)

    return router


def _of(wish: type[UnitWish | SessionWish], typed: Typed) -> dict[str, str]:
    return {one.name: typed[one.name] for one in fields(wish)}


def _units_page(shell: Shell, visit: Visit, chosen: str = "", tried: Tried | None = None) -> Response:
    there = _kept(shell, visit)
    root, words = visit.known.root, visit.words
    chosen = tried.typed["unit"] if tried is not None else chosen
    known = _found(there.units, UnitId(chosen)) if chosen else None
    today = visit.now.astimezone(SHANGHAI).date()
    counts: dict[UnitId | None, int] = {}
    for person in shell.edge.desk.reads.all_persons(root):
        counts[person.unit] = counts.get(person.unit, 0) + person.active
    typed = asdict(UnitWish()) if known is None else _unit_typed(known)
    lines = [
        UnitLine(
            address=f"/admin/units/{unit.id}",
            depth=depth,
            code=unit.code,
            title=words.say(unit.title),
            people=counts.get(unit.id, 0),
            period=_period(unit.from_on, unit.until_on),
            is_over=unit.until_on is not None and unit.until_on < today,
        )
        for depth, unit in there.as_tree()
    ]
    return _shown(
        shell,
        visit,
        "admin_units.html",
        tried,
        lines=lines,
        typed={**typed, **(tried.typed if tried is not None else {})},
        known=None if known is None else words.say(known.title),
        is_top=known is not None and known.parent is None,
        units=Choices(surroundings=there).units(words),
    )


def _people_page(shell: Shell, visit: Visit, chosen: str = "", tried: Tried | None = None) -> Response:
    there = _kept(shell, visit)
    reads, root, words = shell.edge.desk.reads, visit.known.root, visit.words
    chosen = tried.typed["person"] if tried is not None else chosen
    known = _found(reads.persons(root, [PersonId(chosen)]), PersonId(chosen)) if chosen else None
    wanted, text = visit.request.query_params.get("unit", ""), visit.request.query_params.get("text", "").strip()
    found = [
        person
        for person in reads.all_persons(root)
        if (not wanted or (person.unit is not None and UnitId(wanted) in there.tree.lineage(person.unit)))
        and (not text or text in person.name or text in (person.login or ""))
    ]
    found.sort(key=lambda person: (not person.active, person.name, person.id))
    titles = {unit.id: words.say(unit.title) for unit in there.units.values()}
    lines = [
        PersonLine(
            address=f"/admin/people/{person.id}",
            name=person.name,
            login=person.login or "",
            unit=titles.get(person.unit, "") if person.unit is not None else "",
            is_active=person.active,
        )
        for person in found[:LINES_MAX]
    ]
    typed = {"person": "", "login": "", "name": "", "unit": wanted, "active": "yes"}
    return _shown(
        shell,
        visit,
        "admin_people.html",
        tried,
        lines=lines,
        total=len(found),
        cut=LINES_MAX if len(found) > LINES_MAX else None,
        wanted=wanted,
        text=text,
        typed={
            **(typed if known is None else _person_typed(known)),
            **(tried.typed if tried is not None else {}),
        },
        known=None if known is None else known.name,
        units=Choices(surroundings=there).units(words),
    )


def _sessions_page(shell: Shell, visit: Visit, chosen: str = "", tried: Tried | None = None) -> Response:
    there = _kept(shell, visit)
    words = visit.words
    known = _found(there.sessions, SessionId(chosen)) if chosen else None
    typed = asdict(SessionWish(unit=visit.known.root))
    if known is not None:
        typed = {
            "unit": known.unit,
            "term": str(known.term),
            "meeting": str(known.meeting),
            "name": known.title.zh,
            "name_en": _english(known.title),
            **{name: _iso(getattr(known, name)) for name in SESSION_DAYS},
        }
    ordered = sorted(there.sessions.values(), key=lambda one: (one.term, one.meeting, one.unit), reverse=True)
    lines = [
        SessionLine(
            address=f"/admin/sessions/{one.id}",
            title=words.say(one.title),
            unit=words.say(there.units[one.unit].title) if one.unit in there.units else "",
            days=tuple(
                words.t("dash") if (day := getattr(one, name)) is None else words.date(day) for name in SESSION_DAYS
            ),
        )
        for one in ordered
    ]
    return _shown(
        shell,
        visit,
        "admin_sessions.html",
        tried,
        lines=lines,
        typed={**typed, **(tried.typed if tried is not None else {})},
        known=None if known is None else words.say(known.title),
        units=Choices(surroundings=there).units(words),
        day_names=SESSION_DAYS,
    )


def _kept(shell: Shell, visit: Visit) -> Surroundings:
    demand_keeper(keeper_of(shell.edge, visit.known))
    return shell.edge.desk.reads.surroundings(RootId(visit.known.root))


def _shown(shell: Shell, visit: Visit, template: str, tried: Tried | None, **view: object) -> Response:
    words, errors = visit.words, dict[str, str]()
    if tried is not None and isinstance(tried.error, FormInvalid):
        for problem in tried.error.fields:
            errors.setdefault(problem.path, words.say(problem.text))
    done = words.t("admin_kept") if visit.request.query_params.get("done") == "kept" else None
    return shell.page(
        visit,
        template,
        section="admin",
        status=200 if tried is None else status_of(tried.error),
        errors=errors,
        done=done,
        **view,
    )


def _found(known: Mapping[Any, Any], wanted: str) -> Any:
    if wanted not in known:
        raise NotFound(Text("没有找到", "There is no such thing"))
    return known[wanted]


def _unit_typed(unit: Unit) -> dict[str, str]:
    return {
        "unit": unit.id,
        "code": unit.code,
        "name": unit.title.zh,
        "name_en": _english(unit.title),
        "parent": unit.parent or "",
        "from_on": _iso(unit.from_on),
        "until_on": _iso(unit.until_on),
        "successor": unit.successor or "",
    }


def _person_typed(person: Person) -> dict[str, str]:
    return {
        "person": person.id,
        "login": person.login or "",
        "name": person.name,
        "unit": person.unit or "",
        "active": "yes" if person.active else "no",
    }


def _period(begins: date | None, ends: date | None) -> str:
    if begins is None and ends is None:
        return ""
    return f"{'' if begins is None else begins.isoformat()} – {'' if ends is None else ends.isoformat()}".strip()


def _english(title: Text) -> str:
    """Return the name in English, "" where nobody gave one and the Chinese one stands for it."""
    return "" if title.en == title.zh else title.en


def _iso(day: date | None) -> str:
    return "" if day is None else day.isoformat()
