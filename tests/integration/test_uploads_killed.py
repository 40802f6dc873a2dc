"""Uploads cut off at any moment, on a real server: no file without a record for longer than the clearing takes, no
record without its file, and the next upload works (T-UP)."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.case.identity import PersonId
from engine.errors import StorageUnavailable
from engine.service.filing import cabinet as cabinets
from engine.service.filing import folder as folders
from engine.service.filing.cabinet import Cabinet
from engine.service.filing.chunks import ChunkWriter, sealed_size
from engine.service.known_files import open_file
from runtime.jobs import clearing
from runtime.jobs.clearing import clear_strays
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.storage import table
from tests.support.upload_server import FILE_BYTES_LIMIT, POINTS, Uploads, dying_name, serving

CLOCK = "2026-01-20T02:10:00+00:00"
TOKEN = "token-of-shi"
TEXT = "夜班窗口延长到一点半，并提供热汤。\n".encode() * 4000
PATIENCE_SECONDS = 120


@pytest.fixture
def either_url(any_database: str) -> str:
    """A database of either kind with a house in it."""
    with open_house(any_database):
        pass
    return any_database


@pytest.fixture
def url(sqlite_database: str) -> str:
    """The same where no database takes part in what is tried: what is done with files is the same on both."""
    with open_house(sqlite_database):
        pass
    return sqlite_database


def folder_of(url: str) -> Path:
    return Settings(database_url=url).files_folder


def contents(url: str) -> set[str]:
    return {path.name for path in folder_of(url).glob("*/*")}


def records(url: str) -> list[tuple[str, str]]:
    """Return id and address of every upload that the database knows of."""
    return [(str(id_), str(address)) for id_, address in table(url, "SELECT id, address FROM attachment ORDER BY id")]


def assert_every_record_has_its_file(url: str) -> None:
    with desk_of(Settings(database_url=url), write=False) as opened:
        desk = opened.desk
        rows = desk.reads.files(ROOT, [id_ for id_, _address in records(url)])
        for row in rows:
            secret = open_file(desk.sealer, row)
            assert secret is not None
            assert desk.files.size(row.address) == sealed_size(int(str(secret.described["size"])))
            if secret.stripped is not None:
                assert desk.files.size(row.address, folders.COPY) == sealed_size(secret.stripped[0])


def cleared(url: str, monkeypatch: pytest.MonkeyPatch, *, a_day_later: bool) -> set[str]:
    """Return the contents that no record knows of once the clearing job has run, now or as a day later."""
    with desk_of(Settings(database_url=url), write=False) as opened, monkeypatch.context() as patched:
        if a_day_later:
            patched.setattr(clearing, "STRAY_SECONDS", -60)
        clear_strays(opened.desk)
    known = {address for _id, address in records(url)}
    return {name for name in contents(url) if name.partition(".")[0] not in known}


def uploaded(server: Uploads, name: str = "a.txt", key: str = "") -> str:
    status, told = server.send(TOKEN, name, TEXT, key)
    assert status == 201, told
    return str(told["id"])


def waited_for(question: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
def test_a_server_killed_at_any_point_of_an_upload_keeps_file_and_record_together(
    either_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One server after the other: each proves that the next upload works, then dies at the next point.

    The two databases share the points between them, as each takes a server to be started.
    """
    url, kept = either_url, list[str]()
    points = POINTS[::2] if url.startswith("sqlite") else POINTS[1::2]
    for point in points:
        with serving(url, clock=CLOCK) as server:
            kept.append(uploaded(server))
            before = records(url)
            status, _gone = server.send(TOKEN, dying_name(point), TEXT + point.encode(), key=dying_name(point))
            assert status == 0, point
            assert server.process.wait(PATIENCE_SECONDS) == -signal.SIGKILL, point
        assert_every_record_has_its_file(url)
        known = records(url)
        assert len(known) == len(before) + (point == "after the database"), point
        left = cleared(url, monkeypatch, a_day_later=False)
        assert not any(name.endswith(".part") for name in left), point
        placed = {"with the copy placed": 1, "before it has its name": 1}
        placed |= dict.fromkeys(("between file and database", "with its key drawn"), 2)
        assert len(left) == placed.get(point, 0), point
        assert cleared(url, monkeypatch, a_day_later=True) == set(), point
        assert records(url) == known
        assert {id_ for id_, _address in known} >= set(kept)
    with serving(url, clock=CLOCK) as server:
        if points[-1] != "after the database":
            uploaded(server)
        else:
            last = dying_name(points[-1])
            status, _told = server.send(TOKEN, last, TEXT + points[-1].encode(), key=last)
            assert status == 201, "what was kept is told again and not taken a second time"
    assert len(records(url)) == len(points) + 1


