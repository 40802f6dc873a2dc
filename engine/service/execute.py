"""Executes a batch of commands in one write transaction: load, decide in order, write once. One result per command.

Each command sees what earlier ones of the batch did. A refusal or a failure of one leaves the others untouched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.commands import Command, EraseValues
from engine.case.decide import decide
from engine.case.events import Step
from engine.case.files import KnownFile, taken_over
from engine.case.identity import CaseId, RootId
from engine.case.search_words import joined, rewords, search_texts
from engine.case.situation import Situation
from engine.definition.compiled import Definition
from engine.errors import BanjieError, CommandFailed, KeyReused, StorageError
from engine.ledger.commitments import Sealer
from engine.ledger.entries import Written, write_entry
from engine.service.case_cache import CaseCache
from engine.service.case_rows import row_of
from engine.service.claims import claim_of
from engine.service.erasing import held_values
from engine.service.families import merge_targets, named_cases, relatives, series_needed
from engine.service.known_files import known_files, named_files
from engine.service.poll_facts import PollFacts, poll_facts, poll_rows
from engine.service.ports import CaseKey, Claim, Conflict, Outcome, Slot, Stored, WriteTransaction
from engine.service.rosters import BatchRosters, refused
from engine.service.rows import BatchRows, CounterRow, OutcomeRow, SearchRow
from engine.service.steps import step_rows
from engine.service.world import World
from engine.text import Text

_LOG = logging.getLogger(__name__)
FAMILY_HOPS = 3
"""From a child over its parent to the case that was merged into, and to that one's relatives."""
FAMILY_ROUNDS_MAX = FAMILY_HOPS + 1


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was carried out: the case it was about, and the last entry there.

    ``repeated``: it was before. ``rungs`` counts the rungs of ladders that it raised.
    """

    outcome: Outcome
    repeated: bool = False
    rungs: int = 0


@dataclass(frozen=True, slots=True)
class Later:
    """The command's case is held by another process: it goes first in the next batch."""


