"""A migration as a part of an entry, and whether it could be decided where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from pydantic import JsonValue

from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.events import Event, Migration
from engine.case.migrating import why_not, wrong_reason
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.text import Text

PART = "migration"


def migration_json(migration: Migration) -> dict[str, JsonValue]:
    """Return the part of an entry that tells of a migration."""
    return {
        "version": migration.version,
        "definition": migration.definition,
        "lists": dict(migration.lists),
        "reason": migration.reason,
    }


def read_migration(body: Mapping[str, JsonValue]) -> Migration | None:
    """Return under which version an entry lets a case go on, None for any other entry."""
    raw = body.get(PART)
    if not isinstance(raw, dict):
        return None
    return Migration(
        version=cast(int, raw["version"]),
        definition=str(raw["definition"]),
        lists=cast(dict[str, str], raw["lists"]),
        reason=str(raw["reason"]),
    )


def definitions_along(bodies: Iterable[Mapping[str, JsonValue]], rules: Rulebook) -> Iterator[Definition]:
    """Yield for each entry of a case, in order, what the case goes by after it.

    Raises NotFound for what is not kept.
    """
    definition: Definition | None = None
    for body in bodies:
        pins = body.get("opening", body.get(PART))
        if definition is None or isinstance(pins, dict):
            assert isinstance(pins, dict), "the first entry of a case opens it"
            definition = rules.pinned(str(pins["definition"]), cast(Mapping[str, str], pins["lists"]))
        yield definition


def unfounded(before: Case, event: Event, definition: Definition, was: Definition) -> Iterator[Text]:
    """Yield what is wrong with a migration: who decided on it, where it leads, and that it moves nothing else."""
    migration = event.migration
    assert migration is not None, "the schema has shown that a migration says where to"
    workflow = definition.workflow
    if event.actor.kind is not ActorKind.PERSON:
        yield Text("迁移不是由人决定的", "nobody decided on this migration")
    if (workflow.name, workflow.version) != (before.workflow, migration.version):
        yield Text("所载流程及版本与所依据的文本不符", "workflow and version are not those of the pinned definition")
        return
    if (event.resume_state is None) < (before.resume_state is None):
        yield Text("迁移不能另设恢复状态", "a migration sets no state to be resumed")
    states = {before.state: event.to_state or before.state}
    if before.resume_state is not None:
        states[before.resume_state] = event.resume_state or before.resume_state
    for problem in (*wrong_reason(migration.reason), *why_not(before, was, definition, states, event.at)):
        yield problem.text
    for clock in event.clocks:
        known = before.clock(clock.name)
        if known is None or known._replace(rung_at=clock.rung_at) != clock:
            yield Text(f"迁移改动了期限 {clock.name[:60]!r}", f"the migration changed the deadline {clock.name[:60]!r}")
