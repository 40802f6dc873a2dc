"""The files of cases and the signer's folder in a back-up: what is copied beside the database, and what with the keys.

Contents never change under their address and are encrypted, so that every back-up in a folder shares one copy of them:
each lists what it needs, and what no list names any more is taken away when the next one is made.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from engine.errors import InputRefused
from engine.service.filing.folder import flush
from engine.text import Text
from runtime.keys.places import FILE_MODE, FOLDER_MODE

FILES: Final = "files"
LIST: Final = ".files"
"""What the name of a back-up is followed by where the list of its files stands."""
SIGNER: Final = "signer"
_CONTENT: Final = re.compile(r"[0-9a-f]{32}(\.s)?")
_SIGNERS: Final = ("log.key", "log.pub", "heads/*.note")


def back_up_files(source: Path, database: Path) -> int:
    """Copy the contents that are not there yet beside a back-up, and list what it needs; return how many that are.

    Made after the database was copied: a content that came since is one too many, and none is missing but what was
    destroyed meanwhile.
    """
    shared = database.with_name(FILES)
    listed = []
    for path in sorted(_contents(source)):
        place = shared / path.parent.name / path.name
        with suppress(FileNotFoundError):  # destroyed since it was found
            if not place.exists():
                copy_file(path, place)
            listed.append(f"{path.name} {place.stat().st_size}\n")
    list_of(database).write_text("".join(listed), encoding="ascii")
    _prune(shared)
    return len(listed)


def list_of(database: Path) -> Path:
    """Return where the list of the files of a back-up stands."""
    return database.with_name(database.name + LIST)


def lay_files_back(database: Path, target: Path, count: int) -> None:
    """Put the ``count`` files of a back-up into the folder of the files, those that are not there.

    Raises:
        InputRefused: the back-up lacks some of them; nothing was put anywhere.
    """
    listed = list_of(database).read_text(encoding="ascii").splitlines() if list_of(database).is_file() else []
    wanted = [line.split(" ") for line in listed]
    shared = database.with_name(FILES)
    places = [(shared / name[:2] / name, target / name[:2] / name, int(size)) for name, size in wanted]
    lacking = [source.name for source, _place, size in places if not source.is_file() or source.stat().st_size != size]
    missing = len(lacking) or count - len(listed)
    if missing:
        raise InputRefused(
            Text(
                f"备份缺少 {missing} 个附件，或大小不符；没有恢复任何内容",
                f"The back-up lacks {missing} file(s), or their size is another; nothing was restored",
            )
        )
    for source, place, _size in places:
        if not place.exists():
            copy_file(source, place)


def back_up_signer(source: Path, folder: Path) -> None:
    """Copy the signer's key and its last heads to the folder of the keys, in place of their last back-up there."""
    for path in _of_signer(source):
        copy_file(path, folder / SIGNER / path.relative_to(source))


def lay_signer_back(folder: Path, target: Path) -> list[Path]:
    """Put the signer's key and heads back where there is no key; return the files put there."""
    source, laid = folder / SIGNER, list[Path]()
    if (target / "log.key").exists():
        return laid
    for path in _of_signer(source):
        copy_file(path, target / path.relative_to(source))
        laid.append(target / path.relative_to(source))
    return laid


def copy_file(source: Path, target: Path) -> None:
    """Copy a file for its owner alone; the new one stands in its place whole, or not at all."""
    target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    beside = target.with_name(target.name + ".new")
    with source.open("rb") as old:
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
        with os.fdopen(descriptor, "wb") as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
    # The times of contents tell no finer than four hours when something came; a copy must not tell more.
    shutil.copystat(source, beside)
    beside.chmod(FILE_MODE)
    beside.replace(target)
    flush(target.parent)
    flush(target.parent.parent)


def _contents(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("*/*") if _CONTENT.fullmatch(path.name))


def _of_signer(folder: Path) -> list[Path]:
    return [path for pattern in _SIGNERS for path in sorted(folder.glob(pattern))]


def _prune(shared: Path) -> None:
    """Take away what no back-up in the folder lists any more: the operator has dropped those that did."""
    needed = {
        line.partition(" ")[0]
        for path in shared.parent.glob(f"*{LIST}")
        for line in path.read_text(encoding="ascii").splitlines()
    }
    for path in _contents(shared):
        if path.name not in needed:
            path.unlink(missing_ok=True)
