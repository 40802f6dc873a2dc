"""Trying other terms and ladders out on past cases: what is chosen, and both sides beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.problems import status_of
from engine.case.identity import UnitId
from engine.definition.model import Workflow
from engine.errors import InputRefused, NotFound
from engine.figures.what_if import WITHIN, Trial, listed, trial_of, units_of
from engine.service.what_if import Simulated, simulate_seen
from engine.service.world import World
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.words import Words

ROWS: Final = (1, 2, 3)
SIDES: Final = ("term", "before", "after")
UNITS: Final = {"days": "days", "working_days": "working days", "months": "months", "hours": "hours"}
CHANGES_SHOWN: Final = 50
CHARACTERS_MAX: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One number on both sides."""

    title: str
    now: int
    tried: int

    @property
    def more(self) -> str:
        """By how many more it is when tried."""
        return f"{self.tried - self.now:+d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """A deadline that would be due on another day, or late otherwise."""

    number: str
    address: str
    deadline: str
    now: str
    tried: str
    late_now: bool
    late_tried: bool


def figures_try_pages(shell: Shell) -> Pages:
    """Return the address of trying other rules out."""
    router = Pages()

    @router.get("/figures/{workflow}/try")
    def show(request: Request, workflow: str) -> Response:
        visit = shell.visit(request)
        world, words = shell.world(visit), visit.words
        part = world.rules.newest(workflow)
        if part.vary is None:
            raise NotFound(Text("这一流程没有列出可试算的项", "This workflow lists nothing that may be tried"))
        asked = _asked(request)
        refusal: InputRefused | None = None
        trial: Trial | None = None
        found: Simulated | None = None
        if any(asked[f"item.{row}"] for row in ROWS):
            try:
                trial = trial_of(part, dict(_settings(asked)))
                found = simulate_seen(shell.edge.desk, visit.known.root, workflow, trial, visit.known.actor)
            except InputRefused as error:
                refusal = error
        return shell.page(
            visit,
            "figures_try.html",
            section="figures",
            status=200 if refusal is None else status_of(refusal),
            title=words.t("figures_try_of", title=words.say(part.title.text)),
            workflow=workflow,
            rows=ROWS,
            asked=asked,
            items=_items(part, words),
            sides=[(side, words.t(f"figures_try_side_{side}")) for side in SIDES],
            units=[(name, words.t(f"figures_try_unit_{name}")) for name in UNITS],
            problem=None if refusal is None else words.say(refusal.text),
            tried=[] if trial is None else list(_told(trial, words)),
            is_cut=trial is not None and refusal is None and found is None,
            shown=None if found is None else _shown(found, world, visit),
        )

    return router


def _asked(request: Request) -> dict[str, str]:
    names = [f"{name}.{row}" for row in ROWS for name in ("item", "side", "count", "unit")]
    return {name: request.query_params.get(name, "").strip()[:CHARACTERS_MAX] for name in names}


def _settings(asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what is set, as the command takes it."""
    for row in ROWS:
        item, count, side = asked[f"item.{row}"], asked[f"count.{row}"], asked[f"side.{row}"]
        if not item:
            continue
        if not (count.isascii() and count.isdigit()):
            raise InputRefused(Text(f"第{row}项请填写数字，如 45", f"Change {row} wants a number, as 45"))
        period, is_term = f"{count} {UNITS.get(asked[f'unit.{row}'], 'days')}", item.endswith(f".{WITHIN}")
        if not is_term and side not in ("before", "after"):
            raise InputRefused(
                Text(
                    f"第{row}项是督办层级，方向请选“到期前”或“到期后”",
                    f"Change {row} is a rung: choose before or after",
                )
            )
        yield item, period if is_term else f"{side} {period}"


def _items(part: Workflow, words: Words) -> list[tuple[str, str]]:
    return [(key, words.say(said)) for key, said in listed(part) if "." in key]


def _told(trial: Trial, words: Words) -> Iterator[str]:
    for title, before, after in trial.settings:
        yield words.t("figures_try_tried", title=words.say(title), before=words.say(before), after=words.say(after))


def _shown(found: Simulated, world: World, visit: Visit) -> dict[str, object]:
    words, outcome = visit.words, found.outcome
    before, after = outcome.before, outcome.after
    rungs = [
        Compared(
            title=f"{words.say(outcome.titles[name])}{words.t('colon')}{words.say(outcome.titles[f'{name}/{rung}'])}",
            now=before.rungs[name, rung],
            tried=after.rungs[name, rung],
        )
        for name, rung in sorted({*before.rungs, *after.rungs})
    ]
    units = [
        (Compared(title=_unit(unit, world, words), now=before.units[unit], tried=after.units[unit]), outcome.open[unit])
        for unit in units_of(outcome)
    ]
    lines = [
        Compared(
            title=words.t("figures_try_late_cases", n=outcome.cases), now=before.late_cases, tried=after.late_cases
        ),
        Compared(title=words.t("figures_try_late", n=outcome.clocks), now=before.late, tried=after.late),
    ]
    moved = [line for line in rungs if line.now != line.tried]
    moved_units = [(line, still) for line, still in units if line.now != line.tried]
    changed = outcome.changed[:CHANGES_SHOWN]
    return {
        "lines": [*lines, *moved],
        "rungs_same": words.t("figures_try_rungs_same", n=len(rungs) - len(moved)) if len(rungs) > len(moved) else "",
        "by_unit": moved_units,
        "units_same": words.t("figures_try_units_same", n=len(units) - len(moved_units))
        if len(units) > len(moved_units)
        else "",
        "changed_count": words.t("figures_try_changed_cut", n=outcome.changed_count, shown=len(changed)),
        "changed": [
            ChangedRow(
                number=found.numbers[one.case],
                address=f"/cases/{one.case}",
                deadline=words.say(one.deadline),
                now=words.date(one.due_before),
                tried=words.date(one.due_after),
                late_now=one.late_before,
                late_tried=one.late_after,
            )
            for one in changed
        ],
    }


def _unit(unit: UnitId, world: World, words: Words) -> str:
    known = world.surroundings.units.get(unit)
    return unit if known is None else words.say(known.title)
