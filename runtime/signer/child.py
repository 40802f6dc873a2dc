"""The signer as a child of whoever seals, under the same user, where the operator runs none of their own.

The child is told nothing of the database. It ends when its parent does, however that ends; should it end before, the
next one who asks starts another.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import BanjieError
from engine.ledger.notes import Checkpoint, KeyType, VerifierKey
from runtime.signer.keeper import kept_note, public_key
from runtime.signer.talk import RemoteSigner

if TYPE_CHECKING:
    from engine.service.sealing import Signer
    from runtime.settings import Settings

START_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.05
END_SECONDS: Final = 10


class ChildSigner:
    """Implements ``Signer``; several processes share the child of the one that was first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._remote = RemoteSigner(str(socket_of(folder)))
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def key(self, origin: str) -> VerifierKey:
        self._ready()
        return self._remote.key(origin)

    def head(self, origin: str) -> Checkpoint | None:
        self._ready()
        return self._remote.head(origin)

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        self._ready()
        return self._remote.sign(checkpoint, proof)

    def start(self) -> None:
        """Start the child; whether it listens is seen when it is first asked."""
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "runtime.signer.process", str(self.folder), str(socket_of(self.folder))],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                cwd=Path(__file__).parents[2],
                env={name: value for name, value in os.environ.items() if not name.startswith("BANJIE_")},
            )

    def close(self) -> None:
        """End the child, if it is ours."""
        if self._child is None:
            return
        assert self._child.stdin is not None, "it was given a pipe"
        self._child.stdin.close()
        try:
            self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _ready(self) -> None:
        """See that somebody listens, and start the child where nobody does.

        Raises:
            SealingStopped: nobody does after all.
        """
        with self._starting:
            until = time.monotonic() + START_SECONDS
            while not _listens(self._remote):
                if time.monotonic() > until:
                    self._remote.key("banjie")
                    return
                self.start()
                time.sleep(LOOK_SECONDS)


def socket_of(folder: Path) -> Path:
    """Return where the signer of a folder listens."""
    return folder / "signer.sock"


def signer_folder(settings: Settings) -> Path:
    """Return the folder of the signer that is our child: beside the database file, or in ``data`` on PostgreSQL."""
    if settings.signer_folder is not None:
        return settings.signer_folder
    path = settings.sqlite_path
    return Path("data/signer") if path is None else path.with_name(f"{path.name}.signer")


@contextmanager
def signing(settings: Settings) -> Iterator[Signer]:
    """Give the signer of the settings: the operator's own, or a child that ends with the block."""
    if settings.signer:
        yield RemoteSigner(settings.signer, settings.signer_token.get_secret_value())
        return
    child = ChildSigner(signer_folder(settings).absolute())
    child.start()
    try:
        yield child
    finally:
        child.close()


def known_key(settings: Settings) -> Callable[[str], VerifierKey | None]:
    """Return what gives the key that signs an origin, without starting a signer; None where it cannot be known."""

    def key(origin: str) -> VerifierKey | None:
        try:
            if settings.signer:
                return RemoteSigner(settings.signer, settings.signer_token.get_secret_value()).key(origin)
            public = public_key(signer_folder(settings))
            return None if public is None else VerifierKey(name=origin, kind=KeyType.NOTE, public=public)
        except BanjieError:
            return None

    return cache(key)


def last_note(settings: Settings, origin: str) -> bytes | None:
    """Return the last head that the signer of the settings signed, None where there is none.

    Raises:
        SealingStopped: the operator's signer does not answer.
    """
    if settings.signer:
        return RemoteSigner(settings.signer, settings.signer_token.get_secret_value()).note(origin)
    try:
        return kept_note(signer_folder(settings), origin)
    except OSError:
        return None


def _listens(remote: RemoteSigner) -> bool:
    try:
        with remote.connected():
            return True
    except OSError:
        return False
