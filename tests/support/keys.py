"""Key files for tests: places in a folder, a clock that a test moves, and what stands in the bytes of every file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from engine.case.commands import EraseValues, ErasureBasis
from engine.case.identity import CaseId, PersonId
from engine.ledger.commitments import PrivateValue
from engine.service.office import Answer
from engine.service.rows import EntryRow
from engine.service.verify import Finding, verify
from runtime.clock import SetClock
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces
from runtime.keys.sealer import KeySealer
from runtime.settings import Settings
from runtime.wiring import Opened, desk_of
from tests.support.house import ROOT, House

FIRST: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ENTRY: Final = "0" * 31 + "1"
SALT: Final = bytes(range(32))
_RESTARTS: Final = count(1)


def places_in(folder: Path) -> KeyPlaces:
    """Return places for both files in a folder."""
    return KeyPlaces(keys=folder / "keys" / "keys.db", epochs=folder / "keys" / "epoch.keys")


def a_sealer(places: KeyPlaces, clock: SetClock | None = None) -> KeySealer:
    """Return a sealer, as another process would open it."""
    return KeySealer(places, lambda there: KeyFile.open(there, clock or SetClock(FIRST)))


def private(path: str, value: str = "甲") -> PrivateValue:
    """Return a private value at a path."""
    return PrivateValue(path, SALT, value)


def files_holding(folder: Path, needle: bytes) -> list[str]:
    """Return the files anywhere below a folder in which these bytes stand."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return [str(path.relative_to(folder)) for path in found if needle in path.read_bytes()]


@contextmanager
def reopened(url: str, at: datetime = FIRST) -> Iterator[tuple[Opened, House]]:
    """Open the database of a house once more, as after a restart."""
    clock = SetClock(at)
    with desk_of(Settings(database_url=url), clock=clock) as opened:
        yield opened, House(opened.desk, clock, count(next(_RESTARTS) * 10_000))


def fields_shown(house: House, case: CaseId, login: str = "shi") -> Mapping[str, JsonValue]:
    """Return the fields of a case as somebody reads them."""
    queries = house.desk.queries
    actor = queries.actor(ROOT, PersonId(login), house.clock.now())
    return queries.case(ROOT, case, actor, house.desk.world(ROOT)).fields


def verified(house: House) -> Sequence[Finding]:
    """Return what verification finds in the whole database."""
    desk = house.desk
    return verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings


def id_of(entry: EntryRow) -> str:
    """Return the id an entry gives itself."""
    return str(json.loads(entry.body)["id"])


def erased(house: House, case: CaseId, *paths: str, by: str = "shen", approver: str = "zhai") -> Answer:
    """Ask for an erasure and return what came of it."""
    now = house.clock.now()
    command = EraseValues(
        root=ROOT,
        actor=house.desk.queries.actor(ROOT, PersonId(by), now),
        key=f"erase {case} {paths}",
        case=case,
        paths=paths,
        basis=ErasureBasis.CONSENT,
        approver=house.desk.queries.actor(ROOT, PersonId(approver), now),
    )
    return house.desk.office.carry_out([command])[0]
