"""The signer as a process of its own: ``python -m runtime.signer.process FOLDER SOCKET`` ends when its input does."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from engine.errors import BanjieError
from runtime.signer.keeper import Keeper
from runtime.signer.talk import SignerServer


def main(folder: str, address: str) -> int:
    """Sign until the parent is gone; 1 when that cannot be begun, as when another signer has the folder."""
    # Both may reach the whole group: the parent ends first, with what it is doing, and then the pipe does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        keeper = Keeper(Path(folder))
    except BanjieError as refusal:
        if not refusal.details.get("held"):
            sys.stderr.write(f"{refusal.text.zh} · {refusal.text.en}\n")
        return 1
    try:
        server = SignerServer(keeper, address)
    except BanjieError as refusal:
        sys.stderr.write(f"{refusal.text.zh} · {refusal.text.en}\n")
        return 1
    sys.stdin.buffer.read()
    server.close()
    keeper.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
