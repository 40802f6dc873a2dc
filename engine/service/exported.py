"""Records in the ledger that something left the house: a list, a sample, the bundle of a case."""

from __future__ import annotations

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.secrecy import as_party
from engine.ledger.streams import Fact
from engine.service.desk import Desk
from engine.service.plain import RecordFact
from engine.service.world import World


def record_export(
    desk: Desk,
    root: RootId,
    person: PersonId,
    what: str,
    *,
    rows: int,
    scope: str | None = None,
    about: CaseId | None = None,
) -> None:
    """Record that somebody took ``rows`` of something; with ``about`` beside the case it is of."""
    details: dict[str, JsonValue] = {"what": what, "rows": rows, "scope": scope}
    fact = Fact(type="exported", details=details, by=person, about=about)
    desk.office.write([RecordFact(root=root, at=desk.office.now(), fact=fact)])


def record_whole_case(desk: Desk, root: RootId, actor: Actor, case_id: CaseId, world: World, what: str) -> None:
    """Record that all of a case was taken (its bundle, its dossier), beside the case; that whoever filed it did is told
    nobody, nor when it was."""
    (case,) = desk.reads.cases(root, [case_id])
    workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
    own = () if workflow.opener_becomes is None else case.persons_in(workflow.opener_becomes)
    if as_party(actor, case) is actor and actor.person is not None and actor.person not in own and not actor.anonymous:
        record_export(desk, root, actor.person, what, rows=case.seq, about=case_id)
