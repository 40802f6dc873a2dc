"""Temporary folders that lie in memory: thousands of tests open a database of their own, and wait for no disk there."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 6 * 2**30
"""Bytes that must be free: a container may have been given few, and what a whole session holds at once must fit."""


def folders_in_memory(memory: Path = MEMORY) -> None:
    """Let this process and those it starts make their temporary folders in memory, where the system has it.

    Whoever names a folder (``TMPDIR``) has it; where programs may not be run from memory, or there is little of it, the
    usual folder stays.
    """
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    if os.statvfs(memory).f_flag & os.ST_NOEXEC or shutil.disk_usage(memory).free < ROOM:
        return
    os.environ["TMPDIR"] = str(memory)
    tempfile.tempdir = None
