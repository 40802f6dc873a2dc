"""Trying other rules out on past cases: what is chosen, and both sides beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.problems import status_of
from engine.access.directory import Unit
from engine.case.identity import UnitId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.model import VaryPart
from engine.errors import InputRefused, NotFound
from engine.figures.trial import GUARD, PARAMETER, WITHIN, Trial, classes_of, listed, trial_of
from engine.figures.what_if import Outcome, state_lines, units_of
from engine.service.what_if import Simulated, simulate_seen
from engine.service.world import World
from engine.text import Text
from web.routing import Pages
from web.shell import Shell, Visit
from web.words import Words

ROWS: Final = (1, 2, 3)
SIDES: Final = ("term", "before", "after")
UNITS: Final = {"days": "days", "working_days": "working days", "months": "months", "hours": "hours"}
CHANGES_SHOWN: Final = 20
CHARACTERS_MAX: Final = 80
SWITCHES: Final = ("true", "false")
CLASS, TO = "class", "to"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A parameter, a guard or a unit that may be set: the field's name, what it is called, and what kind it is of."""

    name: str
    title: str
    kind: str
    value: str


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
        definition = world.rules.for_new(workflow)
        vary = definition.workflow.vary
        if vary is None:
            raise NotFound(Text("这一流程没有列出可试算的项", "This workflow lists nothing that may be tried"))
        asked = _asked(request, vary)
        refusal: InputRefused | None = None
        trial: Trial | None = None
        found: Simulated | None = None
        if any(asked[name] for name in asked if name.partition(".")[0] in ("item", PARAMETER, GUARD, TO)):
            try:
                settings = {**dict(_settings(asked)), **dict(_decided(asked, vary))}
                trial = trial_of(definition, settings, units=world.surroundings.units.values())
                found = simulate_seen(shell.edge.desk, visit.known.root, workflow, trial, visit.known.actor)
            except InputRefused as error:
                refusal = error
        return shell.page(
            visit,
            "figures_try.html",
            section="figures",
            status=200 if refusal is None else status_of(refusal),
            title=words.t("figures_try_of", title=words.say(definition.workflow.title.text)),
            workflow=workflow,
            rows=ROWS,
            asked=asked,
            items=_items(definition, words),
            sides=[(side, words.t(f"figures_try_side_{side}")) for side in SIDES],
            periods=[(name, words.t(f"figures_try_unit_{name}")) for name in UNITS],
            switches=[(value, words.t(f"figures_try_{value}")) for value in SWITCHES],
            choices=list(_choices(definition, vary, asked, words)),
            fields=[(name, words.say(definition.field(name).title.text)) for name in vary.units],
            classes=[(code, words.say(title)) for code, title in classes_of(definition)],
            units=_units(world.surroundings.units.values(), words) if vary.units else [],
            problem=None if refusal is None else words.say(refusal.text),
            tried=[] if trial is None else list(_told(trial, words)),
            is_cut=trial is not None and refusal is None and found is None,
            shown=None if found is None else _shown(found, world, visit),
        )

    return router


def _asked(request: Request, vary: VaryPart) -> dict[str, str]:
    names = [f"{name}.{row}" for row in ROWS for name in ("item", "side", "count", "unit")]
    names += [f"{PARAMETER}.{name}" for name in vary.parameters] + [f"{GUARD}.{name}" for name in vary.guards]
    names += [f"{what}.{name}" for name in vary.units for what in (CLASS, TO)]
    return {name: request.query_params.get(name, "").strip()[:CHARACTERS_MAX] for name in names}


def _decided(asked: Mapping[str, str], vary: VaryPart) -> Iterator[tuple[str, str]]:
    """Yield the parameters, guards and units that are set, as the command takes them."""
    for name in (*(f"{PARAMETER}.{name}" for name in vary.parameters), *(f"{GUARD}.{name}" for name in vary.guards)):
        if asked[name]:
            yield name, asked[name]
    for name in vary.units:
        if asked[f"{TO}.{name}"]:
            yield f"{name}.{asked[f'{CLASS}.{name}']}", asked[f"{TO}.{name}"]


