"""What is tried out on past cases: another term, rung, calendar, parameter, guard, or unit for a class of matters.

A definition lists what may be tried (``vary``), and what it does not list is refused with the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from engine.access.directory import Unit
from engine.case.identity import UnitId
from engine.definition.compiled import Definition, all_guards
from engine.definition.guards import compile_guard
from engine.definition.model import DeadlinePart, Ladder, Rung, RungTime, VaryPart, Within, Workflow
from engine.definition.names import guard_names
from engine.definition.parts import GuardPart, TransitionPart
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.errors import InputRefused
from engine.text import Text

WITHIN: Final = "within"
PARAMETER: Final = "parameter"
GUARD: Final = "guard"
OFF: Final = "off"
"""In the place of a guard: it is not asked at all."""
CALENDAR: Final = "calendar"
WORD_MAX: Final = 60
_NONE: Final = Text("—", "—")
_MOVED: Final = re.compile(r"([+-])([0-9]{1,4})")
_PLACED: Final = re.compile(r"(before|after) +(.+)")
_WHOLE: Final = re.compile(r"[0-9]{1,6}")

ParameterValue = int | bool | str


class Setting(NamedTuple):
    """One thing that is tried: what it is called, what it says now and what is tried instead."""

    title: Text
    before: Text
    after: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A workflow with what is tried in it.

    ``terms`` are by deadline the text that stands for the declared one; ``guards`` by id the question asked instead,
    None for none; ``units`` by the field that names the lead unit: class of matter → the unit that gets it.
    """

    settings: tuple[Setting, ...]
    terms: Mapping[str, str] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    guards: Mapping[str, str | None] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, UnitId]] = field(default_factory=dict)

    @property
    def is_decided_anew(self) -> bool:
        """Whether moves may come out otherwise, so that they have to be decided once more."""
        return bool(self.parameters or self.guards or self.units)

    def of(self, workflow: Workflow) -> Workflow:
        """Return a version of the workflow with the ladders that are tried."""
        known = {name: ladder for name, ladder in self.ladders.items() if name in workflow.ladders}
        return workflow.model_copy(update={"ladders": {**workflow.ladders, **known}}) if known else workflow

    def decided_by(self, workflow: Workflow) -> Workflow:
        """Return a version of the workflow with the parameters and the guards that are tried."""
        parameters = {
            name: part.model_copy(update={"value": self.parameters.get(name, part.value)})
            for name, part in workflow.parameters.items()
        }
        transitions = {name: self._asked_of(part) for name, part in workflow.transitions.items()}
        return workflow.model_copy(update={"parameters": parameters, "transitions": transitions})

    def _asked_of(self, part: TransitionPart) -> TransitionPart:
        ways = tuple(way.model_copy(update={"guards": self._asked(way.guards)}) for way in part.alternatives)
        return part.model_copy(update={"guards": self._asked(part.guards), "alternatives": ways})

    def _asked(self, guards: tuple[GuardPart, ...]) -> tuple[GuardPart, ...]:
        kept = (one for one in guards if self.guards.get(one.id, "") is not None)
        return tuple(
            one if one.id not in self.guards else one.model_copy(update={"expr": self.guards[one.id], "use": None})
            for one in kept
        )


def trial_of(
    definition: Definition,
    settings: Mapping[str, str],
    *,
    units: Iterable[Unit] = (),
    other_calendar: Text | None = None,
) -> Trial:
    """Return what is tried.

    Args:
        definition: the newest version, which lists what may be varied.
        settings: what is to be tried, as ``reply.within`` → ``45 working days``, ``reply.red`` → ``+10``,
            ``parameter.seconders_min`` → ``3``, ``guard.enough_seconders`` → ``off`` or another question,
            ``lead.welfare`` → a unit by its code or its Chinese title.
        units: the units of the house, where matters may be given to others.
        other_calendar: what the other calendar is called, None where that of the house is kept.

    Raises:
        InputRefused: something is not listed, or its value is none; or nothing is tried at all.
    """
    making = _Making(definition, units)
    for key, value in settings.items():
        making.take(key, value)
    if other_calendar is not None:
        if not making.vary.calendar:
            raise making.not_listed(CALENDAR)
        making.told.append(Setting(Text("日历", "Calendar"), Text("现行通知", "the notices in force"), other_calendar))
    if not making.told:
        may = _listed(definition)
        raise InputRefused(Text(f"请写明试算什么；可用：{may}", f"Say what is tried; there are: {may}"))
    return Trial(
        settings=tuple(making.told),
        terms=making.terms,
        ladders=making.ladders,
        parameters=making.parameters,
        guards=making.guards,
        units=making.given_to,
    )


