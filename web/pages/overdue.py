"""Running deadlines that are over or will be soon: a list, filters and figures. Acting on it stands in ``acting``."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.instants import listed_before
from api.limits import NEAR_WORKING_DAYS_MAX, PAGE_LINES
from api.problems import status_of
from engine.case.identity import PersonId
from engine.case.scope import SHANGHAI
from engine.case.search_words import ASKED_CHARACTERS_MAX, VERSION
from engine.errors import InputRefused
from engine.service.exported import record_export
from engine.service.measures import measures_of
from engine.service.overdue import OverdueAsk, OverdueEntry, OverdueList, Scope
from engine.service.overview import by_person
from engine.service.overview_kept import OverviewDesk
from engine.service.rung_colours import COLOUR_TITLES, Colour
from engine.service.worded_lines import Lines
from engine.service.world import World
from web.counting import being_counted
from web.exports import EXPORT_ROWS_MAX, Kind, file_of, kind_of
from web.forms.widgets import Choices
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.lines import shown_workflows
from web.views.overdue import COLUMNS, overdue_cells, overdue_row, tiles

SCOPES = {"0": Scope.LATE, "near": Scope.NEAR, "both": Scope.BOTH}
RANGES_DAYS = {
    "0": "overdue_now",
    "near": "overdue_near",
    "both": "overdue_both",
    "3": "overdue_3",
    "7": "overdue_7",
    "30": "overdue_30",
}
FILTERS = ("within", "days", "workflow", "unit", "rung", "handled", "below", "handler", "q")


def overdue_pages(shell: Shell) -> Pages:
    """Return the addresses of the list of deadlines and of its files."""
    router = Pages()

    @router.get("/overdue")
    def overdue(request: Request) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        if _waits_for_counts(shell, visit):
            return being_counted(shell, visit, section="overdue", title=words.t("nav_overdue"))
        asked, ask = filter_of(shell, visit)
        after = request.query_params.get("after") or None
        listed = OverdueList(shell.edge.desk, visit.known.root, visit.known.actor)
        found, refusal = _page_or_refusal(listed, ask, after)
        # What holds words is not counted: see there.
        figures = listed.figures(ask) if ask.text is None else None
        selected = request.query_params.get("all") == "1"
        here = {**asked, **({"after": after} if after else {})}
        return shell.page(
            visit,
            "overdue.html",
            section="overdue",
            status=200 if refusal is None else status_of(refusal),
            message=None if refusal is None else words.say(refusal.text),
            is_filling=ask.text is not None and shell.edge.desk.reads.search_is_filling(VERSION),
            rows=[overdue_row(entry, world, visit) for entry in found.lines],
            measures=_measures(shell, visit, found.lines),
            tiles=None if figures is None else tiles(figures, _addresses(asked), words),
            figures_cut=None if figures is None or not figures.is_cut else figures.late + figures.near,
            is_cut=found.is_cut,
            next_page=None if found.next is None else address({**asked, "after": found.next}),
            first_page=address(asked) if after else None,
            asked=asked,
            after=after,
            selected=selected,
            turn_selection=address(here if selected else {**here, "all": "1"}),
            ranges=[(days, words.t(name)) for days, name in RANGES_DAYS.items()],
            handler=_name(shell, visit, asked),
            without_handler=address({name: value for name, value in asked.items() if name != "handler"}),
            rungs=[(str(colour), words.say(COLOUR_TITLES[colour])) for colour in Colour],
            units=Choices(surroundings=world.surroundings).units(words),
            workflows=[(part.name, words.say(part.title.text)) for part in shown_workflows(world.rules)],
            exports=[(words.t(f"export_{kind}"), f"/overdue/export.{kind}?{urlencode(asked)}") for kind in Kind],
            export_max=EXPORT_ROWS_MAX,
        )

    @router.get("/overdue/export.{kind}")
    def export(request: Request, kind: str) -> Response:
        """Send the list as a file; that it was taken along is recorded."""
        visit = shell.visit(request)
        wanted = kind_of(kind)
        if _waits_for_counts(shell, visit):
            return being_counted(shell, visit, section="overdue", title=visit.words.t("nav_overdue"))
        desk, reader, world = shell.edge.desk, visit.known, shell.world(visit)
        listed = OverdueList(desk, reader.root, reader.actor)
        lines = listed.lines(filter_of(shell, visit)[1], limit=EXPORT_ROWS_MAX)
        entries = list(listed.said_of(lines))
        record_export(desk, reader.root, reader.person, "overdue", rows=len(entries))
        return file_of(
            wanted,
            f"deadlines-{visit.now.astimezone(SHANGHAI).date().isoformat()}",
            [visit.words.t(name) for name in COLUMNS],
            (overdue_cells(entry, world, visit) for entry in entries),
        )

    return router


def _waits_for_counts(shell: Shell, visit: Visit) -> bool:
    """Return whether it is not known yet on what the one whose deadlines are asked for must act."""
    return bool(visit.request.query_params.get("handler")) and _overview(shell, visit).counted() is None


def filter_of(shell: Shell, visit: Visit) -> tuple[dict[str, str], OverdueAsk]:
    """Return the filter that an address holds, as it stands there and as what is asked; nonsense is left out."""
    world, params = shell.world(visit), visit.request.query_params
    asked = {name: params.get(name, "").strip() for name in FILTERS}
    known = {
        "within": tuple(RANGES_DAYS),
        "workflow": world.rules.names(),
        "unit": tuple(world.surroundings.units),
        "rung": tuple(Colour),
        "handled": tuple(world.surroundings.units),
        "below": ("1",),
    }
    asked = {name: value for name, value in asked.items() if name not in known or value in known[name]}
    asked["q"] = asked["q"][:ASKED_CHARACTERS_MAX]
    for name in ("handler", "q"):
        if not asked[name]:
            del asked[name]
    days = asked.get("days", "")
    is_number = days.isascii() and days.isdigit() and len(days) <= len(str(NEAR_WORKING_DAYS_MAX))
    if not is_number or int(days) > NEAR_WORKING_DAYS_MAX:
        asked.pop("days", None)
    within = asked.setdefault("within", "0")
    handled_by = _handled_by(asked, world)
    resting = None
    if "handler" in asked:
        resting, units = _resting(shell, visit, asked["handler"])
        handled_by = tuple(unit for unit in units if handled_by is None or unit in handled_by)
    return asked, OverdueAsk(
        scope=SCOPES.get(within, Scope.LATE),
        before=None if within in SCOPES else listed_before(visit.now, int(within)),
        near_working_days=int(asked["days"]) if "days" in asked else None,
        workflow=asked.get("workflow"),
        unit=asked.get("unit"),
        colour=Colour(asked["rung"]) if "rung" in asked else None,
        handled_by=handled_by,
        resting=resting,
        text=asked.get("q"),
    )


def _page_or_refusal(
    listed: OverdueList, ask: OverdueAsk, after: str | None
) -> tuple[Lines[OverdueEntry], InputRefused | None]:
    """Return a page of the list; words that cannot be looked for are refused beside their field."""
    try:
        return listed.look(ask, after=after, limit=PAGE_LINES), None
    except InputRefused as refusal:
        if ask.text is None:
            raise
        return Lines((), None), refusal


def _handled_by(asked: dict[str, str], world: World) -> tuple[str, ...] | None:
    """Return the units whose handling is asked for: one, or with those below it; None for any."""
    unit = asked.get("handled")
    if unit is None or (unit == world.surroundings.tree.root and "below" in asked):
        return None
    tree = world.surroundings.tree
    return tuple(each for each in tree.parents if unit in tree.lineage(each)) if "below" in asked else (unit,)


def _resting(shell: Shell, visit: Visit, handler: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the places where cases rest on which somebody must act, and the units that handle those; none where
    nobody of that name must act."""
    counted = _overview(shell, visit).counted()
    persons = [] if counted is None else by_person(counted, shell.edge.desk, visit.known.root)
    return next(((one.resting, one.units) for one in persons if one.person == handler), (("nowhere",), ("nowhere",)))


