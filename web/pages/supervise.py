"""The overview of supervision: what is late and nearly late by unit and by person, ladders, promises and hand-backs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import CaseId, UnitId
from engine.case.scope import SHANGHAI
from engine.errors import NotFound
from engine.service.exported import record_export
from engine.service.overdue import OverdueAsk, OverdueEntry, OverdueList, Scope
from engine.service.overview import Counted, Figures, by_person, by_unit, promise_names, rolled_up
from engine.service.overview_kept import OverviewDesk
from engine.service.rung_colours import COLOUR_TITLES, Colour
from engine.service.world import World
from engine.text import Text
from web.counting import being_counted, refreshing
from web.exports import file_of, kind_of, offered
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.overdue import Tile
from web.views.supervise import (
    FILES,
    UnitRow,
    bounced_row,
    ladder_rows,
    overdue_address,
    person_cells,
    person_row,
    promise_row,
    shown_at,
    unit_cells,
    unit_row,
    way_to,
)

PERSONS_MAX = 20
LADDERS_MAX = 20
TABS = ("overview", "ladders", "promises", "transfers")
PROMISES = {"late": "supervise_promises_late", "near": "supervise_ahead", "all": "supervise_all_promises"}


def supervise_pages(shell: Shell) -> Pages:
    """Return the addresses of the overview."""
    router = Pages()

    @router.get("/supervise")
    def overview(request: Request) -> Response:
        visit = shell.visit(request)
        counted = _counted(shell, visit)
        if counted is None:
            return _being_counted(shell, visit)
        here = _Here(shell, visit, counted)
        own = by_unit(here.counted, here.world)
        whole = rolled_up(own, here.world)
        within = frozenset(here.below)
        persons = by_person(here.counted, shell.edge.desk, visit.known.root, within)
        return here.page(
            "supervise.html",
            "overview",
            tiles=_tiles(whole.get(here.unit, Figures()), here),
            rows=list(_unit_rows(own, whole, here)),
            persons=[person_row(one, here.world, visit, unit=here.unit) for one in persons[:PERSONS_MAX]],
            persons_cut=PERSONS_MAX if len(persons) > PERSONS_MAX else None,
            unit_files=offered(visit.words, "/supervise/units", here.query()),
            person_files=offered(visit.words, "/supervise/persons", here.query()),
        )

    @router.get("/supervise/{part}.{kind}")
    def export(request: Request, part: str, kind: str) -> Response:
        """Send one of the two tables whole; that it was taken along is recorded."""
        visit, wanted = shell.visit(request), kind_of(kind)
        if part not in FILES:
            raise NotFound(Text("没有这张统计表", "There is no such table"), table=part[:40])
        counted = _counted(shell, visit)
        if counted is None:
            return _being_counted(shell, visit)
        here = _Here(shell, visit, counted)
        own = by_unit(counted, here.world)
        if part == "units":
            rows = list(unit_cells(_unit_rows(own, rolled_up(own, here.world), here)))
        else:
            persons = by_person(counted, shell.edge.desk, visit.known.root, frozenset(here.below))
            rows = list(person_cells(person_row(one, here.world, visit, unit=here.unit) for one in persons))
        record_export(shell.edge.desk, visit.known.root, visit.known.person, f"supervise {part}", rows=len(rows))
        on = counted.at.astimezone(SHANGHAI).date().isoformat()
        return file_of(wanted, f"supervise-{part}-{on}", [visit.words.t(name) for name in FILES[part]], rows)

    @router.get("/supervise/ladders")
    def ladders(request: Request) -> Response:
        visit = shell.visit(request)
        counted = _counted(shell, visit)
        if counted is None:
            return _being_counted(shell, visit)
        here = _Here(shell, visit, counted)
        colour = request.query_params.get("rung", "")
        colour = colour if colour in tuple(Colour) and colour != Colour.NONE else ""
        ask = OverdueAsk(
            scope=Scope.BOTH, colour=Colour(colour) if colour else None, raised=True, handled_by=here.handled_by
        )
        entries, following = here.listed.page(ask, after=request.query_params.get("after") or None, limit=LADDERS_MAX)
        return here.page(
            "supervise_ladders.html",
            "ladders",
            rows=list(ladder_rows(entries, here.cases(entries), shell.edge.desk, here.world, visit)),
            rung=colour,
            rungs=[(each.value, visit.words.say(COLOUR_TITLES[each])) for each in Colour if each is not Colour.NONE],
            next_page=None if following is None else here.address("ladders", rung=colour, after=following),
        )

    @router.get("/supervise/promises")
    def promises(request: Request) -> Response:
        visit = shell.visit(request)
        counted = _counted(shell, visit)
        if counted is None:
            return _being_counted(shell, visit)
        here = _Here(shell, visit, counted)
        which = request.query_params.get("which", "")
        which = which if which in PROMISES else "all"
        names = tuple(promise_names(here.world.rules))
        scope = {"late": Scope.LATE, "near": Scope.NEAR}.get(which, Scope.BOTH)
        ask = OverdueAsk(
            scope=scope,
            near_working_days=None if which == "late" else 3 if which == "near" else FAR_WORKING_DAYS,
            names=names or ("none",),
            handled_by=here.handled_by,
        )
        entries, following = here.listed.page(ask, after=request.query_params.get("after") or None, limit=PAGE_LINES)
        cases = here.cases(entries)
        groups = [group for group in here.counted.promises if (group.lead_unit or group.unit) in set(here.below)]
        counts = {
            "late": sum(group.deadlines for group in groups if group.late),
            "near": sum(group.deadlines for group in groups if group.near and not group.late),
            "all": sum(group.deadlines for group in groups),
        }
        return here.page(
            "supervise_promises.html",
            "promises",
            tiles=[
                Tile(
                    title=visit.words.t(title),
                    count=counts[name],
                    address=here.address("promises", which=name),
                    tone={"late": "late", "near": "soon"}.get(name, ""),
                )
                for name, title in PROMISES.items()
            ],
            which=visit.words.t(PROMISES[which]),
            rows=[
                promise_row(entry, cases[entry.line.case.id], here.world, visit)
                for entry in entries
                if entry.line.case.id in cases
            ],
            next_page=None if following is None else here.address("promises", which=which, after=following),
        )

    @router.get("/supervise/transfers")
    def transfers(request: Request) -> Response:
        visit = shell.visit(request)
        counted = _counted(shell, visit)
        if counted is None:
            return _being_counted(shell, visit)
        here = _Here(shell, visit, counted)
        own = by_unit(here.counted, here.world)
        times = dict(here.counted.bounced)
        principals = principals_of(visit.known.actor)
        seen = shell.edge.desk.reads.visible_cases(visit.known.root, list(times), principals)
        below = set(here.below)
        cases = [case for case in seen if (case.lead_unit or case.unit) in below]
        cases.sort(key=lambda case: (-times[case.id], case.id))
        rows = _unit_rows(own, rolled_up(own, here.world), here)
        return here.page(
            "supervise_transfers.html",
            "transfers",
            rows=[row for row in rows if row.given],
            bounced=[bounced_row(case, times[case.id], here.world, visit) for case in cases],
        )

    return router


FAR_WORKING_DAYS = 2_000
"""So far ahead, about eight years, promises are listed."""


class _Here:
    """What all pages of the overview share: the unit that is looked at, what is counted, and how they are addressed."""

    def __init__(self, shell: Shell, visit: Visit, counted: Counted) -> None:
        self.shell, self.visit, self.world, self.counted = shell, visit, shell.world(visit), counted
        self.top = highest_unit(visit.known.actor, self.world)
        asked = visit.request.query_params.get("unit", "")
        self.unit = UnitId(asked) if self.world.surroundings.tree.exists(asked) else self.top
        tree = self.world.surroundings.tree
        self.below = [unit for unit in tree.parents if self.unit in tree.lineage(unit)]
        # Everything is not narrowed at all: that is found along what runs, and not by the cases of each unit.
        self.handled_by = None if self.unit == UnitId(tree.root) else tuple(self.below)
        self.listed = OverdueList(shell.edge.desk, visit.known.root, visit.known.actor)

    def query(self, **asked: str) -> str:
        """Return the part of an address that says what is looked at."""
        given = {"unit": "" if self.unit == self.top else self.unit, **asked}
        return urlencode({name: value for name, value in given.items() if value})

    def address(self, tab: str, **asked: str) -> str:
        path, query = "/supervise" if tab == "overview" else f"/supervise/{tab}", self.query(**asked)
        return f"{path}?{query}" if query else path

    def cases(self, entries: Sequence[OverdueEntry]) -> dict[CaseId, Case]:
        ids = {entry.line.case.id for entry in entries}
        found = self.shell.edge.desk.reads.cases(self.visit.known.root, ids) if ids else ()
        return {case.id: case for case in found}

    def page(self, template: str, tab: str, **view: object) -> Response:
        words = self.visit.words
        title = words.say(self.world.surroundings.units[self.unit].title)
        shared: dict[str, object] = {
            "unit_title": title,
            "way": way_to(self.unit, self.top, self.world, self.visit, lambda unit: f"/supervise?unit={unit}"),
            "tabs": [(self.address(name), words.t(f"supervise_tab_{name}"), name == tab) for name in TABS],
            "as_of": shown_at(self.counted.at, self.visit),
            "is_kept": self.counted.is_kept,
            "is_pending": self.counted.is_pending,
            "anew": self.address(tab, anew="1"),
        }
        page = self.shell.page(self.visit, template, section="supervise", status=200, **shared, **view)
        return refreshing(page) if self.counted.is_pending and _asks_anew(self.visit) else page


def _counted(shell: Shell, visit: Visit) -> Counted | None:
    known = visit.known
    desk = OverviewDesk(shell.edge.desk, shell.edge.jobs, known.root, known.actor)
    return desk.counted(anew=_asks_anew(visit))


def _asks_anew(visit: Visit) -> bool:
    return visit.request.query_params.get("anew") == "1"


def _being_counted(shell: Shell, visit: Visit) -> Response:
    return being_counted(shell, visit, section="supervise", title=visit.words.t("supervise_title"))


def highest_unit(actor: Actor, world: World) -> UnitId:
    """Return the unit from which somebody looks down: the highest in which they hold a post, the whole house without
    any."""
    tree = world.surroundings.tree
    held = sorted((len(tree.lineage(grant.unit)), grant.unit) for grant in actor.grants if tree.exists(grant.unit))
    return held[0][1] if held else UnitId(tree.root)


def _tiles(figures: Figures, here: _Here) -> list[Tile]:
    words = here.visit.words
    handled = {"handled": here.unit, "below": "1"}
    found = [
        Tile(title=words.t("supervise_late"), count=figures.late, tone="late",
             address=overdue_address(within="0", **handled)),
        Tile(title=words.t("supervise_near"), count=figures.near, tone="soon",
             address=overdue_address(within="near", **handled)),
    ]  # fmt: skip
    found += [
        Tile(
            title=words.say(COLOUR_TITLES[colour]),
            count=figures.by_colour[colour],
            address=here.address("ladders", rung=colour.value),
            tone=f"rung-{colour}",
        )
        for colour in Colour
        if colour is not Colour.NONE and figures.by_colour[colour]
    ]
    late = Tile(
        title=words.t("supervise_promises_late"),
        count=figures.promises_late,
        address=here.address("promises", which="late"),
        tone="late" if figures.promises_late else "",
    )
    return [*found, late]


def _unit_rows(own: Mapping[UnitId, Figures], whole: Mapping[UnitId, Figures], here: _Here) -> Sequence[UnitRow]:
    """Return the units right below the one looked at, each with all below it, then the unit itself, then the sum."""
    world, visit, words = here.world, here.visit, here.visit.words
    units = world.surroundings.units
    children = sorted(
        (unit for unit in units.values() if unit.parent == here.unit and unit.id in whole), key=lambda unit: unit.code
    )
    rows = [
        unit_row(
            whole[unit.id],
            visit,
            title=words.say(unit.title),
            address=f"/supervise?unit={unit.id}",
            unit=unit.id,
            below=True,
        )
        for unit in children
    ]
    if here.unit in own:
        title = words.say(units[here.unit].title)
        title = words.t("supervise_own", unit=title) if children else title
        rows.append(unit_row(own[here.unit], visit, title=title, address=None, unit=here.unit, below=False))
    if len(rows) > 1:
        total = words.t("supervise_total")
        rows.append(
            unit_row(whole[here.unit], visit, title=total, address=None, unit=here.unit, below=True, is_total=True)
        )
    return rows
