"""The sentences about entries on behalf: who entered what for whom, on what basis, and when it is said to have been."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Final

from pytest_bdd import then, when

from engine.case.codec import at_from
from engine.case.commands import BasisKind, OnBehalf, Stated
from engine.case.scope import SHANGHAI
from tests.acceptance.steps_common import FORM, KIND, case_of, form_of, sentence
from tests.support.hall import OFFICE_OPENS, Hall
from tests.support.lives import CALLED
from tests.support.wording import DAY, day, named

KINDS: Final = {
    "纸质材料": BasisKind.PAPER,
    "来电记录": BasisKind.TELEPHONE,
    "来访登记": BasisKind.VISIT,
}
NOBODY: Final = ("不知名的人", "当事人")
"""Whom nobody names: one of whom nobody knows who it was, and whoever the case is bound to."""
ENTRY: Final = rf"(?P<who>[^“”，]+?)按(?P<kind>{'|'.join(KINDS)})“(?P<basis>[^“”]*)”为(?P<whom>[^“”，]+?)代录"
WHEN: Final = rf"(?:，发生于(?P<on>{DAY}))?"


@when(sentence(rf"{ENTRY}(?P<what>{KIND})“(?P<name>[^“”]+)”{WHEN}{FORM}"))
def _opens_for(
    hall: Hall, who: str, kind: str, basis: str, whom: str, what: str, name: str, on: str | None, form: str
) -> None:
    workflow = CALLED[what]
    asked = list(hall.definition(workflow).workflow.opening)
    with hall.asking():
        hall.open(
            who,
            workflow,
            name,
            form_of(hall, workflow, asked, form),
            stated=_stated(hall, basis, on),
            on_behalf=_entry(hall, kind, whom),
        )


@when(sentence(rf"{ENTRY}“(?P<move>[^“”]+)”CASE{WHEN}{FORM}"))
def _moves_for(
    hall: Hall, who: str, kind: str, basis: str, whom: str, move: str, case: str, on: str | None, form: str
) -> None:
    found = case_of(hall, case, who)
    workflow = hall.case(found).workflow
    transitions = hall.definition(workflow).workflow.transitions
    name = named(move, {key: part for key, part in transitions.items() if hall.case(found).state in part.from_})
    filled = form_of(hall, workflow, list(transitions[name].form), form)
    with hall.asking():
        hall.fire(who, found, name, filled, stated=_stated(hall, basis, on), on_behalf=_entry(hall, kind, whom))


@then(sentence(r"CASE最近一步记为(?P<who>[^“”，]+?)为“(?P<whom>[^“”]+)”代录(?:，发生于DAY)?"))
def _entered(hall: Hall, case: str, who: str, whom: str, on: str | None) -> None:
    """The newest entry of the case names both, and the instant that was stated beside that of the entry."""
    found = hall.case(case_of(hall, case))
    body = json.loads([entry for entry in hall.tables.entries if entry.case == found.id][-1].body)
    called = {person: f"P{number}" for number, person in enumerate(found.people, start=1)}
    assert body["actor"] == called[hall.cast.person(who)]
    assert body["behalf"]["who"] == called[hall.cast.person(whom)]
    if on is not None:
        assert at_from(body["stated"]["occurred_at"]).astimezone(SHANGHAI).date() == day(on)
        assert at_from(body["at"]) == hall.now


def _stated(hall: Hall, basis: str, on: str | None) -> Stated:
    at = hall.now if on is None else datetime.combine(day(on), OFFICE_OPENS, SHANGHAI).astimezone(UTC)
    return Stated(at, basis)


def _entry(hall: Hall, kind: str, whom: str) -> OnBehalf:
    return OnBehalf(kind=KINDS[kind], person=None if whom in NOBODY else hall.cast.actor(whom))
