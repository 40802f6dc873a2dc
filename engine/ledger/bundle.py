"""The bundle (证据包): everything an auditor needs to verify entries offline, as one zip file.

It is built from plain data that is handed in and checks none of it: what is wrong with the ledger must show when the
bundle is verified. The same input gives the same bytes on every machine, so members are stored and not compressed.
``deploy/verify`` holds the two verifiers and the description of the format.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from engine.errors import InputRefused
from engine.ledger.canonical import canonical
from engine.ledger.chain import instant_text
from engine.ledger.notes import Note, VerifierKey, parse_checkpoint
from engine.ledger.tlog_proofs import TlogProof
from engine.text import Text

ENTRIES_MAX: Final = 30_000
"""A zip file without extensions counts at most 65,535 members, and an entry has two."""

KIND: Final = "banjie-bundle"
KeyRole = Literal["log", "receipt", "witness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry:
    """One entry as it is stored, its place in the log, and its inclusion proof in the tree of the bundle's checkpoint.

    ``chain`` and ``seq`` are its columns: they only order the entries.
    """

    chain: str
    seq: int
    body: bytes
    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opens one commitment: only values that the reader of this bundle may see belong in it."""

    entry: str
    path: str
    salt: bytes
    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """That the value at this path of an entry was lawfully erased, as the entry with the id ``by`` says."""

    entry: str
    path: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A checkpoint that left the house earlier, and the proof that the bundle's tree still begins with its tree."""

    note: Note
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that goes into one bundle.

    Args:
        ledger: the root id that every entry names.
        checkpoint: the signed checkpoint, with the cosignatures of witnesses, that all proofs lead to.
        made_at: when the bundle was made.
        tool: the name and version of what made it.
        entries: of whole cases; of a stream that is named in ``excerpts``, those that are referred to.
        definitions: of each definition that a case is pinned to, by "sha256:…", the very text that was hashed.
        keys: verifier keys with what they are for; an auditor compares them with the printed ones.
    """

    ledger: str
    checkpoint: Note
    made_at: datetime
    tool: str
    entries: Sequence[BundleEntry]
    keys: Sequence[tuple[KeyRole, VerifierKey]]
    definitions: Mapping[str, str] = field(default_factory=dict)
    openings: Sequence[Opening] = ()
    erased: Sequence[Erased] = ()
    anchors: Sequence[Anchor] = ()
    excerpts: Sequence[str] = ()


def bundle_bytes(bundle: Bundle) -> bytes:
    """Return the zip file. See ``bundle_pieces``."""
    return b"".join(bundle_pieces(bundle))


def bundle_pieces(bundle: Bundle) -> Iterator[bytes]:
    """Yield the zip file piece by piece, to be sent as it is made.

    Raises:
        InputRefused: there are no entries, too many, or the checkpoint is none. Raised before the first piece.
    """
    files = bundle_files(bundle)
    return _zipped(files)


def bundle_files(bundle: Bundle) -> dict[str, bytes]:
    """Return the files of the bundle by name, the manifest last. Raises as ``bundle_pieces`` does."""
    if not 0 < len(bundle.entries) <= ENTRIES_MAX:
        raise InputRefused(
            Text(
                f"证据包须有 1 到 {ENTRIES_MAX} 条账目，现有 {len(bundle.entries)} 条",
                f"a bundle holds 1 to {ENTRIES_MAX} entries, not {len(bundle.entries)}",
            )
        )
    point = parse_checkpoint(bundle.checkpoint.text)
    files = dict(_files(bundle))
    manifest = {
        "v": 1,
        "kind": KIND,
        "tool": bundle.tool,
        "made_at": instant_text(bundle.made_at),
        "origin": point.origin,
        "ledger": bundle.ledger,
        "size": point.size,
        "root": point.root.hex(),
        "excerpts": sorted(set(bundle.excerpts)),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    return {**files, "manifest.jcs": canonical(manifest)}


def _files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Yield every file but the manifest. Whatever has no order of its own is sorted, so that the order in which a
    caller found it does not show."""
    for number, entry in enumerate(sorted(bundle.entries, key=lambda one: (one.chain, one.seq)), start=1):
        proof = TlogProof(index=entry.index, hashes=entry.proof, checkpoint=bundle.checkpoint)
        yield f"entries/{number:06}.jcs", entry.body
        yield f"proofs/{number:06}.tlog-proof", proof.encoded()
    opened = sorted(bundle.openings, key=lambda one: (one.entry, one.path))
    yield "openings.jcs", canonical([[one.entry, one.path, one.salt.hex(), one.value] for one in opened])
    erased = sorted((one.entry, one.path, one.by) for one in bundle.erased)
    yield "erased.jcs", canonical([list(row) for row in erased])
    anchors = {anchor.note.encoded(): anchor for anchor in bundle.anchors}
    sizes = {raw: parse_checkpoint(anchor.note.text).size for raw, anchor in anchors.items()}
    for number, raw in enumerate(sorted(anchors, key=lambda raw: (sizes[raw], raw)), start=1):
        yield f"anchors/{number:04}.note", raw
    proofs = {str(sizes[raw]): [one.hex() for one in anchors[raw].consistency] for raw in sorted(anchors)}
    yield "consistency.jcs", canonical(proofs)
    for pinned in sorted(bundle.definitions):
        yield f"workflow/{pinned.removeprefix('sha256:')}.json", bundle.definitions[pinned].encode()
    yield "keys.txt", _keys(bundle.keys).encode()


def _keys(keys: Sequence[tuple[KeyRole, VerifierKey]]) -> str:
    lines = ["# 请与职代会报告所印指纹核对 / compare with the fingerprints printed in the congress report"]
    for role, key in keys:
        lines += [f"{role} {key.text}", f"# {key.fingerprint}"]
    return "\n".join(lines) + "\n"


_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20  # of the format that is needed to read it: folders and nothing else
_DAY_ONE = 1 << 5 | 1  # 1980-01-01, where the format's calendar begins
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3 << 8


def _zipped(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield a zip file of stored members without a date, an attribute or a comment of the machine that wrote it.

    Written here and not with ``zipfile``, which cannot write a stream without descriptors behind the members; readers
    that trust only what stands before them would have to believe those.
    """
    directory, at = list[bytes](), 0
    for name, data in files.items():
        raw, crc, size = name.encode("ascii"), zlib.crc32(data), len(data)
        known = (_VERSION, 0, 0, 0, _DAY_ONE, crc, size, size, len(raw), 0)
        yield _LOCAL.pack(b"PK\x03\x04", *known) + raw
        yield data
        directory.append(_CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, *known, 0, 0, 0, _PLAIN_FILE, at) + raw)
        at += _LOCAL.size + len(raw) + size
    central = b"".join(directory)
    yield central
    yield _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(central), at, 0)
