"""The pages of rosters: how much of each was reached, by facet and by unit, and who is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.limits import PAGE_LINES
from engine.access.readers import principals_of
from engine.case.identity import UnitId
from engine.case.scope import SHANGHAI
from engine.service.coverage import (
    YEAR_FIRST,
    YEAR_LAST,
    Coverage,
    CoverageDesk,
    Declared,
    Share,
    declared_in,
    find_declared,
    roster_of,
)
from engine.service.coverage_kept import KeptCoverage, Told
from engine.service.exported import record_export
from engine.service.roster_ports import CoverageLine
from web.counting import being_counted, refreshing
from web.exports import EXPORT_ROWS_MAX, Cell, Kind, file_of, kind_of
from web.pages.supervise import highest_unit
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.supervise import way_to

LISTS: Final = ("missing", "reached")
YEARS_OFFERED: Final = 10
_YES_AND_NO: Final = {"true": "yes", "false": "no"}
"""What a facet that is true or false is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """A share as a row of a table shows it; ``width`` is that of its bar in percent."""

    title: str
    address: str | None
    percent: str
    width: int
    goal: int | None
    short: int
    share: Share
    is_met: bool


def coverage_pages(shell: Shell) -> Pages:
    """Return the addresses of the coverage."""
    router = Pages()

    @router.get("/coverage")
    def overview(request: Request) -> Response:
        here = _Here(shell, shell.visit(request))
        every = list(declared_in(here.world.rules))
        told = here.told(every)
        if told is None:
            return being_counted(shell, here.visit, section="coverage", title=here.visit.words.t("coverage_title"))
        rows = [
            here.row(here.count(one, told), here.visit.words.say(one.part.title.text), here.address(one.id))
            for one in every
        ]
        return here.page("coverage.html", told, rows=rows, base="/coverage")

    @router.get("/coverage/{name}")
    def of_one(request: Request, name: str) -> Response:
        here = _Here(shell, shell.visit(request))
        declared = find_declared(here.world.rules, name)
        words, part = here.visit.words, declared.part
        told = here.told([declared])
        if told is None:
            return being_counted(shell, here.visit, section="coverage", title=words.say(part.title.text))
        found = here.count(declared, told)
        which = request.query_params.get("which", "")
        which = which if which in LISTS else LISTS[0]
        lines = here.lines(declared, which, request.query_params.get("after", "")[:200], PAGE_LINES + 1)
        roster, goal = roster_of(declared, here.world.rules), part.goal
        source = None if goal is None else goal.source
        documents = here.world.rules.newest(declared.workflow).documents
        following = lines[PAGE_LINES - 1].key if len(lines) > PAGE_LINES else None
        return here.page(
            "coverage_one.html",
            told,
            base=f"/coverage/{declared.id}",
            title=words.say(part.title.text),
            period=here.period(declared),
            whole=here.row(found, words.say(part.title.text), None),
            twice=found.twice,
            source=None
            if source is None
            else words.t("coverage_source", source=f"{words.say(documents[source.document].text)} {source.article}"),
            roster=words.say(roster.title.text),
            roster_address=f"/cases?{urlencode({'workflow': roster.name})}",
            by=None if part.by is None else words.say(roster.fields[part.by].title.text),
            values=list(here.value_rows(found)),
            units=list(here.unit_rows(found)),
            way=way_to(here.unit, here.top, here.world, here.visit, lambda unit: here.with_unit(declared, unit)),
            which=which,
            lists=[(each, words.t(f"coverage_{each}"), here.address(declared.id, which=each)) for each in LISTS],
            lines=[here.line(line, declared) for line in lines[:PAGE_LINES]],
            next_page=None if following is None else here.address(declared.id, which=which, after=following),
            exports=[
                (words.t(f"export_{kind}"), here.address(f"{declared.id}/export.{kind}", which=which)) for kind in Kind
            ],
            export_max=EXPORT_ROWS_MAX,
        )

    @router.get("/coverage/{name}/export.{kind}")
    def export(request: Request, name: str, kind: str) -> Response:
        """Send a list as a file; that it was taken along is recorded."""
        here = _Here(shell, shell.visit(request))
        declared = find_declared(here.world.rules, name)
        wanted = kind_of(kind)
        which = request.query_params.get("which", "")
        which = which if which in LISTS else LISTS[0]
        rows = [here.cells(line, declared) for line in here.lines(declared, which, "", EXPORT_ROWS_MAX)]
        known, words, by = here.visit.known, here.visit.words, declared.part.by
        record_export(shell.edge.desk, known.root, known.person, "coverage", rows=len(rows), scope=declared.id)
        titles = [words.t(title) for title in ("coverage_key", "coverage_name", "unit")]
        titles += [] if by is None else [words.say(roster_of(declared, here.world.rules).fields[by].title.text)]
        return file_of(wanted, f"coverage-{declared.name.replace('_', '-')}-{which}-{here.year}", titles, rows)

    return router


