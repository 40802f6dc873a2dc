"""Puts the parts together: one function opens a database with rules, calendar, writer and readers, and says so."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from engine.access.directory import Surroundings
from engine.case.identity import RootId
from engine.errors import StorageError
from engine.ledger.commitments import Sealer
from engine.service.case_cache import CaseCache
from engine.service.desk import Desk
from engine.service.directory_ports import DirectoryWrites
from engine.service.execute import Batch
from engine.service.filing.folder import FileFolder
from engine.service.office import Office
from engine.service.plain import apply_write, stamped
from engine.service.ports import Reads, WriteTransaction
from engine.service.queries import Queries
from engine.service.running_calendar import RunningCalendar, kept_notices
from engine.service.watch import Watch
from engine.service.world import World
from engine.storage.store import Store, open_store, writer_elsewhere
from runtime.accounts_key import AccountBox, AccountKey
from runtime.clock import Clock, ShiftedClock, WallClock
from runtime.committer import Committer, LocalOffice
from runtime.keys.opening import open_sealer
from runtime.keys.places import places_of
from runtime.keys.reapplying import clean_restored
from runtime.keys.sealer import KeySealer
from runtime.rules import Rules, load_rules
from runtime.running_rules import RunningRules, demand_no_clash
from runtime.settings import Settings
from runtime.socket import RemoteOffice, socket_path

EXIT_UNKNOWN_OUTCOME = 70
RANDOM_POOL_BYTES = 8192
GARBAGE_THRESHOLD = 50_000
SWITCH_SECONDS = 0.001


@dataclass(slots=True)
class Randomness:
    """Random bytes from the operating system, fetched some thousand at a time."""

    _pool: bytes = b""
    _at: int = 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._pool):
            self._pool, self._at = os.urandom(max(RANDOM_POOL_BYTES, count)), 0
        self._at += count
        return self._pool[self._at - count : self._at]


@dataclass(slots=True, kw_only=True)
class Worlds:
    """The world of each organisation at the newest epoch of its directory."""

    calendars: RunningCalendar
    rules: RunningRules
    known: dict[RootId, World] = field(default_factory=dict)

    def at(self, root: RootId, epoch: int, load: Callable[[RootId], Surroundings]) -> World:
        world = self.known.get(root)
        if world is None or world.surroundings.epoch != epoch:
            surroundings = load(root)
            calendar = self.calendars.of(surroundings)
            world = World(rules=self.rules.book(), calendar=calendar, surroundings=surroundings)
            self.known[root] = world
        return world


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open database: the desk to work with, the keys of its private values, and how to let go of it."""

    desk: Desk
    store: Store
    keys: KeySealer
    rules: Rules
    clock: Clock
    close: Callable[[], None]


