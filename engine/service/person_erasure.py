"""Erasing one person over all cases: what says who they are goes wherever it may, and what stays is told with why.

Cases under a strict level are found by the name that the veil key gives the person there, in no other way. What the
person said stays with the case: it is the case's, and goes by its own term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.erased import FIELDS, PEOPLE
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.secrecy import as_party
from engine.definition.compiled import Definition
from engine.definition.parts import Privacy
from engine.errors import BanjieError, CaseNotFound, FormInvalid
from engine.service.desk import Desk
from engine.service.drafts import Drafts
from engine.service.long_work import LongWork
from engine.service.office import Answer
from engine.service.ports import CaseFilter
from engine.text import Text

PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsCase:
    """A case in which somebody has or had a part, and the paths at which it is kept who they are."""

    case: CaseId
    number: str | None
    workflow: Text
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseErased:
    """What became of one case: the entry that says so, what was erased, and what was kept with the reason."""

    case: CaseId
    number: str | None
    workflow: Text
    seq: int | None
    hash: str | None
    erased: tuple[str, ...]
    kept: tuple[tuple[str, Text], ...] = field(default=())


def cases_of(desk: Desk, root: RootId, person: PersonId) -> Iterator[PersonsCase]:
    """Yield every case in which a person has or had a part, under their own or the veiled name, the newest first."""
    actor = replace(desk.queries.actor(root, person, desk.office.now()), grants=frozenset())
    for case in _taken_part(desk, root, actor):
        definition = desk.world(root).rules.pinned(case.pins.definition, case.pins.lists)
        held = {row.path for row in desk.reads.privates(root, case.id)}
        numbers = (case.data.get(name) for name in definition.workflow.number_fields)
        yield PersonsCase(
            case=case.id,
            number=next((str(number) for number in numbers if number), None),
            workflow=definition.workflow.title.text,
            paths=tuple(path for path in _paths(case, definition, as_party(actor, case)) if path in held),
        )


def erase_person(
    desk: Desk,
    root: RootId,
    person: PersonId,
    by: Actor,
    approver: Actor,
    basis: ErasureBasis,
    *,
    finish: Callable[[], object],
    progress: Callable[[int, int], None] = lambda _done, _whole: None,
) -> list[CaseErased]:
    """Erase who a person is from every case; what has to stay in one keeps nothing else back. May be run again.

    What they have begun to write and not sent goes first: it belongs to no case.
    """
    Drafts(desk).drop_all(root, person)
    LongWork(desk).drop_all(root, person)
    found = list(cases_of(desk, root, person))
    told = []
    for place, one in enumerate(found, start=1):
        if one.paths:
            told.append(_erased(desk, root, one, by, approver, basis))
            finish()
        progress(place, len(found))
    return told


def _taken_part(desk: Desk, root: RootId, actor: Actor) -> Iterator[Case]:
    """Yield the cases that somebody sees as a party; readers of other kinds do not count."""
    after: str | None = None
    while True:
        page = desk.reads.list_cases(root, principals_of(actor), CaseFilter(children=True), after=after, limit=PAGE)
        ids = [line.id for line in page.lines]
        cases = {case.id: case for case in desk.reads.cases(root, ids)}
        known = (cases[each] for each in ids if each in cases)
        yield from (case for case in known if as_party(actor, case).person in case.people)
        after = page.next
        if after is None:
            return


def _paths(case: Case, definition: Definition, own: Actor) -> Iterator[str]:
    """Yield where it is kept who somebody is: the person's number and, of whoever filed it, what they said they are."""
    workflow = definition.workflow
    assert own.person is not None, "only people take part"
    yield f"{PEOPLE}{case.people.index(own.person) + 1}"
    if workflow.opener_becomes is None or own.person not in case.persons_in(workflow.opener_becomes):
        return
    identity = workflow.identity
    if identity is not None:
        yield from (f"{FIELDS}{name}" for name in dict.fromkeys((*identity.fields, identity.account)))
        return
    yield from (f"{FIELDS}{name}" for name, part in workflow.fields.items() if part.privacy is Privacy.PERSONAL)


def _erased(desk: Desk, root: RootId, one: PersonsCase, by: Actor, approver: Actor, basis: ErasureBasis) -> CaseErased:
    """Erase of one case whatever may go: what is named as having to stay is left out, and the rest is asked again."""
    kept: list[tuple[str, Text]] = []
    paths = one.paths
    while True:
        answer: Answer | None = None
        if paths:
            command = EraseValues(
                root=root, actor=by, key="", case=one.case, paths=paths, basis=basis, approver=approver
            )
            (answer,) = desk.office.carry_out([command])
        if isinstance(answer, FormInvalid):
            stay = {problem.path: problem.text for problem in answer.fields}
            kept += [(path, stay[path]) for path in paths if path in stay]
            left = tuple(path for path in paths if path not in stay)
            if left != paths:
                paths = left
                continue
        if isinstance(answer, BanjieError):
            why = _NOT_SEEN if isinstance(answer, CaseNotFound) else answer.text
            kept += [(path, why) for path in paths]
            paths, answer = (), None
        return CaseErased(
            case=one.case,
            number=one.number,
            workflow=one.workflow,
            seq=None if answer is None else answer.outcome.seq,
            hash=None if answer is None else answer.outcome.hash,
            erased=paths,
            kept=tuple(kept),
        )


_NOT_SEEN: Final = Text(
    "经办人或批准人不能查看本件，请由有权人员另行办理", "Who erases, or who approves, may not see the case: ask others"
)
