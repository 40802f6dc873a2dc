"""The entries of a case in a reader's words: who did what in which role, what was checked and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from engine.case.actors import ActorKind
from engine.case.codec import at_from
from engine.case.events import EventType
from engine.definition.model import Workflow
from engine.definition.rulebook import Rulebook
from engine.definition.wording import title_of
from engine.service.behalf import is_whole_day
from engine.service.queries import EntryFor, TimelineLine
from web.views.fields import FieldWriter, Shown
from web.views.rungs import rung_of_deadline
from web.words import Words

HASH_CHARACTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One guard and its verdict."""

    text: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry as a page shows it."""

    at: str
    title: str
    who: str
    state: str | None
    occurred: str | None
    cause: str | None
    checked: tuple[Checked, ...]
    fields: tuple[Shown, ...]
    hash: str
    mark: str
    seq: int = 0
    entered: tuple[str, ...] = ()


def entry_view(line: TimelineLine, writer: FieldWriter, rules: Rulebook) -> EntryView:
    """Return the view of one entry; ``rules`` know what the moves of related cases are called."""
    writer = writer if line.definition is None else replace(writer, definition=line.definition)
    words, workflow = writer.words, writer.definition.workflow
    order = {name: place for place, name in enumerate(workflow.fields)}
    return EntryView(
        at=words.instant(at_from(line.at)),
        title=_title(line, writer),
        who=_who(line, writer, rules),
        state=None if line.to_state is None else words.say(title_of(line.to_state, workflow.states)),
        occurred=None
        if line.occurred_at is None
        else words.t("entry_occurred", at=stated_words(at_from(line.occurred_at), words)),
        cause=_cause(line.body, writer, rules),
        checked=tuple(
            Checked(text=words.t("workflow_unless", refusal=_refusal(guard, writer)), holds=holds)
            for guard, holds in line.guards
        ),
        fields=tuple(
            writer.shown(name, line.fields[name])
            for name in sorted(line.fields, key=lambda name: order.get(name, len(order)))
        ),
        hash=words.t("entry_hash", seq=line.seq, hash=line.hash[:HASH_CHARACTERS]),
        mark=line.type,
        seq=line.seq,
        entered=() if line.entered is None else entered_words(line.entered, words),
    )


def stated_words(at: datetime, words: Words) -> str:
    """Return when something is said to have happened: the day alone where no hour of it was given."""
    return words.day(at) if is_whole_day(at) else words.instant(at)


def entered_words(entry: EntryFor, words: Words) -> tuple[str, ...]:
    """Return what is said of an entry on behalf: for whom, in what form it came, on what basis, and of which scan."""
    whom = words.t("entered_nobody") if entry.whom is None else entry.whom
    if entry.is_hidden:
        whom = words.t("entered_hidden")
    told = [words.t("entered_for", whom=whom, kind=words.t(f"behalf_kind_{entry.kind}"))]
    if entry.basis is not None:
        told.append(words.t("entered_basis", basis=entry.basis))
    if entry.scan is not None:
        told.append(words.t("entered_scan", scan=entry.scan[:HASH_CHARACTERS]))
    return tuple(told)


def _title(line: TimelineLine, writer: FieldWriter) -> str:
    words, workflow = writer.words, writer.definition.workflow
    match line.type:
        case EventType.OPENED | EventType.MIGRATED:
            return step_words(line, words)
        case EventType.NOTED:
            return words.t("entry_noted")
        case EventType.ERASED:
            return words.t("entry_erased")
        case _ if line.transition is not None:
            return words.say(title_of(line.transition, workflow.transitions))
        case _ if raised := _raised(line.body, writer):
            return words.t("entry_rungs", rungs=words.listed(raised))
        case _:
            return words.t("entry_changed")


def step_words(line: TimelineLine, words: Words) -> str:
    """Return what is said of a step that is no move of the workflow: the opening, or going on under another version."""
    part = line.body.get("migration")
    if not isinstance(part, dict):
        return words.t("entry_opened")
    return words.t("entry_migrated", version=str(part["version"]), reason=str(part["reason"]))


def _raised(body: Mapping[str, JsonValue], writer: FieldWriter) -> list[str]:
    """Return the rungs that an entry raised, by the titles of their deadlines and their own."""
    rungs = body.get("rungs")
    found = [one for one in rungs if isinstance(one, list)] if isinstance(rungs, list) else []
    named = ("/".join(str(part) for part in one) for one in found)
    return [rung_of_deadline(name, writer.definition, writer.words) for name in named]


def _who(line: TimelineLine, writer: FieldWriter, rules: Rulebook) -> str:
    words = writer.words
    if line.who in (str(ActorKind.SYSTEM), str(ActorKind.IMPORT)):
        return words.t(f"who_{line.who}")
    roles = writer.definition.workflow.roles
    if line.role is not None and line.role not in roles:  # a part is opened in a role of the case it belongs to
        roles = _causing(line.body, writer, rules, line.role).roles
    role = "" if line.role is None else words.say(title_of(line.role, roles))
    if line.is_nameless:
        if line.role in roles and roles[line.role].bound == "code":
            return role
        # By what right they filed would narrow down who they are.
        own = writer.definition.workflow.opener_becomes if line.type == EventType.OPENED else line.role
        return words.t("who_nameless", role=words.say(title_of(own, roles))) if own else words.t("party_nameless")
    return words.t("entry_by", who=line.who, role=role) if role else line.who


def _cause(body: Mapping[str, JsonValue], writer: FieldWriter, rules: Rulebook) -> str | None:
    """Return which move of another case led to this entry, by its title in another workflow or else in its own."""
    cause = body.get("cause")
    if not isinstance(cause, dict):
        return None
    title = title_of(str(cause.get("transition", "")), _causing(body, writer, rules).transitions)
    return writer.words.t("entry_cause", move=writer.words.say(title))


def _causing(body: Mapping[str, JsonValue], writer: FieldWriter, rules: Rulebook, role: str | None = None) -> Workflow:
    """Return the workflow whose move led to an entry: another one with such a move (and such a role), or its own."""
    cause = body.get("cause")
    name, own = str(cause.get("transition", "")) if isinstance(cause, dict) else "", writer.definition.workflow
    others = (rules.newest(other) for other in rules.names() if other != own.name)
    return next((one for one in others if name in one.transitions and (role is None or role in one.roles)), own)


def _refusal(guard: str, writer: FieldWriter) -> str:
    """Return what a guard says where it does not hold; its name where the definition has none of that name."""
    part = writer.definition.guard_parts.get(guard)
    return guard if part is None else writer.words.say(part.refuse.text.filled(_parameters(writer)))


def _parameters(writer: FieldWriter) -> dict[str, object]:
    return {name: part.value for name, part in writer.definition.workflow.parameters.items()}
