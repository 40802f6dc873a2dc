"""Units, people and congress sessions: lists to look at, and forms that add or change one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.access.directory import Person, Surroundings, Unit
from engine.case.identity import PersonId, SessionId, UnitId
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
from web.forms.drafting import resumed, sent, stamp_for
from web.forms.widgets import Choices
from web.pages.account import first
from web.pages.admin import keeper_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.people import people_rows, person_lines
from web.views.unit_levels import unit_level, units_below
from web.words import Words

UNITS_MAX: Final = 300
"""So many units are chosen from a list; more are typed by their codes."""
FIELDS: Final = tuple(dict.fromkeys(one.name for wish in (UnitWish, PersonWish, SessionWish) for one in fields(wish)))
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A form with what was typed: why it was refused, or, gone on with as a draft, what is said above it."""

    typed: Typed
    error: BanjieError | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLine:
    """A unit of a level of the tree, with how many are right ``below`` it and where they are opened."""

    address: str
    below: int
    open: str
    depth: int
    code: str
    title: str
    people: int
    period: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A congress session of the list."""

    address: str
    title: str
    unit: str
    days: tuple[str, ...]


def admin_house_pages(shell: Shell) -> Pages:
    """Return the addresses of units, people and sessions."""
    router = Pages()

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
            sent(shell, visit, _form(visit))
            return RedirectResponse(f"{address}?done=kept", status_code=303)

        return await run_in_threadpool(act)

    @router.get("/admin/units")
    def units(request: Request) -> Response:
        visit = shell.visit(request)
        return _units_page(shell, visit, tried=_draft(shell, visit))

    @router.get("/admin/units/{unit}")
    def unit(request: Request, unit: str) -> Response:
        return _units_page(shell, shell.visit(request), unit)

    @router.get("/admin/people")
    def people(request: Request) -> Response:
        visit = shell.visit(request)
        return _people_page(shell, visit, tried=_draft(shell, visit))

    @router.get("/admin/people/{person}")
    def person(request: Request, person: str) -> Response:
        return _people_page(shell, shell.visit(request), person)

    @router.get("/admin/sessions")
    def sessions(request: Request) -> Response:
        visit = shell.visit(request)
        return _sessions_page(shell, visit, tried=_draft(shell, visit))

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


def _form(visit: Visit) -> str:
    """Return where the form of a page is sent: one address for what is new and what is changed."""
    return "/".join(str(visit.request.scope["path"]).split("/")[:3])


def _draft(shell: Shell, visit: Visit) -> Tried | None:
    """Return what was typed into the form of a page before, where its address asks for the draft."""
    found = resumed(shell, visit, _form(visit))
    return None if found is None else Tried(typed=found.typed(FIELDS), note=found.note)


def _of(wish: type[UnitWish | SessionWish], typed: Typed) -> dict[str, str]:
    return {one.name: typed[one.name] for one in fields(wish)}


def _units_page(shell: Shell, visit: Visit, chosen: str = "", tried: Tried | None = None) -> Response:
    there = _kept(shell, visit)
    root, words = visit.known.root, visit.words
    chosen = tried.typed["unit"] if tried is not None else chosen
    known = _found(there.units, UnitId(chosen)) if chosen else None
    today = visit.now.astimezone(SHANGHAI).date()
    level = unit_level(there, visit.request.query_params, known)
    counts = shell.edge.desk.reads.people_in(root, [unit.id for unit in level.units])
    typed = asdict(UnitWish()) if known is None else _unit_typed(known)
    lines = [
        UnitLine(
            address=f"/admin/units/{unit.id}",
            below=level.below.get(unit.id, 0),
            open="" if unit.id == level.head else f"/admin/units?under={unit.id}",
            depth=0 if level.head in (None, unit.id) else 1,
            code=unit.code,
            title=words.say(unit.title),
            people=counts.get(unit.id, 0),
            period=_period(unit.from_on, unit.until_on),
            is_over=unit.until_on is not None and unit.until_on < today,
        )
        for unit in level.units
    ]
    return _shown(
        shell,
        visit,
        "admin_units.html",
        tried,
        lines=lines,
        typed=_coded(there, {**typed, **(tried.typed if tried is not None else {})}, "parent", "successor"),
        known=None if known is None else words.say(known.title),
        is_top=known is not None and known.parent is None,
        path=[(f"/admin/units?under={unit.id}", words.say(unit.title)) for unit in level.path],
        text=level.text,
        total=level.total,
        next=level.next,
        **_units_chosen(there, words),
    )


def _people_page(shell: Shell, visit: Visit, chosen: str = "", tried: Tried | None = None) -> Response:
    there = _kept(shell, visit)
    reads, root, words = shell.edge.desk.reads, visit.known.root, visit.words
    chosen = tried.typed["person"] if tried is not None else chosen
    known = _found(reads.persons(root, [PersonId(chosen)]), PersonId(chosen)) if chosen else None
    asked = visit.request.query_params
    wanted, text, after = asked.get("unit", "").strip(), asked.get("text", "").strip()[:100], asked.get("after", "")
    below = units_below(there, wanted) if wanted else None
    rows = people_rows(shell.edge.desk, root, text=text, after=after, units=below)
    lines, following = person_lines(rows, there, "/admin/people", words)
    typed = {"person": "", "login": "", "name": "", "unit": wanted, "active": "yes"}
    return _shown(
        shell,
        visit,
        "admin_people.html",
        tried,
        lines=lines,
        total=f"{len(lines)}{'+' if after or following else ''}",
        next=following and f"/admin/people?{urlencode({'unit': wanted, 'text': text, 'after': following})}",
        wanted=wanted,
        text=text,
        typed=_coded(
            there,
            {**(typed if known is None else _person_typed(known)), **(tried.typed if tried is not None else {})},
            "unit",
        ),
        known=None if known is None else known.name,
        **_units_chosen(there, words),
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


def _units_chosen(there: Surroundings, words: Words) -> dict[str, object]:
    """Return the units to choose from; where they are too many for a list they are typed by their codes."""
    many = len(there.units) > UNITS_MAX
    return {"units": None if many else Choices(surroundings=there).units(words)}


def _coded(there: Surroundings, typed: Typed, *names: str) -> Typed:
    """Return what is typed, units called by their codes where they are too many for a list."""
    if len(there.units) <= UNITS_MAX:
        return typed
    known = {name: there.units.get(UnitId(typed[name])) for name in names}
    return {**typed, **{name: unit.code for name, unit in known.items() if unit is not None}}


def _kept(shell: Shell, visit: Visit) -> Surroundings:
    demand_keeper(keeper_of(shell.edge, visit.known))
    return shell.world(visit).surroundings


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
        status=200 if tried is None or tried.error is None else status_of(tried.error),
        errors=errors,
        note=None if tried is None else tried.note,
        draft_of=stamp_for(shell, visit, _form(visit)),
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
