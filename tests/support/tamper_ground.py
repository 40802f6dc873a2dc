"""A sealed house to attack, with all that others keep of it: copies, checkpoints and receipts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from engine.case.identity import CaseId
from engine.ledger.notes import Checkpoint, signed_checkpoint
from engine.service.sealing import heartbeat
from engine.service.tree_findings import Anchor, receipt_finding
from engine.storage.urls import sqlite_path
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import anchored, behind_its_back, sealed
from tests.support.tampering import everything_found

CASES: Final = 9
Chain = tuple[str, int]


@dataclass(slots=True)
class Ground:
    """A sealed house to attack; a copy and the checkpoint of each sealing, and a receipt for each entry of a case."""

    house: House
    keeper: Keeper
    url: str
    copies: list[sqlite3.Connection] = field(default_factory=list)
    anchors: list[Anchor] = field(default_factory=list)
    receipts: dict[Chain, bytes] = field(default_factory=dict)

    @property
    def kept(self) -> Sequence[Anchor]:
        """The checkpoints that somebody else has: all but the newest."""
        return self.anchors[:-1]

    def restore(self, copy: int = -1) -> None:
        """Put the house back as it was, the signer as it is at the end."""
        with closing(sqlite3.connect(_path(self.url))) as file:
            self.copies[copy].backup(file)
        self.keeper.adopt(self.anchors[-1].note.encoded())

    def copied(self) -> sqlite3.Connection:
        """Return a copy of the house as it is."""
        copy = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(_path(self.url))) as file:
            file.backup(copy)
        return copy

    def found(self, *anchors: Anchor) -> set[str]:
        return everything_found(self.house, self.keeper.key, anchors)

    def receipt_fails(self, chain: Chain) -> bool:
        """Return whether the entry is no longer the one that its receipt tells of."""
        case, seq = chain
        kept = {entry.seq: entry.hash for entry in self.house.desk.reads.entries(ROOT, CaseId(case))}
        return receipt_finding(kept.get(seq), self.receipts[chain], CaseId(case), seq) is not None

    def sign(self, checkpoint: Checkpoint) -> str:
        """Sign whatever is shown: the stolen key."""
        key = self.keeper.key(checkpoint.origin)
        return signed_checkpoint(checkpoint, key, self.keeper._key.sign).encoded().decode()


@contextmanager
def a_ground(folder: Path) -> Iterator[Ground]:
    """Build a house with three checkpoints, the last not kept by anybody, a heartbeat, and entries that wait."""
    url, keeper = f"sqlite:///{folder}/attacked.db", Keeper(folder / "signer")
    try:
        with open_house(url) as house:
            ground = Ground(house, keeper, url)
            for number in range(1, CASES + 1):
                _filed(house)
                if number % 3 == 0:
                    sealed(house, keeper)
                    ground.copies.append(ground.copied())
                    ground.anchors.append(anchored(house))
                    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
            house.open("shi")
            pass_time(house)
            house.open("zhai")
            with behind_its_back(url) as change:
                rows = change('SELECT "case", seq, hash FROM ledger_entry WHERE "case" NOT LIKE \'system:%\'')
            ground.receipts = {(case, seq): bytes(digest) for case, seq, digest in rows}
            ground.copies.append(ground.copied())
            yield ground
            for copy in ground.copies:
                copy.close()
    finally:
        keeper.close()


def _filed(house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    for login, move in (("shi", "submit"), ("zhai", "begin_review"), ("zhai", "file")):
        pass_time(house)
        house.fire(login, case, move)
    pass_time(house)


def pass_time(house: House) -> None:
    """Let so much time pass that an entry can be given another instant between its neighbours."""
    house.clock.set(house.clock.now() + timedelta(seconds=40))


def _path(url: str) -> Path:
    path = sqlite_path(url)
    assert path is not None
    return path
