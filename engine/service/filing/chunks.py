"""How the content of a file is encrypted: in chunks, each bound to its file, its place and whether it is the last.

So a file can be written and read with a chunk in memory, and nobody shortens, lengthens, mixes or exchanges it unseen.
Each content has a key of its own, under which a chunk's index is a nonce that never comes again.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from typing import IO, Final

from engine.errors import InputRefused
from engine.text import Text

CHUNK_BYTES: Final = 64 * 1024
TAG_BYTES: Final = 16
SEALED_BYTES: Final = CHUNK_BYTES + TAG_BYTES
NONCE_BYTES: Final = 12
_DOMAIN: Final = b"banjie-file-v1\x00"
ORIGINAL: Final = "original"
STRIPPED: Final = "stripped"


class FileDamaged(InputRefused):
    """What lies in the folder is not what was put there."""

    code = "file_damaged"

    def __init__(self) -> None:
        super().__init__(
            Text("附件已损坏，请告知管理员", "The kept file is damaged; tell the administrator"),
        )


def content_key(file_key: bytes, what: str) -> bytes:
    """Return the key of a file's original or of its copy without metadata."""
    return hmac.digest(file_key, _DOMAIN + what.encode(), "sha256")


def sealed_size(size: int) -> int:
    """Return how many bytes a content of this size takes; contents have at least one byte."""
    chunks = -(-size // CHUNK_BYTES)
    return size + chunks * TAG_BYTES


class ChunkWriter:
    """Encrypts what is written to it; the last chunk is held back until it is known to be the last."""

    def __init__(self, file: IO[bytes], key: bytes, address: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._file = file
        self._cipher = AESGCM(key)
        self._address = address
        self._held = bytearray()
        self._index = 0

    def write(self, data: bytes) -> None:
        self._held += data
        while len(self._held) > CHUNK_BYTES:
            self._put(bytes(self._held[:CHUNK_BYTES]), last=False)
            del self._held[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, chunk: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._index), chunk, _bound(self._address, self._index, last=last))
        self._file.write(sealed)
        self._index += 1


def read_chunks(file: IO[bytes], key: bytes, address: str, size: int) -> Iterator[bytes]:
    """Yield the content of so many bytes, chunk by chunk.

    Raises:
        FileDamaged: it was changed, cut off or exchanged; what was yielded before is as it was written.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(key)
    chunks = -(-size // CHUNK_BYTES)
    left = size
    for index in range(chunks):
        sealed = file.read(SEALED_BYTES)
        try:
            chunk = cipher.decrypt(_nonce(index), sealed, _bound(address, index, last=index + 1 == chunks))
        except (InvalidTag, ValueError) as error:
            raise FileDamaged from error
        left -= len(chunk)
        yield chunk
    if left or file.read(1):
        raise FileDamaged


def in_chunks(blocks: Iterable[bytes], writer: ChunkWriter) -> int:
    """Write blocks and finish; return how many bytes there were."""
    size = 0
    for block in blocks:
        writer.write(block)
        size += len(block)
    writer.finish()
    return size


def _nonce(index: int) -> bytes:
    return index.to_bytes(NONCE_BYTES, "big")


def _bound(address: str, index: int, *, last: bool) -> bytes:
    return _DOMAIN + address.encode() + index.to_bytes(8, "big") + (b"\x01" if last else b"\x00")
