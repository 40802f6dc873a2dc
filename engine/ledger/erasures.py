"""An erasure as a part of an entry, whether it was lawful where it stands, and which values a chain says are erased."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from pydantic import JsonValue

from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.commands import ErasureBasis
from engine.case.erased import FIELDS
from engine.case.events import ErasedValues, Erasure, Event, EventType
from engine.case.holds import is_held
from engine.case.identity import PersonId
from engine.definition.compiled import Definition
from engine.definition.parts import Phase, Privacy
from engine.errors import InputRefused
from engine.ledger.canonical import parse_canonical
from engine.text import Text

PART = "erased"
_MARK = b'"type":"erased"'
Json = dict[str, JsonValue]
Place = tuple[str, str]
"""Entry id and path."""


def erasure_json(erasure: Erasure, approver: str | None) -> Json:
    """Return the part of an entry that tells of an erasure; ``approver`` is the approver's pseudonym."""
    value: Json = {
        "basis": str(erasure.basis),
        "values": [
            {"entry": one.entry, "seq": one.seq, "key": one.key, "paths": list(one.paths)} for one in erasure.values
        ],
    }
    if approver is not None and erasure.approver_role is not None:
        value["approver"] = approver
        value["approver_role"] = erasure.approver_role
    return value


def read_erasure(value: JsonValue, people: list[PersonId]) -> Erasure | None:
    """Return the erasure of such a part, None where there is none."""
    if not isinstance(value, dict):
        return None
    approver = cast(str | None, value.get("approver"))
    return Erasure(
        values=erased_values(value),
        basis=ErasureBasis(str(value["basis"])),
        approver=None if approver is None else people[int(approver[1:]) - 1],
        approver_role=cast(str | None, value.get("approver_role")),
    )


def erased_values(value: Mapping[str, JsonValue]) -> tuple[ErasedValues, ...]:
    """Return what such a part names, entry by entry."""
    rows = cast(Iterable[Mapping[str, JsonValue]], value["values"])
    return tuple(
        ErasedValues(
            entry=str(row["entry"]),
            seq=cast(int, row["seq"]),
            key=str(row["key"]),
            paths=tuple(cast(list[str], row["paths"])),
        )
        for row in rows
    )


def erased_places(bodies: Iterable[object]) -> dict[Place, int]:
    """Return entry and path of every value that one of these entries says is erased, with the seq of that entry.

    Only bytes that could be an erasure are read; what cannot be understood covers nothing.
    """
    found: dict[Place, int] = {}
    for data in bodies:
        if type(data) is not bytes or _MARK not in data:
            continue
        try:
            body = parse_canonical(data)
            assert isinstance(body, dict)
            if body["type"] != str(EventType.ERASED):
                continue
            seq = cast(int, body["seq"])
            part = cast(Mapping[str, JsonValue], body[PART])
            for one in erased_values(part):
                found.update({(one.entry, path): seq for path in one.paths})
        except (InputRefused, AssertionError, KeyError, TypeError, ValueError):
            continue
    return found


def unlawful(before: Case, event: Event, definition: Definition) -> Iterator[Text]:
    """Yield what is wrong with an erasure: who made it in which role, who approved it, and what may go when."""
    erasure, workflow = event.erasure, definition.workflow
    assert erasure is not None, "the schema has shown that an erasure says what it erased"
    erasing = {name for name, part in workflow.roles.items() if part.erases}
    if event.actor.kind is ActorKind.PERSON:
        if event.role not in erasing:
            yield Text(f"{event.role} 无权删除", f"{event.role} may not erase")
        if erasure.approver is None or erasure.approver_role not in erasing:
            yield Text("删除没有有权人员的批准", "nobody who may erase has approved it")
        if erasure.approver is not None and erasure.approver in (event.actor.person, event.actor.acting_for):
            yield Text("删除由本人自行批准", "who erased it has approved it too")
    elif erasure.basis not in (ErasureBasis.RESTORED, ErasureBasis.RETENTION):
        yield Text("系统不能据此删除", "the engine does not erase on this ground")
    if erasure.basis is not ErasureBasis.RESTORED and is_held(before, definition):
        yield Text("保全期间删除了内容", "something was erased while the case was held")
    if erasure.basis is ErasureBasis.RETENTION and before.phase is not Phase.FINAL:
        yield Text("未终结即以期限届满为由删除", "something was erased for its age before the case had ended")
    for path in sorted(erasure.paths):
        part = workflow.fields.get(path.removeprefix(FIELDS)) if path.startswith(FIELDS) else None
        personal = part is not None and part.privacy in (Privacy.PERSONAL, Privacy.CONFIDENTIAL)
        if not personal and before.phase is not Phase.FINAL and erasure.basis is not ErasureBasis.RESTORED:
            yield Text(f"办结前删除了 {path[:60]!r}", f"{path[:60]!r} was erased before the case had ended")
