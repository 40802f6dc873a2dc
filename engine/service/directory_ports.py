"""What the service writes into a database beside cases: the directory, and what else has small typed writes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.identity import RootId
from engine.case.situation import CongressSession
from engine.ledger.streams import Fact, Swept
from engine.service.account_ports import AccountWrites
from engine.service.deposit_ports import DepositWrites
from engine.service.directory_facts import Stamp
from engine.service.draft_ports import DraftWrites
from engine.service.erasing import ErasureWrites
from engine.service.figure_ports import FigureWrites
from engine.service.file_ports import FileWrites
from engine.service.long_work_ports import LongWorkWrites
from engine.service.moved_units import MoveWrites
from engine.service.notice_ports import NoticeWrites
from engine.service.poll_ports import PollWrites
from engine.service.publications import PublicationWrites
from engine.service.rows import CounterRow
from engine.service.sealing_ports import SealingWrites
from engine.service.search_ports import SearchWrites


class DirectoryWrites(
    NoticeWrites,
    SealingWrites,
    AccountWrites,
    ErasureWrites,
    DepositWrites,
    FileWrites,
    FigureWrites,
    MoveWrites,
    DraftWrites,
    LongWorkWrites,
    SearchWrites,
    PublicationWrites,
    PollWrites,
    Protocol,
):
    """Small typed writes beside cases; each that changes what situations see advances the epoch.

    ``told`` makes a change a fact of the ledger; what changes nothing is none.
    """

    def add_unit(self, unit: Unit, told: Stamp | None = None) -> None:
        """Add or replace a unit; one that is moved leaves word that its cases have other readers now."""

    def add_person(self, person: Person, told: Stamp | None = None) -> None:
        """Add or replace a person."""

    def add_grant(self, grant: GrantRow, told: Stamp | None = None) -> None: ...

    def remove_grant(self, grant: GrantRow, told: Stamp | None = None) -> None: ...

    def add_deputation(self, deputation: Deputation, told: Stamp | None = None) -> None: ...

    def remove_deputation(self, deputation: Deputation, told: Stamp | None = None) -> None:
        """Remove the one of these two persons that begins on this day."""

    def add_session(self, session: CongressSession, told: Stamp | None = None) -> None:
        """Add or replace a congress session."""

    def add_delegation(self, delegation: Delegation, told: Stamp | None = None) -> None: ...

    def keep_definition(self, name: str, version: int, content_hash: str, text: str, told: Stamp | None = None) -> None:
        """Keep a definition's canonical text; a known hash is left as it is."""

    def keep_list(self, name: str, version: int, content_hash: str, text: str, told: Stamp | None = None) -> None: ...

    def keep_notice(self, year: int, text: str, told: Stamp | None = None) -> None: ...

    def last_counter(self, row: CounterRow) -> None:
        """Set a series to a number, used by imports of registers that carry their own numbers."""

    def record_sweep(self, root: RootId, at: datetime, slot: int, swept: Swept) -> None:
        """Add the entry of a sweep to the stream of its day and slot, and note when the last sweep was."""

    def record_fact(self, root: RootId, at: datetime, slot: int, fact: Fact) -> int:
        """Add a fact to the stream that it belongs to, and return its place there."""
