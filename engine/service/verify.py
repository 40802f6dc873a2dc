"""Verifies what a database keeps: every chain, every case against its ledger, every row against the replayed case.

It works through everything as it is stored and trusts none of it. That whole cases were taken away without a trace, or
newest entries together with their rows, shows only against checkpoints kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from engine.case.case import Pins
from engine.case.identity import CaseId, RootId
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.ledger.canonical import own_id
from engine.ledger.chain import ChainRule, check_chain
from engine.ledger.commitments import Opened, Sealer
from engine.ledger.replay import Replayed, Rule, replay
from engine.ledger.shape import stream_problems
from engine.ledger.streams import is_stream
from engine.service.case_rows import deadline_rows
from engine.service.history_ports import CaseFile
from engine.service.projection import (
    Unknown,
    deadline_differences,
    poll_differences,
    roster_differences,
    roster_fields,
    row_differences,
    span_differences,
    spans_of,
)
from engine.service.roster_rows import NO_ROWS, roster_rows
from engine.service.rows import PrivateRow
from engine.text import Text

CHUNK_CASES = 200
STREAM_CASES = 40
"""A stream counts as so many cases: one of a day holds a sweep for every minute, and all of it is in memory at once."""
GROUP_ENTRIES = 500
"""So many are asked one question before the next one: what a question needs then stays close to the processor, which
saves an eighth. The entries of a group are remembered once they are parsed (``parse_once``)."""


class RowRule(StrEnum):
    """What must hold between the ledger and the tables beside it."""

    CASE = "P1"
    SPANS = "P2"
    DEADLINES = "P3"
    ROSTERS = "P4"
    POLLS = "P5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One broken rule: at which case and entry, and what is wrong. ``seq`` is 0 where no entry is concerned."""

    case: CaseId
    seq: int
    rule: ChainRule | Rule | RowRule
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was looked at, and everything found, case by case."""

    cases: int = 0
    entries: int = 0
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: Verification) -> Verification:
        return Verification(
            cases=self.cases + other.cases,
            entries=self.entries + other.entries,
            findings=(*self.findings, *other.findings),
        )


class FileReads(Protocol):
    """The part of ``Reads`` that verification needs."""

    def kept_ids(self, root: RootId) -> Iterator[CaseId]:
        """Stream the id of everything that is kept of any case, in order."""

    def case_files(self, root: RootId, cases: Sequence[CaseId]) -> Sequence[CaseFile]:
        """Return everything kept of these cases, in their order."""


def verify(
    reads: FileReads,
    rules: Rulebook,
    root: RootId,
    sealer: Sealer,
    *,
    only: CaseId | None = None,
    progress: Callable[[int], None] | None = None,
) -> Verification:
    """Verify one organisation's cases, or one case.

    Args:
        reads: where everything is read from, some hundred cases at a time.
        rules: every definition and code list that cases are pinned to, by hash.
        root: the organisation.
        sealer: opens the private values.
        only: the one case to look at; a case of which nothing is kept is found to have no entries.
        progress: told how many cases have been looked at so far.
    """
    found = Verification()
    for chunk in chunks_of([only] if only is not None else reads.kept_ids(root)):
        found += verify_some(reads, rules, root, sealer, chunk)
        if progress is not None:
            progress(found.cases)
    return found


def verify_some(
    reads: FileReads, rules: Rulebook, root: RootId, sealer: Sealer, chains: Sequence[CaseId]
) -> Verification:
    """Verify these cases and streams, read at one moment."""
    files = reads.case_files(root, [chain for chain in chains if isinstance(chain, str)])
    sealer.fetch({row.key for file in files for row in file.privates if isinstance(row.key, str)})
    findings = [_nameless(chain) for chain in chains if not isinstance(chain, str)]
    for group in _groups(files):
        findings += verify_cases([file for file in group if not is_stream(file.case)], rules, root, sealer)
        for file in group:
            findings += verify_stream(file, root) if is_stream(file.case) else ()
    return Verification(
        cases=sum(not is_stream(file.case) for file in files),
        entries=sum(len(file.entries) for file in files),
        findings=tuple(findings),
    )


def _nameless(chain: object) -> Finding:
    """Return what is wrong where a damaged file has something else than text for the id of a case."""
    shown = f"{chain!r:.60}"
    text = Text(f"表中的事项编号 {shown} 不是文字", f"rows name their case by {shown}, which is no text")
    return Finding(case=CaseId(shown), seq=0, rule=Rule.COLUMNS, text=text)


def chunks_of(ids: Iterable[CaseId]) -> Iterator[list[CaseId]]:
    """Yield the ids in pieces of which each can be read at once."""
    chunk, cases = list[CaseId](), 0
    for id_ in ids:
        chunk.append(id_)
        cases += STREAM_CASES if is_stream(id_) else 1
        if cases >= CHUNK_CASES:
            yield chunk
            chunk, cases = [], 0
    if chunk:
        yield chunk


def _groups(files: Iterable[CaseFile]) -> Iterator[list[CaseFile]]:
    group, entries = list[CaseFile](), 0
    for file in files:
        group.append(file)
        entries += len(file.entries)
        if entries >= GROUP_ENTRIES:
            yield group
            group, entries = [], 0
    yield group


def verify_cases(files: Sequence[CaseFile], rules: Rulebook, root: RootId, sealer: Sealer) -> Iterator[Finding]:
    """Yield everything that is wrong with what is kept of these cases, case by case.

    Each question is asked of all of them before the next one.
    """

    def definition_of(pins: Pins) -> Definition:
        return rules.pinned(pins.definition, pins.lists)

    chains = [_chain(file) for file in files]
    opened = [_openings(file, sealer) for file in files]
    replays = [
        replay(_bodies(file), openings, definition_of, root=root)
        for file, (openings, _homeless) in zip(files, opened, strict=True)
    ]
    rows = [list(_rows(file, replayed)) for file, replayed in zip(files, replays, strict=True)]
    for number, file in enumerate(files):
        replayed, (_openings_there, homeless) = replays[number], opened[number]
        yield from chains[number]
        for found in replayed.findings:
            yield Finding(case=file.case, seq=found.seq, rule=found.rule, text=found.text)
        for path in homeless:
            text = Text(f"多出的原值 {path}", f"a private value too much: {path}")
            yield Finding(case=file.case, seq=0, rule=Rule.ORPHAN, text=text)
        yield from _keys_left(file.case, replayed, sealer)
        yield from rows[number]


def _chain(file: CaseFile) -> list[Finding]:
    """Return what is wrong with the links of a chain; a case without any entry has none of its own."""
    columns = [(entry.seq, entry.body, entry.hash) for entry in file.entries]
    findings = [
        Finding(case=file.case, seq=found.seq, rule=found.rule, text=found.text)
        for found in check_chain(columns, case=file.case)
    ]
    if not columns and not is_stream(file.case):
        text = Text("没有第一条账目", "the first entry is missing")
        findings.append(Finding(case=file.case, seq=1, rule=ChainRule.SEQUENCE, text=text))
    return findings


def _bodies(file: CaseFile) -> list[tuple[int, bytes]]:
    return [(_whole(entry.seq, place), entry.body) for place, entry in enumerate(file.entries, start=1)]


def _keys_left(case: CaseId, replayed: Replayed, sealer: Sealer) -> Iterator[Finding]:
    """Find erased values whose keys still stand: whoever kept a copy of the database could open them."""
    for move in replayed.moves:
        for one in () if move.event.erasure is None else move.event.erasure.values:
            left = [path for path in one.paths if one.key and sealer.holds(one.key, path)]
            if left:
                paths = "、".join(left)[:120]
                text = Text(f"{paths} 已删除，密钥却仍在", f"the key of what was erased still stands: {paths}")
                yield Finding(case=case, seq=move.after.seq, rule=Rule.KEY_LEFT, text=text)


def verify_stream(file: CaseFile, root: RootId) -> list[Finding]:
    """Return everything that is wrong with a chain of what the engine does on its own."""
    findings = _chain(file)
    for entry in file.entries:
        findings += [
            Finding(case=file.case, seq=_whole(entry.seq, 0), rule=Rule.SCHEMA, text=text)
            for text in stream_problems(entry.body, root)
        ]
    return findings


def _openings(file: CaseFile, sealer: Sealer) -> tuple[dict[int, dict[str, Opened | None]], list[str]]:
    """Return by seq and path what the private values hold, and the paths of those whose seq is no number."""
    wanted = {row.seq for row in file.privates}
    ids = {entry.seq: own_id(entry.body) for entry in file.entries if entry.seq in wanted}
    openings: dict[int, dict[str, Opened | None]] = {}
    homeless: list[str] = []
    for row in file.privates:
        if type(row.seq) is not int or not isinstance(row.path, str):
            homeless.append(f"{row.path!r:.80}")
        else:
            openings.setdefault(row.seq, {})[row.path] = _opened(row, ids.get(row.seq), sealer)
    return openings, homeless


def _opened(row: PrivateRow, entry: str | None, sealer: Sealer) -> Opened | None:
    """Return what the row holds; None when it cannot be opened."""
    if entry is None or type(row.ciphertext) is not bytes or not isinstance(row.key, str):
        return None
    return sealer.open(entry, row.path, row.key, row.ciphertext)


def _whole(value: object, otherwise: int) -> int:
    return value if type(value) is int else otherwise


def _rows(file: CaseFile, replayed: Replayed) -> Iterator[Finding]:
    """Compare the tables with the replayed case, P1 to P5; without any entry nothing may stand in them.

    Of a case that could not be replayed to its end nothing can be said.
    """
    if not replayed.complete:
        return
    unknown = Unknown.of(replayed)
    case, definition = replayed.case, replayed.definition
    last = 0 if case is None else case.seq

    def found(rule: RowRule, text: Text, seq: int = last) -> Finding:
        return Finding(case=file.case, seq=seq, rule=rule, text=text)

    if file.row is None:
        yield found(RowRule.CASE, Text("主表中没有该事项", "the case has no row"))
    if case is None or definition is None:
        yield from (found(RowRule.SPANS, text, seq) for seq, text in span_differences(file.spans, (), unknown))
        yield from (found(RowRule.DEADLINES, text) for text in deadline_differences(file.deadlines, ()))
        yield from (found(RowRule.ROSTERS, text) for text in roster_differences(file.rosters, NO_ROWS))
        yield from (found(RowRule.POLLS, text) for text in poll_differences(file.polls, None, None))
        return
    if file.row is not None:
        yield from (found(RowRule.CASE, text) for text in row_differences(file.row, case, definition, unknown))
    expected = spans_of(replayed.moves)
    yield from (found(RowRule.SPANS, text, seq) for seq, text in span_differences(file.spans, expected, unknown))
    yield from (
        found(RowRule.DEADLINES, text)
        for text in deadline_differences(file.deadlines, deadline_rows(case, case.clocks))
    )
    if not unknown.fields & roster_fields(definition):
        kept = roster_rows(case, definition)
        yield from (found(RowRule.ROSTERS, text) for text in roster_differences(file.rosters, kept))
    yield from (found(RowRule.POLLS, text) for text in poll_differences(file.polls, case, definition))