Result = Done | Later | BanjieError


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a batch runs in.

    ``random`` returns that many random bytes; ``world`` gives a root's rules and units; ``cache`` holds cases as the
    last commits of this process left them. ``mark`` returns a keyed hash, by which a case knows its files again.
    """

    tx: WriteTransaction
    now: datetime
    world: Callable[[WriteTransaction, RootId], World]
    sealer: Sealer
    random: Callable[[int], bytes]
    wait: bool = False
    cache: CaseCache | None = None
    mark: Callable[[str], str] | None = None


@dataclass(slots=True)
class _Working:
    """The working set: every case of the batch as the commands so far have left it, and the rows to write."""

    cases: dict[CaseId, Case]
    stored: frozenset[CaseId]
    busy: frozenset[CaseId]
    numbers: dict[tuple[RootId, str], int] = field(default_factory=dict)
    rows: BatchRows = field(default_factory=BatchRows)
    touched: dict[CaseId, Definition] = field(default_factory=dict)
    files: dict[RootId, dict[str, KnownFile]] = field(default_factory=dict)
    taken: dict[str, CaseId] = field(default_factory=dict)
    reworded: dict[CaseId, tuple[str, ...] | None] = field(default_factory=dict)
    rosters: BatchRosters = field(default_factory=BatchRosters)


def execute(batch: Batch, commands: Sequence[Command]) -> list[Result]:
    """Carry out the commands in order and write everything; the caller commits. Returns one result per command.

    Raises:
        StorageError, Conflict: the database refused; nothing of the batch was kept.
    """
    claims = [claim_of(command) for command in commands]
    settled = _settled(batch, claims)
    fresh = [
        command for command, claim in zip(commands, claims, strict=True) if claim is None or claim.slot not in settled
    ]
    working = _load(batch, fresh)
    results: list[Result] = []
    for command, claim in zip(commands, claims, strict=True):
        known = None if claim is None else settled.get(claim.slot)
        if known is not None and claim is not None:
            results.append(_repeated(known, claim))
            continue
        result = _one(batch, working, command)
        results.append(result)
        if claim is not None and isinstance(result, Done):
            settled[claim.slot] = Stored(claim.request_hash, result.outcome)
            working.rows.outcomes.append(_outcome_row(batch, claim, result.outcome))
    _finish(working)
    batch.tx.write(working.rows)
    if batch.cache is not None:
        batch.cache.stage(working.cases.values())
    return results


def _settled(batch: Batch, claims: Sequence[Claim | None]) -> dict[Slot, Stored]:
    """Claim each key once, with the first command that brings it; return those that were settled before."""
    first: dict[Slot, Claim] = {}
    for claim in claims:
        if claim is not None:
            first.setdefault(claim.slot, claim)
    if not first:
        return {}
    found = batch.tx.claim(list(first.values()), microseconds(batch.now))
    return {claim.slot: stored for claim, stored in found.items()}


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
    """Find the closure of all commands, and where others may write, lock it in the order of ids as it is then.

    There what the cache holds may be old: it only says what to lock. What turns out to be a relative just then makes
    its command wait for the next batch, which knows better.
    """
    wanted: set[CaseKey] = {(command.root, case) for command in commands for case in named_cases(command)}
    known: dict[CaseId, Case] = {}
    busy: set[CaseId] = set()
    for _round in range(FAMILY_ROUNDS_MAX):
        missing = [key for key in wanted if key[1] not in known]
        if not missing:
            break
        known.update((case.id, case) for case in _read(batch, missing))
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
    if wanted and not batch.tx.exclusive:
        before = frozenset(known)
        known = {case.id: case for case in batch.tx.lock_cases(sorted(wanted), wait=batch.wait, known=known)}
        busy = {case for case in before if case not in known}
    return _Working(cases=known, stored=frozenset(known), busy=frozenset(busy), files=_files(batch, commands))


def _files(batch: Batch, commands: Sequence[Command]) -> dict[RootId, dict[str, KnownFile]]:
    """Return what is known of the files that the commands name."""
    named: dict[RootId, set[str]] = {}
    for command in commands:
        if ids := named_files(command):
            named.setdefault(command.root, set()).update(ids)
    return {root: known_files(batch.tx, batch.sealer, root, ids) for root, ids in named.items()}


def _read(batch: Batch, keys: Sequence[CaseKey]) -> list[Case]:
    """Return the cases that exist, from the cache as far as they are in it."""
    if batch.cache is None:
        return list(batch.tx.read_cases(keys))
    kept = {key: case for key in keys if (case := batch.cache.get(key[1])) is not None}
    missing = [key for key in keys if key not in kept]
    found = [case for key, case in kept.items() if case.root == key[0]]
    return [*found, *(batch.tx.read_cases(missing) if missing else ())]


def _one(batch: Batch, working: _Working, command: Command) -> Result:
    """Decide one command and add its rows; a failure of ours is caught here and leaves the working set as before."""
    try:
        world = batch.world(batch.tx, command.root)
        family = _family(working, command, world)
        if family is None:
            return Later()
        now = _not_before(batch.now, family.values())
        polls = poll_facts(batch.tx, command, family, world.rules, now)
        situation = _situation(batch, working, world, command, family)._replace(
            electors=polls.counts, boxes=polls.boxes
        )
        step = decide(situation, command, now)
        if isinstance(step, BanjieError):
            return step
        unfit = refused(step, situation, batch.tx, world, working.rosters)
        if unfit is not None:
            return unfit
        written = _written(batch, working, situation, step)
        rows = _rows(batch, working, world, step, written, polls)
    except (StorageError, Conflict):
        raise
    except BanjieError as refusal:
        return refusal
    except Exception:  # noqa: BLE001 - a defect of ours must not take the other commands of the batch with it
        incident = batch.random(4).hex()
        _LOG.exception("command failed, incident %s", incident)
        return CommandFailed(incident)
    working.rows.add(rows)
    return _apply(working, situation, step, written)


def _family(working: _Working, command: Command, world: World) -> dict[CaseId, Case] | None:
    """Return the cases the command may touch, as far as a step can reach; None when another process holds one of them
    or made it a relative only just now."""
    named = set(named_cases(command))
    family = {case.id: case for case in map(working.cases.get, named) if case is not None}
    targets = {target for case in tuple(family.values()) for target in merge_targets(command, case, world)}
    if not working.busy.isdisjoint(named | targets):
        return None
    edge = {target for target in targets if (case := working.cases.get(target)) and case.root == command.root}
    edge |= {relative for case in family.values() for relative in relatives(case)}
    for _hop in range(FAMILY_HOPS):
        edge -= family.keys()
        if not edge:
            break
        if not edge <= working.cases.keys():
            return None
        family.update((case, working.cases[case]) for case in edge)
        edge = {relative for case in edge for relative in relatives(working.cases[case])}
    return family


def _not_before(now: datetime, family: Iterable[Case]) -> datetime:
    """Entries of one case never go backwards in time, even when the clock does."""
    return max([now, *(case.changed_at for case in family)])


def _situation(
    batch: Batch, working: _Working, world: World, command: Command, family: Mapping[CaseId, Case]
) -> Situation:
    needed = set(series_needed(command, family, world, batch.now))
    unknown = {series for series in needed if (command.root, series) not in working.numbers}
    if unknown:
        for series, number in batch.tx.counters(command.root, unknown).items():
            working.numbers[(command.root, series)] = number
    return Situation(
        root=command.root,
        family=family,
        rules=world.rules,
        units=world.surroundings.tree,
        calendar=world.calendar,
        sessions=world.surroundings.sessions,
        numbers={series: working.numbers.get((command.root, series), 0) for series in needed},
        seed=batch.random(16).hex(),
        values=tuple(held_values(batch.tx, command)) if isinstance(command, EraseValues) else (),
        files=taken_over(working.files.get(command.root, {}), working.taken),
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


def _rows(
    batch: Batch,
    working: _Working,
    world: World,
    step: Step,
    written: Sequence[tuple[Case | None, Written, Definition]],
    polls: PollFacts,
) -> BatchRows:
    rows = BatchRows()
    newest = {entry.case.id: entry.case for _before, entry, _definition in written}

    def family(case: CaseId) -> Case | None:
        return newest.get(case) or working.cases.get(case)

    for event, (before, entry, definition) in zip(step.events, written, strict=True):
        step_rows(rows, before, entry, event, definition, world, batch.sealer, family, batch.mark)
        poll_rows(rows, before, entry.case, event, definition, polls, batch.mark)
    return rows


def _apply(
    working: _Working, situation: Situation, step: Step, written: Sequence[tuple[Case | None, Written, Definition]]
) -> Done:
    for event, (before, entry, definition) in zip(step.events, written, strict=True):
        if event.case not in working.reworded and rewords(event, definition):
            working.reworded[event.case] = None if before is None else _texts(before, situation.definition_of(before))
        working.rosters.moved(before, entry.case, definition)
        working.cases[event.case] = entry.case
        working.touched[event.case] = definition
        working.taken.update((file.id, event.case) for file in event.taken)
    case = working.cases[step.case]
    for series, number in step.numbers.items():
        working.numbers[(case.root, series)] = number
        working.rows.counters.append(CounterRow(case.root, series, number))
    return Done(Outcome(case.id, case.seq, case.head), rungs=sum(len(event.rungs) for event in step.events))


def _finish(working: _Working) -> None:
    """Add one row per case touched, however often the batch touched it, what it is found by if that has changed, and
    keep the last number of each series."""
    for case_id, definition in working.touched.items():
        rows = working.rows.changed if case_id in working.stored else working.rows.created
        rows.append(row_of(working.cases[case_id], definition))
    for case_id, was in working.reworded.items():
        case = working.cases[case_id]
        texts = _texts(case, working.touched[case_id])
        if texts != was:
            words = None if was is None else joined(was)
            working.rows.search.append(SearchRow(case.root, case_id, words, joined(texts)))
    working.rosters.write(working.rows)
    last = {(row.root, row.series): row for row in working.rows.counters}
    working.rows.counters[:] = list(last.values())


def _texts(case: Case, definition: Definition) -> tuple[str, ...]:
    """Return what a case is found by, as it was typed: to be compared before it is divided into words."""
    return tuple(search_texts(case, definition).values())
