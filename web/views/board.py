"""A session's board as a page shows it: cards in columns by state, columns in groups by milestone, and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.definition.model import Workflow
from engine.definition.wording import title_of
from engine.service.board import Counts
from engine.service.ports import CaseLine
from engine.service.world import World
from web.shell import Visit
from web.views.lines import CaseRow, case_row, workflow_of
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One case of the board; ``waits`` are those who must act next, in words."""

    case_id: str
    row: CaseRow
    waits: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The cases of one state; ``more`` is the address of the rest, None where all are shown."""

    state: str
    title: str
    phase: str
    count: str
    cards: tuple[Card, ...]
    more: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnGroup:
    """The columns whose states lie between one milestone and the next."""

    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many cases are in a state, and the table of them."""

    state: str
    title: str
    count: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountGroup:
    """The states between two milestones with their counts."""

    title: str
    states: tuple[StateCount, ...]


def card_of(line: CaseLine, world: World, visit: Visit) -> Card:
    """Return the card of a case."""
    workflow, words = workflow_of(world.rules, line.workflow, line.definition_version), visit.words
    state = workflow.states.get(line.state)
    acts = () if state is None else state.acts
    waits = words.listed(words.say(title_of(role, workflow.roles)) for role in acts) if acts else None
    return Card(case_id=line.id, row=case_row(line, world, visit), waits=waits)


def grouped_states(workflow: Workflow, words: Words) -> list[tuple[str, list[str]]]:
    """Return the states in groups, each from a milestone up to the next, in the definition's order: (title, states)."""
    groups: list[tuple[str, list[str]]] = []
    for name, part in workflow.states.items():
        title = groups[-1][0] if groups else words.t("board_before")
        if part.milestone is not None:
            title = words.t(f"step_{part.milestone}")
        if not groups or groups[-1][0] != title:
            groups.append((title, []))
        groups[-1][1].append(name)
    return groups


def counted(counts: Counts, state: str, words: Words, *, at_least: int = 0) -> str:
    """Return the count of a state as it is shown; beyond a limit nothing more was counted.

    ``at_least`` were read a moment after the counts.
    """
    count = max(counts.of.get(state, 0), at_least)
    return words.t("board_more_than", n=count) if state in counts.more else str(count)


def count_groups(workflow: Workflow, counts: Counts, addresses: Mapping[str, str], words: Words) -> list[CountGroup]:
    """Return the counts of the states that hold cases, in groups."""
    return [
        CountGroup(
            title=title,
            states=tuple(
                StateCount(
                    state=name,
                    title=words.say(workflow.states[name].title.text),
                    count=counted(counts, name, words),
                    address=addresses[name],
                )
                for name in states
                if name in counts.of
            ),
        )
        for title, states in grouped_states(workflow, words)
        if any(name in counts.of for name in states)
    ]


def column_groups(
    workflow: Workflow,
    counts: Counts,
    cards: Mapping[str, Sequence[Card]],
    more: Mapping[str, str],
    words: Words,
) -> Iterator[ColumnGroup]:
    """Yield the columns of the states that hold cases, in groups."""
    for title, states in grouped_states(workflow, words):
        columns = tuple(
            Column(
                state=name,
                title=words.say(workflow.states[name].title.text),
                phase=str(workflow.states[name].phase),
                count=counted(counts, name, words, at_least=len(cards[name])),
                cards=tuple(cards[name]),
                more=more.get(name),
            )
            for name in states
            if cards.get(name)
        )
        if columns:
            yield ColumnGroup(title=title, columns=columns)
