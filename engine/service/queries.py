"""What one may look at: a case with its timeline, fields, moves and deadlines, as the one who asks may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case, Clock
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.offers import offered
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.errors import CaseNotFound
from engine.ledger.canonical import parse_canonical
from engine.ledger.commitments import Sealer
from engine.service.deadline_ports import DeadlineFilter
from engine.service.ports import CaseFilter, OverdueLine, Page, Reads
from engine.service.world import World

Json = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One entry as a reader sees it. ``who`` is a name, or the pseudonym where no name is known."""

    seq: int
    type: str
    at: str
    occurred_at: str | None
    who: str
    role: str | None
    transition: str | None
    to_state: str | None
    guards: tuple[tuple[str, bool], ...]
    fields: Json
    body: Json
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as one reader may see it: its fields, the moves offered to the reader, its family."""

    case: Case
    definition: Definition
    fields: Json
    offered: tuple[str, ...]
    parent: Case | None
    children: tuple[Case, ...]
    people: Mapping[PersonId, str]

    @property
    def clocks(self) -> tuple[Clock, ...]:
        return self.case.clocks


class Queries:
    """Questions about cases, each behind the readers of the one who asks."""

    def __init__(self, reads: Reads, sealer: Sealer) -> None:
        self._reads = reads
        self._sealer = sealer

    @property
    def reads(self) -> Reads:
        return self._reads

    def case(self, root: RootId, case_id: CaseId, actor: Actor, world: World) -> CaseView:
        """Return the case with everything a page shows; raises CaseNotFound also when it may not be seen."""
        case = self._visible(root, case_id, actor)
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        wanted = [child.case for child in case.newest_children]
        if case.parent is not None:
            wanted.append(case.parent)
        family = {other.id: other for other in self._reads.cases(root, wanted)} if wanted else {}
        people = self._reads.persons(root, case.people)
        values = {
            path.removeprefix("fields/"): value
            for path, value in self._opened(root, case_id).items()
            if path.startswith("fields/")
        }
        return CaseView(
            case=case,
            definition=definition,
            fields={**values, **case.data},
            offered=offered(definition.workflow, case, actor, world.surroundings.tree),
            parent=family.get(case.parent) if case.parent is not None else None,
            children=tuple(family[child.case] for child in case.newest_children if child.case in family),
            people={person: known.name for person, known in people.items()},
        )

    def timeline(self, root: RootId, case_id: CaseId, actor: Actor) -> Sequence[TimelineLine]:
        """Return every entry of the case, oldest first."""
        case = self._visible(root, case_id, actor)
        names = {person: known.name for person, known in self._reads.persons(root, case.people).items()}
        values: dict[int, dict[str, JsonValue]] = {}
        opened = self._private_by_seq(root, case_id)
        for seq, path, value in opened:
            values.setdefault(seq, {})[path] = value
        return [
            _line(entry.seq, entry.body, entry.hash, case, names, values.get(entry.seq, {}))
            for entry in self._reads.entries(root, case_id)
        ]

    def page(self, root: RootId, actor: Actor, where: CaseFilter, *, after: str | None = None, limit: int = 50) -> Page:
        """Return a page of the cases the actor may see, newest first."""
        return self._reads.list_cases(root, _principals(actor), where, after=after, limit=limit)

    def counts(self, root: RootId, actor: Actor, workflow: str) -> Mapping[str, int]:
        """Return state → number of cases the actor may see."""
        return self._reads.count_cases(root, _principals(actor), workflow)

    def overdue(
        self,
        root: RootId,
        actor: Actor,
        *,
        before: datetime,
        after: str | None = None,
        limit: int = 50,
        where: DeadlineFilter = DeadlineFilter(),  # noqa: B008  # a tuple that does not change
    ) -> tuple[Sequence[OverdueLine], str | None]:
        """Return running deadlines due before an instant, the most overdue first, with the key of the next page."""
        return self._reads.overdue(
            root, _principals(actor), before=microseconds(before), after=after, limit=limit, where=where
        )

    def actor(self, root: RootId, person: PersonId, now: datetime) -> Actor:
        """Return the person as somebody who may act today."""
        on = now.astimezone(SHANGHAI).date()
        return Actor(kind=ActorKind.PERSON, person=person, grants=self._reads.grants(root, person, on))

    def _visible(self, root: RootId, case_id: CaseId, actor: Actor) -> Case:
        case = self._reads.case(root, case_id, _principals(actor))
        if case is None:
            raise CaseNotFound
        return case

    def _opened(self, root: RootId, case_id: CaseId) -> dict[str, JsonValue]:
        """Return the newest private value at each path."""
        return {path: value for _seq, path, value in self._private_by_seq(root, case_id)}

    def _private_by_seq(self, root: RootId, case_id: CaseId) -> list[tuple[int, str, JsonValue]]:
        ids = {entry.seq: str(_body(entry.body)["id"]) for entry in self._reads.entries(root, case_id)}
        found: list[tuple[int, str, JsonValue]] = []
        for row in sorted(self._reads.privates(root, case_id), key=lambda row: row.seq):
            opened = self._sealer.open(ids[row.seq], row.path, row.ciphertext)
            if opened is not None:
                found.append((row.seq, row.path, cast(JsonValue, opened.value)))
        return found


def _principals(actor: Actor) -> Sequence[str] | None:
    return principals_of(actor) if actor.kind is ActorKind.PERSON else None


def _body(data: bytes) -> dict[str, JsonValue]:
    body = parse_canonical(data)
    assert isinstance(body, dict), "an entry is an object"
    return body


def _line(
    seq: int, data: bytes, digest: bytes, case: Case, names: Mapping[PersonId, str], values: Mapping[str, JsonValue]
) -> TimelineLine:
    body = _body(data)
    stated = body.get("stated")
    public = body.get("pub")
    fields = dict(public) if isinstance(public, dict) else {}
    fields.update({path.removeprefix("fields/"): value for path, value in values.items() if path.startswith("fields/")})
    guards = cast(Sequence[tuple[str, bool]], body.get("guards", ()))
    return TimelineLine(
        seq=seq,
        type=str(body["type"]),
        at=str(body["at"]),
        occurred_at=str(stated["occurred_at"]) if isinstance(stated, dict) else None,
        who=_who(str(body["actor"]), case, names),
        role=_text(body.get("role")),
        transition=_text(body.get("transition")),
        to_state=_text(body.get("to")),
        guards=tuple((guard, holds) for guard, holds in guards),
        fields=fields,
        body=body,
        hash=digest.hex(),
    )


def _who(name: str, case: Case, names: Mapping[PersonId, str]) -> str:
    if not name.startswith("P") or not name[1:].isdigit():
        return name
    number = int(name[1:])
    return names.get(case.people[number - 1], name) if number <= len(case.people) else name


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
