"""How a case came to be where a scenario finds it: for each state the one before it and the moves between, all really
made. A workflow's way stands beside its features; this module walks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from engine.case.identity import CaseId
from engine.definition.loader import load_yaml
from tests.support.hall import Form, Hall

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a scenario says of a case's life: who opened it with what, and whom it is assigned to when it gets there."""

    opener: str | None = None
    lead: str = "后勤服务中心"
    co_handlers: Sequence[str] = ()
    form: Form = field(default_factory=dict)


class Do(BaseModel):
    """One move of a life. ``{lead}`` in ``who`` and in answers stands for the lead unit, ``{unit}`` for the unit of the
    part. ``of`` says whose move it is: the case's own, the lead's part's or that of every co-handler's part."""

    model_config = _STRICT
    who: str
    transition: str = Field(alias="do")
    form: dict[str, JsonValue] = {}
    of: Literal["case", "lead", "co_handler"] = "case"


class Step(BaseModel):
    """How a state is reached: from which, and by what moves; ``before`` is None for the state a case opens in."""

    model_config = _STRICT
    before: str | None = None
    moves: tuple[Do, ...] = ()


class Need(BaseModel):
    """A case of another workflow that must be there first, as the line of a roster that others name."""

    model_config = _STRICT
    workflow: str
    name: str
    state: str
    form: dict[str, JsonValue] = {}


class Way(BaseModel):
    """The life of one workflow's cases: what sentences call them, who opens them, with what, how each state is reached.

    ``people`` are those who appear beside the usual cast: what they are called → the grants they hold in the works.
    ``needs`` are there before the first case is opened by its way.
    """

    model_config = _STRICT
    called: str
    opener: str = ""
    people: dict[str, tuple[str, ...]] = {}
    needs: tuple[Need, ...] = ()
    form: dict[str, JsonValue] = {}
    states: dict[str, Step] = {}


def _ways() -> dict[str, Way]:
    files = sorted((Path(__file__).parents[2] / "features").glob("*/way.yaml"))
    return {file.parent.name: Way.model_validate(load_yaml(file)[0]) for file in files}


WAYS: Final = _ways()
"""Workflow → its way, as ``features/<workflow>/way.yaml`` tells it."""
CALLED: Final = {way.called: workflow for workflow, way in WAYS.items()}
"""What sentences call a case → its workflow."""


def bring(hall: Hall, workflow: str, name: str, state: str, circumstances: Circumstances) -> None:
    """Open a case called ``name`` if there is none, and lead it to a state from where it is; it is the current one."""
    way = WAYS[workflow]
    if name not in hall.cases:
        for need in way.needs:
            if need.name not in hall.cases:
                bring(hall, need.workflow, need.name, need.state, Circumstances(form=need.form))
        form = {**way.form, **circumstances.form}
        _must(hall.open(circumstances.opener or way.opener, workflow, name, form).reasons)
    hall.current = name
    lead_on(hall, hall.case_id(name), state, circumstances)


def lead_on(hall: Hall, case: CaseId, state: str, circumstances: Circumstances) -> None:
    """Lead a case that is open to a state from where it is."""
    way = WAYS[hall.case(case).workflow]
    for move in _road(way.states, hall.case(case).state, state):
        who = circumstances.opener or move.who if move.who == way.opener else move.who
        _make(hall, case, move.model_copy(update={"who": who}), circumstances)
    assert hall.case(case).state == state, f"该件处于{hall.case(case).state}，应为{state}"


def _road(states: Mapping[str, Step], here: str, there: str) -> list[Do]:
    """Return the moves between two states, looked for backwards from the second."""
    moves: list[Do] = []
    at: str | None = there
    while at != here:
        assert at is not None, f"{here}以后到不了{there}"
        moves[:0] = states[at].moves
        at = states[at].before
    return moves


def _make(hall: Hall, case: CaseId, move: Do, circumstances: Circumstances) -> None:
    lead = circumstances.lead
    if move.of == "case":
        form = {key: _filled(hall, value, circumstances) for key, value in move.form.items()}
        _must(hall.fire(move.who.format(lead=lead), case, move.transition, form).reasons)
        return
    for part in hall.children(case, move.of):
        unit = hall.cast.unit_title(part.unit)
        _must(hall.fire(move.who.format(lead=lead, unit=unit), part.id, move.transition, move.form).reasons)


def _filled(hall: Hall, value: JsonValue, circumstances: Circumstances) -> JsonValue:
    """Return the ids behind ``{lead}`` and ``{co_handlers}``; anything else stands for itself."""
    match value:
        case "{lead}":
            return hall.cast.unit(circumstances.lead)
        case "{co_handlers}":
            return [hall.cast.unit(unit) for unit in circumstances.co_handlers]
        case _:
            return value


def _must(reasons: Sequence[str]) -> None:
    assert not reasons, f"背景步骤被拒绝：{reasons}"