class _Here:
    """What all pages of the coverage share: the year and the unit looked at, and how they are addressed."""

    def __init__(self, shell: Shell, visit: Visit) -> None:
        self.shell, self.visit, self.world = shell, visit, shell.world(visit)
        known, asked = visit.known, visit.request.query_params
        self._asks_anew = asked.get("anew") == "1"
        self.this_year = visit.now.astimezone(SHANGHAI).year
        year = asked.get("year", "")
        is_year = year.isascii() and year.isdigit() and len(year) == 4 and YEAR_FIRST <= int(year) <= YEAR_LAST
        self.year = int(year) if is_year else self.this_year
        self.top = highest_unit(known.actor, self.world)
        unit = asked.get("unit", "")
        self.unit = UnitId(unit) if self.world.surroundings.tree.exists(unit) else self.top
        self._desk = CoverageDesk(
            reads=shell.edge.desk.reads, root=known.root, world=self.world, principals=principals_of(known.actor)
        )

    def told(self, wanted: Sequence[Declared]) -> Told | None:
        """Return what was counted of these, None while a job counts for the first time."""
        edge, known = self.shell.edge, self.visit.known
        counting = KeptCoverage(edge.desk, edge.jobs, known.root, known.actor, self.world)
        return counting.counted(self.year, wanted, anew=self._asks_anew)

    def count(self, declared: Declared, told: Told) -> Coverage:
        return self._desk.told(declared, self.year, told.numbers[declared.id], self.unit)

    def lines(self, declared: Declared, which: str, after: str, limit: int) -> list[CoverageLine]:
        unit = None if self.unit == UnitId(self.world.surroundings.tree.root) else self.unit
        covered = which == "reached"
        return list(self._desk.lines(declared, self.year, covered=covered, unit=unit, after=after, limit=limit))

    def address(self, name: str, **asked: str) -> str:
        kept = {
            "year": "" if self.year == self.this_year else str(self.year),
            "unit": "" if self.unit == self.top else self.unit,
            **asked,
        }
        query = urlencode({key: value for key, value in kept.items() if value})
        path = f"/coverage/{name}" if name else "/coverage"
        return f"{path}?{query}" if query else path

    def period(self, declared: Declared) -> str:
        if declared.part.reach is None:
            return self.visit.words.t("coverage_now")
        text = "coverage_two_years" if declared.part.per == "two_years" else "coverage_one_year"
        return self.visit.words.t(text, first=self.year - 1, last=self.year)

    def row(self, found: Coverage, title: str, address: str | None) -> ShareRow:
        return self._row(found.declared, found.whole, title, address)

    def _row(self, declared: Declared, share: Share, title: str, address: str | None) -> ShareRow:
        goal = None if declared.part.goal is None else declared.part.goal.percent
        short = share.short_of(goal)
        return ShareRow(
            title=title,
            address=address,
            percent=share.percent(),
            width=round(100 * share.covered / share.lines) if share.lines else 0,
            goal=goal,
            short=short,
            share=share,
            is_met=goal is not None and share.lines > 0 and short == 0,
        )

    def value_rows(self, found: Coverage) -> Iterator[ShareRow]:
        order = sorted(found.by_value.items(), key=lambda item: (-item[1].lines, item[0] or "~"))
        for value, share in order:
            yield self._row(found.declared, share, self._value(found.declared, value), None)

    def unit_rows(self, found: Coverage) -> Iterator[ShareRow]:
        """Yield the units below, those that lack most first, and the unit itself where it has lines of its own."""
        units = self.world.surroundings.units
        rows = [
            self._row(
                found.declared,
                share,
                self.visit.words.say(units[unit].title),
                self.with_unit(found.declared, unit),
            )
            for unit, share in found.by_unit.items()
        ]
        yield from sorted(rows, key=lambda row: (-row.share.missing, row.title))
        if rows and found.own.lines:
            yield self._row(found.declared, found.own, self.visit.words.t("coverage_own"), None)

    def with_unit(self, declared: Declared, unit: UnitId) -> str:
        return self.address(declared.id, unit="" if unit == self.top else unit)

    def line(self, line: CoverageLine, declared: Declared) -> dict[str, str]:
        return {
            "key": line.key,
            "name": line.name,
            "unit": self._unit(line),
            "value": "" if declared.part.by is None else self._value(declared, line.value),
            "address": f"/cases/{line.case}",
        }

    def cells(self, line: CoverageLine, declared: Declared) -> list[Cell]:
        value = [] if declared.part.by is None else [self._value(declared, line.value)]
        return [line.key, line.name, self._unit(line), *value]

    def _unit(self, line: CoverageLine) -> str:
        known = self.world.surroundings.units.get(UnitId(line.unit))
        return line.unit if known is None else self.visit.words.say(known.title)

    def _value(self, declared: Declared, value: str | None) -> str:
        """Return what a value of the facet is called: by its code list, or yes and no."""
        words, by = self.visit.words, declared.part.by
        if value is None or by is None:
            return words.t("coverage_no_value")
        roster = self.world.rules.for_new(declared.part.roster)
        codes = roster.list_of(by)
        item = None if codes is None else codes.item(value)
        if item is not None:
            return words.say(item.title.text)
        return words.t(_YES_AND_NO[value]) if value in _YES_AND_NO else value

    def page(self, template: str, told: Told, **view: object) -> Response:
        years = [self.this_year - back for back in range(YEARS_OFFERED)]
        path = str(self.visit.request.url.path).removeprefix("/coverage").removeprefix("/")
        page = self.shell.page(
            self.visit,
            template,
            section="coverage",
            status=200,
            year=str(self.year),
            years=[str(year) for year in years],
            unit="" if self.unit == self.top else self.unit,
            unit_title=self.visit.words.say(self.world.surroundings.units[self.unit].title),
            as_of=self.visit.words.instant(told.at),
            is_kept=told.is_kept,
            is_pending=told.is_pending,
            anew=self.address(path, anew="1"),
            **view,
        )
        return refreshing(page) if told.is_pending and self._asks_anew else page
