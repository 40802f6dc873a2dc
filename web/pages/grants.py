"""Who holds which grants in which units, giving and taking them back, and what has changed, as the ledger tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from api.routes.grants import giver_of, held_grant
from engine.access.directory import GrantRow, Person, Surroundings
from engine.case.identity import PersonId, UnitId
from engine.errors import BanjieError, FormInvalid, InputRefused, NotFound
from engine.service.directory_facts import DEPUTATION_ENDED, DEPUTED
from engine.service.exported import record_export
from engine.service.granting import Giver, Wish, end, give, grants_seen, today, together, units_read
from engine.service.organisation import role_titles
from engine.service.rights_history import RightsLine, people_named, rights_history
from engine.service.world import World
from engine.text import Text
from web.exports import file_of, kind_of, offered
from web.forms.drafting import resumed, sent, stamp_for
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit
from web.words import Words

LINES_MAX: Final = 200
FORM: Final = "/grants"
COLUMNS: Final = ("grants_name", "login_name", "grants_role", "grants_unit", "grants_reach", "grants_period")
TYPED: Final = ("person", "role", "unit", "from_on", "until_on")
DONE: Final = {"given": "grants_given", "ended": "grants_ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantLine:
    """A grant on the page."""

    person: str
    name: str
    login: str
    role_id: str
    role: str
    unit_id: str
    unit: str
    reach: str
    from_on: str
    period: str
    standing: str
    can_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """A fact of the ledger on the page."""

    at: str
    what: str
    name: str
    role: str
    unit: str
    period: str
    by: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A grant with what was typed: why it was refused, or, gone on with as a draft, what is said above it."""

    typed: Mapping[str, str]
    error: BanjieError | None = None
    note: str | None = None


