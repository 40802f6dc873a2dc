"""Proofs about what is sealed, for those who trust nobody: of every entry of a case, and bundles to verify offline.

A reader gets proofs of the cases they may see, and opens only the values and names that they may know
(``access.disclosure``); an entry as the ledger holds it tells neither. One bundle has one checkpoint, so it holds cases
of which all that stands in the ledger is sealed in the tree of one year.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.access.disclosure import Disclosure, disclosed
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.case.secrecy import is_strict
from engine.definition.compiled import Definition
from engine.errors import InputRefused, NotFound
from engine.ledger.bundle import ENTRIES_MAX, Anchor, Bundle, BundleEntry, Erased, KeyRole, Opening
from engine.ledger.canonical import parse_canonical
from engine.ledger.entries import BASIS
from engine.ledger.erasures import erased_places
from engine.ledger.merkle import Tree
from engine.ledger.notes import Note, VerifierKey, parse_checkpoint, parse_note
from engine.ledger.tlog_proofs import TlogProof
from engine.service.desk import Desk
from engine.service.ports import Reads
from engine.service.rows import EntryRow
from engine.service.sealing_ports import CheckpointRow, SealingReads
from engine.service.world import World
from engine.text import Text

ANCHORS_MAX = 20
"""So many checkpoints that somebody else keeps go along with a bundle at most."""
FIELDS, PEOPLE = "fields/", "people/P"


class ProvingReads(Reads, SealingReads, Protocol):
    """What has to be read for a proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedEntry:
    """An entry and its proof; None while no checkpoint covers it."""

    seq: int
    hash: bytes
    proof: TlogProof | None


def newest_note(reads: ProvingReads, root: RootId) -> Note:
    """Return the newest checkpoint with what witnesses added to it; raises NotFound before anything was sealed."""
    row = reads.newest_checkpoint(root)
    if row is None:
        raise NotFound(Text("账册尚未封存，没有检查点", "Nothing was sealed yet: there is no checkpoint"))
    return _cosigned(reads, root, row)


def prove_case(desk: Desk, root: RootId, case: CaseId, actor: Actor, world: World) -> list[ProvedEntry]:
    """Return every entry of a case with its proof under the newest checkpoint; raises CaseNotFound, NotFound.

    What is in an earlier year's tree is proved by the last checkpoint of that year.
    """
    desk.queries.case(root, case, actor, world)  # who may not see the case gets no proof that it exists
    rows = desk.reads.entries(root, case)
    proofs: dict[int, TlogProof] = {}
    for sealed in _trees(desk.reads, root, rows):
        for (_case, seq), at in sealed.places.items():
            proofs[seq] = TlogProof(index=at, hashes=sealed.tree.inclusion(at), checkpoint=sealed.note)
    return [ProvedEntry(seq=row.seq, hash=row.hash, proof=proofs.get(row.seq)) for row in rows]


