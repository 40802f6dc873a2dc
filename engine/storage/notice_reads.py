"""Reading what notices ask: the outbox, who is to be told, inboxes, and the ledger of deliveries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from engine.case.actors import Grant
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.service.notice_ports import (
    UNREAD_MAX,
    CaseDelivery,
    DeliveryRow,
    InboxKey,
    InboxLine,
    LeasedDelivery,
    NoticeRow,
    Preference,
    ToldRow,
    WaitingChannel,
)
from engine.service.rows import OutboxRow
from engine.service.steps import ERASED
from engine.storage.compiled import Compiler, Pool, Statement, Values, at_most, bind
from engine.storage.directory_tables import deputation, granting, person
from engine.storage.moved_units import MOVED
from engine.storage.notice_tables import delivery, notice, preference, told
from engine.storage.sight import Sees, Visibility
from engine.storage.tables import cases, outbox

MILLISECOND_CHARACTERS: Final = 12
"""The part of an outbox id that is its instant in milliseconds, hex (``ordered_id``)."""
BEYOND_HEX: Final = "~"

_ACTIVE: Final[ColumnElement[bool]] = person.c.active == literal_column("1")
_NOT_TOLD: Final[list[ColumnElement[str]]] = [literal_column(f"'{kind}'") for kind in (ERASED, MOVED)]
"""Rows of the outbox that wait for something else than to be told."""


class NoticeReads:
    """The part of ``Reads`` that is about notices."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._pool = pool
        compile_, limit = compiler.compile, bind("limit", Integer())
        waits = (
            select(outbox).where(outbox.c.root == bind("root"), outbox.c.kind.not_in(_NOT_TOLD)).order_by(outbox.c.id)
        )
        self._outbox = compile_(lambda: at_most(waits, limit))
        self._same_millisecond = compile_(lambda: waits.where(outbox.c.id > bind("after"), outbox.c.id < bind("until")))
        on = bind("on")
        self._holders = compile_(
            lambda: (
                select(granting.c.role, granting.c.unit, granting.c.person)
                .distinct()
                .join(person, and_(person.c.root == granting.c.root, person.c.id == granting.c.person))
                .where(
                    granting.c.root == bind("root"),
                    compiler.among(granting.c.role, "roles"),
                    _holds_on(granting, on),
                    _ACTIVE,
                )
                .order_by(granting.c.role, granting.c.unit, granting.c.person)
            )
        )
        self._deputies = compile_(
            lambda: (
                select(deputation.c.principal, deputation.c.deputy)
                .distinct()
                .join(person, and_(person.c.root == deputation.c.root, person.c.id == deputation.c.deputy))
                .where(
                    deputation.c.root == bind("root"),
                    compiler.among(deputation.c.principal, "persons"),
                    _holds_on(deputation, on),
                    _ACTIVE,
                )
                .order_by(deputation.c.principal, deputation.c.deputy)
            )
        )
        self._preferences = compile_(
            lambda: (
                select(preference)
                .where(preference.c.root == bind("root"), compiler.among(preference.c.person, "persons"))
                .order_by(preference.c.person, preference.c.channel)
            )
        )
        self._leased = compile_(_leased)
        self._next_due, self._next_digest = (
            compile_(
                select(func.min(delivery.c.due_at)).where(
                    delivery.c.root == bind("root"),
                    delivery.c.channel == bind("channel"),
                    delivery.c.state == literal_column("'queued'"),
                    which,
                )
            )
            for which in (delivery.c.bundle == literal_column("''"), delivery.c.bundle != literal_column("''"))
        )
        queued = (delivery.c.root == bind("root"), delivery.c.state == literal_column("'queued'"))
        self._due_addresses = compile_(
            lambda: (
                select(delivery.c.address)
                .distinct()
                .where(*queued, delivery.c.channel == bind("channel"), delivery.c.due_at <= bind("at"))
                .order_by(delivery.c.address)
            )
        )
        self._waiting = compile_(
            lambda: (
                select(delivery.c.channel, func.count(), func.min(delivery.c.at), func.count(delivery.c.reason))
                .where(*queued)
                .group_by(delivery.c.channel)
                .order_by(delivery.c.channel)
            )
        )
        # One message may settle many deliveries: a digest.
        self._attempts = compile_(
            lambda: select(func.count(delivery.c.message_id.distinct())).where(
                delivery.c.root == bind("root"),
                delivery.c.settled_at > bind("since"),
                delivery.c.channel == bind("channel"),
                delivery.c.address == bind("address", Text()),
            )
        )
        self._settled = compile_(
            lambda: at_most(
                select(delivery.c.id)
                .where(delivery.c.root == bind("root"), delivery.c.settled_at < bind("before"))
                .order_by(delivery.c.settled_at, delivery.c.id),
                limit,
            )
        )
        last = (bind("after_at", BigInteger()), bind("after_seq", BigInteger()), bind("after_id", Text()))
        following = tuple_(notice.c.at, notice.c.seq, notice.c.outbox) < tuple_(*last)
        self._compiler, self._visibility = compiler, Visibility(compiler, pool)
        self._following = following
        self._inboxes: dict[tuple[Sees, bool, bool], Statement] = {}
        self._unread = compile_(
            # In the order of its index, or SQLite would look through everything that was ever read.
            lambda: select(func.count()).select_from(
                at_most(
                    select(notice.c.outbox)
                    .where(notice.c.root == bind("root"), notice.c.person == bind("person"), notice.c.read_at.is_(None))
                    .order_by(notice.c.at.desc(), notice.c.seq.desc(), notice.c.outbox.desc()),
                    literal_column(str(UNREAD_MAX)),
                ).subquery()
            )
        )

        def of_case(table: Table, fields: tuple[str, ...], *order: str) -> Statement:
            return compile_(
                lambda: (
                    select(*(table.c[name] for name in fields))
                    .where(table.c.root == bind("root"), table.c.case == bind("case"))
                    .order_by(*(table.c[name] for name in order))
                )
            )

        self._told_of_case = of_case(told, ToldRow._fields, "seq", "outbox")
        self._notices_of_case = of_case(notice, NoticeRow._fields, "seq", "outbox", "person")
        self._deliveries_of_case = of_case(delivery, CaseDelivery._fields, "seq", "outbox", "person", "channel")

    def pending_outbox(self, root: RootId, limit: int) -> Sequence[OutboxRow]:
        rows = self._pool.fetch(self._outbox, root=root, limit=limit)
        if len(rows) == limit:
            last: str = rows[-1][1]
            until = last[:MILLISECOND_CHARACTERS] + BEYOND_HEX
            rows += self._pool.fetch(self._same_millisecond, root=root, after=last, until=until)
        return sorted(map(OutboxRow._make, rows), key=lambda row: (row.at, row.case, row.seq, row.id))

    def holders(self, root: RootId, roles: Collection[str], on: date) -> Mapping[Grant, Sequence[PersonId]]:
        found: dict[Grant, list[PersonId]] = defaultdict(list)
        for role, unit, somebody in self._pool.fetch(self._holders, root=root, roles=list(roles), on=on.isoformat()):
            found[Grant(role, UnitId(unit))].append(PersonId(somebody))
        return found

    def deputies(self, root: RootId, persons: Collection[PersonId], on: date) -> Mapping[PersonId, Sequence[PersonId]]:
        found: dict[PersonId, list[PersonId]] = defaultdict(list)
        rows = self._pool.fetch(self._deputies, root=root, persons=list(persons), on=on.isoformat())
        for principal, deputy in rows:
            found[PersonId(principal)].append(PersonId(deputy))
        return found

    def preferences(self, root: RootId, persons: Collection[PersonId]) -> Sequence[Preference]:
        rows = self._pool.fetch(self._preferences, root=root, persons=list(persons))
        return [
            Preference(
                root=RootId(row[0]),
                person=PersonId(row[1]),
                channel=row[2],
                address=row[3],
                active=bool(row[4]),
                digest=row[5],
                quiet_from=row[6],
                quiet_until=row[7],
                language=row[8],
            )
            for row in rows
        ]

    def leased(self, root: RootId, lease: str) -> Sequence[LeasedDelivery]:
        width = len(DeliveryRow._fields)
        rows = self._pool.fetch(self._leased, root=root, lease=lease)
        return [LeasedDelivery(DeliveryRow._make(row[:width]), *row[width:]) for row in rows]

    def next_delivery_at(self, root: RootId, channel: str) -> int | None:
        found: list[int | None] = [
            self._pool.fetch(statement, root=root, channel=channel)[0][0]
            for statement in (self._next_due, self._next_digest)
        ]
        return min((at for at in found if at is not None), default=None)

    def due_addresses(self, root: RootId, channel: str, at: int) -> Sequence[str]:
        return [row[0] for row in self._pool.fetch(self._due_addresses, root=root, channel=channel, at=at)]

    def attempts_since(self, root: RootId, channel: str, address: str, since: int) -> int:
        found = self._pool.fetch(self._attempts, root=root, channel=channel, address=address, since=since)
        return int(found[0][0])

    def waiting_channels(self, root: RootId) -> Sequence[WaitingChannel]:
        return [WaitingChannel._make(row) for row in self._pool.fetch(self._waiting, root=root)]

    def settled_before(self, root: RootId, before: int, limit: int) -> Sequence[str]:
        return [row[0] for row in self._pool.fetch(self._settled, root=root, before=before, limit=limit)]

    def inbox(
        self,
        root: RootId,
        person: PersonId,
        principals: Sequence[str],
        *,
        after: InboxKey | None,
        limit: int,
        unread: bool = False,
    ) -> Sequence[InboxLine]:
        sees, values = self._visibility.each_for(root, principals)
        whose: dict[str, Values] = {"root": root, "person": person, **values, "limit": limit}
        shape = (sees, unread, after is not None)
        statement = self._inboxes.get(shape)
        if statement is None:
            statement = self._inboxes[shape] = self._compiler.compile(self._inbox_of(*shape))
        if after is not None:
            whose.update(after_at=after[0], after_seq=after[1], after_id=after[2])
        rows = self._pool.fetch(statement, **whose)
        width = len(NoticeRow._fields)
        return [InboxLine(NoticeRow._make(row[:width]), *row[width:]) for row in rows]

    def _inbox_of(self, sees: Sees, unread: bool, after: bool) -> Select[*tuple[object, ...]]:  # a shape
        statement = _inbox(self._visibility.condition(sees, notice.c.case))
        if unread:
            statement = statement.where(notice.c.read_at.is_(None))
        if after:
            statement = statement.where(self._following)
        return at_most(statement, bind("limit", Integer()))

    def unread(self, root: RootId, person: PersonId) -> int:
        return int(self._pool.fetch(self._unread, root=root, person=person)[0][0])

    def told_of_case(self, root: RootId, case: CaseId) -> Sequence[ToldRow]:
        return [ToldRow._make(row) for row in self._pool.fetch(self._told_of_case, root=root, case=case)]

    def notices_of_case(self, root: RootId, case: CaseId) -> Sequence[NoticeRow]:
        return [NoticeRow._make(row) for row in self._pool.fetch(self._notices_of_case, root=root, case=case)]

    def deliveries_of_case(self, root: RootId, case: CaseId) -> Sequence[CaseDelivery]:
        return [CaseDelivery._make(row) for row in self._pool.fetch(self._deliveries_of_case, root=root, case=case)]


