"""Back-ups of a database with its files, of any age, and their restoration; keys are backed up apart, and only in their
newest state.

Who has a back-up of the database alone reads nothing personal or confidential in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from engine.case.codec import at_text
from engine.errors import InputRefused, StorageUnavailable
from engine.service.filing.folder import flush
from engine.storage.store import open_store, writer_elsewhere
from engine.storage.urls import postgres_url
from engine.text import Text
from runtime.backed_files import back_up_files, back_up_signer, copy_file, lay_files_back, lay_signer_back, list_of
from runtime.keys.keyfile import connect
from runtime.keys.opening import check_keys, newest_keys
from runtime.keys.places import EPOCHS_NAME, FILE_MODE, FOLDER_MODE, KEYS_NAME, missing_keys, places_of
from runtime.receipt_key import RECEIPTS_KEY
from runtime.signer.child import signer_folder

if TYPE_CHECKING:
    from runtime.settings import Settings

PAGES_AT_ONCE: Final = 2_000
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands beside a back-up: what it is of, when it was made, how many entries and files it holds, its hash, and
    the names of some data keys that it cannot be read without."""

    format: int
    kind: str
    made_at: str
    file: str
    entries: int
    sha256: str
    files: int = 0
    keys: tuple[str, ...] = ()


def back_up(settings: Settings, folder: Path, now: datetime, progress: Callable[[int, int], None]) -> Path:
    """Write a back-up of the database beside whoever works with it; return its file, a manifest stands beside it.

    Raises:
        InputRefused: the file is there already, or pg_dump is not.
        StorageUnavailable: the database or the folder cannot be reached.
    """
    source = settings.sqlite_path
    file = folder / f"banjie-{now:%Y%m%dT%H%M%SZ}.{'dump' if source is None else 'db'}"
    if file.exists():
        raise InputRefused(Text(f"{file} 已存在", f"{file} is there already"))
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        if source is None:
            _dump(settings.database_url, file)
        else:
            _copy(source, file, progress)
        entries, keys = _asked(settings.database_url if source is None else f"sqlite:///{file}")
        manifest = Manifest(
            format=_FORMAT,
            kind="postgresql" if source is None else "sqlite",
            made_at=at_text(now),
            file=file.name,
            entries=entries,
            sha256=_hash(file),
            files=back_up_files(settings.files_folder, file),
            keys=keys,
        )
        manifest_of(file).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="ascii")
        # Whoever is told that there is a back-up has one, whatever happens to the power next.
        for path in (file, list_of(file), manifest_of(file), folder, folder.parent):
            flush(path)
    except BaseException as error:
        file.unlink(missing_ok=True)
        list_of(file).unlink(missing_ok=True)
        manifest_of(file).unlink(missing_ok=True)
        if isinstance(error, OSError | sqlite3.Error):
            raise StorageUnavailable from error
        raise
    return file


