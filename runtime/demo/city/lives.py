"""Plays the lives of the city's cases as the corpus tells them: where, by whom, on what day, with what answers.

Knows no workflow: how the cases of each live stands beside its definition, in ``workflows/<name>/sample.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.calendar.term import SHANGHAI
from engine.case.identity import CaseId, UnitId
from engine.definition.model import Workflow
from runtime.demo.city.corpus import CityCorpus, Level, LifeText, MoveText
from runtime.demo.city.places import Place
from runtime.demo.city.words import said
from runtime.demo.organisation import Cast
from runtime.demo.pen import Pen
from runtime.demo.simulation import Script

OPENER: Final = "opener"
ABOVE: Final = "above "
"""Before a role that somebody holds in the place above."""
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What fell to one case: where it lives, the how-manieth it is there and in the city, and where it ends."""

    place: Place
    n: int
    of: int
    turn: int
    end: str


class CorpusError(Exception):
    """The corpus of the city does not say what a life needs."""


def lots(life: LifeText, places: Sequence[Place], rng: Random, limit: int | None = None) -> list[Lot]:
    """Return the cases a life has in the city, places in turn, at most ``limit`` at each place.

    How they end is dealt out like cards: as many of each kind as the life says, in an order drawn by the dice.
    """
    where: list[tuple[Place, int, int]] = []
    for place in places:
        count = life.count.get(place.level, 0)
        shown = count if limit is None or life.whole else min(count, limit)
        where += [(place, n, count) for n in range(1, shown + 1)]
    deck: list[str] = []
    while len(deck) < len(where):
        cards = [end for end, share in life.ends.items() for _ in range(share)]
        rng.shuffle(cards)
        deck += cards
    return [Lot(place=place, n=n, of=count, turn=turn, end=deck[turn]) for turn, (place, n, count) in enumerate(where)]


