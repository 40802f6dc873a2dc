"""The procedures as they are declared: the diagram with the cases in each state, the rules in words, the versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from engine.definition.compare import differences
from engine.definition.diagram import mermaid
from engine.definition.model import Workflow
from engine.definition.parts import Phase
from engine.definition.rulebook import Rulebook
from engine.definition.wording import title_of
from engine.service.board import Board, sessions_in_order
from engine.service.board_ports import BoardFilter
from engine.service.deadline_ports import DeadlineFilter
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.diagrams import Marks, workflow_diagram
from web.views.lines import shown_workflows
from web.views.rules import deadline_views, move_views, notice_views, retention_views, roster_views, state_views
from web.words import Words

COUNTED_MAX: Final = 4_000
"""So many cases of a workflow are counted, those of all states together."""
LATE_MAX: Final = 200
"""So many deadlines that have passed are counted, and then it is said that there are more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many cases the reader sees in a state, and how many of them are late, as a page says it."""

    cases: str
    late: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version of a workflow, and how it differs from the one before."""

    title: str
    changes: tuple[str, ...] | None


def workflow_pages(shell: Shell) -> Pages:
    """Return the addresses of the procedures."""
    router = Pages()

    @router.get("/workflows")
    def workflows(request: Request) -> Response:
        visit = shell.visit(request)
        return shell.page(
            visit,
            "workflows.html",
            section="workflows",
            workflows=[
                (
                    f"/workflows/{part.name}",
                    visit.words.say(part.title.text),
                    visit.words.say(part.purpose.text),
                    _in_force(part, visit.words),
                )
                for part in shown_workflows(shell.world(visit).rules)
            ],
        )

    @router.get("/workflows/{name}")
    def workflow(request: Request, name: str) -> Response:
        visit = shell.visit(request)
        words, part = visit.words, shell.world(visit).rules.newest(name)
        counted = _counted(shell, visit, part)
        return shell.page(
            visit,
            "workflow.html",
            section="workflows",
            title=words.say(part.title.text),
            purpose=words.say(part.purpose.text),
            in_force=_in_force(part, words),
            picture=workflow_diagram(part, words, _marks(part, counted, words)),
            counted=counted,
            states=tuple(state_views(part, words)),
            moves=tuple(move_views(part, words)),
            deadlines=tuple(deadline_views(part, words)),
            notices=tuple(notice_views(part, words)),
            parameters=[
                (words.say(one.title.text), words.t("yes" if one.value else "no"))
                if isinstance(one.value, bool)
                else (words.say(one.title.text), str(one.value))
                for one in part.parameters.values()
            ],
            rosters=tuple(roster_views(part, shell.world(visit).rules, words)),
            retention=tuple(retention_views(part, words)),
            hold=None if part.retention is None else words.say(title_of(part.retention.hold, part.fields)),
            versions=tuple(_versions(_in_force_until_now(shell.world(visit).rules, part), words)),
            diagram=mermaid(part, words.language),
        )

    return router


def _in_force(workflow: Workflow, words: Words) -> str:
    return words.t("workflow_version", version=workflow.version, on=words.date(workflow.in_force_from))


def _counted(shell: Shell, visit: Visit, workflow: Workflow) -> Mapping[str, Counted]:
    """Return state → how many cases the reader sees there, and how many of them have a deadline that has passed."""
    root, actor = visit.known.root, visit.known.actor
    board = Board(shell.edge.desk, root, actor)
    sessions = [None, *(one.id for one in sessions_in_order(shell.world(visit).surroundings))]
    found: dict[str, int] = dict.fromkeys(workflow.states, 0)
    more: set[str] = set()
    for session in sessions:
        # Of which more is known to be there is not counted on.
        states = tuple(state for state in found if state not in more)
        counts = board.counts(BoardFilter(workflow.name, session, states), most=COUNTED_MAX - sum(found.values()))
        more |= counts.more
        for state, count in counts.of.items():
            found[state] += count
    lines, later = shell.edge.desk.queries.overdue(
        root, actor, before=visit.now, limit=LATE_MAX, where=DeadlineFilter(workflow=workflow.name)
    )
    late: dict[str, set[str]] = {}
    for line in lines:
        late.setdefault(line.case.state, set()).add(line.case.id)
    return {
        state: Counted(
            cases=f"{count:,}{'+' if state in more else ''}" if count or state in more else "",
            late="" if state not in late else f"{len(late[state]):,}{'+' if later is not None else ''}",
            address=f"/cases?{urlencode({'workflow': workflow.name, 'state': state})}",
        )
        for state, count in found.items()
    }


def _marks(workflow: Workflow, counted: Mapping[str, Counted], words: Words) -> Marks:
    notes: dict[str, tuple[str, ...]] = {}
    tones: dict[str, str] = {}
    for state, count in counted.items():
        if count.cases:
            late = words.t("diagram_late", n=count.late) if count.late else ""
            said = words.t("diagram_cases", n=count.cases)
            notes[state] = (words.t("comma").join(part for part in (said, late) if part),)
            is_open = workflow.states[state].phase is not Phase.FINAL
            tones[state] = "late" if late else "busy" if is_open else ""
    return Marks(
        notes=notes,
        tones=tones,
        addresses={state: count.address for state, count in counted.items() if count.cases},
    )


def _in_force_until_now(rules: Rulebook, newest: Workflow) -> list[Workflow]:
    """Return one text for each version, the one in force; what was published and withdrawn again is no version."""
    texts = {part.version: part for part in reversed(rules.every(newest.name)) if part.version <= newest.version}
    return list(texts.values())


def _versions(every: Sequence[Workflow], words: Words) -> Iterator[VersionView]:
    """Yield the versions, the newest first, each with what it changed."""
    ordered = sorted({part.version: part for part in every}.values(), key=_age, reverse=True)
    for part, before in zip(ordered, [*ordered[1:], None], strict=True):
        changes = None if before is None else tuple(words.say(text) for text in differences(before, part))
        yield VersionView(title=_in_force(part, words), changes=changes)


def _age(part: Workflow) -> tuple[int, date]:
    return part.version, part.in_force_from
