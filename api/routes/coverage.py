"""Rosters and how much of them was reached: every coverage that is declared, and who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from api.edge import Edge
from api.identity import Asker
from api.limits import PAGE_LINES
from api.rendering import text_json
from api.routes.figures import AGAIN_SECONDS
from api.routing import api_router
from engine.access.readers import principals_of
from engine.calendar.term import SHANGHAI
from engine.case.codec import at_text
from engine.case.identity import UnitId
from engine.errors import InputRefused
from engine.service.coverage import (
    YEAR_FIRST,
    YEAR_LAST,
    Coverage,
    CoverageDesk,
    Declared,
    Share,
    declared_in,
    find_declared,
)
from engine.service.coverage_kept import KeptCoverage, Told
from engine.text import Text

Year = Annotated[int | None, Query(ge=YEAR_FIRST, le=YEAR_LAST)]
Unit = Annotated[str | None, Query(max_length=200)]
Name = Annotated[str, Path(max_length=120)]


def coverage_routes(edge: Edge) -> APIRouter:
    """Return the routes of the coverage."""
    router = api_router("figures")

    @router.get("/coverage")
    def read_all(request: Request, year: Year = None, unit: Unit = None) -> JSONResponse:
        """Return every coverage that is declared, counted for a year in a unit and all below it.

        Each line of a roster counts once, however often it was reached; only lines that the asker may see count.
        ``year`` is this one without it, ``unit`` the whole house. ``as_of`` is when it was counted. Where there are too
        many lines to count at once the answer is 202: ask again.
        """
        asking = _Asking(edge, edge.identities.in_thread(request), year, unit)
        every = list(declared_in(asking.world.rules))
        told = asking.counted(every)
        if told is None:
            return _counting()
        found = [_told(asking.count(one, told)) for one in every]
        return JSONResponse({"coverage": found, "as_of": at_text(told.at)})

    @router.get("/coverage/{name}")
    def read_one(
        request: Request,
        name: Name,
        year: Year = None,
        unit: Unit = None,
        covered: bool = False,
        after: Annotated[str, Query(max_length=200)] = "",
    ) -> JSONResponse:
        """Return a coverage by facet and by unit, and a page of the lines that count (``covered``) or do not.

        ``name`` is the workflow and the coverage with a dot between them; ``next`` is what ``after`` continues with.
        """
        asking = _Asking(edge, edge.identities.in_thread(request), year, unit)
        declared = find_declared(asking.world.rules, name)
        told = asking.counted([declared])
        if told is None:
            return _counting()
        found = asking.count(declared, told)
        lines = asking.desk.lines(
            declared, asking.year, covered=covered, unit=asking.unit, after=after, limit=PAGE_LINES + 1
        )
        return JSONResponse(
            {
                **_told(found),
                "as_of": at_text(told.at),
                "twice": found.twice,
                "by_value": [{"value": value, **_share(share, declared)} for value, share in found.by_value.items()],
                "by_unit": [{"unit": below, **_share(share, declared)} for below, share in found.by_unit.items()],
                "own": _share(found.own, declared),
                "lines": [line._asdict() for line in lines[:PAGE_LINES]],
                "next": lines[PAGE_LINES - 1].key if len(lines) > PAGE_LINES else None,
            }
        )

    return router


def _counting() -> JSONResponse:
    return JSONResponse({"counting": True}, status_code=202, headers={"Retry-After": str(AGAIN_SECONDS)})


class _Asking:
    """Who asks, for which year and which unit."""

    def __init__(self, edge: Edge, asker: Asker, year: int | None, unit: str | None) -> None:
        self._edge, self._asker, self.world = edge, asker, edge.world(asker)
        if unit is not None and not self.world.surroundings.tree.exists(unit):
            raise InputRefused(Text("没有这个单位", "No such unit"))
        self.year = edge.desk.office.now().astimezone(SHANGHAI).year if year is None else year
        self.unit = None if unit is None else UnitId(unit)
        self.desk = CoverageDesk(
            reads=edge.desk.reads, root=asker.root, world=self.world, principals=principals_of(asker.actor)
        )

    def counted(self, wanted: Sequence[Declared]) -> Told | None:
        edge, asker = self._edge, self._asker
        return KeptCoverage(edge.desk, edge.jobs, asker.root, asker.actor, self.world).counted(self.year, wanted)

    def count(self, declared: Declared, told: Told) -> Coverage:
        return self.desk.told(declared, self.year, told.numbers[declared.id], self.unit)


def _told(found: Coverage) -> dict[str, JsonValue]:
    declared = found.declared
    return {
        "coverage": declared.id,
        "title": text_json(declared.part.title.text),
        "roster": declared.part.roster,
        "year": found.year,
        "per": declared.part.per,
        **_share(found.whole, declared),
    }


def _share(share: Share, declared: Declared) -> dict[str, JsonValue]:
    goal = declared.part.goal
    return {
        "lines": share.lines,
        "covered": share.covered,
        "planned": share.planned,
        "value": share.percent(),
        "goal": None if goal is None else goal.percent,
        "short_of_goal": share.short_of(None if goal is None else goal.percent),
    }
