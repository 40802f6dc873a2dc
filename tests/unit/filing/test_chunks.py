"""Contents in chunks: whatever is changed in them is noticed."""

from __future__ import annotations

import io

import pytest

from engine.service.filing.chunks import (
    CHUNK_BYTES,
    ChunkWriter,
    FileDamaged,
    content_key,
    in_chunks,
    read_chunks,
    sealed_size,
)
from engine.service.filing.chunks import SEALED_BYTES as SEALED
from tests.support.refusals import told

KEY, PLACE = bytes(range(32)), "a" * 32
THREE = bytes(n % 251 for n in range(CHUNK_BYTES * 2 + 100))


def sealed(data: bytes, place: str = PLACE, key: bytes = KEY) -> bytes:
    out = io.BytesIO()
    blocks = (data[at : at + 1000] for at in range(0, len(data), 1000))
    assert in_chunks(blocks, ChunkWriter(out, key, place)) == len(data)
    return out.getvalue()


def opened(data: bytes, size: int, place: str = PLACE, key: bytes = KEY) -> bytes:
    return b"".join(read_chunks(io.BytesIO(data), key, place, size))


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, len(THREE)])
def test_what_was_written_is_read_again(size: int) -> None:
    data = sealed(THREE[:size])
    assert len(data) == sealed_size(size)
    assert opened(data, size) == THREE[:size]


def test_nothing_of_the_content_is_seen_in_what_is_written() -> None:
    assert b"CANARY" not in sealed(b"CANARY" * 30_000)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: data[:SEALED], id="cut off after a chunk"),
        pytest.param(lambda data: data + b"x", id="lengthened"),
        pytest.param(lambda data: data + data[-116:], id="the last chunk twice"),
        pytest.param(lambda data: data[SEALED:][:SEALED] + data[:SEALED] + data[2 * SEALED :], id="chunks exchanged"),
        pytest.param(lambda data: data[:70] + bytes([data[70] ^ 1]) + data[71:], id="one bit"),
        pytest.param(lambda data: b"", id="emptied"),
    ],
)  # fmt: skip
def test_what_was_changed_is_noticed(damage) -> None:  # type: ignore[no-untyped-def]  # one of the functions above
    with pytest.raises(FileDamaged):
        opened(damage(sealed(THREE)), len(THREE))


def test_a_shorter_content_cannot_be_made_of_a_longer_one() -> None:
    with told(FileDamaged, "附件已损坏，请告知管理员"):
        opened(sealed(THREE)[:SEALED], CHUNK_BYTES)


def test_a_content_opens_at_its_own_place_and_under_its_own_key_only() -> None:
    data = sealed(b"abc")
    for place, key in (("b" * 32, KEY), (PLACE, content_key(KEY, "stripped"))):
        with pytest.raises(FileDamaged):
            opened(data, 3, place, key)
