"""An event as a ledger entry, and an entry as the event it records. The form of an entry may not change any more.

Field privacy decides the place of a value: public ones stand in the entry; internal, personal and confidential ones
leave a salted commitment there, and the value stands beside the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Required, TypedDict, cast

from pydantic import JsonValue

from engine.case.actors import IMPORT, SYSTEM, Actor, ActorKind
from engine.case.case import NOTHING, Case, Party, Pins
from engine.case.codec import at_from, at_text, child_from, child_json, child_role, clock_from, clock_json
from engine.case.commands import BasisKind, Stated
from engine.case.erased import nobody
from engine.case.events import Behalf, Cause, Event, EventType, Opening, Verdict
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId, ordered_id
from engine.definition.compiled import Definition
from engine.definition.parts import Privacy
from engine.ledger.canonical import canonical
from engine.ledger.chain import entry_hash
from engine.ledger.commitments import PrivateValue, commit
from engine.ledger.erasures import PART, erasure_json, read_erasure
from engine.ledger.migrations import PART as MIGRATION
from engine.ledger.migrations import migration_json, read_migration

VERSION = 1
BASIS = "basis"
"""The path of the words that an entry on behalf rests on."""
Json = dict[str, JsonValue]


class Written(NamedTuple):
    """An entry ready to be stored, the values that stand beside it, and the case after it."""

    id: str
    seq: int
    body: bytes
    hash: bytes
    privates: tuple[PrivateValue, ...]
    case: Case


def write_entry(
    before: Case | None, after: Case, event: Event, definition: Definition, random: Callable[[int], bytes]
) -> Written:
    """Return the entry of an event at the end of the case's chain.

    Args:
        before: the case as its newest stored or written entry left it; None for the first entry.
        after: the case after the event, as ``evolve`` gives it.
        event: what happened.
        definition: the definition the case is pinned to.
        random: returns that many random bytes; it makes entry ids and salts.
    """
    entry_id = ordered_id(event.at, random(10).hex())
    privates: list[PrivateValue] = []

    def hide(path: str, value: JsonValue) -> None:
        privates.append(PrivateValue(path, random(32), value))

    body = _body(before, after, event, definition, entry_id, hide)
    if privates:
        body["priv"] = {
            private.path: commit(event.case, entry_id, private.path, private.value, private.salt)
            for private in privates
        }
    data = canonical(body)
    digest = entry_hash(data)
    return Written(entry_id, after.seq, data, digest, tuple(privates), after._replace(head=digest.hex()))


def _body(
    before: Case | None,
    after: Case,
    event: Event,
    definition: Definition,
    entry_id: str,
    hide: Callable[[str, JsonValue], None],
) -> Json:
    known = 0 if before is None else len(before.people)
    for number, person in enumerate(after.people[known:], start=known + 1):
        hide(f"people/P{number}", person)
    body: Json = {
        "v": VERSION,
        "ledger": after.root,
        "case": event.case,
        "seq": after.seq,
        "prev": before.head if before is not None else "0" * 64,
        "id": entry_id,
        "type": str(event.type),
        "at": at_text(event.at),
        "actor": _actor(after, event.actor),
    }
    if event.actor.acting_for is not None:
        body["acting_for"] = _pseudonym(after, event.actor.acting_for)
    if event.role is not None:
        body["role"] = event.role
    if event.acting_unit is not None:
        body["unit"] = event.acting_unit
    if event.key_hash is not None:
        body["command"] = event.key_hash
    if event.stated is not None:
        body["stated"] = {"occurred_at": at_text(event.stated.occurred_at), "basis": _basis(event)}
    if event.behalf is not None:
        body["behalf"] = _behalf(after, event.behalf)
        if event.stated is not None:
            hide(BASIS, event.stated.basis)
    if event.opening is not None:
        body["opening"] = _opening(event.opening)
    if event.transition is not None:
        body["transition"] = event.transition
    if event.to_state is not None:
        body["to"] = event.to_state
    if event.verdicts:
        body["guards"] = [[verdict.guard, verdict.holds] for verdict in event.verdicts]
    if event.cause is not None:
        body["cause"] = {"case": event.cause.case, "transition": event.cause.transition}
    _write_fields(body, event, definition, hide)
    _write_changes(body, after, event)
    if event.note:
        hide("note", dict(event.note))
    if event.erasure is not None:
        approver = event.erasure.approver
        body[PART] = erasure_json(event.erasure, None if approver is None else _pseudonym(after, approver))
    if event.migration is not None:
        body[MIGRATION] = migration_json(event.migration)
    return body


def _write_fields(body: Json, event: Event, definition: Definition, hide: Callable[[str, JsonValue], None]) -> None:
    public: Json = {}
    unset: list[JsonValue] = []
    for name, value in event.fields.items():
        if value is None:
            unset.append(name)
        elif definition.field(name).privacy is Privacy.PUBLIC:
            public[name] = value
        else:
            hide(f"fields/{name}", value)
    if public:
        body["pub"] = public
    if unset:
        body["unset"] = unset


def _write_changes(body: Json, after: Case, event: Event) -> None:
    if event.joined:
        body["joined"] = [_party(after, party) for party in event.joined]
    if event.left:
        body["left"] = [_party(after, party) for party in event.left]
    if event.clocks:
        body["clocks"] = [clock_json(clock) for clock in event.clocks]
    if event.children:
        body["children"] = [child_json(child) for child in event.children]
    if event.merge is not None:
        body["merge"] = event.merge
    if event.resume_state is not None and (event.merge is not None or event.migration is not None):
        body["resume"] = event.resume_state
    if event.merged_from is not None:
        body["merged_from"] = list(event.merged_from)
    if event.linked:
        body["linked"] = list(event.linked)
    if event.published:
        body["published"] = True
    if event.notices:
        body["notices"] = list(event.notices)
    if event.rungs:
        body["rungs"] = [list(rung) for rung in event.rungs]
    if event.withdrawn:
        body["withdrawn"] = [list(rung) for rung in event.withdrawn]


def _basis(event: Event) -> str:
    """Return what stands in the open of the basis: the words of an entry on behalf may say who it was, so only its
    kind."""
    assert event.stated is not None, "asked of events that state an instant"
    return event.stated.basis if event.behalf is None else str(event.behalf.kind)


def _behalf(case: Case, behalf: Behalf) -> Json:
    value: Json = {"kind": str(behalf.kind)}
    if behalf.person is not None:
        value["who"] = _pseudonym(case, behalf.person)
    if behalf.scan is not None:
        value["scan"] = behalf.scan
    return value


def _actor(case: Case, actor: Actor) -> str:
    return str(actor.kind) if actor.person is None else _pseudonym(case, actor.person)


def _pseudonym(case: Case, person: PersonId) -> str:
    """Return how the ledger calls a person in this case: P1 for the first one met, and so on."""
    return f"P{case.people.index(person) + 1}"


def _party(case: Case, party: Party) -> Json:
    value: Json = {"role": party.role, "who": _pseudonym(case, party.person)}
    if party.via is not None:
        value["via"] = party.via
    return value


def _opening(opening: Opening) -> Json:
    value: Json = {
        "root": opening.root,
        "workflow": opening.workflow,
        "version": opening.definition_version,
        "definition": opening.pins.definition,
        "lists": dict(opening.pins.lists),
        "calendar": opening.pins.calendar,
        "unit": opening.unit,
    }
    if opening.congress_session is not None:
        value["congress_session"] = opening.congress_session
    if opening.parent is not None:
        value["parent"] = opening.parent
        value["child_role"] = opening.child_role
        value["batch"] = opening.batch
    return value


def read_opening(body: Mapping[str, JsonValue]) -> Opening | None:
    """Return what an opening entry pins, None for any other entry."""
    raw = body.get("opening")
    if not isinstance(raw, dict):
        return None
    session, parent = raw.get("congress_session"), raw.get("parent")
    return Opening(
        root=RootId(str(raw["root"])),
        workflow=str(raw["workflow"]),
        definition_version=cast(int, raw["version"]),
        pins=Pins(
            definition=str(raw["definition"]),
            lists=cast(dict[str, str], raw["lists"]),
            calendar=str(raw["calendar"]),
        ),
        unit=UnitId(str(raw["unit"])),
        congress_session=None if session is None else SessionId(str(session)),
        parent=None if parent is None else CaseId(str(parent)),
        child_role=child_role(raw.get("child_role")),
        batch=cast(int, raw.get("batch", 0)),
    )


class _Entry(TypedDict, total=False):
    """An entry whose shape was seen to hold (``shape``): the parts that are read as they stand."""

    case: Required[CaseId]
    type: Required[str]
    at: Required[str]
    actor: Required[str]
    acting_for: str
    role: str
    unit: UnitId
    command: str
    stated: dict[str, str]
    behalf: Json
    transition: str
    to: str
    guards: list[tuple[str, bool]]
    cause: dict[str, str]
    pub: Json
    unset: list[str]
    joined: list[dict[str, str]]
    left: list[dict[str, str]]
    clocks: list[Json]
    children: list[Json]
    merge: CaseId
    resume: str
    merged_from: list[CaseId]
    linked: list[CaseId]
    published: bool
    notices: list[str]
    rungs: list[tuple[str, str]]
    withdrawn: list[tuple[str, str]]
    priv: dict[str, str]


def read_entry(
    body: Mapping[str, JsonValue], values: Mapping[str, JsonValue], before: Case | None, definition: Definition
) -> Event:
    """Return the event of an entry; ``values`` are the opened private values by path, erased ones left out."""
    # Asked of every entry of a ledger: a part that is not there, as most are not, costs no more than to see that.
    entry = cast(_Entry, body)
    people = _read_people(entry, values, before)
    to_state, stated, cause = entry.get("to"), entry.get("stated"), entry.get("cause")
    state = None if to_state is None else definition.workflow.states[to_state]
    # A migration calls the state otherwise and comes to nothing new.
    reached = None if state is None or MIGRATION in body else state.milestone
    return Event(
        case=entry["case"],
        type=EventType(entry["type"]),
        at=at_from(entry["at"]),
        actor=_read_actor(entry, people),
        role=entry.get("role"),
        acting_unit=entry.get("unit"),
        stated=None
        if stated is None
        else Stated(at_from(stated["occurred_at"]), str(values.get(BASIS, stated["basis"]))),
        behalf=_read_behalf(entry["behalf"], people) if "behalf" in entry else None,
        key_hash=entry.get("command"),
        opening=read_opening(body),
        transition=entry.get("transition"),
        to_state=to_state,
        to_phase=None if state is None else state.phase,
        milestone=None if reached is None else str(reached),
        verdicts=tuple([Verdict(guard, holds) for guard, holds in entry["guards"]]) if "guards" in entry else (),
        cause=None if cause is None else Cause(CaseId(cause["case"]), cause["transition"]),
        fields=_read_fields(entry, values),
        joined=_read_parties(entry["joined"], people) if "joined" in entry else (),
        left=_read_parties(entry["left"], people) if "left" in entry else (),
        clocks=tuple(map(clock_from, entry["clocks"])) if "clocks" in entry else (),
        children=tuple(map(child_from, entry["children"])) if "children" in entry else (),
        merge=entry.get("merge"),
        merged_from=tuple(entry["merged_from"]) if "merged_from" in entry else None,
        resume_state=entry.get("resume"),
        linked=tuple(entry.get("linked", ())),
        published=entry.get("published", False),
        notices=tuple(entry.get("notices", ())),
        rungs=_read_rungs(entry["rungs"]) if "rungs" in entry else (),
        withdrawn=_read_rungs(entry["withdrawn"]) if "withdrawn" in entry else (),
        note=cast(Mapping[str, JsonValue], values.get("note", NOTHING)),
        erasure=read_erasure(body[PART], people) if PART in body else None,
        migration=read_migration(body) if MIGRATION in body else None,
    )


def _read_people(entry: _Entry, values: Mapping[str, JsonValue], before: Case | None) -> list[PersonId]:
    """Return everybody met so far, those whom this entry commits to among them; who was erased goes by a number."""
    people = [] if before is None else list(before.people)
    if "priv" in entry:
        while (path := f"people/P{len(people) + 1}") in entry["priv"]:
            people.append(PersonId(str(values[path])) if path in values else nobody(len(people) + 1))
    return people


def _read_fields(entry: _Entry, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    fields: Json = dict(entry.get("pub", NOTHING))
    if "unset" in entry:
        fields.update(dict.fromkeys(entry["unset"]))
    for path, value in values.items():
        if path.startswith("fields/"):
            fields[path.removeprefix("fields/")] = value
    return fields


def _read_actor(entry: _Entry, people: Sequence[PersonId]) -> Actor:
    name, for_whom = entry["actor"], entry.get("acting_for")
    return _ENGINE.get(name) or _person(
        people[int(name[1:]) - 1], None if for_whom is None else people[int(for_whom[1:]) - 1]
    )


_ENGINE = {str(actor.kind): actor for actor in (SYSTEM, IMPORT)}


@lru_cache(maxsize=1024)
def _person(person: PersonId, acting_for: PersonId | None) -> Actor:
    return Actor(kind=ActorKind.PERSON, person=person, acting_for=acting_for)


def _read_behalf(value: Json, people: Sequence[PersonId]) -> Behalf:
    who, scan = value.get("who"), value.get("scan")
    return Behalf(
        kind=BasisKind(str(value["kind"])),
        person=None if who is None else people[int(str(who)[1:]) - 1],
        scan=None if scan is None else str(scan),
    )


def _read_rungs(rows: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((deadline, rung) for deadline, rung in rows)


def _read_parties(rows: Sequence[Mapping[str, str]], people: Sequence[PersonId]) -> tuple[Party, ...]:
    return tuple(
        Party(row["role"], people[int(row["who"][1:]) - 1], CaseId(row["via"]) if "via" in row else None)
        for row in rows
    )