def term_of(part: DeadlinePart) -> str | None:
    """Return the declared term as text: its own, or the one that stands where no date is given; None without any."""
    return part.within.otherwise if isinstance(part.within, Within) else part.within


def listed(definition: Definition) -> Iterator[tuple[str, Text]]:
    """Yield what may be varied: the key by which it is set, and what it says now."""
    workflow = definition.workflow
    vary = workflow.vary or VaryPart()
    for name in vary.terms:
        title, now = workflow.deadlines[name].title.text, term_of(workflow.deadlines[name])
        yield f"{name}.{WITHIN}", _said(title, _NONE if now is None else parse_period(now).text())
    for name in vary.ladders:
        for rung in workflow.ladders[name].rungs:
            if rung.at.on is None:
                yield f"{name}.{rung.id}", _said(rung.title.text, _place_words(rung.at))
    for name in vary.parameters:
        part = workflow.parameters[name]
        yield f"{PARAMETER}.{name}", _said(part.title.text, _value_words(part.value))
    for name in vary.guards:
        yield f"{GUARD}.{name}", _said(_guard_words(workflow, name), Text("适用", "asked"))
    for name in vary.units:
        title = workflow.fields[name].title.text
        for code, called in classes_of(definition):
            yield f"{name}.{code}", _said(Text(f"{title.zh}（{called.zh}）", f"{title.en} ({called.en})"), _AS_GIVEN)
    if vary.calendar:
        yield CALENDAR, Text("日历", "Calendar")


class _Making:
    """A trial while its settings are read."""

    def __init__(self, definition: Definition, units: Iterable[Unit]) -> None:
        self.definition, self.workflow = definition, definition.workflow
        self.vary = self.workflow.vary or VaryPart()
        self.known_units = units
        self.told: list[Setting] = []
        self.terms: dict[str, str] = {}
        self.ladders: dict[str, Ladder] = {}
        self.parameters: dict[str, ParameterValue] = {}
        self.guards: dict[str, str | None] = {}
        self.given_to: dict[str, dict[str, UnitId]] = {}

    def take(self, key: str, value: str) -> None:
        """Take one setting; raises InputRefused."""
        name, _, what = key.partition(".")
        for take in (self._term, self._step, self._parameter, self._guard, self._unit):
            setting = take(name, what, value.strip())
            if setting is not None:
                self.told.append(setting)
                return
        raise self.not_listed(key)

    def not_listed(self, key: str) -> InputRefused:
        may = _listed(self.definition)
        return InputRefused(
            Text(f"“{key[:60]}”不在可试算之列；可用：{may}", f"{key[:60]!r} may not be varied; there are: {may}")
        )

    def _term(self, name: str, what: str, value: str) -> Setting | None:
        if what != WITHIN or name not in self.vary.terms:
            return None
        part = self.workflow.deadlines[name]
        period, now = parse_period(value), term_of(part)
        self.terms[name] = str(period)
        return Setting(part.title.text, parse_period(now).text() if now else _NONE, period.text())

    def _step(self, name: str, what: str, value: str) -> Setting | None:
        rung = _rung(self.workflow, name, what) if name in self.vary.ladders else None
        if rung is None:
            return None
        ladder, place = self.ladders.get(name, self.workflow.ladders[name]), _placed(rung.at, value)
        rungs = tuple(one.model_copy(update={"at": place}) if one.id == what else one for one in ladder.rungs)
        self.ladders[name] = ladder.model_copy(update={"rungs": rungs})
        return Setting(rung.title.text, _place_words(rung.at), _place_words(place))

    def _parameter(self, name: str, what: str, value: str) -> Setting | None:
        if name != PARAMETER or what not in self.vary.parameters:
            return None
        part = self.workflow.parameters[what]
        self.parameters[what] = _value_of(part.value, value)
        return Setting(part.title.text, _value_words(part.value), _value_words(self.parameters[what]))

    def _guard(self, name: str, what: str, value: str) -> Setting | None:
        if name != GUARD or what not in self.vary.guards:
            return None
        part = self.definition.guard_parts[what]
        if value == OFF:
            self.guards[what] = None
        else:
            compile_guard(value, guard_names(self.workflow, self.definition.lists))
            self.guards[what] = value
        after = Text("取消", "not asked") if value == OFF else Text(value, value)
        before = part.expr or part.use or ""
        return Setting(_guard_words(self.workflow, what), Text(before, before), after)

    def _unit(self, name: str, what: str, value: str) -> Setting | None:
        called = dict(classes_of(self.definition)).get(what)
        if name not in self.vary.units or called is None:
            return None
        found = [unit for unit in self.known_units if value in (unit.id, unit.code, unit.title.zh)]
        if len(found) != 1:
            raise InputRefused(_no_such_unit(value, len(found)))
        self.given_to.setdefault(name, {})[what] = found[0].id
        title = self.workflow.fields[name].title.text
        called = Text(f"{title.zh}（{called.zh}）", f"{title.en} ({called.en})")
        return Setting(called, _AS_GIVEN, found[0].title)


