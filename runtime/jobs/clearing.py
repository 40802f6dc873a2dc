"""Clearing the cabinet of files: uploads that no step took over, files whose values were erased, and what was left
behind by writers who did not live to the end.

First the key goes, so that the content is unreadable wherever else it lies; then the content; then the row that knew.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.case.codec import microseconds
from engine.service.file_ports import DropFiles, FileRow

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from engine.service.filing.folder import FileFolder
    from engine.service.ports import Reads
    from runtime.wiring import Opened

GRACE: Final = timedelta(hours=1)
"""So long after its end an upload is kept: a step that was decided before it may not be written yet."""
STRAY_SECONDS: Final = 24 * 3600
"""A content that no row knows of after a day belongs to an upload that was cut off before its row was written."""
SOME: Final = 200


def clear_over(opened: Opened) -> int:
    """Destroy uploads that are over and files that were erased; return how many. It may be cut off anywhere."""
    desk = opened.desk
    now = desk.office.now()
    done = 0
    for root in desk.reads.roots():
        while rows := desk.reads.files_over(root, microseconds(now - GRACE), SOME):
            for row in rows:
                destroy(opened, row)
            desk.office.write([DropFiles(root, tuple(row.id for row in rows))])
            done += len(rows)
    return done


def clear_strays(desk: Desk) -> int:
    """Take away what lies in the folder and no row knows of; return how many contents that were."""
    return desk.files.sweep() + _strays(desk.files, desk.reads)


def destroy(opened: Opened, row: FileRow) -> None:
    """Destroy the key of a file, then its content."""
    if row.key:
        with opened.keys.file.changing() as connection:
            connection.execute("DELETE FROM held_key WHERE id = ?", (row.key,))
        opened.keys.forget([row.key])
    opened.desk.files.remove(row.address)


def _strays(files: FileFolder, reads: Reads) -> int:
    # The file system's clock, as the times of files are its own: the product's may be set to any day.
    found = iter(set(files.addresses(time.time() - STRAY_SECONDS)))
    gone = 0
    for some in _batches(found):
        known = {address for root in reads.roots() for address in reads.file_addresses(root, some)}
        for address in set(some) - known:
            files.remove(address)
            gone += 1
    return gone


def _batches(found: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(found, SOME)):
        yield some
