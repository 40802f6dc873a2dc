"""Long work as its page shows it: how far it has come, what to do next, and each item with what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from engine.case.case import Case
from engine.case.identity import CaseId
from engine.definition.model import Workflow
from engine.service.long_work import Line, Work
from engine.service.long_work_ports import WorkState
from engine.service.world import World
from engine.text import Text
from web.words import Words

TONES = {WorkState.DONE: "done", WorkState.RUNNING: "soon", WorkState.STOPPED: "late", WorkState.FAILED: "late"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkView:
    """A piece of long work: its figures, and in words where it stands and what to do next."""

    id: str
    address: str
    title: str
    asked: str
    state: str
    tone: str
    progress: str
    next_step: str
    total: int
    over: int
    done: int
    skipped: int
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLine:
    """One item: a case with its number and subject where it may be seen, and why it was skipped."""

    number: int
    address: str | None
    case_number: str
    title: str
    reason: str
    source: str


def work_view(work: Work, words: Words) -> WorkView:
    """Return the view of a piece of work."""
    counts = {"total": work.total, "done": work.done, "skipped": work.skipped, "left": work.left}
    step = "skipped" if work.state is WorkState.DONE and work.skipped else str(work.state)
    return WorkView(
        id=work.id,
        address=f"/long-work/{work.id}",
        title=words.say(work.title),
        asked=words.t("work_asked_at", at=words.instant(work.asked_at)),
        state=words.t(f"work_state_{work.state}"),
        tone=TONES.get(work.state, ""),
        progress=words.t("work_progress", **counts),
        next_step=words.t(f"work_next_{step}", n=work.skipped, left=work.left),
        total=work.total,
        over=work.done + work.skipped,
        done=work.done,
        skipped=work.skipped,
        is_live=work.is_live,
    )


def cases_of(lines: Iterable[Line]) -> list[CaseId]:
    """Return the cases that lines are about."""
    return [line.outcome.case for line in lines if line.outcome is not None and line.outcome.case is not None]


def work_line(line: Line, seen: Mapping[CaseId, Case], world: World, words: Words) -> WorkLine:
    """Return the view of an item; ``seen`` are the cases that may be seen now."""
    outcome = line.outcome
    assert outcome is not None, "only items with an outcome are listed"
    case = None if outcome.case is None else seen.get(outcome.case)
    if case is not None:
        workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
        title = _value(case, [workflow.subject_field]) or words.t("no_subject")
    elif outcome.label is not None:
        title = words.say(outcome.label)
    elif outcome.case is not None:
        title = words.t("work_not_seen")
    else:
        title = words.t("work_unnamed", n=line.number + 1)
    return WorkLine(
        number=line.number + 1,
        address=None if case is None else f"/cases/{case.id}",
        case_number="" if case is None else _value(case, _numbers(case, world)) or words.t("no_number"),
        title=title,
        reason=_said(outcome.reason, words),
        source=_said(outcome.source, words),
    )


def next_moves(cases: Sequence[Case], world: World) -> list[tuple[Workflow, set[str]]]:
    """Return the workflows of cases with the states that they rest in, in their newest versions."""
    found: dict[str, set[str]] = {}
    for case in cases:
        found.setdefault(case.workflow, set()).add(case.state)
    return [(world.rules.newest(name), states) for name, states in found.items()]


def _numbers(case: Case, world: World) -> Sequence[str]:
    return world.rules.pinned(case.pins.definition, case.pins.lists).workflow.number_fields


def _value(case: Case, fields: Iterable[str]) -> str:
    return next((str(case.data[name]) for name in fields if case.data.get(name)), "")


def _said(text: Text | None, words: Words) -> str:
    return "" if text is None else words.say(text)
