"""What one may look at: a case with its timeline, fields, moves and deadlines, as the one who asks may see it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from pydantic import JsonValue

from engine.access.disclosure import Disclosure, disclosed
from engine.access.readers import principals_of
from engine.access.secret_box import SecretBox
from engine.case.actors import Actor, ActorKind
from engine.case.behalf import may_enter
from engine.case.case import Case, Clock
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.offers import offered
from engine.case.scope import SHANGHAI
from engine.case.secrecy import as_party, is_strict
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import CaseNotFound
from engine.ledger.canonical import parse_canonical
from engine.ledger.commitments import Sealer
from engine.ledger.entries import BASIS
from engine.ledger.migrations import PART as MIGRATION
from engine.ledger.migrations import definitions_along
from engine.service.deadline_ports import DeadlineFilter
from engine.service.ports import CaseFilter, CaseLine, OverdueLine, Page, Reads
from engine.service.search import known_to
from engine.service.watch import Watch
from engine.service.whole_lists import whole_list, whole_list_with_words
from engine.service.word_lists import looked_for, page_with_words
from engine.service.world import World

Json = Mapping[str, JsonValue]
_PSEUDONYM: Final = re.compile(r"P[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFor:
    """For whom an entry was made by another: in what form it came, for whom, on what basis, and the scan's hash.

    ``whom`` is None where nobody knows who it was, and where the reader may not; then ``basis`` is None as well, as its
    words may say it.
    """

    kind: str
    whom: str | None
    is_hidden: bool
    basis: str | None
    scan: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One entry as a reader sees it. ``who`` is a name, or the pseudonym where no name is known.

    ``definition`` is what the case went by after it, where that is another one than what it goes by now.
    """

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
    entered: EntryFor | None = None
    definition: Definition | None = None

    @property
    def is_nameless(self) -> bool:
        """Whether ``who`` is a pseudonym of the ledger's, which is no name to show to anybody."""
        return _PSEUDONYM.fullmatch(self.who) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case as one reader may see it: its fields, the moves offered to the reader, its family.

    ``people`` are the names that the reader may know. Who is ``nameless`` is not even called by an id.
    ``originals``: the reader gets files as they came, and not copies without metadata.
    """

    case: Case
    definition: Definition
    fields: Json
    offered: tuple[str, ...]
    enterable: tuple[str, ...]
    parent: Case | None
    children: tuple[Case, ...]
    people: Mapping[PersonId, str]
    nameless: frozenset[PersonId] = frozenset()
    originals: bool = True

    @property
    def clocks(self) -> tuple[Clock, ...]:
        return self.case.clocks


class Queries:
    """Questions about cases, each behind the readers of the one who asks."""

    def __init__(
        self, reads: Reads, sealer: Sealer, *, box: SecretBox | None = None, watch: Watch | None = None
    ) -> None:
        self._reads = reads
        self._sealer = sealer
        self._box = box
        self._watch = watch

    @property
    def reads(self) -> Reads:
        return self._reads

    def case(self, root: RootId, case_id: CaseId, actor: Actor, world: World) -> CaseView:
        """Return the case with everything a page shows; raises CaseNotFound also when it may not be seen."""
        case = self._visible(root, case_id, actor)
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        known = self._disclosed(case, definition, actor, world)
        wanted = [child.case for child in case.newest_children]
        if case.parent is not None:
            wanted.append(case.parent)
        family = {other.id: other for other in self._reads.cases(root, wanted)} if wanted else {}
        people = self._names(case, known, actor)
        # Who has no row stands there by a veil or by a code, which no reader is to recognise elsewhere.
        nameless = known.nameless | (frozenset(case.people) - (people.keys() - {actor.veil}))
        values = {
            path.removeprefix("fields/"): value
            for path, value in self._opened(root, case_id).items()
            if path.startswith("fields/")
        }
        fields = {name: value for name, value in {**values, **case.data}.items() if name in known.fields}
        return CaseView(
            case=case,
            definition=definition,
            fields=fields,
            offered=offered(definition.workflow, case, as_party(actor, case), world.surroundings.tree),
            enterable=may_enter(definition, case, as_party(actor, case), world.surroundings.tree),
            parent=family.get(case.parent) if case.parent is not None else None,
            children=tuple(family[child.case] for child in case.newest_children if child.case in family),
            people=people,
            nameless=nameless,
            originals=known.originals,
        )

    def timeline(self, root: RootId, case_id: CaseId, actor: Actor, world: World) -> Sequence[TimelineLine]:
        """Return every entry of the case, oldest first, with the values and names that the reader may know."""
        case = self._visible(root, case_id, actor)
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        known = self._disclosed(case, definition, actor, world)
        names = self._names(case, known, actor)
        values: dict[int, dict[str, JsonValue]] = {}
        opened = self._private_by_seq(root, case_id)
        for seq, path, value in opened:
            name = path.removeprefix("fields/")
            if name == path or name in known.fields:
                values.setdefault(seq, {})[path] = value
        lines = [
            _line(entry.seq, entry.body, entry.hash, case, names, values.get(entry.seq, {}), known)
            for entry in self._reads.entries(root, case_id)
        ]
        return _read_by([line.body for line in lines], lines, world.rules)

    def page(
        self,
        root: RootId,
        actor: Actor,
        where: CaseFilter,
        *,
        after: str | None = None,
        limit: int = 50,
        world: World | None = None,
    ) -> Page:
        """Return a page of the cases the actor may see, in the order of the filter.

        Who looks for a text gives the world: words are held against what the actor may know of a case.

        Raises:
            InputRefused: the text holds nothing to look for, or the key is none of ours.
        """
        principals = _principals(actor)
        if where.text is None:
            return self._reads.list_cases(root, principals, where, after=after, limit=limit)
        assert world is not None, "words are looked for with the rules at hand"

        known = known_to(actor, world)
        return page_with_words(self._reads, root, principals, where, world, known, after=after, limit=limit)

    def lines(self, root: RootId, actor: Actor, where: CaseFilter, *, limit: int, world: World) -> Sequence[CaseLine]:
        """Return the whole list instead of a page, at most so many lines; raises InputRefused as a page does."""
        principals = _principals(actor)
        if where.text is not None:
            wanted = looked_for(self._reads, root, principals, where, world, known_to(actor, world))
            return whole_list_with_words(wanted, limit=limit)

        def listed(where: CaseFilter, after: str | None, limit: int) -> Page:
            return self._reads.list_cases(root, principals, where, after=after, limit=limit)

        return whole_list(listed, where, limit=limit)

    def counts(self, root: RootId, actor: Actor, workflow: str, *, newest: int | None = None) -> Mapping[str, int]:
        """Return state → number of cases the actor may see, or of so many of the newest of them."""
        return self._reads.count_cases(root, _principals(actor), workflow, newest=newest)

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
        veil = None if self._box is None else veiled_name(self._box, root, person)
        rights = self._reads.rights(root, person, on)
        return Actor(
            kind=ActorKind.PERSON,
            person=person,
            grants=rights.grants,
            veil=veil,
            deputed=rights.deputed,
            home=rights.home,
        )

    def _visible(self, root: RootId, case_id: CaseId, actor: Actor) -> Case:
        case = self._reads.case(root, case_id, _principals(actor))
        if case is None:
            raise CaseNotFound
        return case

    def _disclosed(self, case: Case, definition: Definition, actor: Actor, world: World) -> Disclosure:
        """Return what the reader may know of the case; that somebody looked at one under a strict level is recorded.

        Those who filed it are not: neither that somebody came back with a code, nor when, is written down anywhere.
        """
        is_own = actor.anonymous or as_party(actor, case) is not actor
        if self._watch is not None and is_strict(case, definition) and not is_own:
            self._watch.read(case.root, case.id, actor)
        return disclosed(case, definition, actor, world.surroundings.tree)

    def _names(self, case: Case, known: Disclosure, actor: Actor) -> dict[PersonId, str]:
        """Return what those are called who may be named to the reader; who reads by a veil knows their own name."""
        wanted = [person for person in case.people if person not in known.nameless]
        own = None if as_party(actor, case) is actor else actor.person
        found = self._reads.persons(case.root, [*wanted, *([] if own is None else [own])])
        names = {person: found[person].name for person in wanted if person in found}
        if own is not None and actor.veil is not None and own in found:
            names[actor.veil] = found[own].name
        return names

    def _opened(self, root: RootId, case_id: CaseId) -> dict[str, JsonValue]:
        """Return the newest private value at each path."""
        return {path: value for _seq, path, value in self._private_by_seq(root, case_id)}

    def _private_by_seq(self, root: RootId, case_id: CaseId) -> list[tuple[int, str, JsonValue]]:
        ids = {entry.seq: str(_body(entry.body)["id"]) for entry in self._reads.entries(root, case_id)}
        found: list[tuple[int, str, JsonValue]] = []
        rows = self._reads.privates(root, case_id)
        self._sealer.fetch({row.key for row in rows})
        for row in sorted(rows, key=lambda row: row.seq):
            opened = self._sealer.open(ids[row.seq], row.path, row.key, row.ciphertext)
            if opened is not None:
                found.append((row.seq, row.path, cast(JsonValue, opened.value)))
        return found


def veiled_name(box: SecretBox, root: RootId, person: PersonId) -> PersonId:
    """Return the name under which somebody stands in cases of a strict level: one for all, traced by the key alone."""
    return PersonId(box.mark(f"veil {root} {person}")[:32])


def _principals(actor: Actor) -> Sequence[str] | None:
    return principals_of(actor) if actor.kind is ActorKind.PERSON else None


def _body(data: bytes) -> dict[str, JsonValue]:
    body = parse_canonical(data)
    assert isinstance(body, dict), "an entry is an object"
    return body


def _line(
    seq: int,
    data: bytes,
    digest: bytes,
    case: Case,
    names: Mapping[PersonId, str],
    values: Mapping[str, JsonValue],
    known: Disclosure,
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
        who=str(body["actor"]) if body.get("role") in known.nameless_roles else _who(str(body["actor"]), case, names),
        role=_text(body.get("role")),
        transition=_text(body.get("transition")),
        to_state=_text(body.get("to")),
        guards=tuple((guard, holds) for guard, holds in guards),
        fields=fields,
        body=body,
        hash=digest.hex(),
        entered=_entered(body, case, names, values, known),
    )


def _read_by(bodies: Sequence[Json], lines: Sequence[TimelineLine], rules: Rulebook) -> Sequence[TimelineLine]:
    """Return the lines of a case that has migrated with what it went by at each, and those of any other as they are."""
    if not any(MIGRATION in body for body in bodies):
        return lines
    along = definitions_along(bodies, rules)
    return [replace(line, definition=definition) for line, definition in zip(lines, along, strict=True)]


def _entered(
    body: Json, case: Case, names: Mapping[PersonId, str], values: Mapping[str, JsonValue], known: Disclosure
) -> EntryFor | None:
    behalf = body.get("behalf")
    if not isinstance(behalf, dict):
        return None
    who, basis = behalf.get("who"), values.get(BASIS)
    hidden = isinstance(who, str) and _nameless(who, case, known)
    return EntryFor(
        kind=str(behalf["kind"]),
        whom=None if who is None or hidden else _who(str(who), case, names),
        is_hidden=hidden,
        basis=None if hidden or basis is None else str(basis),
        scan=_text(behalf.get("scan")),
    )


def _nameless(name: str, case: Case, known: Disclosure) -> bool:
    number = int(name[1:])
    return number <= len(case.people) and case.people[number - 1] in known.nameless


def _who(name: str, case: Case, names: Mapping[PersonId, str]) -> str:
    if _PSEUDONYM.fullmatch(name) is None:
        return name
    number = int(name[1:])
    return names.get(case.people[number - 1], name) if number <= len(case.people) else name


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
