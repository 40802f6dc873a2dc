"""Executes a batch of commands in one write transaction: load, decide in order, write once. One result per command.

Each command sees what earlier ones of the batch did. A refusal or a failure of one leaves the others untouched.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from engine.case.case import Case
from engine.case.codec import at_text, microseconds
from engine.case.commands import Command, FireTransition, KeepNote, OpenCase
from engine.case.decide import decide, key_hash
from engine.case.events import Step
from engine.case.identity import CaseId, RootId
from engine.case.situation import Situation
from engine.definition.compiled import Definition
from engine.errors import BanjieError, CommandFailed, KeyReused, StorageError
from engine.ledger.commitments import Sealer
from engine.ledger.entries import Written, write_entry
from engine.service.case_rows import case_row
from engine.service.families import merge_targets, named_cases, relatives, series_needed
from engine.service.ports import CaseKey, Claim, Conflict, Outcome, Stored, WriteTransaction
from engine.service.rows import BatchRows, CounterRow, OutcomeRow
from engine.service.steps import step_rows
from engine.service.world import World
from engine.text import Text

_LOG = logging.getLogger(__name__)
FAMILY_ROUNDS_MAX = 4
_ENCODE = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out: the case it was about, and the last entry there. ``repeated``: it was before."""

    outcome: Outcome
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """The command's case is held by another process: it goes first in the next batch."""


Result = Done | Later | BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a batch runs in. ``random`` returns that many random bytes; ``world`` gives a root's rules and units."""

    tx: WriteTransaction
    now: datetime
    world: Callable[[WriteTransaction, RootId], World]
    sealer: Sealer
    random: Callable[[int], bytes]
    wait: bool = False


@dataclass(slots=True)
class _Working:
    """The working set: every case of the batch as the commands so far have left it, and the rows to write."""

    cases: dict[CaseId, Case]
    stored: frozenset[CaseId]
    busy: frozenset[CaseId]
    numbers: dict[tuple[RootId, str], int] = field(default_factory=dict)
    rows: BatchRows = field(default_factory=BatchRows)
    touched: dict[CaseId, Definition] = field(default_factory=dict)


def execute(batch: Batch, commands: Sequence[Command]) -> list[Result]:
    """Carry out the commands in order and write everything; the caller commits. Returns one result per command.

    Raises:
        StorageError, Conflict: the database refused; nothing of the batch was kept.
    """
    claims = [_claim(command) for command in commands]
    settled = dict(batch.tx.claim(list(dict.fromkeys(claims)), microseconds(batch.now)))
    fresh = [command for command, claim in zip(commands, claims, strict=True) if claim not in settled]
    working = _load(batch, fresh)
    results: list[Result] = []
    for command, claim in zip(commands, claims, strict=True):
        known = settled.get(claim)
        if known is not None:
            results.append(_repeated(known, claim))
            continue
        result = _one(batch, working, command)
        results.append(result)
        if isinstance(result, Done):
            settled[claim] = Stored(claim.request_hash, result.outcome)
            working.rows.outcomes.append(_outcome_row(batch, claim, result.outcome))
    _finish(working)
    batch.tx.write(working.rows)
    return results


def request_hash(command: Command) -> str:
    """Return the hash of what a command asks, without who asks and under which key."""
    match command:
        case OpenCase():
            parts: tuple[object, ...] = (
                "open",
                command.workflow,
                command.unit,
                command.congress_session,
                command.form,
                command.parties,
            )
        case FireTransition():
            parts = ("fire", command.case, command.transition, command.form, command.expected_version)
        case KeepNote():
            parts = ("note", command.case, command.title, command.note)
    stated = None if command.stated is None else (at_text(command.stated.occurred_at), command.stated.basis)
    text = _ENCODE((command.root, stated, *parts))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def actor_scope(command: Command) -> str:
    """Return whom an idempotency key belongs to."""
    return command.actor.person or str(command.actor.kind)


def _claim(command: Command) -> Claim:
    return Claim(command.root, actor_scope(command), key_hash(command.key), request_hash(command))


def _repeated(known: Stored, claim: Claim) -> Result:
    if known.request_hash != claim.request_hash:
        return KeyReused(
            Text("该幂等键已用于另一项内容不同的请求", "This idempotency key was used for a different request")
        )
    return Done(known.outcome, repeated=True)


def _outcome_row(batch: Batch, claim: Claim, outcome: Outcome) -> OutcomeRow:
    return OutcomeRow(
        claim.root,
        claim.actor,
        claim.key,
        claim.request_hash,
        outcome.case,
        outcome.seq,
        outcome.hash,
        microseconds(batch.now),
    )