@pytest.mark.slow
def test_a_client_that_goes_away_or_a_server_that_is_killed_between_chunks_leaves_nothing(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arriving() -> bool:
        return any(path.stat().st_size > 0 for path in folder_of(url).glob("*/*.part"))

    with serving(url, clock=CLOCK) as server:
        with server.half(TOKEN, TEXT * 20):
            assert waited_for(arriving)
        assert waited_for(lambda: contents(url) == set()), "the client is gone, and with it what it sent"
        assert records(url) == []
        uploaded(server)
        with server.half(TOKEN, TEXT * 20):
            assert waited_for(arriving)
            server.kill()
    assert any(name.endswith(".part") for name in contents(url)), "nobody was left to take it away"
    assert cleared(url, monkeypatch, a_day_later=False) == set()
    assert len(records(url)) == 1
    with serving(url, clock=CLOCK) as server:
        uploaded(server)
    assert_every_record_has_its_file(url)


@pytest.mark.slow
def test_a_server_told_to_end_does_not_wait_for_half_an_upload_and_leaves_nothing_of_it(url: str) -> None:
    with serving(url, clock=CLOCK) as server, server.half(TOKEN, TEXT * 20):
        assert waited_for(lambda: contents(url) != set())
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_SECONDS) == 0
    assert contents(url) == set()
    assert records(url) == []


@pytest.mark.slow
def test_a_disk_that_is_full_refuses_the_upload_and_takes_the_next_that_fits(url: str) -> None:
    with serving(url, clock=CLOCK, full_disk=True) as server:
        large = (TEXT * (FILE_BYTES_LIMIT // len(TEXT) + 1))[: FILE_BYTES_LIMIT + 100_000]
        status, told = server.send(TOKEN, "large.txt", large.decode(errors="ignore").encode())
        assert (status, told["code"]) == (503, "storage_unavailable")
        assert contents(url) == set()
        assert records(url) == []
        uploaded(server)
    assert_every_record_has_its_file(url)
    assert len(records(url)) == 1


Failing = Callable[[], None]


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, at: int, error: Exception) -> Iterator[None]:
    """Have the call of this number fail."""
    inner, calls = getattr(owner, name), iter(range(1, 10_000))

    def outer(*args: Any, **parts: Any) -> Any:
        if next(calls) == at:
            raise error
        return inner(*args, **parts)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, outer)
        yield


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
FULL_AT: list[tuple[Any, str, int, Exception, int]] = [
    # what fails, at which call, with what; and how many contents wait for the clearing after it
    (ChunkWriter, "_put", 1, FULL, 0),
    (ChunkWriter, "_put", 3, FULL, 0),
    (ChunkWriter, "finish", 1, FULL, 0),
    (ChunkWriter, "finish", 2, FULL, 0),
    (os, "fsync", 1, FULL, 0),
    (os, "fsync", 2, FULL, 0),
    (os, "fsync", 3, FULL, 1),
    (os, "fsync", 4, FULL, 2),
    (Path, "rename", 1, FULL, 0),
    (Path, "rename", 2, FULL, 1),
    (cabinets, "KeepFile", 1, StorageUnavailable(), 2),
]


@pytest.mark.parametrize(
    ("owner", "name", "at", "error", "waiting"), FULL_AT, ids=[f"{name}-{at}" for _, name, at, _, _ in FULL_AT]
)
def test_a_write_that_fails_anywhere_is_told_and_what_it_left_is_cleared(
    sqlite_database: str,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    at: int,
    error: Exception,
    waiting: int,
) -> None:
    with open_house(sqlite_database) as house, client_of(house) as client:

        def send(login: str) -> Any:
            headers = {**house.bearer(login), "Idempotency-Key": "one"}
            return client.post("/api/uploads", headers=headers, files={"file": ("a.txt", TEXT)})

        assert send("zhai").status_code == 201, "keys are made by the first one"
        for number in range(256):  # a new folder is flushed too: whether there is one must not hang on an address
            (folder_of(sqlite_database) / f"{number:02x}").mkdir(exist_ok=True)
        with failing(monkeypatch, owner, name, at, error):
            answer = send("shi")
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert len(records(sqlite_database)) == 1
        assert len(contents(sqlite_database)) == 2 + waiting
        assert not any(left.endswith(".part") for left in contents(sqlite_database))
        assert send("shi").status_code == 201, "the same key again, once there is room"
        assert cleared(sqlite_database, monkeypatch, a_day_later=True) == set()
        assert len(contents(sqlite_database)) == 4
    assert_every_record_has_its_file(sqlite_database)


def test_two_uploads_of_one_key_at_once_leave_one_record_and_nothing_for_good(
    any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both look for the other before either is on record: the second content is one that no record knows of."""
    with open_house(any_database) as house:
        first, second = (begun(house) for _ in range(2))
        with first as one, second as other:
            for intake in (one, other):
                intake.write(TEXT)
            ids = {_finished_unseen(intake, monkeypatch) for intake in (one, other)}
        assert len(ids) == 1
        assert len(records(any_database)) == 1
        assert len(contents(any_database)) == 4
        assert cleared(any_database, monkeypatch, a_day_later=True) == set()
        assert len(contents(any_database)) == 2
    assert_every_record_has_its_file(any_database)


def begun(house: House) -> Any:
    at = datetime(2026, 1, 20, 3, tzinfo=UTC)
    return Cabinet(house.desk).intake(ROOT, house.desk.queries.actor(ROOT, PersonId("shi"), at), "a.txt", key="same")


def _finished_unseen(intake: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Finish an upload that does not see the one of the same key, as when both come at one instant."""
    with monkeypatch.context() as patched:
        patched.setattr(Cabinet, "_again", lambda *_args: None)
        return str(intake.finish().id)