def back_up_keys(settings: Settings, folder: Path, database: Path) -> None:
    """Write the key files, the keys of accounts and receipts and the signer's folder to a folder of their own, in place
    of their last back-up there.

    An older copy must not be kept: with it, what was erased since could be opened again.

    Raises:
        InputRefused: the folder is the one of the database's back-up.
        KeysUnavailable: there are no keys.
    """
    places = places_of(settings)
    if folder.resolve() == database.resolve() or database.resolve() in folder.resolve().parents:
        raise InputRefused(
            Text(
                "密钥须与数据库分开备份，请另选文件夹",
                "Keys are backed up apart from the database; choose another folder",
            )
        )
    if not places.keys.exists():
        raise missing_keys(places.keys)
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        beside = folder / f"{KEYS_NAME}.new"
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
        with closing(connect(places.keys)) as lock, closing(connect(places.keys)) as source:
            lock.execute("BEGIN IMMEDIATE")  # so that no rotation comes between the two files
            with closing(sqlite3.connect(beside)) as target:
                source.backup(target)
            beside.replace(folder / KEYS_NAME)
            copy_file(places.epochs, folder / EPOCHS_NAME)
        for key in _small_keys(settings):
            if key.is_file():
                copy_file(key, folder / key.name)
        back_up_signer(signer_folder(settings), folder)
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable from error


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a back-up whose bytes are those that were written; raises InputRefused."""
    try:
        given = json.loads(manifest_of(file).read_text(encoding="ascii"))
        manifest = Manifest(**{**given, "keys": tuple(given.get("keys", ()))})
        whole = manifest.format == _FORMAT and manifest.sha256 == _hash(file)
    except (OSError, ValueError, TypeError) as error:
        raise _no_backup(file) from error
    if not whole:
        raise _no_backup(file)
    return manifest


def manifest_of(file: Path) -> Path:
    """Return where the manifest of a back-up stands."""
    return file.with_name(file.name + ".json")


def lay_back(settings: Settings, file: Path, manifest: Manifest, keys: Path | None) -> None:
    """Put a back-up where the settings say the database stands, and keys where there are none.

    What is there is never written over: neither a database nor a key file, which is the newest there is.

    Raises:
        InputRefused: a database is there, the back-up is not of its kind, or it lacks files.
        KeysUnavailable: there are no keys, here or in the back-up, or they are not those of this back-up; then nothing
            is left of what was put anywhere.
    """
    target, places = settings.sqlite_path, places_of(settings)
    if (manifest.kind == "sqlite") != (target is not None):
        raise InputRefused(
            Text(
                f"这是 {manifest.kind} 的备份，与 --database 所指不符",
                f"This is a back-up of {manifest.kind}, which is not what --database names",
            )
        )
    _refuse_what_is_there(settings, manifest)
    laid = list[Path]()
    try:
        if keys is not None:
            _lay_keys(settings, keys, laid)
        check_keys(places, frozenset(manifest.keys))
        lay_files_back(file, settings.files_folder, manifest.files)
        if target is None:
            _run(["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--dbname",
                  postgres_url(settings.database_url), str(file)])  # fmt: skip
        else:
            copy_file(file, target)
    except BaseException as error:
        # Keys that do not open this back-up must not stay where the next attempt would take them for the right ones.
        for path in laid:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StorageUnavailable from error
        raise


def entries_kept(url: str) -> int:
    """Return how many ledger entries a database holds."""
    return _asked(url)[0]


def _asked(url: str) -> tuple[int, tuple[str, ...]]:
    """Return how many ledger entries a database holds, and the names of data keys that its newest values need."""
    store = open_store(url, write=False)
    try:
        entries = sum(store.reads.count_entries(root) for root in store.reads.roots())
        return entries, tuple(sorted(newest_keys(store.reads)))
    finally:
        store.close()


def _refuse_what_is_there(settings: Settings, manifest: Manifest) -> None:
    path = settings.sqlite_path
    if path is not None and not path.exists():
        return
    if path is not None and writer_elsewhere(path):
        raise InputRefused(Text(f"有进程正在使用 {path}", f"Another process is writing {path}"))
    there = 0
    with suppress(StorageUnavailable):
        there = entries_kept(settings.database_url)
    if path is None and not there:
        return
    more = there - manifest.entries
    raise InputRefused(
        Text(
            f"数据库已存在（{there} 条记录），恢复不会覆盖它；改用此备份将少 {more} 条记录。请先把它移走或另指数据库",
            f"There is a database already ({there} entries) and it is not written over; with this back-up {more} "
            "entries would be lost. Move it away first, or name another database",
        )
    )


def _lay_keys(settings: Settings, folder: Path, laid: list[Path]) -> None:
    """Put the keys and the signer's folder back, each where there is none; add the files to ``laid``."""
    places = places_of(settings)
    wanted = [(folder / key.name, key) for key in _small_keys(settings) if (folder / key.name).is_file()]
    if not places.keys.exists():
        needed = [(folder / KEYS_NAME, places.keys), (folder / EPOCHS_NAME, places.epochs)]
        for source, _target in needed:
            if not source.is_file():
                raise missing_keys(source)
        wanted += needed
    for source, target in wanted:
        if not target.exists():
            copy_file(source, target)
            laid.append(target)
    laid += lay_signer_back(folder, signer_folder(settings))


def _small_keys(settings: Settings) -> tuple[Path, Path]:
    """Return the files of the keys of accounts (veils rest on it too) and of receipts."""
    accounts = settings.accounts_key_file
    return accounts, accounts.with_name(RECEIPTS_KEY)


def _copy(source: Path, target: Path, progress: Callable[[int, int], None]) -> None:
    address = f"file:{quote(str(source.absolute()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy, pages=PAGES_AT_ONCE, progress=lambda _state, left, whole: progress(whole - left, whole))
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()


def _dump(url: str, file: Path) -> None:
    _run(["pg_dump", "--format=custom", "--no-owner", "--file", str(file), "--dbname", postgres_url(url)])


def _run(command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise InputRefused(
            Text(
                f"没有找到 {command[0]}，请安装 PostgreSQL 客户端",
                f"There is no {command[0]} here; install the programs of PostgreSQL's client",
            )
        )
    done = subprocess.run([program, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        # What the program says may hold the address with its password: it is not passed on.
        raise StorageUnavailable


def _hash(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _no_backup(file: Path) -> InputRefused:
    return InputRefused(
        Text(
            f"{file} 不是完整的备份（缺少 {file.name}.json，或内容已变）",
            f"{file} is no whole back-up: {file.name}.json is missing, or the bytes are others",
        )
    )