def open_desk(settings: Settings, *, clock: Clock | None = None, write: bool = True) -> Opened:
    """Open the database of the settings, bring its tables up to date, and return the desk.

    With ``write``, this process becomes the writer; where another process is it already, writing goes through that
    process. Without, nothing can be written.

    Raises:
        StorageUnavailable: the database cannot be opened.
        KeysUnavailable: the keys of its private values are not there.
        DefinitionError: the rules are wrong.
    """
    _tune_interpreter()
    running = clock or clock_of(settings)
    path = settings.sqlite_path
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    rules = load_rules(settings.workflows, calendar_missing=settings.calendar_missing, cache=settings.rules_cache)
    elsewhere = path is not None and write and writer_elsewhere(path)
    store = open_store(settings.database_url, write=write and not elsewhere)
    try:
        demand_no_clash(rules, store.reads.publications())
        sealer = open_sealer(places_of(settings), store.reads)
    except BaseException:
        store.close()
        raise
    box = AccountBox(AccountKey(settings.accounts_key_file))
    calendars = RunningCalendar(rules.calendar, lambda: kept_notices(store.reads))
    worlds = Worlds(calendars=calendars, rules=RunningRules(rules, store.reads))
    committer: Committer | None = None
    office: Office
    if store.writes is not None:
        store.writes.plain(lambda writes: _keep(rules, writes, running.now()))
        cases = CaseCache()
        committer = Committer(
            store.writes,
            _batches(worlds, running, Randomness(), cases, sealer, box.mark),
            queue_max=settings.queue_max,
            live_batch_max=settings.live_batch_max,
            on_unknown=_end_process,
            cache=cases,
        )
        office = LocalOffice(committer, running.now)
    else:
        office = RemoteOffice(socket_path(path) if path is not None else None, running.now)

    watch = Watch(office)

    def close() -> None:
        with suppress(StorageError):
            watch.flush()
        if committer is not None:
            committer.close()
        store.close()
        sealer.close()

    desk = Desk(
        office=office,
        reads=store.reads,
        queries=Queries(store.reads, sealer, box=box, watch=watch),
        sealer=sealer,
        box=box,
        watch=watch,
        world=_reading_world(worlds, store.reads),
        files=FileFolder(settings.files_folder),
    )
    opened = Opened(desk=desk, store=store, keys=sealer, rules=rules, clock=running, close=close)
    if store.writes is not None:
        try:
            clean_restored(opened)
        except BaseException:
            close()
            raise
    return opened


@contextmanager
def desk_of(settings: Settings, *, clock: Clock | None = None, write: bool = True) -> Iterator[Opened]:
    """Open a database for the length of a block."""
    opened = open_desk(settings, clock=clock, write=write)
    try:
        yield opened
    finally:
        opened.close()


def clock_of(settings: Settings) -> Clock:
    """Return the wall clock, or one that begins at the instant the settings name."""
    return WallClock() if settings.clock is None else ShiftedClock(settings.clock)


def _batches(
    worlds: Worlds,
    clock: Clock,
    randomness: Randomness,
    cache: CaseCache,
    sealer: Sealer,
    mark: Callable[[str], str],
) -> Callable[[WriteTransaction, bool], Batch]:
    def world(tx: WriteTransaction, root: RootId) -> World:
        return worlds.at(root, tx.epoch(root), tx.surroundings)

    def make(tx: WriteTransaction, wait: bool) -> Batch:
        return Batch(
            tx=tx,
            now=clock.now(),
            world=_once_per_batch(world),
            sealer=sealer,
            random=randomness.take,
            wait=wait,
            cache=cache,
            mark=mark,
        )

    return make


def _once_per_batch(
    world: Callable[[WriteTransaction, RootId], World],
) -> Callable[[WriteTransaction, RootId], World]:
    """Look the epoch up once per organisation and batch."""
    seen: dict[RootId, World] = {}

    def get(tx: WriteTransaction, root: RootId) -> World:
        if root not in seen:
            seen[root] = world(tx, root)
        return seen[root]

    return get


def _reading_world(worlds: Worlds, reads: Reads) -> Callable[[RootId], World]:
    def world(root: RootId) -> World:
        return worlds.at(root, reads.epoch(root), reads.surroundings)

    return world


def _tune_interpreter() -> None:
    """Set what suits one writer among busy threads.

    A step makes some hundred objects and few cycles: looked for at every 700 objects, as is the default, they cost a
    tenth of it. And a writer that lets go of the interpreter at every statement would wait 5 ms for it each time while
    an import computes.
    """
    gc.set_threshold(GARBAGE_THRESHOLD)
    sys.setswitchinterval(SWITCH_SECONDS)


def _keep(rules: Rules, writes: DirectoryWrites, at: datetime) -> None:
    for text in stamped(rules.to_keep, at):
        apply_write(text, writes)


def _end_process() -> None:
    """Leave after an unconfirmed COMMIT: only a start anew knows what is in the database."""
    threading.Timer(0.5, lambda: os._exit(EXIT_UNKNOWN_OUTCOME)).start()
