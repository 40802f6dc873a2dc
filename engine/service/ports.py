"""What the service asks of a database, and nothing about how: one write transaction, and reads beside it.

Two implementations stand in ``storage`` (SQLite and PostgreSQL); one suite of contract tests runs over both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from engine.access.directory import Deputation, GrantRow, Person, Surroundings
from engine.case.actors import Grant
from engine.case.case import NOTHING, Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.service.account_ports import Account, AccountReads
from engine.service.archive_ports import ArchiveReads
from engine.service.audit_ports import AuditReads
from engine.service.board_ports import BoardReads
from engine.service.called_ports import CalledReads
from engine.service.deadline_ports import DeadlineCount, DeadlineFilter
from engine.service.deposit_ports import DepositReads
from engine.service.directory_ports import DirectoryWrites
from engine.service.draft_ports import DraftReads
from engine.service.erasing import Chain, ErasureReads
from engine.service.figure_ports import FigureReads
from engine.service.file_ports import FileReads, FileRow
from engine.service.history_ports import CaseFile, SpanLine
from engine.service.house_ports import HouseReads
from engine.service.list_orders import Order
from engine.service.long_work_ports import LongWorkReads
from engine.service.metric_ports import MetricReads
from engine.service.moved_units import MoveReads
from engine.service.notice_ports import NoticeReads
from engine.service.overview_ports import OverviewReads
from engine.service.people_ports import PeopleReads
from engine.service.poll_ports import PollLookups, PollReads
from engine.service.publications import PublicationReads
from engine.service.rights_ports import Rights, RightsReads
from engine.service.roster_ports import RosterLookups, RosterReads
from engine.service.rows import BatchRows, DeadlineRow, EntryRow, PrivateRow
from engine.service.sealing_ports import SealingReads
from engine.service.search_ports import SearchReads
from engine.service.sweep_ports import SweepReads
from engine.service.waiting_ports import WaitingReads

CaseKey = tuple[RootId, CaseId]
T = TypeVar("T")


Slot = tuple[str, str, str]
"""Root, actor and key."""


class Claim(NamedTuple):
    """An idempotency key as it is asked for: scoped to the actor, with the hash of what was asked."""

    root: str
    actor: str
    key: str
    request_hash: str

    @property
    def slot(self) -> Slot:
        """What may be claimed once, whatever is asked under it."""
        return self[:3]


class Outcome(NamedTuple):
    """What a committed command led to: its case, the last entry there, and that entry's hash."""

    case: CaseId
    seq: int
    hash: str


class Stored(NamedTuple):
    """A claim that was settled before."""

    request_hash: str
    outcome: Outcome


class WriteTransaction(Chain, RosterLookups, PollLookups, Protocol):
    """One open write transaction. Nothing is visible to others before the committer commits it."""

    @property
    def exclusive(self) -> bool:
        """Whether no other process can write while this transaction is open: then nothing needs locking."""

    def claim(self, claims: Sequence[Claim], at: int) -> Mapping[Claim, Stored]:
        """Claim the keys; return those that were settled before (looked up by root, actor and key)."""

    def read_cases(self, keys: Collection[CaseKey]) -> Sequence[Case]:
        """Return the cases that exist, in no order, without locking them."""

    def lock_cases(
        self, keys: Collection[CaseKey], *, wait: bool, known: Mapping[CaseId, Case] = NOTHING
    ) -> Sequence[Case]:
        """Lock the cases in the order of their ids and return them as they are now.

        A case that ``known`` holds with the head that its row has now is given back as it is known there.
        On SQLite the transaction holds the only write lock already and this reads. A case that another process holds
        is left out of the answer when ``wait`` is False; with ``wait`` StorageUnavailable after 250 ms.
        """

    def counters(self, root: RootId, series: Collection[str]) -> Mapping[str, int]:
        """Return the last number of each series, locked till the end; a series without numbers counts 0."""

    def epoch(self, root: RootId) -> int:
        """Return the directory's epoch: it grows with every change of units, sessions, definitions or calendars."""

    def surroundings(self, root: RootId) -> Surroundings:
        """Return units and congress sessions as they are now."""

    def files(self, root: RootId, ids: Collection[str]) -> Sequence[FileRow]:
        """Return the rows of files with these ids, in no order."""

    def write(self, rows: BatchRows) -> None:
        """Write everything, set-based. Claims of ``rows.outcomes`` are settled; all other claims of this
        transaction are given up."""