class LifeScript:
    """One case of a life, from its opening to where it ends, cut off by the end of the year."""

    def __init__(self, pen: Pen, workflow: Workflow, life: LifeText, lot: Lot, rules: Mapping[str, Workflow]) -> None:
        self.pen = pen
        self.workflow = workflow
        self.life = life
        self.lot = lot
        self.rules = rules
        self.case = CaseId("")
        self.people = dict(self._people())
        self.opener = self.people.get(life.opener) or self._somebody(life.opener, None)
        self.words = self._words()

    def play(self) -> Script:
        """The whole life."""
        self.pen.begin_on(self._first_day())
        life, workflow = self.life, self.workflow
        given: dict[str, JsonValue] = dict(life.form)
        if life.subjects:
            given.setdefault(workflow.subject_field, life.subjects[(self.lot.turn) % len(life.subjects)])
        form = self._form("opening", workflow.opening, given)
        self.case = yield self._in(self.opener[0]).open(self.opener[1], workflow.name, None, form)
        for move in life.road(self.lot.end):
            if move.working_days:
                self.pen.wait_until(self.pen.calendar.working_day_from(self._today() + A_DAY, move.working_days))
            if not move.working_days or move.after != (0, 0):
                self.pen.wait(*move.after)
            for case, unit in list(self._meant(move)):
                about = self.pen.case(case).workflow
                part = self.rules[about].transitions[move.transition]
                cast, person = self.opener if move.who == OPENER else self._who(move.who, unit)
                answers = self._form(move.transition, part.form, move.form)
                yield self._in(cast).fire(person, case, move.transition, **answers)
                if move.answered is not None:
                    self.pen.simulation.answer(case, move.answered, self.pen.rng)

    def _first_day(self) -> date:
        """Return the day it begins: cases of a place are spread over the months in which they are opened."""
        life, lot = self.life, self.lot
        days = (life.last_on - life.first_on).days
        return life.first_on + timedelta(days=int(days * (lot.n - 1 + self.pen.rng.random()) / lot.of))

    def _in(self, cast: Cast) -> Pen:
        """Return the pen with somebody's hand on it: who acts may belong to a place above; the case stays here."""
        self.pen.cast = replace(cast, home=self.lot.place.cast.home)
        return self.pen

    def _people(self) -> Iterator[tuple[str, tuple[Cast, str]]]:
        """Yield who plays each of the life's people: nobody plays two of them."""
        taken: set[str] = set()
        for name, role in self.life.people.items():
            cast, holders = self.lot.place.holders(role)
            free = [one for one in holders if one not in taken]
            if not free:
                raise CorpusError(f"{self.workflow.name}: nobody is left in {self.lot.place.text.id} to be {name}")
            chosen = self.pen.rng.choice(free)
            taken.add(chosen)
            yield name, (cast, chosen)

    def _who(self, who: str, unit: UnitId | None) -> tuple[Cast, str]:
        return self.people.get(who) or self._somebody(who, unit)

    def _somebody(self, role: str, unit: UnitId | None) -> tuple[Cast, str]:
        place = self.lot.place
        if role.startswith(ABOVE):
            assert place.above is not None, "nothing stands above the city"
            cast, holders = place.above.holders(role.removeprefix(ABOVE))
            return cast, self.pen.rng.choice(holders)
        names = {one: name for name, one in place.cast.units.items()}
        cast, holders = place.holders(role, None if unit is None else names[unit])
        return cast, self.pen.rng.choice(holders)

    def _meant(self, move: MoveText) -> Iterator[tuple[CaseId, UnitId | None]]:
        """Yield the cases a move is made in, each with the unit whose people make it; None for anywhere here."""
        lead = self.lot.place.cast.units[str(self.words["lead_code"])]
        case = self.case
        if move.of.startswith("linked"):
            case = self.pen.case(self.case).linked[-1]
        match move.of:
            case "case" | "linked":
                yield case, lead if move.who in ("unit_head", "handler") else None
            case "lead" | "linked_lead":
                yield from ((child.case, child.unit) for child in self.pen.case(case).newest_children
                            if child.role == "lead")  # fmt: skip
            case "co_handler":
                yield from ((child.case, child.unit) for child in self.pen.case(case).newest_children
                            if child.role == "co_handler")  # fmt: skip

    def _words(self) -> dict[str, JsonValue]:
        """Return the words of this case: its place, its number there, its lead department, what varies, its people."""
        place, lot = self.lot.place, self.lot
        departments = list(place.titles)
        lead = departments[lot.turn % len(departments)]
        other = departments[(lot.turn + 1) % len(departments)]
        county = place.above if place.level is Level.ENTERPRISE else place
        assert county is not None, "an enterprise stands below a county"
        words: dict[str, JsonValue] = {
            "place": place.text.zh,
            "code": place.text.id,
            "county": county.text.zh.removesuffix("总工会"),
            "staff": place.text.staff,
            "n": lot.n,
            "turn": lot.turn + 1,
            "lead_code": lead,
            "lead": place.cast.units[lead],
            "lead_name": place.titles[lead].zh,
            "co_handlers": [place.cast.units[other]],
            "other": place.cast.units[other],
            "other_name": place.titles[other].zh,
        }
        for name, values in self.life.vary.items():
            words[name] = values[lot.turn % len(values)]
        for name, (cast, person) in self.people.items():
            words[f"@{name}"] = cast.actors[person].person
            words[name] = cast.persons[person].zh
        for role in ("union_office", "leader_in_charge", "presidium"):
            cast, holders = place.holders(role)
            words[role] = cast.persons[holders[0]].zh
        return words

    def _form(self, where: str, asked: Mapping[str, str], given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the answers of a form: those given, and what the life says of the rest that must be answered."""
        form = {**given}
        for name, need in asked.items():
            if need == "required" and name not in form:
                if name not in self.life.texts:
                    raise CorpusError(f"{self.workflow.name}: nothing is said of {name}, asked for by {where}")
                form[name] = self.life.texts[name]
        today = self._today()
        try:
            return {name: self._said(value, today, self.pen.calendar) for name, value in form.items()}
        except KeyError as error:
            raise CorpusError(f"{self.workflow.name}: {where} speaks of {error}, which no life knows") from error

    def _today(self) -> date:
        return self.pen.at.astimezone(SHANGHAI).date()

    def _said(self, value: JsonValue, today: date, calendar: Calendar) -> JsonValue:
        words: dict[str, JsonValue] = {**self.words, "today": today.isoformat(), "year": today.year}
        return said(said(value, words, today, calendar), words, today, calendar)


def told_lives(corpus: CityCorpus) -> Iterator[tuple[str, LifeText]]:
    """Yield the lives that are played here: those of workflows that neither a script nor another's cases bring."""
    for name, life in corpus.lives.items():
        if not life.scripted and not life.comes_of:
            yield name, life
