"""Verifies the files of cases (F1): each that the ledger tells of has its row, and its content is the one described.

What an entry says of a file stands behind a commitment, which ``verify`` opens; here it is held against the row of the
file and against the bytes in the folder. An erased file has neither value nor key, and nothing more to be held against.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.case.erased import FIELDS
from engine.case.files import described_files, is_file_field
from engine.case.identity import CaseId, RootId
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.ledger.canonical import own_id
from engine.ledger.commitments import Sealer
from engine.ledger.erasures import erased_places
from engine.service.file_ports import FileRow
from engine.service.filing.chunks import ORIGINAL, STRIPPED, FileDamaged, content_key, read_chunks
from engine.service.filing.folder import COPY, FileFolder
from engine.service.known_files import FileSecret, open_file
from engine.service.ports import Reads
from engine.service.tree_findings import Found, TreeFinding, TreeRule

_ADDRESS: Final = re.compile(r"[0-9a-f]{32}")
# What making sense of a row raises that somebody made who had the keys and not our words.
_SENSELESS: Final = (KeyError, ValueError, TypeError, AttributeError)


class Place(NamedTuple):
    """Where the ledger tells of a file."""

    case: str
    seq: int
    path: str


Told = dict[str, dict[Place, Mapping[str, JsonValue]]]
"""By the id of a file, every place that tells of it with what it says there."""


def verify_files(reads: Reads, rules: Rulebook, root: RootId, sealer: Sealer, folder: FileFolder) -> list[TreeFinding]:
    """Verify the files of one organisation's cases; reads every byte of them.

    Args:
        reads: where rows and values are read.
        rules: say which fields hold files.
        root: the organisation.
        sealer: opens values and rows.
        folder: where the contents lie.
    """
    found = Found()
    files = _Files(reads, root, sealer, _paths(rules))
    # The rows first: a file that is filed meanwhile is then told of and has no row yet, never the other way round.
    rows = {row.id: row for row in reads.files_of_cases(root) if isinstance(row.id, str)}
    told = files.told()
    sealer.fetch({row.key for row in rows.values() if isinstance(row.key, str)})
    for id_, places in told.items():
        if id_ not in rows and not reads.files(root, [id_]) and not files.may_be_erased(places):
            _tell(found, id_, next(iter(places)), "不在库中", "it is gone")
    for id_, row in rows.items():
        places = told.get(id_, {})
        problem = _wrong(row, places, sealer, folder)
        if problem is None:
            continue
        for now in reads.files(root, [id_]):  # none: cleared away meanwhile
            still = problem if now == row else _wrong(now, places, sealer, folder)
            if still is not None:
                _tell(found, id_, _place(now), *still)
    return list(found.all())


def _place(row: FileRow) -> Place:
    return Place(row.case or "", row.seq or 0, row.path or "")


class _Files:
    """What the ledger tells of files, read as the tables hold it."""

    def __init__(self, reads: Reads, root: RootId, sealer: Sealer, paths: Collection[str]) -> None:
        self._reads = reads
        self._root = root
        self._sealer = sealer
        self._paths = paths
        self._chain: tuple[str, Mapping[int, str]] = ("", {})

    def told(self) -> Told:
        told: Told = {}
        for row in self._reads.values_at(self._root, self._paths) if self._paths else ():
            entry = self._entry_ids(row.case).get(row.seq)
            if entry is None or not isinstance(row.key, str):
                continue
            opened = self._sealer.open(entry, row.path, row.key, bytes(row.ciphertext))
            for file in () if opened is None else described_files(opened.value):  # type: ignore[arg-type]  # any value
                told.setdefault(str(file["id"]), {})[Place(row.case, row.seq, row.path)] = file
        return told

    def may_be_erased(self, places: Collection[Place]) -> bool:
        """Return whether the file can be gone because it was erased in a case that these places had it from.

        A brief repeats files of the case above it; erased there, they are gone here too.
        """
        relatives = set[CaseId]()
        for case in self._reads.cases(self._root, [CaseId(place.case) for place in places]):
            relatives |= {child.case for child in case.children} | ({case.parent} if case.parent else set())
        return any(
            path in self._paths
            for case in relatives
            for _entry, path in erased_places(entry.body for entry in self._reads.entries(self._root, case))
        )

    def _entry_ids(self, case: str) -> Mapping[int, str]:
        """Return the ids that the entries of a case give themselves; values come case by case."""
        if self._chain[0] != case:
            ids = {entry.seq: own_id(entry.body) for entry in self._reads.entries(self._root, CaseId(case))}
            self._chain = (case, {seq: own for seq, own in ids.items() if own})
        return self._chain[1]


def _paths(rules: Rulebook) -> set[str]:
    """Return the paths of every field that holds files, in any text that a case may go by."""
    parts = [part for name in rules.names() for part in rules.every(name)]
    parts += rules.kept_workflows.values()
    return {f"{FIELDS}{name}" for part in parts for name, field in part.fields.items() if is_file_field(field)}


def _wrong(
    row: FileRow, places: Mapping[Place, Mapping[str, JsonValue]], sealer: Sealer, folder: FileFolder
) -> tuple[str, str] | None:
    """Return what is wrong with a file; None when nothing is."""
    told = places.get(_place(row))
    if row.sealed == b"" and row.expires_at is not None:
        return None if told is None else ("已被删除而无记录", "it was erased and no entry says so")
    if told is None:
        return "不在账册中", "no entry tells of it"
    if row.who is not None or row.expires_at is not None:
        return "被标为待清理", "it is marked to be cleared away"
    try:
        secret = open_file(sealer, row)
        if secret is None or dict(secret.described) != dict(told):
            return "的说明与账册不符", "what its row says is not what the ledger tells"
        if not _content_is(told, secret, row, folder):
            return "的内容与账册不符", "its content is not as described"
    except _SENSELESS:
        return "的说明无法读取", "its row cannot be read"
    except BanjieError as refusal:
        return f"的内容无法读取：{refusal.text.zh}", f"its content cannot be read: {refusal.text.en}"
    return None


def _content_is(told: Mapping[str, JsonValue], secret: FileSecret, row: FileRow, folder: FileFolder) -> bool:
    """Return whether the bytes in the folder are those described, and the copy for handlers is whole."""
    if not isinstance(row.address, str) or not _ADDRESS.fullmatch(row.address):
        return False
    digest = hashlib.sha256()
    for block in _blocks(folder, row.address, "", content_key(secret.content_key, ORIGINAL), int(str(told["size"]))):
        digest.update(block)
    if secret.stripped is not None:
        for _block in _blocks(folder, row.address, COPY, content_key(secret.content_key, STRIPPED), secret.stripped[0]):
            pass
    return digest.hexdigest() == told["sha256"]


def _blocks(folder: FileFolder, address: str, copy: str, key: bytes, size: int) -> Iterator[bytes]:
    content = folder.open(address, copy)
    if content is None:
        raise FileDamaged
    with content:
        yield from read_chunks(content, key, address, size)


def _tell(found: Found, id_: str, place: Place, zh: str, en: str) -> None:
    case, seq, id_ = f"{place.case!s:.60}", f"{place.seq!s:.20}", id_[:32]
    found.add(TreeRule.FILE, f"事项 {case} 第 {seq} 条的附件 {id_} {zh}", f"case {case}, entry {seq}, file {id_}: {en}")
