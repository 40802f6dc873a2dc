"""Has a content looked into by ``inspect_process``, and takes back what it is and its copy without metadata."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, NamedTuple, cast

from engine.errors import InputRefused
from engine.service.filing.kinds import ALLOWED, KINDS, REASONS, Kind
from engine.text import Text

SECONDS_MAX: Final = 60
"""However slow the machine is: what takes longer is killed, and refused as too complex."""
AT_ONCE: Final = threading.BoundedSemaphore(2)
BLOCK_BYTES: Final = 64 * 1024
_SCRIPT: Final = Path(__file__).with_name("inspect_process.py")


class FileRefused(InputRefused):
    """The file may not come in; ``reason`` says why, and the text what is taken."""

    code = "file_refused"

    def __init__(self, reason: str) -> None:
        zh, en = REASONS[reason]
        super().__init__(
            Text(f"{zh}。可上传：{ALLOWED}", f"{en}. Taken are: {ALLOWED.replace('、', ', ')}"), reason=reason
        )


class Found(NamedTuple):
    """What a content is; ``copy_size`` is the size of its copy without metadata, None where there is none."""

    kind: Kind
    copy_size: int | None


def inspect(blocks: Iterable[bytes], said: str, keep: Callable[[Iterator[bytes]], None]) -> Found:
    """Return what a content is; its copy without metadata, if there is one, is handed to ``keep`` block by block.

    ``said`` is the ending of the name it came with.

    Raises:
        FileRefused: it is of no kind that is taken, not whole, hostile, or needs more than the process may use.
    """
    with AT_ONCE:
        process = subprocess.Popen(
            [sys.executable, "-I", str(_SCRIPT), said],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )
        timer = threading.Timer(SECONDS_MAX, process.kill)
        timer.start()
        try:
            with suppress(BrokenPipeError):  # it has refused before it read to the end
                for block in blocks:
                    cast("IO[bytes]", process.stdin).write(block)
            with suppress(BrokenPipeError):
                cast("IO[bytes]", process.stdin).close()
            return _answer(cast("IO[bytes]", process.stdout), keep)
        finally:
            timer.cancel()
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()


def _answer(stream: IO[bytes], keep: Callable[[Iterator[bytes]], None]) -> Found:
    try:
        line = json.loads(stream.readline(1000))
    except ValueError as error:  # it did not live to say anything
        raise FileRefused("damaged") from error
    if "refused" in line:
        raise FileRefused(str(line["refused"]))
    size = line["size"]
    if size is not None:
        keep(_exactly(stream, int(size)))
    return Found(KINDS[str(line["ending"])], size)


def _exactly(stream: IO[bytes], size: int) -> Iterator[bytes]:
    left = size
    while left:
        block = stream.read(min(left, BLOCK_BYTES))
        if not block:
            raise FileRefused("damaged")
        left -= len(block)
        yield block
