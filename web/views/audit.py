"""Entries as auditors read them: what was found in the ledger, and every entry of one case with what it changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from engine.access.directory import Person, Surroundings
from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.identity import PersonId, UnitId
from engine.definition.rulebook import Rulebook
from engine.definition.wording import title_of
from engine.ledger.streams import is_stream
from engine.service.auditing import Hit
from engine.service.organisation import role_titles
from engine.service.queries import TimelineLine
from engine.text import Text
from web.texts import TEXTS
from web.views.fields import FieldWriter
from web.views.timeline import EntryView, entry_view
from web.words import Words

HASH_SHOWN: Final = 16
_FIELDS: Final = "fields/"
_YES_OR_NO: Final = frozenset({"second_factor", "vouched"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HitView:
    """One entry of the list."""

    at: str
    what: str
    details: str
    who: str
    number: str
    address: str | None
    chain: str
    seq: int
    hash: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that an entry set: what it was before, as far as it is known, and what it is now."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedEntry:
    """An entry of a case under audit: as its timeline shows it, and what proves it."""

    entry: EntryView
    seq: int
    basis: str | None
    changes: tuple[Change, ...]
    hash: str
    prev: str
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HitWriter:
    """Writes hits in a reader's words."""

    words: Words
    rules: Rulebook
    surroundings: Surroundings
    people: Mapping[PersonId, Person]

    def view(self, hit: Hit) -> HitView:
        """Return one entry of the list."""
        words = self.words
        is_fact = is_stream(hit.chain)
        return HitView(
            at=words.instant(hit.at),
            what=fact_title(str(hit.body["type"]), words) if is_fact else self._move(hit),
            details=self._told(hit) if is_fact else self._state(hit),
            who=self._who(hit),
            number=words.t("audit_house_fact") if hit.case is None else number_of_case(hit.case, self.rules, words),
            address=None if hit.case is None else f"/cases/{hit.case.id}/audit",
            chain=hit.chain,
            seq=hit.seq,
            hash=hit.hash.hex()[:HASH_SHOWN],
            sealed="" if hit.idx is None else words.t("audit_sealed_at", idx=f"{hit.idx:,}"),
        )

    def _move(self, hit: Hit) -> str:
        assert hit.case is not None, "an entry of a case is told with its case"
        name = hit.body.get("transition")
        if name is not None:
            definition = self.rules.pinned(hit.case.pins.definition, hit.case.pins.lists)
            return self.words.say(title_of(str(name), definition.workflow.transitions))
        kind = str(hit.body["type"])
        return self.words.t(f"entry_{kind}" if f"entry_{kind}" in TEXTS else "entry_changed")

    def _state(self, hit: Hit) -> str:
        assert hit.case is not None, "an entry of a case is told with its case"
        to = hit.body.get("to")
        workflow = self.rules.pinned(hit.case.pins.definition, hit.case.pins.lists).workflow
        parts = [self.words.say(workflow.title.text)]
        if to is not None:
            parts.append(self.words.t("entry_to", state=self.words.say(title_of(str(to), workflow.states))))
        if "behalf" in hit.body:
            parts.append(self.words.t("audit_behalf"))
        return " · ".join(parts)

    def _who(self, hit: Hit) -> str:
        words = self.words
        kind = str(hit.body["actor"])
        if kind in (str(ActorKind.SYSTEM), str(ActorKind.IMPORT)):
            return words.t(f"who_{kind}")
        known = None if hit.who is None else self.people.get(hit.who)
        name = words.t("audit_hidden_who") if known is None else known.name
        role = hit.body.get("role")
        if hit.case is None or role is None:
            return name
        workflow = self.rules.pinned(hit.case.pins.definition, hit.case.pins.lists).workflow
        return words.t("entry_by", who=name, role=words.say(title_of(str(role), workflow.roles)))

    def _told(self, hit: Hit) -> str:
        """Return the parts of a fact, persons and units by their names."""
        body = hit.body.get(str(hit.body["type"]))
        parts = body.items() if isinstance(body, dict) else ()
        words = self.words
        told = ((name, self._named(name, value)) for name, value in parts if name != "case")
        return words.t("semicolon").join(f"{fact_part(name, words)}{words.t('colon')}{text}" for name, text in told)

    def _named(self, name: str, value: JsonValue) -> str:
        text = str(value)
        if name in _YES_OR_NO:
            return self.words.t("yes" if value else "no")
        if name == "role":
            return self.words.say(role_titles(self.rules).get(text, Text(text, text)))
        person, unit = self.people.get(PersonId(text)), self.surroundings.units.get(UnitId(text))
        if person is not None:
            return person.name
        return text if unit is None else self.words.say(unit.title)


