"""Figures for pages and programs: counted at once where few cases are asked for, else by a job, and kept.

A figure of the past never changes: as of an instant means as the ledger knew it then. It is kept, and counted anew only
when it has not been for a month, as a value that was erased takes its span along. Figures of now are counted anew when
somebody asks and the last ones are some minutes old. Both can be worked out again at any time from the spans.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from engine.access.readers import principals_of
from engine.calendar.term import SHANGHAI, day_ends_at
from engine.case.actors import Actor
from engine.case.codec import at_from, at_text, microseconds
from engine.case.identity import CaseId, RootId, UnitId
from engine.definition.compiled import Definition
from engine.errors import InputRefused
from engine.figures.chosen import Chosen
from engine.figures.facts import facts_of
from engine.figures.measures import Grouping
from engine.figures.report import Audience, is_confidential
from engine.figures.survey import Section, Survey, members, survey
from engine.figures.survey_json import FORM, survey_from, survey_text
from engine.service.case_rows import row_of
from engine.service.desk import Desk
from engine.service.figure_ports import KeptFigures
from engine.service.jobs import Jobs
from engine.service.kept_answers import asked_row, keep, kept_or_asked
from engine.service.ports import CaseLine
from engine.service.world import World
from engine.text import Text

LIVE_CASES_MAX: Final = 1_000
"""So many cases of a workflow, or of the units asked for, are counted while the reader waits; more by a job."""
LISTED_MAX: Final = 200
FRESH: Final = timedelta(minutes=5)
SETTLED: Final = timedelta(minutes=10)
"""What was recorded so long before now is committed; an instant as long ago is a past that does not change."""
KEPT_FOR: Final = timedelta(days=30)
KEPT_NOW_FOR: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What figures are asked for.

    ``at`` is the cut-off, None for now. ``unit`` is a unit with all below it; ``category`` a class of matters,
    ``period`` a month or a year (``2026-03``, ``2026``), ``session`` a congress session; None for all. With ``column``
    the cases behind one number are asked for, of the group ``key`` of ``by`` where ``by`` is given.
    """

    workflow: str
    audience: Audience = Audience.OFFICIAL
    at: datetime | None = None
    unit: str | None = None
    category: str | None = None
    period: str | None = None
    session: str | None = None
    column: str | None = None
    by: Grouping | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Figures: ``survey`` is None while a job counts them for the first time, ``is_pending`` while one counts anew.

    ``section`` is what was chosen of the survey: the whole of it or, of figures that print no small numbers, one of its
    groups, as to choose there is to pick a row that is printed anyway.
    """

    definition: Definition
    as_of: datetime
    suppressed: bool
    survey: Survey | None
    section: Section | None
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The cases behind a number that the reader may see, newest first: how many, and the first of them.

    ``lines`` is None while a job looks for them.
    """

    lines: tuple[CaseLine, ...] | None
    count: int
    as_of: datetime


