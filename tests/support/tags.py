"""Tags that tie scenarios to rules: ``@流转:proposal.assign``, ``@条件:proposal.no_unit_twice``,
``@依据:proposal.xf.第二十四条``. What they may claim, and whether a scenario kept its claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.definition.compiled import all_guards
from engine.definition.model import Workflow
from engine.definition.parts import Source
from engine.errors import FormInvalid
from tests.support.answers import Answer
from tests.support.hall import Hall


class ClaimKind(StrEnum):
    """A transition is made, a guard says no (for one of several ways: the next is taken), a source comes to bear."""

    TRANSITION = "流转"
    GUARD = "条件"
    SOURCE = "依据"


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """One tag; ``rule`` is ``workflow.name`` or ``workflow.document.article``."""

    kind: ClaimKind
    rule: str

    def __str__(self) -> str:
        return f"@{self.kind}:{self.rule}"


def claims(tags: Collection[str]) -> list[Claim]:
    """Return the claims among tags, sorted; a tag with a colon and another first word is a mistake."""
    return sorted(Claim(ClaimKind(kind), rule) for kind, colon, rule in (tag.partition(":") for tag in tags) if colon)


def claimable(workflow: Workflow) -> frozenset[Claim]:
    """Return every transition, guard and source of a workflow: each needs a scenario."""
    guards = (guard.id for part in workflow.transitions.values() for guard in all_guards(part))
    found = {Claim(ClaimKind.TRANSITION, f"{workflow.name}.{name}") for name in workflow.transitions}
    found |= {Claim(ClaimKind.GUARD, f"{workflow.name}.{guard}") for guard in guards}
    found |= {Claim(ClaimKind.SOURCE, _source(workflow, source)) for source, _part in _sources(workflow)}
    return frozenset(found)


def kept(claim: Claim, hall: Hall) -> bool:
    """Return whether what the scenario asked did what the tag says."""
    moves = [move for answer in hall.asked for move in answer.moves]
    match claim.kind:
        case ClaimKind.TRANSITION:
            return claim.rule in {f"{move.workflow}.{move.transition}" for move in moves}
        case ClaimKind.GUARD:
            return any(claim.rule in answer.refused_guards for answer in hall.asked)
        case ClaimKind.SOURCE:
            return bool(_bearing(hall) & set(_citing(hall, claim)))


def _bearing(hall: Hall) -> set[str]:
    """Return what came to bear: transitions made, guards asked, deadlines that began or ended, parameters and
    coverages looked at, and rosters that refused a key."""
    found: set[str] = set()
    for answer in hall.asked:
        found |= answer.refused_guards
        for move in answer.moves:
            names: Iterable[str] = (move.transition or "", *move.verdicts, *move.clocks)
            found |= {f"{move.workflow}.{name}" for name in names}
    found |= {f"{workflow}.{name}" for workflow, name in hall.parameters}
    found |= {f"{workflow}.{name}" for workflow, name in hall.coverage_asked}
    for answer in hall.asked:
        for name in _refused_reaches(hall, answer):
            found.add(f"{answer.workflow}.{name}")
    return found


def _refused_reaches(hall: Hall, answer: Answer) -> Iterator[str]:
    """Yield whom a case was to reach, where the refusal is about the key that it named."""
    if isinstance(answer.refusal, FormInvalid):
        wrong = {problem.path.partition(".")[0] for problem in answer.refusal.fields}
        for name, part in hall.definition(answer.workflow).workflow.reaches.items():
            if part.key.partition(".")[0] in wrong:
                yield name


def _citing(hall: Hall, claim: Claim) -> Iterator[str]:
    for name in hall.book.names():
        workflow = hall.definition(name).workflow
        for source, part in _sources(workflow):
            if _source(workflow, source) == claim.rule:
                yield f"{name}.{part}"


def _source(workflow: Workflow, source: Source) -> str:
    return f"{workflow.name}.{source.document}.{source.article}"


def _sources(workflow: Workflow) -> Iterator[tuple[Source, str]]:
    """Yield every source cited, with the part that cites it."""
    for name, part in workflow.transitions.items():
        if part.source is not None:
            yield part.source, name
        for guard in all_guards(part):
            if guard.source is not None:
                yield guard.source, guard.id
    for name, deadline in workflow.deadlines.items():
        ladder = None if deadline.ladder is None else workflow.ladders[deadline.ladder]
        for rule in (deadline, deadline.suspension, deadline.extension, ladder):
            if rule is not None and rule.source is not None:
                yield rule.source, name
    for name, reach in workflow.reaches.items():
        if reach.once is not None and reach.once.source is not None:
            yield reach.once.source, name
    for name, coverage in workflow.coverage.items():
        if coverage.goal is not None and coverage.goal.source is not None:
            yield coverage.goal.source, name
    for name, parameter in workflow.parameters.items():
        if parameter.source is not None:
            yield parameter.source, name
