"""The bundle as a file: the same bytes for the same input, a zip file that any program opens, and its limits. That its
content verifies is shown where the verifiers are."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import random
import zipfile
from typing import Any

import pytest

from engine.errors import InputRefused
from engine.ledger.bundle import ENTRIES_MAX, Bundle, BundleEntry, bundle_bytes, bundle_files, bundle_pieces
from engine.ledger.notes import Note
from tests.support.bundles import DEFINITION_TEXT, KEYS, LEDGER, ORIGIN, PINNED, a_sample, leaf

SAMPLE = a_sample(1)
BUNDLE = SAMPLE.bundle()


def opened(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def shuffled(bundle: Bundle) -> Bundle:
    """The same bundle from a caller that found everything in another order."""
    dice = random.Random(5)
    parts: dict[str, Any] = {
        name: dice.sample(list(getattr(bundle, name)), len(getattr(bundle, name)))
        for name in ("entries", "openings", "erased", "anchors", "excerpts")
    }
    return dataclasses.replace(bundle, **parts)


def test_the_same_input_gives_the_same_bytes_in_whatever_order_it_was_found() -> None:
    assert bundle_bytes(shuffled(BUNDLE)) == bundle_bytes(BUNDLE)
    assert bundle_bytes(a_sample(1).bundle()) == bundle_bytes(BUNDLE)
    assert bundle_bytes(a_sample(2).bundle()) != bundle_bytes(BUNDLE)


def test_it_is_a_plain_zip_file_and_its_pieces_are_the_whole() -> None:
    pieces = list(bundle_pieces(BUNDLE))

    assert len(pieces) > 2 * len(BUNDLE.entries)
    assert opened(b"".join(pieces)) == bundle_files(BUNDLE)


def test_members_are_stored_as_they_are_without_a_trace_of_the_machine() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle_bytes(BUNDLE))) as archive:
        traces = {
            (member.date_time, member.compress_type, member.create_system, member.external_attr, member.extra)
            for member in archive.infolist()
        }
    assert traces == {((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 3, 0o100644 << 16, b"")}


def test_the_entries_stand_in_order_of_their_chains_byte_for_byte() -> None:
    files = opened(bundle_bytes(BUNDLE))
    in_order = sorted(BUNDLE.entries, key=lambda entry: (entry.chain, entry.seq))

    assert [files[f"entries/{number:06}.jcs"] for number in range(1, len(in_order) + 1)] == [
        entry.body for entry in in_order
    ]


def test_the_manifest_comes_last_and_lists_every_other_file() -> None:
    files = opened(bundle_bytes(BUNDLE))
    manifest = json.loads(files["manifest.jcs"])

    assert list(files)[-1] == "manifest.jcs"
    assert manifest["files"] == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.jcs"
    }
    assert {name: manifest[name] for name in ("kind", "ledger", "origin", "size", "tool", "excerpts")} == {
        "kind": "banjie-bundle",
        "ledger": LEDGER,
        "origin": ORIGIN,
        "size": SAMPLE.ledger.tree().size,
        "tool": "banjie 0.1.0",
        "excerpts": [SAMPLE.stream],
    }


def test_keys_definitions_and_anchors_stand_beside_the_entries() -> None:
    files = opened(bundle_bytes(BUNDLE))
    lines = files["keys.txt"].decode().splitlines()

    assert [line for line in lines if not line.startswith("#")] == [f"{role} {key.text}" for role, key in KEYS]
    assert all(f"# {key.fingerprint}" in lines for _role, key in KEYS)
    assert files[f"workflow/{PINNED.removeprefix('sha256:')}.json"].decode() == DEFINITION_TEXT
    assert files["anchors/0001.note"] == SAMPLE.anchor(0)
    assert set(json.loads(files["consistency.jcs"])) == {str(size) for size, _seen_at in SAMPLE.marks}


def test_a_bundle_without_entries_or_with_too_many_is_refused_before_the_first_piece() -> None:
    one = BUNDLE.entries[0]
    for entries in ([], [one] * (ENTRIES_MAX + 1)):
        with pytest.raises(InputRefused):
            bundle_pieces(dataclasses.replace(BUNDLE, entries=entries))


def test_a_bundle_without_a_checkpoint_is_refused() -> None:
    note = Note(text="hello\n", signatures=BUNDLE.checkpoint.signatures)
    with pytest.raises(InputRefused):
        bundle_files(dataclasses.replace(BUNDLE, checkpoint=note))


def test_the_most_entries_still_fit_into_one_zip_file() -> None:
    """Without extensions a zip file counts 65,535 members."""
    entries = [BundleEntry(chain="c", seq=seq, body=b"{}", index=seq, proof=()) for seq in range(ENTRIES_MAX)]
    data = bundle_bytes(dataclasses.replace(BUNDLE, entries=entries))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert 2 * ENTRIES_MAX < len(archive.namelist()) < 65_535


def test_what_is_wrong_with_an_entry_is_not_hidden() -> None:
    """The verifier must see it."""
    entry = dataclasses.replace(BUNDLE.entries[0], body=b"\xff no json")
    files = opened(bundle_bytes(dataclasses.replace(BUNDLE, entries=[entry])))

    assert files["entries/000001.jcs"] == b"\xff no json"
    assert leaf(b"\xff no json").hex() not in files["manifest.jcs"].decode()