class FigureDesk:
    """Answers what figures are asked for, for one reader."""

    def __init__(self, desk: Desk, jobs: Jobs | None, root: RootId, actor: Actor, world: World) -> None:
        """``jobs`` is None where none run: then everything is counted at once."""
        self._desk, self._jobs, self._root, self._world = desk, jobs, root, world
        self._principals = principals_of(actor)

    def figures(self, asked: Asked) -> Told:
        """Return the figures; raises NotFound for an unknown workflow and InputRefused for a choice that crosses
        tables of figures that print no small numbers."""
        definition = self._world.rules.for_new(asked.workflow)
        suppressed = asked.audience is Audience.OFFICIAL and is_confidential(definition)
        if suppressed:
            return self._published(asked, definition)
        body, as_of, is_pending = self._answer(asked, definition)
        told = None if body is None else survey_from(body)
        return Told(
            definition=definition,
            as_of=as_of,
            suppressed=False,
            survey=told,
            section=None if told is None else told.whole,
            is_pending=is_pending,
        )

    def behind(self, asked: Asked) -> Behind:
        """Return the cases behind a number. Whatever figures are asked for, they are those the reader may see."""
        definition = self._world.rules.for_new(asked.workflow)
        at = asked.at
        if asked.audience is Audience.OFFICIAL and is_confidential(definition):
            at = published_at(at or self._desk.office.now())
        body, as_of, _pending = self._answer(replace(asked, at=at, audience=Audience.MINE), definition)
        if body is None:
            return Behind(lines=None, count=0, as_of=as_of)
        count, ids = json.loads(body)
        seen = {case.id: case for case in self._desk.reads.visible_cases(self._root, ids, self._principals)}
        rows = [row_of(seen[each], definition) for each in ids if each in seen]
        lines = tuple(CaseLine(**{name: getattr(row, name) for name in CaseLine._fields[:-1]}) for row in rows)
        return Behind(lines=lines, count=count if count > LISTED_MAX else len(lines), as_of=as_of)

    def _published(self, asked: Asked, definition: Definition) -> Told:
        """Return figures that print no small numbers: as of the end of a month, one row of their tables at most."""
        chosen = [
            (by, key)
            for by, key in (
                (Grouping.UNIT, asked.unit),
                (Grouping.CATEGORY, asked.category),
                (Grouping.MONTH, asked.period),
                (Grouping.SESSION, asked.session),
            )
            if key is not None
        ]
        if len(chosen) > 1 or (asked.period is not None and len(asked.period) != len("2026-03")):
            raise InputRefused(
                Text(
                    "涉及保密的事项，公布口径只能按一个单位、一个类别、一个月份或一个届次查看，不能交叉：否则可推算出个别人",
                    "Official figures of confidential kinds are shown for one unit, class, month or session, never "
                    "crossed: single people could be reckoned from it",
                ),
                parameter="period",
            )
        whole = Asked(workflow=asked.workflow, at=published_at(asked.at or self._desk.office.now()))
        body, as_of, is_pending = self._answer(whole, definition)
        told = None if body is None else survey_from(body)
        section = None
        if told is not None:
            section = told.whole if not chosen else told.group(*chosen[0]) or _nobody(told, chosen[0][1])
        return Told(
            definition=definition,
            as_of=as_of,
            suppressed=True,
            survey=told,
            section=section,
            is_pending=is_pending,
        )

    def _answer(self, asked: Asked, definition: Definition) -> tuple[str | None, datetime, bool]:
        """Return the answer (None while there is none), the instant it is of, and whether a job counts."""
        desk, now = self._desk, self._desk.office.now()
        principals = self._principals if asked.audience is Audience.MINE else None
        at = asked.at or now
        if self._jobs is None or self._is_small(asked, principals):
            return counted(desk, self._root, asked, at, principals, self._world), at, False
        row = _row(self._root, asked, principals, definition, self._world, now)
        kept = kept_or_asked(desk, self._jobs, row, lambda then: _is_settled(asked, then) or now - then < FRESH)
        return kept.body, kept.as_of or at, kept.is_pending

    def _is_small(self, asked: Asked, principals: Sequence[str] | None) -> bool:
        reads = self._desk.reads
        if reads.cases_up_to(self._root, asked.workflow, LIVE_CASES_MAX + 1) <= LIVE_CASES_MAX:
            return True
        if principals is not None:
            return reads.sees_few(self._root, principals)
        chosen = None if asked.unit is None else _chosen(asked, self._world)
        return chosen is not None and _few_of_units(self._desk, self._root, asked.workflow, chosen) is not None


def published_at(at: datetime) -> datetime:
    """Return the last end of a month (Shanghai) that is not after an instant.

    Figures that print no small numbers are of such instants only: between two of any instants single cases could be
    reckoned one by one.

    >>> from datetime import UTC
    >>> published_at(datetime(2026, 4, 15, tzinfo=UTC)).isoformat()
    '2026-04-01T00:00:00+08:00'
    """
    local = at.astimezone(SHANGHAI)
    return day_ends_at(date(local.year, local.month, 1) - timedelta(days=1))


