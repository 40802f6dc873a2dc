"""The reading side as a whole: the same questions on both databases, over a pool of connections that only read."""

from __future__ import annotations

from typing import Final

from sqlalchemy import literal_column, select

from engine.storage.account_reads import AccountReads
from engine.storage.archive_reads import ArchiveReads
from engine.storage.audit_reads import AuditReads
from engine.storage.board_reads import BoardReads
from engine.storage.called_reads import CalledReads
from engine.storage.compiled import Compiler, Pool
from engine.storage.deposits import DepositReads
from engine.storage.directory_reads import DirectoryReads
from engine.storage.drafts import DraftReads
from engine.storage.erasures import ErasureReads
from engine.storage.figures_kept import FigureReads
from engine.storage.files import FileReads
from engine.storage.history_reads import HistoryReads
from engine.storage.house_reads import HouseReads
from engine.storage.long_work import LongWorkReads
from engine.storage.metric_reads import MetricReads
from engine.storage.moved_units import MoveReads
from engine.storage.notice_reads import NoticeReads
from engine.storage.overview_reads import OverviewReads
from engine.storage.people_pages import PeopleReads
from engine.storage.polls import PollReads
from engine.storage.publications import PublicationReads
from engine.storage.rights_reads import RightsReads
from engine.storage.roster_reads import RosterReads
from engine.storage.schema_look import SchemaReads
from engine.storage.sealing_reads import SealingReads
from engine.storage.search_reads import SearchReads
from engine.storage.sweep_reads import SweepReads
from engine.storage.waiting_reads import WaitingReads

POOL_SIZE: Final = 8


class StoreReads(
    ArchiveReads,
    AuditReads,
    BoardReads,
    HistoryReads,
    DirectoryReads,
    SweepReads,
    NoticeReads,
    SealingReads,
    SchemaReads,
    AccountReads,
    ErasureReads,
    DepositReads,
    FileReads,
    FigureReads,
    RightsReads,
    MoveReads,
    HouseReads,
    WaitingReads,
    OverviewReads,
    DraftReads,
    LongWorkReads,
    SearchReads,
    PollReads,
    PublicationReads,
    PeopleReads,
    CalledReads,
    RosterReads,
    MetricReads,
):
    """Implements ``Reads``."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        BoardReads.__init__(self, compiler, pool)
        ArchiveReads.__init__(self, compiler, pool)
        AuditReads.__init__(self, compiler, pool)
        HistoryReads.__init__(self, compiler, pool)
        DirectoryReads.__init__(self, compiler, pool)
        SweepReads.__init__(self, compiler, pool)
        NoticeReads.__init__(self, compiler, pool)
        AccountReads.__init__(self, compiler, pool)
        SealingReads.__init__(self, compiler, pool)
        SchemaReads.__init__(self, pool, is_sqlite=compiler.is_sqlite)
        ErasureReads.__init__(self, compiler, pool)
        DepositReads.__init__(self, compiler, pool)
        RightsReads.__init__(self, compiler, pool)
        FileReads.__init__(self, compiler, pool)
        FigureReads.__init__(self, compiler, pool)
        MoveReads.__init__(self, compiler, pool)
        HouseReads.__init__(self, compiler, pool)
        WaitingReads.__init__(self, compiler, pool)
        OverviewReads.__init__(self, compiler, pool)
        DraftReads.__init__(self, compiler, pool)
        LongWorkReads.__init__(self, compiler, pool)
        SearchReads.__init__(self, compiler, pool)
        PollReads.__init__(self, compiler, pool)
        PublicationReads.__init__(self, compiler, pool)
        PeopleReads.__init__(self, compiler, pool)
        CalledReads.__init__(self, compiler, pool)
        RosterReads.__init__(self, compiler, pool)
        MetricReads.__init__(self, compiler, pool)
        self._ping = compiler.compile(select(literal_column("1")))

    def ping(self) -> None:
        self._pool.fetch(self._ping)