def bundle_of(
    desk: Desk,
    root: RootId,
    cases: Sequence[CaseId],
    actor: Actor,
    world: World,
    *,
    now: datetime,
    tool: str,
    keys: Callable[[str], Sequence[tuple[KeyRole, VerifierKey]]],
    anchors: Sequence[Note] = (),
) -> Bundle:
    """Return a bundle of whole cases for one reader.

    Args:
        desk: where it is read.
        root: the organisation.
        cases: those wanted.
        actor: the reader, who is given the openings that they may see and no others.
        world: the rules as they stand.
        now: when it is made.
        tool: what makes it, with its version.
        keys: gives the keys that sign under an origin, as the printed ones are compared with.
        anchors: checkpoints that left the house earlier.

    Raises:
        CaseNotFound: a case that the reader may not see.
        InputRefused: there are too many entries; some are not sealed yet, or under the trees of several years.
    """
    entries: list[EntryRow] = []
    openings: list[Opening] = []
    erased: list[Erased] = []
    pinned: set[str] = set()
    for case in dict.fromkeys(cases):
        view = desk.queries.case(root, case, actor, world)
        rows = desk.reads.entries(root, case)
        entries += rows
        pinned.update(_pinned(rows))
        known = disclosed(view.case, view.definition, actor, world.surroundings.tree)
        openings += _openings(desk, view.case, view.definition, known, rows)
        ids = {row.seq: _id(row) for row in rows}
        places = erased_places(row.body for row in rows)
        erased += (Erased(entry=entry, path=path, by=ids[seq]) for (entry, path), seq in places.items())
    if len(entries) > ENTRIES_MAX:
        raise InputRefused(
            Text(f"一个证据包最多 {ENTRIES_MAX} 条记录", f"A bundle holds {ENTRIES_MAX} entries at most")
        )
    trees = list(_trees(desk.reads, root, entries))
    if len(trees) != 1 or len(trees[0].places) != len(entries):
        raise InputRefused(_NOT_ALL_SEALED if len(trees) < 2 else _SEVERAL_YEARS)
    note, tree, origin = trees[0].note, trees[0].tree, trees[0].origin
    texts = {content: _as_hashed(text) for _name, _version, content, text in desk.reads.definitions()}
    return Bundle(
        ledger=root,
        checkpoint=note,
        made_at=now,
        tool=tool,
        entries=[
            BundleEntry(chain=row.case, seq=row.seq, body=row.body, index=at, proof=tree.inclusion(at))
            for row in entries
            for at in [trees[0].places[(row.case, row.seq)]]
        ],
        keys=list(keys(origin)),
        definitions={content: texts[content] for content in pinned if content in texts},
        openings=openings,
        erased=erased,
        anchors=[
            Anchor(note=anchor, consistency=tree.consistency(point.size))
            for anchor in anchors[-ANCHORS_MAX:]
            for point in [parse_checkpoint(anchor.text)]
            if point.origin == origin and point.size <= tree.size
        ],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """The tree of one year under its last checkpoint, and the places in it of the entries that were asked for."""

    note: Note
    tree: Tree
    origin: str
    places: dict[tuple[str, int], int]


def _trees(reads: ProvingReads, root: RootId, rows: Sequence[EntryRow]) -> Iterator[_Sealed]:
    """Yield the trees in which the entries stand, by year. All is read at one moment, leaf by leaf."""
    wanted = {(row.case, row.seq): row.hash for row in rows}
    with reads.tree_view(root) as view:
        last = {row.year: row for row in view.checkpoints()}
        spans = [(tree, last[tree.year]) for tree in view.trees() if tree.year in last]
        hashes: dict[int, list[bytes]] = {tree.year: [] for tree, _row in spans}
        places: dict[int, dict[tuple[str, int], int]] = {tree.year: {} for tree, _row in spans}
        for leaf in view.leaves():
            for tree, row in spans:
                if tree.first <= leaf.idx < tree.first + row.size:
                    hashes[tree.year].append(leaf.hash)
                    if wanted.get((leaf.case, leaf.seq)) == leaf.hash:
                        places[tree.year][(leaf.case, leaf.seq)] = leaf.idx - tree.first
                    break
    for tree, row in spans:
        if places[tree.year]:
            note = _cosigned(reads, root, row)
            yield _Sealed(note=note, tree=Tree(hashes[tree.year]), origin=tree.origin, places=places[tree.year])


def _cosigned(reads: ProvingReads, root: RootId, row: CheckpointRow) -> Note:
    lines = "".join(f"{one.line}\n" for one in reads.cosignatures(root, row.n))
    return parse_note((row.note + lines).encode())


def _openings(
    desk: Desk, case: Case, definition: Definition, known: Disclosure, rows: Sequence[EntryRow]
) -> Iterator[Opening]:
    """Yield what opens the commitments of a case, as far as the reader may know what is behind them."""
    ids = {row.seq: _id(row) for row in rows}
    hidden = {f"{PEOPLE}{number}" for number, person in enumerate(case.people, start=1) if person in known.nameless}
    private = desk.reads.privates(case.root, case.id)
    desk.sealer.fetch({row.key for row in private})
    for row in private:
        name = row.path.removeprefix(FIELDS)
        told = name in known.fields if name != row.path else row.path not in hidden
        if row.path == BASIS or (row.path not in hidden and row.path == "note"):
            # Words about who came and what somebody's log says: for those who may know the persons of the case.
            told = not known.nameless and not (is_strict(case, definition) and known.nameless_roles)
        opened = desk.sealer.open(ids[row.seq], row.path, row.key, row.ciphertext) if told else None
        if opened is not None:
            yield Opening(entry=ids[row.seq], path=row.path, salt=opened.salt, value=opened.value)


def _pinned(rows: Sequence[EntryRow]) -> Iterator[str]:
    """Yield the definitions that the entries of a case name: the one it was opened under, those it migrated to."""
    for row in rows:
        body = parse_canonical(row.body)
        assert isinstance(body, dict), "an entry is an object"
        for part in (body.get("opening"), body.get("migration")):
            if isinstance(part, dict):
                yield str(part["definition"])


def _as_hashed(text: str) -> str:
    """Return a definition in the form that its hash is taken of (``definition.loader.content_hash``)."""
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _id(row: EntryRow) -> str:
    body = parse_canonical(row.body)
    assert isinstance(body, dict), "an entry is an object"
    return str(body["id"])


_NOT_ALL_SEALED = Text(
    "有记录尚未封存，不能出证据包；请稍后再试（每分钟封存一次），或先运行 banjie seal",
    "Some entries are not sealed yet: try again in a minute, or run banjie seal first",
)
_SEVERAL_YEARS = Text(
    "这些记录封存在几个年度的账册中，一个证据包只能出自一个年度；请按年度分别出具",
    "These entries are sealed in the trees of several years; one bundle stands on one of them",
)
