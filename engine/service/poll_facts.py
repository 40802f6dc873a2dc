"""What moves have to know of polls, and what they leave in the tables of open polls: electors, tokens, the box."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from engine.case.case import NOTHING, Case
from engine.case.commands import Command, FireTransition
from engine.case.events import Event
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.polls import Box, polls_moved
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import KeysUnavailable
from engine.service.poll_ports import EMPTY_BOX, PollEnd, PollLookups, PollRow, PollTokenRow
from engine.service.rows import BatchRows
from engine.text import Text

Place = tuple[CaseId, str]
"""A poll, by its case and its name in the definition."""


class PollFacts(NamedTuple):
    """Who may answer the polls that a command opens, and what was cast in those that it closes."""

    electors: Mapping[Place, frozenset[PersonId]] = NOTHING
    boxes: Mapping[Place, Box] = NOTHING

    @property
    def counts(self) -> Mapping[Place, int]:
        """How many may answer each poll."""
        return {place: len(persons) for place, persons in self.electors.items()} if self.electors else NOTHING


NO_POLLS = PollFacts()


def poll_facts(
    lookups: PollLookups, command: Command, family: Mapping[CaseId, Case], rules: Rulebook, now: datetime
) -> PollFacts:
    """Return what the move that a command asks for has to know; of other moves nothing is asked."""
    case = family.get(command.case) if isinstance(command, FireTransition) else None
    if case is None or not isinstance(command, FireTransition):
        return NO_POLLS
    workflow = rules.pinned(case.pins.definition, case.pins.lists).workflow
    electors: dict[Place, frozenset[PersonId]] = {}
    boxes: dict[Place, Box] = {}
    for name, part in workflow.polls.items():
        if command.transition == part.opens:
            grants, today = workflow.roles[part.eligible].of, now.astimezone(SHANGHAI).date()
            electors[case.id, name] = frozenset(lookups.poll_electors(command.root, case.unit, grants, today))
        elif command.transition == part.closes and (box := lookups.poll_box(command.root, case.id, name)) is not None:
            boxes[case.id, name] = box
    return PollFacts(electors, boxes)


def token_of(mark: Callable[[str], str], root: RootId, place: Place, person: PersonId) -> str:
    """Return the token of a person in a poll: nobody can tell whose it is without the key behind ``mark``."""
    case, name = place
    return mark(f"poll {root} {case} {name} {person}")


def poll_rows(
    rows: BatchRows,
    before: Case | None,
    after: Case,
    event: Event,
    definition: Definition,
    facts: PollFacts,
    mark: Callable[[str], str] | None,
) -> None:
    """Add what an event does to open polls. Tokens are written in their own order, which says nothing of persons.

    Raises:
        KeysUnavailable: a poll is opened where no key is known.
    """
    for name, _part, opens in polls_moved(before, after, event, definition):
        rows.end_polls([PollEnd(after.root, after.id, name)])
        if not opens:
            continue
        if mark is None:
            raise KeysUnavailable(Text("没有密钥，不能发起网上投票（问卷）", "Without a key no poll can be opened"))
        persons = facts.electors[after.id, name]
        rows.polls.append(PollRow(after.root, after.id, name, len(persons), 0, EMPTY_BOX))
        tokens = sorted(token_of(mark, RootId(after.root), (after.id, name), person) for person in persons)
        rows.poll_tokens.extend(PollTokenRow(after.root, after.id, name, token, 0) for token in tokens)
