"""What one recorded event writes beside the case row: entry, private values, spans, deadlines, readers, outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.access.readers import overtaken_by, readers_of, recused_of
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.erased import FIELDS, fields_in, people_in
from engine.case.events import Erasure, Event, EventType
from engine.case.files import file_fields
from engine.case.identity import CaseId
from engine.case.secrecy import RECUSING_FIELDS, accused_units
from engine.definition.compiled import Definition
from engine.figures.spans import span_changes
from engine.ledger.commitments import Sealer
from engine.ledger.entries import Written
from engine.service.case_rows import deadline_rows
from engine.service.file_ports import FileErased, FileTaken
from engine.service.known_files import file_mark
from engine.service.rows import (
    BatchRows,
    EntryRow,
    NoticeDrop,
    OutboxRow,
    PrivateEnd,
    PrivateRow,
    ReaderDue,
    ReaderEnd,
    ReaderRow,
    RecusedRow,
    SpanDrop,
    SpanEnd,
    SpanRow,
    UnsealedRow,
)
from engine.service.world import World

ERASED: Final = "erased"
"""The kind of an outbox row that is not told to people: it says that the keys of erased values are to be destroyed."""


def step_rows(
    rows: BatchRows,
    before: Case | None,
    entry: Written,
    event: Event,
    definition: Definition,
    world: World,
    sealer: Sealer,
    family: Callable[[CaseId], Case | None],
    mark: Callable[[str], str] | None = None,
) -> None:
    """Add the rows of one event.

    ``before`` is the case as the entry found it, None when it opened the case; ``family`` gives its relatives as the
    step leaves them.
    """
    case = entry.case
    root, at = case.root, microseconds(event.at)
    rows.entries.append(EntryRow(root, case.id, entry.seq, entry.body, entry.hash))
    rows.unsealed.append(UnsealedRow(root, at, case.id, entry.seq))
    if entry.privates:
        sealed = sealer.seal(entry.id, entry.privates)
        rows.privates.extend(
            PrivateRow(root, case.id, entry.seq, private.path, sealed.key, ciphertext)
            for private, ciphertext in zip(entry.privates, sealed.ciphertexts, strict=True)
        )
    was = definition
    if event.migration is not None and before is not None:
        was = world.rules.pinned(before.pins.definition, before.pins.lists)
    for change in span_changes(before, case, event, definition, was):
        if change.had:
            rows.span_ends.append(SpanEnd(at, entry.seq, root, case.id, change.kind))
        if change.value is not None:
            rows.spans.append(SpanRow(root, case.id, change.kind, entry.seq, change.value, at))
    rows.deadlines.extend(deadline_rows(case, event.clocks))
    rows.files.extend(
        FileTaken(
            root,
            file.id,
            case.id,
            entry.seq,
            f"{FIELDS}{file.field}",
            None if mark is None else file_mark(mark, root, case.id, file.sha256),
        )
        for file in event.taken
    )
    _readers(rows, before, case, event, (was, definition), world, family)
    if event.erasure is not None:
        _erased(rows, before, entry, event.erasure, definition, at)
    for kind, names in (("notice", event.notices), ("rung", tuple(f"{name}/{rung}" for name, rung in event.rungs))):
        for name in names:
            rows.outbox.append(OutboxRow(root, f"{entry.id}:{kind}:{name}", case.id, entry.seq, kind, name, at))


def _erased(
    rows: BatchRows, before: Case | None, entry: Written, erasure: Erasure, definition: Definition, at: int
) -> None:
    """Take away every row that holds an erased value, and leave word that its keys are to be destroyed."""
    case = entry.case
    for values in erasure.values:
        rows.private_ends.extend(PrivateEnd(case.root, case.id, values.seq, path) for path in values.paths)
        rows.files_erased.extend(
            FileErased(case.root, case.id, values.seq, path)
            for path in values.paths
            if path.removeprefix(FIELDS) in file_fields(definition)
        )
    rows.span_drops.extend(SpanDrop(case.root, case.id, f"field:{name}") for name in fields_in(erasure.paths))
    people = () if before is None else before.people
    rows.notice_drops.extend(NoticeDrop(case.root, case.id, people[n - 1]) for n in people_in(erasure.paths))
    rows.outbox.append(OutboxRow(case.root, f"{entry.id}:{ERASED}:", case.id, entry.seq, ERASED, "", at))


def _readers(
    rows: BatchRows,
    before: Case | None,
    case: Case,
    event: Event,
    definitions: tuple[Definition, Definition],
    world: World,
    family: Callable[[CaseId], Case | None],
) -> None:
    """Write who may read the case where that can have changed, and the next due instant where that has."""
    parent = None if case.parent is None else family(case.parent)
    due_at = None if case.next_due_at is None else microseconds(case.next_due_at)
    units, rules, moves = world.surroundings.tree, world.rules, world.surroundings.moves
    was, definition = definitions
    levels = definition.strict_codes.keys()
    recusing = not event.fields.keys().isdisjoint(RECUSING_FIELDS)
    people = (
        event.joined
        or event.left
        or event.children
        or event.erasure
        or event.published
        or event.migration is not None
        or recusing
        or not event.fields.keys().isdisjoint(levels)
    )
    recused = parent is not None and bool(accused_units(parent))
    moved = event.to_state is not None and (definition.sight_follows_state or recused)
    if event.type is EventType.OPENED or people or moved:
        # What a parent's recusal takes away is not known to the rows: the old readers are those without it.
        new = readers_of(case, definition, rules, units, parent)
        old = frozenset[str]() if before is None else readers_of(before, was, rules, units)
        # Nor is it known which of the rows a move of units has overtaken.
        overtaken = frozenset[str]() if before is None else overtaken_by(moves, before, was, rules, units)
        _sight(rows, case, ends=(old | overtaken) - new, new=new if overtaken else new - old)
        _recusals(rows, before, case, parent)
        if before is not None and (recusing or event.erasure):
            _parts(rows, before, case, world, family)
    if before is not None and event.clocks and before.next_due_at != case.next_due_at:
        rows.reader_dues.append(ReaderDue(due_at, case.root, case.id))


def _sight(rows: BatchRows, case: Case, *, ends: frozenset[str], new: frozenset[str]) -> None:
    due_at = None if case.next_due_at is None else microseconds(case.next_due_at)
    rows.end_readers([ReaderEnd(case.root, principal, case.id) for principal in sorted(ends)])
    rows.readers.extend(ReaderRow(case.root, principal, case.id, due_at) for principal in sorted(new))


def _parts(rows: BatchRows, before: Case, case: Case, world: World, family: Callable[[CaseId], Case | None]) -> None:
    """Write who may read the parts of a case in which other units are complained about now, those that are over too."""
    units, rules = world.surroundings.tree, world.rules
    for part in filter(None, (family(child.case) for child in before.children)):
        definition = rules.pinned(part.pins.definition, part.pins.lists)
        old, new = (readers_of(part, definition, rules, units, whole) for whole in (before, case))
        _sight(rows, part, ends=old - new, new=new - old)


def _recusals(rows: BatchRows, before: Case | None, case: Case, parent: Case | None) -> None:
    """Write who is to know nothing of the case; what holds of a case holds of its assignments too."""
    new = recused_of(case, parent)
    old = frozenset[str]() if before is None else recused_of(before, parent)
    whole = (case.id, *(child.case for child in case.children))
    known = frozenset[str]() if before is None else frozenset((before.id, *(child.case for child in before.children)))
    rows.end_recusals([RecusedRow(case.root, one, gone) for one in whole for gone in sorted(old - new)])
    rows.recused.extend(
        RecusedRow(case.root, one, principal)
        for one in whole
        for principal in sorted(new if one not in known else new - old)
    )