def grants_pages(shell: Shell) -> Pages:
    """Return the addresses of grants."""
    router = Pages()
    desk, edge = shell.edge.desk, shell.edge

    @router.get("/grants")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        found = resumed(shell, visit, FORM)
        tried = None if found is None else Tried(typed=found.typed(TYPED), note=found.note)
        return _page(shell, visit, tried=tried)

    @router.get("/grants.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send the list as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        giver = giver_of(edge, visit.known)
        seen, wanted = grants_seen(desk, giver), kind_of(kind)
        people = desk.reads.persons(giver.root, {one.person for one in seen})
        lines = _lines(shell, visit, giver, _wanted(visit, seen, None, people), people)
        record_export(desk, giver.root, visit.known.person, "grants", rows=len(lines))
        return file_of(
            wanted,
            f"grants-{today(desk).isoformat()}",
            [visit.words.t(name) for name in COLUMNS],
            ([line.name, line.login, line.role, line.unit, line.reach, line.period] for line in lines),
        )

    @router.get("/grants/{person}")
    def show_person(request: Request, person: str) -> Response:
        return _page(shell, shell.visit(request), PersonId(person))

    @router.post("/grants")
    async def give_grant(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        posted = await read_form(request)
        typed = {name: first(posted, name) for name in TYPED}

        def act() -> Response:
            try:
                given = give(desk, giver_of(edge, asker), Wish(**typed))
            except (FormInvalid, InputRefused) as error:
                return _page(shell, visit, tried=Tried(typed=typed, error=error))
            sent(shell, visit, FORM)
            return RedirectResponse(f"/grants/{given.person}?done=given", status_code=303)

        return await run_in_threadpool(act)

    @router.post("/grants/end")
    async def end_grant(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)
        posted = await read_form(request)

        def act() -> Response:
            if first(posted, "sure") != "yes":
                raise InputRefused(Text("请先勾选确认", "Tick that you are sure first"))
            named = [first(posted, name) for name in TYPED[:4]]
            end(desk, giver_of(edge, asker), held_grant(edge, asker, *named))
            return RedirectResponse("/grants?done=ended", status_code=303)

        return await run_in_threadpool(act)

    return router


def reach_of(role: str, unit: UnitId, world: World, words: Words) -> str:
    """Return how far a grant reaches: into the units below where the definitions let the role be inherited."""
    tree = world.surroundings.tree
    below = sum(1 for other in world.surroundings.units if other != unit and unit in tree.lineage(other))
    workflows = [world.rules.newest(name) for name in world.rules.names()]
    inherited: list[str] = []
    own: list[str] = []
    for workflow in workflows:
        parts = [part for part in workflow.roles.values() if part.bound == "grant" and role in part.of]
        if parts:
            (inherited if any(part.inherited for part in parts) else own).append(words.say(workflow.title.text))
    if not inherited and not own:
        return words.t("grants_reach_house", n=below)
    if not own:
        return words.t("grants_reach_below", n=below)
    if not inherited:
        return words.t("grants_reach_own")
    return words.t("grants_reach_both", inherited=words.listed(inherited), own=words.listed(own), n=below)


def _page(shell: Shell, visit: Visit, person: PersonId | None = None, tried: Tried | None = None) -> Response:
    desk, words, giver = shell.edge.desk, visit.words, giver_of(shell.edge, visit.known)
    seen = grants_seen(desk, giver)
    world, on = shell.world(visit), today(desk)
    there, titles = world.surroundings, role_titles(world.rules)
    history = rights_history(desk.reads, giver.root, on, units=units_read(desk, giver), person=person)
    wanted, text = visit.request.query_params.get("unit", ""), visit.request.query_params.get("text", "").strip()
    people = desk.reads.persons(giver.root, {one.person for one in seen} | people_named(history))
    if person is not None and person not in people:
        raise NotFound(Text("没有这个人员，或没有其授权", "There is no such person, or no grant of them"))
    shown = _wanted(visit, seen, person, people)
    units = {unit: words.say(there.units[unit].title) for unit in there.units}
    giving = [unit for unit in there.units if giver.staff.gives_grants(giver.actor, unit, there.tree)]

    return shell.page(
        visit,
        "grants.html",
        section="grants",
        status=200 if tried is None or tried.error is None else status_of(tried.error),
        title=words.t("nav_grants") if person is None else words.t("grants_of", name=people[person].name),
        person=person,
        lines=_lines(shell, visit, giver, shown[:LINES_MAX], people),
        files=offered(words, "/grants", urlencode({"unit": wanted, "text": text})) if person is None else [],
        cut=LINES_MAX if len(shown) > LINES_MAX else None,
        total=len(shown),
        history=[_told(line, visit, people, titles, there) for line in history],
        gives=bool(giving),
        roles=sorted((role, words.say(title)) for role, title in titles.items()),
        units=_named_units(units, there, (one.unit for one in seen)),
        giving_units=_named_units(units, there, giving),
        wanted=wanted,
        text=text,
        typed=_typed(person, people) if tried is None else tried.typed,
        errors=_errors(tried, words),
        refusal=_refusal(tried, words),
        note=None if tried is None else tried.note,
        draft_of=stamp_for(shell, visit, FORM) if giving else None,
        together=list(_together(giver, seen, people, words, on)),
        done=_done(visit),
    )


def _wanted(
    visit: Visit, seen: Iterable[GrantRow], person: PersonId | None, people: Mapping[PersonId, Person]
) -> list[GrantRow]:
    asked = visit.request.query_params
    unit, text = asked.get("unit", ""), asked.get("text", "").strip()
    return [one for one in seen if _is_wanted(one, person, unit, text, people)]


def _lines(
    shell: Shell, visit: Visit, giver: Giver, grants: Iterable[GrantRow], people: Mapping[PersonId, Person]
) -> list[GrantLine]:
    world, on = shell.world(visit), today(shell.edge.desk)
    titles = role_titles(world.rules)

    def reach(grant: GrantRow) -> str:
        return reach_of(grant.role, grant.unit, world, visit.words)

    return [_line(one, visit, people, titles, world.surroundings, on, reach, giver) for one in grants]


def _is_wanted(one: GrantRow, person: PersonId | None, unit: str, text: str, people: Mapping[PersonId, Person]) -> bool:
    known = people.get(one.person)
    named = text in (known.name if known else "") or text in ((known.login if known else None) or "")
    return person in (None, one.person) and unit in ("", one.unit) and (not text or named)


def _named_units(
    titles: Mapping[UnitId, str], there: Surroundings, units: Iterable[UnitId]
) -> list[tuple[UnitId, str]]:
    known = {unit for unit in units if unit in there.units}
    return [(unit, titles[unit]) for unit in sorted(known, key=lambda unit: there.units[unit].code)]


def _line(
    grant: GrantRow,
    visit: Visit,
    people: Mapping[PersonId, Person],
    titles: Mapping[str, Text],
    there: Surroundings,
    on: date,
    reach: Callable[[GrantRow], str],
    giver: Giver,
) -> GrantLine:
    words, known = visit.words, people.get(grant.person)
    standing = "now"
    if grant.from_on is not None and grant.from_on > on:
        standing = "coming"
    elif grant.until_on is not None and grant.until_on < on:
        standing = "over"
    unit = there.units.get(grant.unit)
    return GrantLine(
        person=grant.person,
        name=grant.person if known is None else known.name,
        login="" if known is None or known.login is None else known.login,
        role_id=grant.role,
        role=words.say(titles.get(grant.role, Text(grant.role, grant.role))),
        unit_id=grant.unit,
        unit=grant.unit if unit is None else words.say(unit.title),
        reach=reach(grant),
        from_on="" if grant.from_on is None else grant.from_on.isoformat(),
        period=_period(grant.from_on, grant.until_on, words),
        standing=standing,
        can_end=standing != "over" and giver.staff.gives_grants(giver.actor, grant.unit, there.tree),
    )


def _told(
    line: RightsLine,
    visit: Visit,
    people: Mapping[PersonId, Person],
    titles: Mapping[str, Text],
    there: Surroundings,
) -> HistoryLine:
    words = visit.words

    def name(person: PersonId | None) -> str:
        return "" if person is None else people[person].name if person in people else person

    unit = None if line.unit is None else there.units.get(UnitId(line.unit))
    what = words.t(f"grants_{line.kind}", **({"name": name(line.acting_for)} if line.acting_for else {}))
    ends = line.kind not in ("grant_ended", DEPUTATION_ENDED)
    return HistoryLine(
        at=words.short_instant(line.at),
        what=what,
        name=name(line.person),
        role="" if line.role is None else words.say(titles.get(line.role, Text(line.role, line.role))),
        unit=words.say(unit.title) if unit is not None else line.unit or "",
        period=_period(line.from_on, line.until_on, words) if ends or line.kind == DEPUTED else "",
        by=words.t("grants_machine") if line.by is None else name(line.by),
        place=f"{line.stream}#{line.seq}",
    )


def _period(from_on: date | None, until_on: date | None, words: Words) -> str:
    if from_on is None and until_on is None:
        return words.t("grants_for_ever")
    return f"{from_on or ''}–{until_on or ''}"


def _typed(person: PersonId | None, people: Mapping[PersonId, Person]) -> dict[str, str]:
    known = None if person is None else people.get(person)
    return {**dict.fromkeys(TYPED, ""), "person": "" if known is None else known.login or known.id}


def _errors(tried: Tried | None, words: Words) -> dict[str, str]:
    wrong = tried.error.fields if tried is not None and isinstance(tried.error, FormInvalid) else ()
    return {**dict.fromkeys(TYPED, ""), **{problem.path: words.say(problem.text) for problem in wrong}}


def _refusal(tried: Tried | None, words: Words) -> str | None:
    """Return why a grant was refused as a whole; what is wrong with single fields stands beside them."""
    if tried is None or tried.error is None or isinstance(tried.error, FormInvalid):
        return None
    return words.say(tried.error.text)


def _together(
    giver: Giver, seen: Sequence[GrantRow], people: Mapping[PersonId, Person], words: Words, on: date
) -> Iterable[str]:
    for person, several in together(giver.staff, seen, on).items():
        which = words.listed(words.t(f"grants_{one}") for one in sorted(several))
        yield words.t("grants_together", name=people[person].name if person in people else person, which=which)


def _done(visit: Visit) -> str | None:
    done = DONE.get(visit.request.query_params.get("done", ""))
    return None if done is None else visit.words.t(done)