def _holds_on(table: Table, on: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a dated period holds on a day, both ends included."""
    return and_(table.c.from_on <= on, or_(table.c.until_on.is_(None), table.c.until_on >= on))


def _leased() -> Select[*tuple[object, ...]]:
    return (
        select(*(delivery.c[name] for name in DeliveryRow._fields), notice.c.kind, notice.c.name, notice.c.acting_for)
        .join_from(
            delivery,
            notice,
            and_(
                notice.c.root == delivery.c.root,
                notice.c.person == delivery.c.person,
                notice.c.outbox == delivery.c.outbox,
            ),
        )
        .where(delivery.c.root == bind("root"), delivery.c.lease == bind("lease"))
        .order_by(delivery.c.bundle, notice.c.at, delivery.c.case, delivery.c.seq, delivery.c.outbox, delivery.c.id)
    )


def _inbox(visible: list[ColumnElement[bool]]) -> Select[*tuple[object, ...]]:
    """Return the question for somebody's notices; of a case that may not be seen (any more) nothing is told."""
    return (
        select(*(notice.c[name] for name in NoticeRow._fields), cases.c.workflow, cases.c.number, cases.c.subject)
        .join_from(
            notice, cases, and_(cases.c.root == notice.c.root, cases.c.id == notice.c.case, *visible), isouter=True
        )
        .where(notice.c.root == bind("root"), notice.c.person == bind("person"))
        .order_by(notice.c.at.desc(), notice.c.seq.desc(), notice.c.outbox.desc())
    )