def people_in(hits: Sequence[Hit]) -> frozenset[PersonId]:
    """Return whoever a page of hits names: who did it, and persons in facts."""
    told = {
        PersonId(str(value))
        for hit in hits
        if is_stream(hit.chain) and isinstance(parts := hit.body.get(str(hit.body["type"])), dict)
        for name, value in parts.items()
        if name in ("person", "principal", "deputy")
    }
    return frozenset(told | {hit.who for hit in hits if hit.who is not None})


def fact_title(kind: str, words: Words) -> str:
    """Return what a fact is called."""
    return words.t(f"fact_{kind}") if f"fact_{kind}" in TEXTS else words.t("fact_other", type=kind)


def fact_part(name: str, words: Words) -> str:
    """Return what a part of a fact is called; its name where nobody has given it one."""
    return words.t(f"fact_part_{name}") if f"fact_part_{name}" in TEXTS else name


def number_of_case(case: Case, rules: Rulebook, words: Words) -> str:
    """Return the number a case is known by."""
    workflow = rules.pinned(case.pins.definition, case.pins.lists).workflow
    values = (case.data.get(name) for name in workflow.number_fields)
    return next((str(value) for value in values if value), words.t("no_number"))


def audited_entries(
    lines: Sequence[TimelineLine], writer: FieldWriter, rules: Rulebook, places: Mapping[int, int]
) -> Iterator[AuditedEntry]:
    """Yield every entry of a case, oldest first, with what each field was before."""
    words = writer.words
    known: dict[str, JsonValue] = {}
    for line in lines:
        workflow = writer.definition.workflow
        part = workflow.transitions.get(line.transition or "")
        stated = line.body.get("stated")
        yield AuditedEntry(
            entry=entry_view(line, writer, rules),
            seq=line.seq,
            basis=str(stated["basis"]) if isinstance(stated, dict) and part is not None else None,
            changes=tuple(_changes(line, known, writer)),
            hash=line.hash,
            prev=str(line.body.get("prev", "")),
            sealed=words.t("audit_sealed_at", idx=f"{places[line.seq]:,}")
            if line.seq in places
            else words.t("audit_waits"),
        )
        known.update(line.fields)


def _changes(line: TimelineLine, known: Mapping[str, JsonValue], writer: FieldWriter) -> Iterator[Change]:
    words = writer.words
    for name, value in line.fields.items():
        before = writer.write(name, known[name]) if name in known else words.t("dash")
        shown = writer.shown(name, value)
        text = words.listed(file.name for file in shown.files) if shown.files else shown.text
        yield Change(title=writer.title(name), before=before, after=text)
    private = line.body.get("priv")
    for path, digest in private.items() if isinstance(private, dict) else ():
        name = path.removeprefix(_FIELDS)
        if name != path and name not in line.fields:
            hidden = words.t("audit_commitment", hash=str(digest)[:12])
            yield Change(title=writer.title(name), before=words.t("dash"), after=hidden)
    unset = line.body.get("unset")
    for gone in map(str, unset if isinstance(unset, list) else ()):
        before = writer.write(gone, known[gone]) if gone in known else words.t("dash")
        yield Change(title=writer.title(gone), before=before, after=words.t("audit_removed"))
