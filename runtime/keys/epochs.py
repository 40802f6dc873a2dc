"""The epoch keys, under which data keys are wrapped: a small text file that an operator may keep elsewhere.

Destroying an epoch's key makes every copy of the key file from that time worthless. The file is written anew as a
whole, under the write lock of the key file; what stood there before is overwritten first, as far as a disk does that.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.case.codec import at_from, at_text
from engine.ledger.ciphers import KEY_BYTES
from runtime.keys.places import FILE_MODE, damaged_keys, make_folder, unwritable

_HEAD: Final = (
    "# 期次密钥：与 keys.db 及其备份分开保管，只留最新一份备份。\n"
    "# Epoch keys: keep them apart from keys.db and its back-ups, and keep only their newest back-up.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One epoch: its number, when its key was made, and the key."""

    number: int
    made_at: datetime
    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """What tells this key from another without telling the key."""
        return hashlib.sha256(b"banjie-epoch-v1\x00" + self.key).hexdigest()[:16]


def read_epochs(path: Path) -> dict[int, Epoch]:
    """Return the epochs by number; none where there is no file.

    Raises:
        KeysUnavailable: the file cannot be read as one of ours.
    """
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise damaged_keys(path) from error
    found: dict[int, Epoch] = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            epoch = _parsed(line)
            if epoch is None or epoch.number in found:
                raise damaged_keys(path)
            found[epoch.number] = epoch
    return found


def with_new_epoch(epochs: Collection[Epoch], at: datetime, number: int) -> list[Epoch]:
    """Return the epochs and one more with a fresh key."""
    made = Epoch(number=number, made_at=at.astimezone(UTC).replace(microsecond=0), key=os.urandom(KEY_BYTES))
    return [*epochs, made]


def write_epochs(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write the file anew, on the disk before this returns; at no moment is there half a file.

    Raises:
        KeysUnavailable: the folder cannot be written.
    """
    path = Path(os.path.realpath(path))  # where a link leads, as the link is to stay
    make_folder(path)
    text = _HEAD + "".join(
        f"{epoch.number} {at_text(epoch.made_at)} {epoch.key.hex()}\n" for epoch in sorted(epochs, key=_number)
    )
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        old = _opened(path)
        beside.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise unwritable(path) from error
    _overwrite(old)


def _opened(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


def _overwrite(descriptor: int | None) -> None:
    """Overwrite the file that was replaced, which has no name any more."""
    if descriptor is None:
        return
    with suppress(OSError):  # the new file stands: this is as much as can be done about the old one
        status = os.fstat(descriptor)
        if status.st_nlink == 0:  # else it has another name: it is somebody's back-up
            os.pwrite(descriptor, bytes(status.st_size), 0)
            os.fsync(descriptor)
    os.close(descriptor)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _number(epoch: Epoch) -> int:
    return epoch.number


def _parsed(line: str) -> Epoch | None:
    parts = line.split()
    try:
        number, made_at, key = int(parts[0]), at_from(parts[1]), bytes.fromhex(parts[2])
    except (ValueError, IndexError):
        return None
    return Epoch(number=number, made_at=made_at, key=key) if len(parts) == 3 and len(key) == KEY_BYTES else None
