"""Runs a page as its reader does: its ``sh`` blocks in one shell, its ``python`` blocks pasted into one Python.

What a page shows is compared with what it gave: a block ``text output`` follows the block whose output it shows. In it
``‹…›`` stands for anything within a line, and ``…`` alone in a line for any number of lines.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from code import InteractiveConsole
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from threading import Timer
from typing import Final

from tests.support.documents import PROJECT, Block, blocks

RUN: Final = frozenset({"sh", "python"})
SHOWN_ONLY: Final = frozenset({"text", "yaml", "mermaid"})
RUN_IN: Final = "run-in:"
"""Begins what the fence of a block says that a test of its own runs."""
SHOWN: Final = ("text", "output")
BLOCK_SECONDS: Final = 240
_ENDED: Final = "=== the block has ended"
_BROKEN: Final = "=== the block is broken off"


class Shell:
    """One shell that keeps its folder and its variables from block to block; the first thing that fails ends it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "-euo", "pipefail"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # What was started in the background keeps the pipe open: the end of the shell must be told in it.
        self._write(f"trap \"echo '{_BROKEN}'\" EXIT\n")

    def run(self, text: str) -> str:
        """Return what a block printed; raises AssertionError where a command of it failed."""
        assert self._process.stdout is not None
        timer = Timer(BLOCK_SECONDS, self._kill)
        timer.start()
        try:
            # Its commands must not eat what is written to the shell after them.
            self._write(f"{{\n{text}}} < /dev/null\necho '{_ENDED}'\n")
            printed: list[str] = []
            for line in self._process.stdout:
                if line.endswith(f"{_ENDED}\n"):
                    printed.append(line.removesuffix(f"{_ENDED}\n"))
                    return "".join(printed)
                if line.endswith(f"{_BROKEN}\n"):
                    break
                printed.append(line)
        finally:
            timer.cancel()
        raise AssertionError(f"broken off:\n{text}\n{''.join(printed)}")

    def end(self) -> None:
        """End the shell and all that it started."""
        self._kill()
        self._process.communicate()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()


@contextmanager
def shell_in(folder: Path, **settings: str) -> Iterator[Shell]:
    """Open a shell in a folder, with nothing of Banjie in its environment but these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BANJIE_", "PYTHON"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
    shell = Shell(folder, {**kept, "PATH": path, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8", **settings})
    try:
        yield shell
    finally:
        shell.end()


def rehearse(page: Path, shell: Shell, replaced: Mapping[str, str]) -> int:
    """Run every block of a page that is to be run and compare what is shown; return how many were run.

    ``replaced`` puts other words for some of the page's: a free port for the one it names. Python blocks run in this
    process, in its working folder.
    """
    console = _Console(filename=page.name)
    told = ""
    ran = 0
    for block in blocks(page.read_text("utf-8")):
        text = block.text
        for word, other in replaced.items():
            text = text.replace(word, other)
        where = f"{page.name}:{block.line}"
        if block.language in RUN and block.not_run is None and not block.info.startswith(RUN_IN):
            told = shell.run(text) if block.language == "sh" else console.paste(text)
            ran += 1
        elif (block.language, block.info) == SHOWN:
            assert is_as_shown(told, block.text), f"{where}\nshown:\n{block.text}\ngave:\n{told}"
    return ran


def is_as_shown(told: str, shown: str) -> bool:
    """Return whether an output is what a page shows of it.

    >>> is_as_shown("a 17\\nb\\nc\\nd  \\n", "a ‹…›\\n…\\nd\\n"), is_as_shown("a\\nb\\n", "a\\n")
    (True, False)
    """
    pattern = "".join(_line(line) for line in shown.rstrip("\n").split("\n"))
    given = "".join(f"{line.rstrip()}\n" for line in told.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, given) is not None


def unmarked(block: Block) -> bool:
    """Return whether nobody said what becomes of a block: neither run, nor shown, nor left out with a reason."""
    if block.language in RUN:
        return bool(block.info) and not block.not_run and not block.info.startswith(RUN_IN)
    return block.language not in SHOWN_ONLY or (block.language == "text" and block.info not in ("", "output"))


def _line(line: str) -> str:
    if line.strip() == "…":
        return r"(?:[^\n]*\n)*"
    return r"[^\n]*".join(map(re.escape, line.rstrip().split("‹…›"))) + "\n"


class _Console(InteractiveConsole):
    """Python as somebody sees it who pastes lines: it prints what an expression gives; what is raised breaks it off."""

    def paste(self, text: str) -> str:
        """Return what a block printed; a block that ends within a statement is ended by an empty line."""
        printed = StringIO()
        with redirect_stdout(printed):
            for line in [*text.splitlines(), ""]:
                waits = self.push(line)
        assert not waits, f"unfinished:\n{text}"
        return printed.getvalue()

    def showtraceback(self) -> None:
        # Called while what the line raised is being handled.
        raise

    def showsyntaxerror(self, filename: str | None = None, **_more: object) -> None:
        raise