_AS_GIVEN: Final = Text("按原交办", "as it was given")


def classes_of(definition: Definition) -> Iterator[tuple[str, Text]]:
    """Yield the classes of matters that cases of the workflow may be of, by their codes."""
    name = definition.workflow.category_field
    codes = None if name is None else definition.list_of(name)
    for item in () if codes is None else codes.items:
        yield item.code, item.title.text


def _value_of(now: ParameterValue, value: str) -> ParameterValue:
    """Return a value of the same kind as the one in force."""
    if isinstance(now, bool):
        if value not in _SWITCH:
            raise InputRefused(
                Text(f"“{value[:40]}”应为 true（是）或 false（否）", f"{value[:40]!r} must be true or false")
            )
        return _SWITCH[value]
    if isinstance(now, int):
        if not _WHOLE.fullmatch(value):
            raise InputRefused(Text(f"“{value[:40]}”应为整数，如 3", f"{value[:40]!r} must be a whole number, as 3"))
        return int(value)
    return value[:WORD_MAX]


_SWITCH: Final = {"true": True, "false": False}


def _value_words(value: ParameterValue) -> Text:
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    return Text(str(value), str(value))


def _guard_words(workflow: Workflow, name: str) -> Text:
    """Return what a guard is called: what it says when it refuses, with the parameters in force."""
    found = next(one for part in workflow.transitions.values() for one in all_guards(part) if one.id == name)
    values = {known: part.value for known, part in workflow.parameters.items()}
    said = found.refuse.text.filled(values)
    return Text(f"条件“{said.zh}”", f"Guard “{said.en}”")


def _said(title: Text, now: Text) -> Text:
    return Text(f"{title.zh}：{now.zh}", f"{title.en}: {now.en}")


def _no_such_unit(value: str, found: int) -> Text:
    if found:
        return Text(
            f"有 {found} 个单位叫“{value[:40]}”，请写单位代码",
            f"{found} units are called {value[:40]!r}: give the code",
        )
    return Text(
        f"没有单位“{value[:40]}”，请写单位代码或全称", f"No unit {value[:40]!r}: give its code or Chinese title"
    )


def _rung(workflow: Workflow, ladder: str, name: str) -> Rung | None:
    found = (one for one in workflow.ladders[ladder].rungs if one.id == name and one.at.on is None)
    return next(found, None)


def _placed(at: RungTime, value: str) -> RungTime:
    """Return when a rung is due instead: moved by so many of its own units (``+10``), or ``before 3 days``."""
    moved, placed = _MOVED.fullmatch(value), _PLACED.fullmatch(value)
    if moved is not None:
        period = parse_period(at.before or at.after or "0 days")
        count = (-period.count if at.before is not None else period.count) + int(moved[1] + moved[2])
        return _at(count, period.unit)
    if placed is not None:
        period = parse_period(placed[2])
        return _at(-period.count if placed[1] == "before" else period.count, period.unit)
    raise InputRefused(
        Text(
            f"“{value[:40]}”不是层级的时间，请写成 +10、-5，或 before 3 days、after 15 working days",
            f"{value[:40]!r} is no time of a rung; write +10, -5, or 'before 3 days', 'after 15 working days'",
        )
    )


def _at(count: int, unit: PeriodUnit) -> RungTime:
    text = str(Period(count=abs(count), unit=unit))
    return RungTime(before=text) if count < 0 else RungTime(after=text)


def _place_words(at: RungTime) -> Text:
    if at.before is not None:
        period = parse_period(at.before).text()
        return Text(f"到期前{period.zh}", f"{period.en} before it is due")
    period = parse_period(at.after or "0 days").text()
    return Text(f"到期后{period.zh}", f"{period.en} after it was due")


def _listed(definition: Definition) -> str:
    """Return the keys that may be set, those of units once for all classes of matters."""
    units = () if definition.workflow.vary is None else definition.workflow.vary.units
    keys = (key for key, _now in listed(definition))
    said = (f"{key.partition('.')[0]}.<类别代码>" if key.partition(".")[0] in units else key for key in keys)
    return "、".join(dict.fromkeys(said)) or "—"