def _load(batch: Batch, commands: Sequence[Command]) -> _Working:
    """Find the closure of all commands by unlocked reads, lock it in the order of ids, and see that it still holds."""
    wanted: set[CaseKey] = {(command.root, case) for command in commands for case in named_cases(command)}
    known: dict[CaseId, Case] = {}
    busy: set[CaseId] = set()
    for _round in range(FAMILY_ROUNDS_MAX):
        missing = [key for key in wanted if key[1] not in known]
        if not missing:
            break
        known.update((case.id, case) for case in batch.tx.read_cases(missing))
        found = {(case.root, relative) for case in known.values() for relative in relatives(case)}
        found |= {
            (command.root, target)
            for command in commands
            for case in named_cases(command)
            for target in merge_targets(command, known.get(case), batch.world(batch.tx, command.root))
        }
        if found <= wanted:
            break
        wanted |= found
    if wanted:
        before = {case.id: case.seq for case in known.values()}
        locked = batch.tx.lock_cases(sorted(wanted), wait=batch.wait)
        known = {case.id: case for case in locked}
        busy = {case for case in before if case not in known}
        outside = {relative for case in known.values() for relative in relatives(case)} - {key[1] for key in wanted}
        busy |= {case.id for case in known.values() if outside.intersection(relatives(case))}
    return _Working(cases=known, stored=frozenset(known), busy=frozenset(busy))


def _one(batch: Batch, working: _Working, command: Command) -> Result:
    """Decide one command and add its rows; a failure of ours is caught here and leaves the working set as before."""
    family = [case for named in named_cases(command) if (case := working.cases.get(named)) is not None]
    if any(case.id in working.busy or not working.busy.isdisjoint(relatives(case)) for case in family) or any(
        named in working.busy for named in named_cases(command)
    ):
        return Later()
    try:
        world = batch.world(batch.tx, command.root)
        situation = _situation(batch, working, world, command)
        step = decide(situation, command, _not_before(batch.now, family))
        if isinstance(step, BanjieError):
            return step
        written = _written(batch, working, situation, step)
    except (StorageError, Conflict):
        raise
    except BanjieError as refusal:
        return refusal
    except Exception:  # noqa: BLE001 - a defect of ours must not take the other commands of the batch with it
        incident = batch.random(4).hex()
        _LOG.exception("command failed, incident %s", incident)
        return CommandFailed(incident)
    return _apply(batch, working, world, step, written)


def _not_before(now: datetime, family: Sequence[Case]) -> datetime:
    """Entries of one case never go backwards in time, even when the clock does."""
    return max([now, *(case.changed_at for case in family)])


def _situation(batch: Batch, working: _Working, world: World, command: Command) -> Situation:
    needed = set(series_needed(command, working.cases, world, batch.now))
    unknown = {series for series in needed if (command.root, series) not in working.numbers}
    if unknown:
        for series, number in batch.tx.counters(command.root, unknown).items():
            working.numbers[(command.root, series)] = number
    return Situation(
        root=command.root,
        family=working.cases,
        rules=world.rules,
        units=world.surroundings.tree,
        calendar=world.calendar,
        sessions=world.surroundings.sessions,
        numbers={series: working.numbers.get((command.root, series), 0) for series in needed},
        seed=batch.random(16).hex(),
    )


def _written(
    batch: Batch, working: _Working, situation: Situation, step: Step
) -> list[tuple[Case | None, Written, Definition]]:
    """Write the entries of a step onto the chains; the working set is not touched yet."""
    newest: dict[CaseId, Case] = {}
    written: list[tuple[Case | None, Written, Definition]] = []
    for event, after in zip(step.events, step.after, strict=True):
        definition = situation.definition_of(after)
        before = newest.get(event.case) or working.cases.get(event.case)
        entry = write_entry(before, after, event, definition, batch.random)
        newest[event.case] = entry.case
        written.append((before, entry, definition))
    return written


def _apply(
    batch: Batch,
    working: _Working,
    world: World,
    step: Step,
    written: Sequence[tuple[Case | None, Written, Definition]],
) -> Done:
    for event, (before, entry, definition) in zip(step.events, written, strict=True):
        working.cases[event.case] = entry.case
        working.touched[event.case] = definition
        step_rows(working.rows, before, entry, event, definition, world, batch.sealer)
    case = working.cases[step.case]
    for series, number in step.numbers.items():
        working.numbers[(case.root, series)] = number
        working.rows.counters.append(CounterRow(case.root, series, number))
    return Done(Outcome(case.id, case.seq, case.head))


def _finish(working: _Working) -> None:
    """Add one row per case touched, however often the batch touched it, and keep the last number of each series."""
    for case_id, definition in working.touched.items():
        case = working.cases[case_id]
        part = definition.workflow
        number = next((str(case.data[name]) for name in part.number_fields if case.data.get(name)), None)
        row = case_row(
            case,
            number=number,
            subject=cast(str | None, case.data.get(part.subject_field)),
            category=None if part.category_field is None else cast(str | None, case.data.get(part.category_field)),
        )
        (working.rows.changed if case_id in working.stored else working.rows.created).append(row)
    last = {(row.root, row.series): row for row in working.rows.counters}
    working.rows.counters[:] = list(last.values())
