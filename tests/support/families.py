"""Recorded lives as ``figures.otherwise`` reads them: by family, with of every actor no more than the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.case.actors import Actor, ActorKind
from engine.case.identity import CaseId
from engine.definition.rulebook import Rulebook
from engine.figures.otherwise import Ground
from engine.ledger.replay import Move
from tests.support.builders import ROOT, a_calendar, a_tree
from tests.support.rehearsal import Recorded
from tests.support.walks import MEETING

Family = Mapping[CaseId, list[Move]]


def ground(rules: Rulebook) -> Ground:
    """Return what surrounds the cases of rehearsals."""
    return Ground(root=ROOT, rules=rules, units=a_tree(), calendar=a_calendar(), sessions={MEETING.id: MEETING})


def as_recorded(one: Recorded) -> Move:
    """Return an entry without what no entry tells: the grants of who acted, and the name that stands for them."""
    actor = one.event.actor
    if actor.person is not None:
        actor = Actor(kind=ActorKind.PERSON, person=actor.person, acting_for=actor.acting_for)
    return Move(one.before, one.written.case, one.event._replace(actor=actor), one.definition, one.definition)


def families_of(recorded: Iterable[Recorded]) -> Iterator[Family]:
    """Yield cases that are related, or ever were, with their entries."""
    moves: dict[CaseId, list[Move]] = {}
    for one in recorded:
        moves.setdefault(one.event.case, []).append(as_recorded(one))
    families: dict[CaseId, set[CaseId]] = {case: {case} for case in moves}
    for case, entries in moves.items():
        for other in _named(entries):
            if other in moves and families[other] is not families[case]:
                families[case] |= families[other]
                for member in families[other]:
                    families[member] = families[case]
    for members in {id(members): members for members in families.values()}.values():
        yield {case: moves[case] for case in moves if case in members}


def _named(entries: Iterable[Move]) -> Iterator[CaseId]:
    for move in entries:
        event = move.event
        if event.opening is not None and event.opening.parent is not None:
            yield event.opening.parent
        if event.merge:
            yield event.merge
        yield from (child.case for child in event.children)
        yield from event.merged_from or ()