class WriteStore(Protocol):
    """The writing side: one at a time per process."""

    def begin(self) -> AbstractContextManager[WriteTransaction]:
        """Open a transaction that commits when the block ends and rolls back when it raises.

        Raises:
            OutcomeUnknown: COMMIT could not be confirmed.
            StorageUnavailable: the database cannot be reached, or is locked by another process.
            Conflict: PostgreSQL asks for the batch again from load (40001, 40P01, 23505).
        """

    def plain(self, write: Callable[[DirectoryWrites], T]) -> T:
        """Run a plain write (directory, accounts, sessions, tokens) in a transaction of its own."""

    def close(self) -> None:
        """Give up the connection."""


class Conflict(Exception):
    """The database refused the transaction for a reason that a repetition may cure."""


class CaseFilter(NamedTuple):
    """What a list is narrowed to; None means any.

    ``text`` is looked for by ``Queries.page``, in the words of cases; a list of the database itself knows none. ``ids``
    are cases that a search has found, few thousands at most.
    """

    workflow: str | None = None
    states: tuple[str, ...] | None = None
    phase: str | None = None
    unit: str | None = None
    congress_session: str | None = None
    category: str | None = None
    text: str | None = None
    children: bool = False
    order: Order = Order.OPENED
    ids: tuple[CaseId, ...] | None = None


class CaseLine(NamedTuple):
    """One line of a list of cases; ``provisional`` says that its next due date rests on a year without a notice."""

    id: CaseId
    workflow: str
    definition_version: int
    number: str | None
    subject: str | None
    category: str | None
    state: str
    phase: str
    unit: str
    lead_unit: str | None
    congress_session: str | None
    opened_at: int
    changed_at: int
    next_due_at: int | None
    version: int
    seq: int
    provisional: bool = False

    def key_in(self, order: Order) -> str:
        """Return the key to continue after this line, in a list of that order."""
        match order:
            case Order.OPENED:
                return f"{self.opened_at}.{self.id}"
            case Order.DUE:
                return f"{self.next_due_at}.{self.id}"
            case Order.NUMBER:
                return f"{self.number}.{self.id}"


class Page(NamedTuple):
    """A page of lines; ``next`` is the key to continue after, None on the last page.

    ``is_cut``: of words that very many cases hold, so many lines were looked at that the page may be short of what
    there is; going on finds it.
    """

    lines: tuple[CaseLine, ...]
    next: str | None
    is_cut: bool = False


class OverdueLine(NamedTuple):
    """One deadline on the overdue list; ``case`` is the case's line, ``rungs`` the JSON of those that stand.

    ``rung_at`` is when the next rung comes, None when time raises no more.
    """

    case: CaseLine
    deadline: str
    due_at: int
    due_on: str
    promised_on: str
    provisional: bool
    rungs: str
    rung_at: int | None = None

    @property
    def key(self) -> str:
        """The key to continue the list after this line."""
        return f"{self.due_at}.{self.case.id}.{self.deadline}"


