"""From a SQLite file to PostgreSQL: carried over, held side by side, indexed and verified, in steps that may be cut off
anywhere and are gone on with by asking again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import make_url

from engine.case.search_words import VERSION
from engine.errors import InputRefused, StorageUnavailable
from engine.service.search_filling import fill_index
from engine.service.verify import verify
from engine.storage.sqlite_lock import WriterLock
from engine.storage.upgrade import (
    MOVED,
    NEWEST,
    UNFINISHED,
    mark_postgres,
    mark_sqlite,
    sqlite_revision,
    standing,
    upgrade,
)
from engine.storage.urls import sqlite_path
from engine.text import Text
from runtime.keys.places import places_of
from runtime.settings import Settings
from runtime.signer.child import signer_folder
from runtime.wiring import desk_of

if TYPE_CHECKING:
    from engine.storage.moving import Moving

ALL_SLICES: Final = 2**31

Progress = Callable[[Text], AbstractContextManager[Callable[[int, int | None], None]]]
"""Told what begins; lends who is told how far it is."""


class Moved(NamedTuple):
    """What a move came to: rows carried over this time and in all, entries, and what verification has to say."""

    rows_now: int
    rows: int
    entries: int
    findings: Sequence[Text]


def move(settings: Settings, url: str, progress: Progress) -> Moved:
    """Carry the file of the settings over to an empty PostgreSQL database, and see that all is there.

    Args:
        settings: of the file; where keys and files stand stays as it is.
        url: of the PostgreSQL database.
        progress: how far it is.

    Raises:
        InputRefused: one of the two is not what it should be, or they differ in the end.
        StorageUnavailable: one of them cannot be reached.
    """
    from engine.storage.moving import Moving  # a house on SQLite has no driver for PostgreSQL

    path = _file_of(settings)
    if sqlite_path(url) is not None:
        raise InputRefused(
            Text(
                "目标应是 PostgreSQL 库：postgresql://用户@主机/库名",
                "Name a PostgreSQL database: postgresql://user@host/name",
            )
        )
    stage = _stage(path, url)
    with _nobody_else_writes(path):
        if stage is Stage.NONE:
            upgrade(url)
        with closing(Moving(path, url)) as both:
            rows, carried = both.rows_here(), 0
            if stage is Stage.CARRIED:
                _demand_ours(both)
            else:
                if stage is Stage.NONE:
                    _demand_empty(both.rows_there())
                    mark_postgres(url, UNFINISHED + NEWEST)
                    mark_sqlite(path, MOVED + NEWEST)
                with progress(Text("迁移", "Moving")) as told:
                    carried = both.carry(told)
                with progress(Text("逐行核对", "Comparing")) as told:
                    _demand_equal(both.unequal(told))
                mark_postgres(url, NEWEST)
    return _opened(settings_at(settings, url), progress, carried, rows)


def move_back(settings: Settings) -> None:
    """Let a file that was carried over be worked with again.

    Raises:
        InputRefused: it was not.
    """
    path = _file_of(settings)
    if not (sqlite_revision(path) or "").startswith(MOVED):
        raise InputRefused(Text(f"{path} 没有迁出，无须退回", f"{path} was not moved: there is nothing to take back"))
    with _nobody_else_writes(path):
        mark_sqlite(path, (sqlite_revision(path) or "").removeprefix(MOVED))


def settings_at(settings: Settings, url: str) -> Settings:
    """Return the settings of the database that took over: keys and files stay where they are."""
    places = places_of(settings)
    return settings.model_copy(
        update={
            "database_url": url,
            "keys": places.keys,
            "epoch_keys": places.epochs,
            "files": settings.files_folder,
            "cache": settings.rules_cache,
            "accounts_key": settings.accounts_key_file,
            "signer_folder": signer_folder(settings),
        }
    )


def told_places(settings: Settings, url: str) -> Iterator[tuple[str, str]]:
    """Yield the settings that have to be made for the database that took over, where their defaults are others."""
    yield "BANJIE_DATABASE_URL", make_url(url).render_as_string()  # without its password
    default, there = settings.model_copy(update={"database_url": url}), settings_at(settings, url)
    for name, one, other in (
        ("keys", places_of(default).keys, there.keys),
        ("epoch_keys", places_of(default).epochs, there.epoch_keys),
        ("files", default.files_folder, there.files),
        ("accounts_key", default.accounts_key_file, there.accounts_key),
        ("signer_folder", signer_folder(default), there.signer_folder),
        ("cache", default.rules_cache, there.cache),
    ):
        if other is not None and one != other:
            yield f"BANJIE_{name.upper()}", str(other)


def _file_of(settings: Settings) -> Path:
    path = settings.sqlite_path
    if path is None:
        raise InputRefused(
            Text(
                "迁出的应是 SQLite 数据库，请用 --database 指明文件",
                "What is moved is a SQLite file: name it with --database",
            )
        )
    return path


class Stage(Enum):
    """How far a move is: not begun, cut off, or all rows are there and what can be made anew is missing at most."""

    NONE = 0
    BEGUN = 1
    CARRIED = 2


def _stage(path: Path, url: str) -> Stage:
    """Return how far the move is; raises InputRefused where none can be made."""
    here, there = sqlite_revision(path), standing(url)
    left, begun = (here or "").startswith(MOVED), (there or "").startswith(UNFINISHED)
    if begun and (here, there) != (MOVED + NEWEST, UNFINISHED + NEWEST):
        raise InputRefused(
            Text(
                "目标库里有另一次没有迁完的内容，请另建空库",
                "The target holds what another move has left unfinished: make another empty database",
            )
        )
    if not left:
        return Stage.NONE
    if begun:
        return Stage.BEGUN
    if there != NEWEST:
        raise _moved_elsewhere()
    return Stage.CARRIED


def _moved_elsewhere() -> InputRefused:
    return InputRefused(
        Text(
            "源库已迁往另一个库；要重迁，请先用 banjie move --back 退回",
            "The file was moved to another database; to move it once more, take that back with banjie move --back",
        )
    )


def _demand_ours(both: Moving) -> None:
    if not both.has_taken_over():
        raise _moved_elsewhere()


def _demand_equal(differing: Sequence[Text]) -> None:
    if differing:
        raise InputRefused(
            Text(
                f"两库有 {len(differing)} 张表不一致，例如 {differing[0].zh}；源库未改动。请另建空库重迁",
                f"{len(differing)} tables differ, as {differing[0].en}; the file is as it was. Make another empty "
                "database and begin again",
            )
        )


def _demand_empty(there: dict[str, int]) -> None:
    if there:
        name, rows = max(there.items(), key=lambda one: one[1])
        raise InputRefused(
            Text(
                f"目标库不是空的（如 {name} 有 {rows} 行），请另建空库",
                f"The target is not empty ({name} has {rows} rows): make an empty database",
            )
        )


@contextmanager
def _nobody_else_writes(path: Path) -> Iterator[None]:
    """Hold the writer lock of the file, brought to the newest schema first."""
    if not (sqlite_revision(path) or "").startswith(MOVED):
        upgrade(f"sqlite:///{path}")
    lock = WriterLock(path)
    try:
        lock.take()
    except StorageUnavailable as error:
        raise InputRefused(
            Text(
                f"有进程正在使用 {path}，请先停止 banjie serve 和 banjie work",
                f"Another process is writing {path}: stop banjie serve and banjie work first",
            )
        ) from error
    try:
        yield
    finally:
        lock.release()


def _opened(settings: Settings, progress: Progress, carried: int, rows: int) -> Moved:
    """Open the database as it will be worked with: its words are indexed, its history verified."""
    with desk_of(settings) as opened:
        desk, findings = opened.desk, list[Text]()
        cases, entries = desk.reads.search_standing(VERSION).waiting, 0
        with progress(Text("建立检索目录", "Indexing")) as told:
            fill_index(desk, slices_max=ALL_SLICES, progressed=lambda done: told(done, cases))
        with progress(Text("核验", "Verifying")) as told:
            for root in desk.reads.roots():
                entries += desk.reads.count_entries(root)
                rules = desk.world(root).rules
                found = verify(desk.reads, rules, root, desk.sealer, progress=lambda done: told(done, None))
                findings += [
                    Text(f"{one.case} [{one.rule}] {one.text.zh}", f"{one.case} [{one.rule}] {one.text.en}")
                    for one in found.findings
                ]
    return Moved(carried, rows, entries, findings)