def _overview(shell: Shell, visit: Visit) -> OverviewDesk:
    return OverviewDesk(shell.edge.desk, shell.edge.jobs, visit.known.root, visit.known.actor)


def _name(shell: Shell, visit: Visit, asked: dict[str, str]) -> str | None:
    """Return what the one who must act is called, None where nobody is asked for or nobody is there."""
    handler = PersonId(asked.get("handler", ""))
    known = shell.edge.desk.reads.persons(visit.known.root, [handler]) if handler else {}
    return None if handler not in known else known[handler].name


def address(asked: dict[str, str]) -> str:
    """Return the address of the list under a filter."""
    return f"/overdue?{urlencode(asked)}"


def _addresses(asked: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the lists that the figures count: under the same filter but for range and rung."""
    kept = {name: value for name, value in asked.items() if name not in ("within", "rung")}
    found = {"late": address({**kept, "within": "0"}), "near": address({**kept, "within": "near"})}
    return found | {str(colour): address({**kept, "within": "both", "rung": colour}) for colour in Colour}


def _measures(shell: Shell, visit: Visit, entries: Iterable[OverdueEntry]) -> list[tuple[str, str]]:
    """Return the measures that are offered to the visitor on one of the lines at least."""
    offered = {name for entry in entries for name in entry.measures}
    titles = measures_of(shell.world(visit).rules)
    return [(name, visit.words.say(title)) for name, title in titles.items() if name in offered]
