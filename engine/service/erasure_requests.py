"""Erasing on a case by two people, each logged in: one asks, another approves.

The request is a note of the case: a sealed entry of the one who asks, in the chain with everything else. So nobody's
word is taken for who asked, there is no second place where requests are kept, and who approves does what the request
says and nothing else. What either may do is asked when it is done, not when it was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.commands import EraseValues, ErasureBasis, KeepNote
from engine.case.erased import FIELDS, PEOPLE
from engine.case.erasing import capacity_to_erase, why_it_stays
from engine.case.holds import HELD, is_held
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.secrecy import as_party
from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid, GuardRefused, NotFound, NotPermitted
from engine.ledger.canonical import parse_canonical
from engine.service.desk import Desk
from engine.service.queries import CaseView
from engine.text import Text

TITLE: Final = "erasure_asked"
NOTE: Final = "note"
ASKED_FOR: Final = timedelta(days=14)
"""A request that nobody has approved by then is over."""
GROUNDS: Final[Mapping[ErasureBasis, Text]] = {
    ErasureBasis.CONSENT: Text("本人撤回同意", "Consent was withdrawn"),
    ErasureBasis.PURPOSE: Text("处理目的已实现", "The purpose is fulfilled"),
    ErasureBasis.RETENTION: Text("保存期限届满", "Kept for long enough"),
    ErasureBasis.UNLAWFUL: Text("违法处理", "It was handled unlawfully"),
    ErasureBasis.LAW: Text("法律、行政法规规定的其他情形", "Another case the law provides"),
}
"""The grounds of PIPL Art.47 that people may give."""
_PERSON: Final = re.compile(r"P([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something kept of the case: its path, what it is called, and why it has to stay, if it has to."""

    path: str
    title: Text
    stays: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: its entry, who asked when, for which paths, on what ground, and whether the reader may approve.

    ``values`` is what is left of it; a request waits for as long as something is.
    """

    id: str
    at: datetime
    until: datetime
    by: PersonId
    who: str
    paths: tuple[str, ...]
    values: tuple[Value, ...]
    basis: ErasureBasis
    may_approve: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """What may be erased of a case, and what was asked for; ``held`` says why nothing may be now."""

    view: CaseView
    values: tuple[Value, ...]
    requests: tuple[Request, ...]
    held: Text | None

    @property
    def waiting(self) -> tuple[Request, ...]:
        """The requests of which something is left to erase."""
        return tuple(one for one in self.requests if one.values)


def may_erase(desk: Desk, view: CaseView, actor: Actor) -> bool:
    """Return whether somebody may ask for erasures on a case they see, or approve them."""
    workflow, units = view.definition.workflow, desk.world(view.case.root).surroundings.tree
    seen = as_party(actor, view.case)
    return capacity_to_erase(workflow, view.case, view.parent, seen, units) is not None


def erasable(desk: Desk, root: RootId, case_id: CaseId, actor: Actor) -> Erasable:
    """Return what may be erased of a case and what waits for approval.

    Raises:
        CaseNotFound: the reader may not see the case.
        NotPermitted: the reader holds no role that erases.
    """
    view = desk.queries.case(root, case_id, actor, desk.world(root))
    if not may_erase(desk, view, actor):
        raise NotPermitted(Text("您不能删除本件内容", "You may not erase anything of this case"))
    case, definition = view.case, view.definition
    kept = dict.fromkeys(row.path for row in desk.reads.privates(root, case_id))
    named = {path: _value(view, path, actor) for path in kept if _is_erasable(path, definition)}
    held = HELD if is_held(case, definition) else None
    requests = tuple(_requests(desk, view, actor, named))
    return Erasable(view=view, values=tuple(named.values()), requests=requests, held=held)


def ask(
    desk: Desk, root: RootId, case_id: CaseId, actor: Actor, paths: Sequence[str], basis: str, key: str
) -> KeepNote:
    """Return the command that puts a request on record.

    Raises:
        FormInvalid: there is no such value, it has to stay, or the ground is none that people may give.
    """
    found = erasable(desk, root, case_id, actor)
    if found.held is not None:
        raise GuardRefused(found.held, guard="hold")
    stays = {value.path: value.stays for value in found.values}
    problems = [
        FieldProblem(path=path, text=stays.get(path) or _NO_VALUE)
        for path in paths
        if stays.get(path, _NO_VALUE) is not None
    ]
    if not paths:
        problems.append(FieldProblem(path="paths", text=Text("请选择要删除的内容", "Choose what is to be erased")))
    if basis not in set(GROUNDS):
        problems.append(FieldProblem(path="basis", text=Text("请选择删除依据", "Choose the ground")))
    if problems:
        raise FormInvalid(problems)
    note: dict[str, JsonValue] = {"paths": list[JsonValue](dict.fromkeys(paths)), "basis": basis}
    return KeepNote(root=root, actor=actor, key=key, case=case_id, title=TITLE, note=note)


def approve(desk: Desk, root: RootId, case_id: CaseId, actor: Actor, request: str) -> EraseValues:
    """Return the command that does what was asked for: by who asked, with the rights of today, and by the approver.

    Its key is the request: asked twice, it is done once and answered as before.

    Raises:
        NotFound: there is no such request, or it is over.
        NotPermitted: the reader may not approve it.
    """
    found = next((one for one in erasable(desk, root, case_id, actor).requests if one.id == request), None)
    if found is None:
        raise NotFound(Text("没有这项申请，或已过期", "There is no such request, or it is over"))
    if not found.may_approve:
        raise NotPermitted(Text("申请人不能批准自己的申请", "Who asked cannot approve"))
    return EraseValues(
        root=root,
        actor=desk.queries.actor(root, found.by, desk.office.now()),
        key=f"erasure {request}",
        case=case_id,
        paths=found.paths,
        basis=found.basis,
        approver=actor,
    )


def _requests(desk: Desk, view: CaseView, actor: Actor, named: Mapping[str, Value]) -> list[Request]:
    """Return the requests of persons that are not over, oldest first."""
    case, now = view.case, desk.office.now()
    rows = [row for row in desk.reads.privates(case.root, case.id) if row.path == NOTE]
    if not rows:
        return []
    bodies = {entry.seq: _body(entry.body) for entry in desk.reads.entries(case.root, case.id)}
    desk.sealer.fetch({row.key for row in rows})
    found = []
    for row in sorted(rows, key=lambda row: row.seq):
        body = bodies[row.seq]
        opened = desk.sealer.open(str(body["id"]), row.path, row.key, row.ciphertext)
        note = None if opened is None else opened.value
        person, at = _person(case, str(body["actor"])), at_from(str(body["at"]))
        if not isinstance(note, dict) or note.get("title") != TITLE or person is None or now > at + ASKED_FOR:
            continue
        known = desk.reads.persons(case.root, [person]).get(person)
        if known is None:
            continue
        paths = tuple(map(str, cast(list[JsonValue], note["paths"])))
        found.append(
            Request(
                id=str(body["id"]),
                at=at,
                until=at + ASKED_FOR,
                by=person,
                who=known.name,
                paths=paths,
                values=tuple(named[path] for path in paths if path in named),
                basis=ErasureBasis(str(note["basis"])),
                may_approve=person not in (actor.person, actor.acting_for),
            )
        )
    return found


def _person(case: Case, pseudonym: str) -> PersonId | None:
    named = _PERSON.fullmatch(pseudonym)
    number = 0 if named is None else int(named.group(1))
    return case.people[number - 1] if 0 < number <= len(case.people) else None


def _is_erasable(path: str, definition: Definition) -> bool:
    """Whether a path is one that people erase: a basis of an entry on behalf, say, goes with its person only."""
    return path == NOTE or path.startswith(PEOPLE) or path.removeprefix(FIELDS) in definition.workflow.fields


def _value(view: CaseView, path: str, actor: Actor) -> Value:
    stays = why_it_stays(view.case, view.definition, actor, path)
    if path.startswith(FIELDS):
        title = view.definition.workflow.fields[path.removeprefix(FIELDS)].title.text
    elif path == NOTE:
        title = Text("记事", "Notes")
    else:
        person = _person(view.case, path.removeprefix("people/"))
        name = view.people.get(person) if person is not None and person not in view.nameless else None
        title = Text(f"{name or '不具名者'}的身份", f"Who {name or 'somebody nameless'} is")
    return Value(path=path, title=title, stays=stays)


def _body(data: bytes) -> Mapping[str, JsonValue]:
    return cast(Mapping[str, JsonValue], parse_canonical(data))


_NO_VALUE: Final = Text("没有这项内容，或已删除", "There is no such value, or it was erased")
