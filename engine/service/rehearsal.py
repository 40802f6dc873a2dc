"""What commands would come to if they were carried out now: decided on what is committed, and nothing is written.

The same ``decide`` says so as when they are, on the same cases; only ids and numbers that would be issued are not real.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from engine.case.case import Case
from engine.case.commands import FireTransition, MigrateCase
from engine.case.decide import decide
from engine.case.events import Step
from engine.case.identity import CaseId, RootId
from engine.case.situation import Situation
from engine.errors import BanjieError
from engine.service.desk import Desk
from engine.service.execute import FAMILY_ROUNDS_MAX
from engine.service.families import relatives, series_needed
from engine.service.ports import Reads
from engine.service.rosters import stands

NO_SEED: Final = "0" * 32
"""What ids are derived from where none of them is kept."""


def rehearse(desk: Desk, root: RootId, commands: Sequence[FireTransition | MigrateCase]) -> list[Step | BanjieError]:
    """Return what each command would do, or why it would be refused, in their order.

    Each is asked for by itself, as if no other were carried out before it. Uploads are not looked up: a form that names
    one is told so when it is sent.
    """
    world, now = desk.world(root), desk.office.now()
    family = _families(desk.reads, root, [command.case for command in commands])
    # Entries of a case never go backwards in time, even when the clock does (``execute``).
    now = max([now, *(case.changed_at for case in family.values())])
    situations = [
        Situation(
            root=root,
            family=family,
            rules=world.rules,
            units=world.surroundings.tree,
            calendar=world.calendar,
            sessions=world.surroundings.sessions,
            numbers=dict.fromkeys(series_needed(command, family, world, now), 0),
            seed=NO_SEED,
        )
        for command in commands
    ]
    return [
        stands(decide(situation, command, now), situation, desk.reads, world)
        for situation, command in zip(situations, commands, strict=True)
    ]


def _families(reads: Reads, root: RootId, cases: Iterable[CaseId]) -> dict[CaseId, Case]:
    """Return the cases with all that a step on one of them can reach."""
    known: dict[CaseId, Case] = {}
    missing = set(cases)
    for _round in range(FAMILY_ROUNDS_MAX):
        if not missing:
            break
        found = reads.cases(root, sorted(missing))
        known.update((case.id, case) for case in found)
        missing = {relative for case in found for relative in relatives(case)} - known.keys()
    return known
