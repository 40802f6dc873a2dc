"""The entries of a case in a reader's words: who did what in which role, what was checked and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from engine.case.actors import ActorKind
from engine.case.codec import at_from
from engine.case.events import EventType
from engine.definition.rulebook import Rulebook
from engine.definition.wording import title_of
from engine.service.queries import TimelineLine
from web.views.fields import FieldWriter, Shown

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


def entry_view(line: TimelineLine, writer: FieldWriter, rules: Rulebook) -> EntryView:
    """Return the view of one entry; ``rules`` know what the moves of related cases are called."""
    words, workflow = writer.words, writer.definition.workflow
    order = {name: place for place, name in enumerate(workflow.fields)}
    refusals = {
        guard.id: words.say(guard.refuse.text.filled(_parameters(writer)))
        for part in workflow.transitions.values()
        for guard in (*part.guards, *(guard for way in part.alternatives for guard in way.guards))
    }
    return EntryView(
        at=words.instant(at_from(line.at)),
        title=_title(line, writer),
        who=_who(line, writer),
        state=None if line.to_state is None else words.say(title_of(line.to_state, workflow.states)),
        occurred=None
        if line.occurred_at is None
        else words.t("entry_occurred", at=words.instant(at_from(line.occurred_at))),
        cause=_cause(line.body, writer, rules),
        checked=tuple(
            Checked(text=words.t("workflow_unless", refusal=refusals.get(guard, guard)), holds=holds)
            for guard, holds in line.guards
        ),
        fields=tuple(
            writer.shown(name, line.fields[name])
            for name in sorted(line.fields, key=lambda name: order.get(name, len(order)))
        ),
        hash=words.t("entry_hash", seq=line.seq, hash=line.hash[:HASH_CHARACTERS]),
        mark=line.type,
    )


def _title(line: TimelineLine, writer: FieldWriter) -> str:
    words, workflow = writer.words, writer.definition.workflow
    match line.type:
        case EventType.OPENED:
            return words.t("entry_opened")
        case EventType.NOTED:
            return words.t("entry_noted")
        case _ if line.transition is not None:
            return words.say(title_of(line.transition, workflow.transitions))
        case _:
            return words.t("entry_changed")


def _who(line: TimelineLine, writer: FieldWriter) -> str:
    words = writer.words
    if line.who in (str(ActorKind.SYSTEM), str(ActorKind.IMPORT)):
        return words.t(f"who_{line.who}")
    if line.role is None:
        return line.who
    return words.t("entry_by", who=line.who, role=words.say(title_of(line.role, writer.definition.workflow.roles)))


def _cause(body: Mapping[str, JsonValue], writer: FieldWriter, rules: Rulebook) -> str | None:
    """Return which move of another case led to this entry, by its title in another workflow or else in its own."""
    cause = body.get("cause")
    if not isinstance(cause, dict):
        return None
    name, own = str(cause.get("transition", "")), writer.definition.workflow
    others = (rules.newest(other) for other in rules.names() if other != own.name)
    workflow = next((other for other in others if name in other.transitions), own)
    return writer.words.t("entry_cause", move=writer.words.say(title_of(name, workflow.transitions)))


def _parameters(writer: FieldWriter) -> dict[str, object]:
    return {name: part.value for name, part in writer.definition.workflow.parameters.items()}