class Reads(
    ArchiveReads,
    AuditReads,
    SweepReads,
    NoticeReads,
    SealingReads,
    AccountReads,
    ErasureReads,
    DepositReads,
    FileReads,
    FigureReads,
    RightsReads,
    MoveReads,
    HouseReads,
    BoardReads,
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
    Protocol,
):
    """The reading side; safe to use from many threads, never blocks the writer."""

    def roots(self) -> Sequence[RootId]:
        """Return the organisations, oldest first."""

    def epoch(self, root: RootId) -> int: ...

    def surroundings(self, root: RootId) -> Surroundings: ...

    def definitions(self) -> Sequence[tuple[str, int, str, str]]:
        """Return (name, version, hash, canonical JSON text) of every definition kept."""

    def code_lists(self) -> Sequence[tuple[str, int, str, str]]:
        """Return (name, version, hash, canonical JSON text) of every code list kept."""

    def case(self, root: RootId, case: CaseId, principals: Sequence[str] | None) -> Case | None:
        """Return the case if one of the principals may read it; None principals stand for the system itself."""

    def cases(self, root: RootId, cases: Collection[CaseId]) -> Sequence[Case]:
        """Return cases by id, whoever asks: for families and verification."""

    def visible_cases(
        self, root: RootId, cases: Collection[CaseId], principals: Sequence[str] | None
    ) -> Sequence[Case]:
        """Return those of the cases that one of the principals may read, in no order."""

    def list_cases(
        self, root: RootId, principals: Sequence[str] | None, where: CaseFilter, *, after: str | None, limit: int
    ) -> Page:
        """Return a page of visible cases in the order of the filter, newest first by (opened_at, id) unless it says
        otherwise, by key and never by offset."""

    def count_cases(
        self, root: RootId, principals: Sequence[str] | None, workflow: str, *, newest: int | None = None
    ) -> Mapping[str, int]:
        """Return state → number of visible cases of a workflow, or of so many of the newest of them."""

    def overdue(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        after: str | None,
        limit: int,
        where: DeadlineFilter = DeadlineFilter(),  # noqa: B008  # a tuple that does not change
    ) -> tuple[Sequence[OverdueLine], str | None]:
        """Return running deadlines due before the instant, the most overdue first, with the key of the next page."""

    def overdue_counts(
        self,
        root: RootId,
        principals: Sequence[str] | None,
        *,
        before: int,
        late: int,
        limit: int,
        where: DeadlineFilter,
    ) -> Sequence[DeadlineCount]:
        """Count the deadlines of the list, at most so many of them, the most overdue first.

        Those due before ``late`` count as late.
        """

    def deadlines(self, root: RootId, case: CaseId) -> Sequence[DeadlineRow]: ...

    def entries(self, root: RootId, case: CaseId) -> Sequence[EntryRow]:
        """Return the chain of a case in order."""

    def privates(self, root: RootId, case: CaseId) -> Sequence[PrivateRow]: ...

    def spans_of(self, root: RootId, case: CaseId) -> Sequence[SpanLine]: ...

    def spans_of_workflow(
        self, root: RootId, workflow: str, at: int, principals: Sequence[str] | None = None
    ) -> Iterator[SpanLine]:
        """Stream the spans begun at or before the instant of all cases of the workflow, or of those that one of the
        principals may see now, case by case."""

    def spans_of_cases(self, root: RootId, at: int, cases: Sequence[CaseId]) -> Iterator[SpanLine]:
        """Stream the spans of these cases begun at or before the instant, case by case."""

    def all_case_ids(self, root: RootId, workflow: str | None = None) -> Iterator[CaseId]:
        """Stream the ids of all cases, or of those of one workflow, in the order of their ids."""

    def kept_ids(self, root: RootId) -> Iterator[CaseId]:
        """Stream, each once and in order, every case id that has a row in any of the tables of cases, entries, private
        values, spans or deadlines: verification must also meet what is left of a case whose row was taken away."""

    def case_files(self, root: RootId, cases: Sequence[CaseId]) -> Sequence[CaseFile]:
        """Return everything kept of these cases, in their order, all read in one snapshot (one read transaction, on
        PostgreSQL REPEATABLE READ), with one statement per table and none per case."""

    def case_by_field(self, root: RootId, workflow: str, number: str) -> CaseId | None:
        """Return the case of a workflow with this number, None when there is none."""

    def cases_numbered(self, root: RootId, workflow: str, numbers: Collection[str]) -> Sequence[CaseLine]:
        """Return the cases of a workflow that have one of these numbers, whoever asks; provisional is not told."""

    def find_outcome(self, root: RootId, actor: str, key: str) -> Stored | None: ...

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]: ...

    def all_persons(self, root: RootId) -> Sequence[Person]: ...

    def grants(self, root: RootId, person: PersonId, on: date) -> frozenset[Grant]:
        """Return the grants of a person valid on a day, those of principals being deputed for included."""

    def rights(self, root: RootId, person: PersonId, on: date) -> Rights:
        """Return the same, those held only in another's place apart."""

    def all_grants(self, root: RootId) -> Sequence[GrantRow]: ...

    def deputations(self, root: RootId, person: PersonId) -> Sequence[Deputation]:
        """Return who acts for somebody and for whom somebody acts, whenever, by the first day."""

    def account(self, login: str) -> Account | None: ...

    def ping(self) -> None:
        """Raise StorageUnavailable when the database cannot be reached."""
