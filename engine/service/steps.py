"""What one recorded event writes beside the case row: entry, private values, spans, deadlines, readers, outbox."""

from __future__ import annotations

from engine.access.readers import readers_of
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.events import Event, EventType
from engine.case.roles import accused_units
from engine.definition.compiled import Definition
from engine.figures.spans import span_changes
from engine.ledger.commitments import Sealer
from engine.ledger.entries import Written
from engine.service.case_rows import deadline_rows
from engine.service.rows import (
    BatchRows,
    EntryRow,
    OutboxRow,
    PrivateRow,
    ReaderDue,
    ReaderEnd,
    ReaderRow,
    SpanEnd,
    SpanRow,
    UnsealedRow,
)
from engine.service.world import World


def step_rows(
    rows: BatchRows,
    before: Case | None,
    entry: Written,
    event: Event,
    definition: Definition,
    world: World,
    sealer: Sealer,
    parent: Case | None = None,
) -> None:
    """Add the rows of one event.

    ``before`` is the case as the entry found it, None when it opened the case; ``parent`` is the parent as it is now.
    """
    case = entry.case
    root, at = case.root, microseconds(event.at)
    rows.entries.append(EntryRow(root, case.id, entry.seq, entry.body, entry.hash))
    rows.unsealed.append(UnsealedRow(root, at, case.id, entry.seq))
    for private in entry.privates:
        sealed = sealer.seal(entry.id, private.path, private.salt, private.value)
        rows.privates.append(PrivateRow(root, case.id, entry.seq, private.path, "", sealed))
    for change in span_changes(before, case, event, definition):
        if change.had:
            rows.span_ends.append(SpanEnd(at, entry.seq, root, case.id, change.kind))
        if change.value is not None:
            rows.spans.append(SpanRow(root, case.id, change.kind, entry.seq, change.value, at))
    rows.deadlines.extend(deadline_rows(case, event.clocks))
    _readers(rows, before, case, event, definition, world, parent)
    for kind, names in (("notice", event.notices), ("rung", tuple(f"{name}/{rung}" for name, rung in event.rungs))):
        for name in names:
            rows.outbox.append(OutboxRow(root, f"{entry.id}:{kind}:{name}", case.id, entry.seq, kind, name, at))


def _readers(
    rows: BatchRows,
    before: Case | None,
    case: Case,
    event: Event,
    definition: Definition,
    world: World,
    parent: Case | None,
) -> None:
    """Write who may read the case where that can have changed, and the next due instant where that has."""
    due_at = None if case.next_due_at is None else microseconds(case.next_due_at)
    units, rules = world.surroundings.tree, world.rules
    people = event.joined or event.left or event.children or "accused_units" in event.fields
    recused = parent is not None and bool(accused_units(parent))
    moved = event.to_state is not None and (definition.sight_follows_state or recused)
    if event.type is EventType.OPENED or people or moved:
        # What a parent's recusal takes away is not known to the rows: the old readers are those without it.
        new = readers_of(case, definition.workflow, rules, units, parent)
        old = frozenset[str]() if before is None else readers_of(before, definition.workflow, rules, units)
        rows.end_readers([ReaderEnd(case.root, principal, case.id) for principal in sorted(old - new)])
        rows.readers.extend(ReaderRow(case.root, principal, case.id, due_at) for principal in sorted(new - old))
    if before is not None and event.clocks and before.next_due_at != case.next_due_at:
        rows.reader_dues.append(ReaderDue(due_at, case.root, case.id))