def keep_figures(desk: Desk, row: KeptFigures) -> None:
    """Count what was asked for and keep it."""
    asked, principals = _asked_from(row.asked)
    now = desk.office.now()
    at = asked.at or now
    root = RootId(row.root)
    body = counted(desk, root, asked, at, principals, desk.world(root))
    settled = principals is None and _is_settled(asked, now)
    keep(desk, row, body, as_of=at, until=now + (KEPT_FOR if settled else KEPT_NOW_FOR))


def counted(
    desk: Desk, root: RootId, asked: Asked, at: datetime, principals: Sequence[str] | None, world: World
) -> str:
    """Return what is asked for, counted now, as the text in which it is kept."""
    definition = world.rules.for_new(asked.workflow)
    suppressed = principals is None and is_confidential(definition)
    chosen = None if suppressed else _chosen(asked, world)
    few = None if chosen is None or principals is not None else _few_of_units(desk, root, asked.workflow, chosen)
    if few is None:
        spans = desk.reads.spans_of_workflow(root, asked.workflow, microseconds(at), principals)
    else:
        spans = desk.reads.spans_of_cases(root, microseconds(at), few)
    facts = facts_of(spans, at)
    if asked.column is None:
        return survey_text(survey(definition, facts, at, calendar=world.calendar, suppressed=suppressed, chosen=chosen))
    group = None if asked.by is None else (str(asked.by), asked.key)
    found = sorted(members(definition, facts, at, asked.column, chosen, group), reverse=True)
    return json.dumps([len(found), found[:LISTED_MAX]])


def _chosen(asked: Asked, world: World) -> Chosen | None:
    if (asked.unit, asked.category, asked.period, asked.session) == (None, None, None, None):
        return None
    units = None
    if asked.unit is not None:
        tree = world.surroundings.tree
        units = frozenset(unit for unit in world.surroundings.units if asked.unit in tree.lineage(unit))
    return Chosen(units=units, category=asked.category, period=asked.period, session=asked.session)


def _few_of_units(desk: Desk, root: RootId, workflow: str, chosen: Chosen) -> Sequence[CaseId] | None:
    """Return the cases that the chosen units ever had or led; None where no unit is chosen, or they are too many to be
    counted while the reader waits."""
    if chosen.units is None:
        return None
    return desk.reads.cases_of_units(root, workflow, sorted(chosen.units), LIVE_CASES_MAX)


def _is_settled(asked: Asked, then: datetime) -> bool:
    return asked.at is not None and asked.at < then - SETTLED


def _nobody(told: Survey, key: str | None) -> Section:
    """Return the row of a group that no case is of."""
    return Section(key=key, numbers=(0,) * len(told.columns), times=(None,) * len(told.whole.times))


def _row(
    root: RootId,
    asked: Asked,
    principals: Sequence[str] | None,
    definition: Definition,
    world: World,
    now: datetime,
) -> KeptFigures:
    """Return the row of what is asked for; its id changes with whatever the answer hangs on but the cases."""
    plain = {name: value for name, value in asdict(asked).items() if value is not None}
    if asked.at is not None:
        plain["at"] = at_text(asked.at)
    rests_on: list[object] = [FORM, definition.hash, sorted(definition.list_hashes.items()), world.calendar.version]
    if asked.unit is not None:
        rests_on.append(sorted((unit, str(part.parent)) for unit, part in world.surroundings.units.items()))
    return asked_row(root, {**plain, "principals": principals}, rests_on, until=now + KEPT_NOW_FOR)


def _asked_from(text: str) -> tuple[Asked, tuple[str, ...] | None]:
    plain = json.loads(text)
    principals = plain.pop("principals")
    plain["audience"] = Audience(plain["audience"])
    if "at" in plain:
        plain["at"] = at_from(plain["at"])
    if "by" in plain:
        plain["by"] = Grouping(plain["by"])
    return Asked(**plain), None if principals is None else tuple(principals)


def unit_named(world: World, text: str) -> UnitId:
    """Return the unit with this id, code or name; raises InputRefused where there is none."""
    found = world.surroundings.unit_called(text)
    if found is None:
        raise InputRefused(
            Text(f"没有名为“{text[:40]}”的单位，请填单位名称或编码", f"No unit is called {text[:40]!r}"),
            parameter="unit",
        )
    return found.id
