"""A small sealed database: a house with a signer of its own, what verification finds in it, and a hand to change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from engine.ledger.notes import VerifierKey
from engine.service.sealing import Sealed, seal
from engine.service.sealing_ports import CheckpointRow
from engine.service.tree_findings import Anchor, anchor_of
from engine.service.verify import verify
from engine.service.verify_tree import TreeVerification, verify_tree
from engine.storage.urls import postgres_url, sqlite_path
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House

SEALED_TABLES = ("tree", "leaf", "checkpoint", "ledger_entry")


def sealed(house: House, keeper: Keeper) -> Sealed:
    """Seal all that waits in a house."""
    return seal(house.desk.office, house.desk.reads, keeper, ROOT)


def newest(house: House) -> CheckpointRow:
    """Return the newest checkpoint, which there is."""
    row = house.desk.reads.newest_checkpoint(ROOT)
    assert row is not None
    return row


def anchored(house: House) -> Anchor:
    """Return the newest checkpoint as somebody else keeps it."""
    return anchor_of("mailed.note", newest(house).note.encode())


def tree_of(
    house: House,
    key: Callable[[str], VerifierKey | None],
    anchors: Sequence[Anchor] = (),
    *,
    times: bool = True,
) -> TreeVerification:
    """Verify what is sealed."""
    return verify_tree(house.desk.reads, ROOT, key=key, anchors=anchors, times=times)


def rules_of(
    house: House, key: Callable[[str], VerifierKey | None], anchors: Sequence[Anchor] = (), *, times: bool = True
) -> set[str]:
    """Return the ids of all rules that are broken: those of chains, rows and of the tree."""
    chains = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
    tree = tree_of(house, key, anchors, times=times)
    return {str(one.rule) for one in chains.findings} | {str(one.rule) for one in tree.findings}


@contextmanager
def behind_its_back(url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Give a hand that changes anything: triggers are away for the length of the block, as for an administrator."""
    path = sqlite_path(url)
    if path is None:
        with psycopg.connect(postgres_url(url)) as connection:
            for name in SEALED_TABLES:
                connection.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER".encode())

            def change_there(statement: str, *values: Any) -> list[tuple[Any, ...]]:
                done = connection.execute(statement.replace("%", "%%").replace("?", "%s").encode(), values)
                return done.fetchall() if done.description else []

            yield change_there
            for name in SEALED_TABLES:
                connection.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER".encode())
        return
    with closing(sqlite3.connect(path)) as file, file:
        triggers = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _sql in triggers:
            file.execute(f"DROP TRIGGER {name}")

        def change_here(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            return file.execute(statement, values).fetchall()

        yield change_here
        for _name, sql in triggers:
            file.execute(sql)


def a_keeper(folder: Path) -> Keeper:
    """Return a signer with a key of its own."""
    return Keeper(folder)