def _choices(definition: Definition, vary: VaryPart, asked: Mapping[str, str], words: Words) -> Iterator[Choice]:
    said = dict(listed(definition))
    for name in vary.parameters:
        key, value = f"{PARAMETER}.{name}", definition.workflow.parameters[name].value
        kind = "switch" if isinstance(value, bool) else "number" if isinstance(value, int) else "word"
        yield Choice(name=key, title=words.say(said[key]), kind=kind, value=asked[key])
    for name in vary.guards:
        key = f"{GUARD}.{name}"
        yield Choice(name=key, title=words.say(said[key]), kind=GUARD, value=asked[key])


def _units(units: Iterable[Unit], words: Words) -> list[tuple[str, str]]:
    return sorted(((unit.code, words.say(unit.title)) for unit in units), key=itemgetter(1))


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


def _items(definition: Definition, words: Words) -> list[tuple[str, str]]:
    """Return the terms and rungs that may be set."""
    vary = definition.workflow.vary or VaryPart()
    named = (*vary.terms, *vary.ladders)
    return [(key, words.say(said)) for key, said in listed(definition) if key.partition(".")[0] in named]


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
    lines = [
        Compared(
            title=words.t("figures_try_late_cases", n=outcome.cases), now=before.late_cases, tried=after.late_cases
        ),
        Compared(title=words.t("figures_try_late", n=outcome.clocks), now=before.late, tried=after.late),
        *(
            Compared(title=words.t("figures_try_state", state=words.say(title)), now=now, tried=tried)
            for title, now, tried in state_lines(outcome)
        ),
    ]
    moved = [line for line in rungs if line.now != line.tried]
    units = [_unit_row(unit, outcome, world, words) for unit in units_of(outcome)]
    moved_units = [row for row in units if any(line.now != line.tried for line in row[1])]
    changed = outcome.changed[:CHANGES_SHOWN]
    return {
        "lines": [*lines, *moved],
        "rungs_same": words.t("figures_try_rungs_same", n=len(rungs) - len(moved)) if len(rungs) > len(moved) else "",
        "by_unit": moved_units,
        "turned_count": words.t(
            "figures_try_turned_count",
            n=outcome.turned_count,
            dropped=outcome.dropped,
            shown=min(outcome.turned_count, CHANGES_SHOWN),
        ),
        "turns": [(words.say(move), words.say(what), count) for (move, what), count in outcome.turns.most_common()],
        "turned": [
            (found.numbers[one.case], f"/cases/{one.case}", words.say(one.move), words.date(_day(one.at)))
            for one in outcome.turned[:CHANGES_SHOWN]
        ],
        "unknown": [
            words.t("figures_try_unknown", n=count, why=words.say(why)) for why, count in outcome.unknown.most_common()
        ],
        "units_same": words.t("figures_try_units_same", n=len(units) - len(moved_units))
        if len(units) > len(moved_units)
        else "",
        "changed_count": words.t("figures_try_changed_cut", n=outcome.changed_count, shown=len(changed)),
        "changed": [
            ChangedRow(
                number=found.numbers[one.case],
                address=f"/cases/{one.case}",
                deadline=words.say(one.deadline),
                now="—" if one.due_before is None else words.date(one.due_before),
                tried="—" if one.due_after is None else words.date(one.due_after),
                late_now=one.late_before,
                late_tried=one.late_after,
            )
            for one in changed
        ],
    }


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _unit_row(unit: UnitId, outcome: Outcome, world: World, words: Words) -> tuple[str, list[Compared]]:
    """Return of a unit its name, its cases, its open deadlines and those late."""
    before, after = outcome.before, outcome.after
    lines = [
        Compared(title=words.t(title), now=one[unit], tried=other[unit])
        for title, one, other in (
            ("figures_try_cases", before.cases, after.cases),
            ("figures_try_open", before.open, after.open),
            ("figures_try_late_of_unit", before.units, after.units),
        )
    ]
    return _unit(unit, world, words), lines


def _unit(unit: UnitId, world: World, words: Words) -> str:
    known = world.surroundings.units.get(unit)
    return unit if known is None else words.say(known.title)
