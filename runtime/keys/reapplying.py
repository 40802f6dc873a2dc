"""A database restored from before an erasure: what was erased is erased once more before anybody works with it.

The key file's list says what was erased; what is there again is taken away by commands of the engine, each an entry.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from engine.case.actors import SYSTEM
from engine.case.commands import EraseValues, ErasureBasis
from engine.errors import BanjieError
from runtime.keys.opening import any_erasures
from runtime.keys.shredding import finish_erasures, listed_erasures

if TYPE_CHECKING:
    from engine.service.ports import Reads
    from runtime.keys.keyfile import KeyFile
    from runtime.wiring import Opened

_LOG = logging.getLogger(__name__)


def returned_values(reads: Reads, file: KeyFile) -> list[EraseValues]:
    """Return the commands that erase what the list says is erased and the database holds again; none as a rule."""
    here = set(reads.roots())
    commands: list[EraseValues] = []
    for root, case, erased in listed_erasures(file):
        if root in here:
            kept = {(row.seq, row.path) for row in reads.privates(root, case)}
            paths = tuple(dict.fromkeys(one.path for one in erased if (one.seq, one.path) in kept))
            if paths:
                commands.append(
                    EraseValues(root=root, actor=SYSTEM, key="", case=case, paths=paths, basis=ErasureBasis.RESTORED)
                )
    return commands


def clean_restored(opened: Opened) -> None:
    """Leave nothing that was erased in a database that was just opened; a look or two where nothing ever was."""
    reads = opened.desk.reads
    if opened.keys.has_file and any_erasures(opened.keys.places):
        erase_again(opened)
    elif any(reads.erasures_pending(root) for root in reads.roots()):
        finish_erasures(opened)


def erase_again(opened: Opened) -> int:
    """Finish what was begun, and erase what a restored back-up has brought back; return in how many cases.

    Raises:
        BanjieError: a case could not be cleaned; nobody may work with the database then.
    """
    finish_erasures(opened)
    commands = returned_values(opened.desk.reads, opened.keys.file)
    for answer in opened.desk.office.carry_out(commands):
        if isinstance(answer, BanjieError):
            raise answer
    if commands:
        finish_erasures(opened)
        _LOG.warning("values of %d case(s) that had been erased were erased again", len(commands))
    return len(commands)
