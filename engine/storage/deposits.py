"""Keeping anonymous submissions until they are released."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, func, select

from engine.case.identity import RootId
from engine.service.deposit_ports import DepositRow
from engine.storage.compiled import Compiler, Pool, Runner, at_most, bind
from engine.storage.tables import deposit

_OF_ROOT = deposit.c.root == bind("root")


class StoredDeposits:
    """Implements ``DepositWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        insert = compiler.insert(deposit)
        self._deposits = transaction
        self._keep_deposit = compiler.compile(
            insert.on_conflict_do_update(index_elements=["root", "id"], set_={"sealed": insert.excluded.sealed}),
            DepositRow._fields,
        )
        self._drop_deposits = compiler.compile(delete(deposit).where(_OF_ROOT, compiler.among(deposit.c.id, "ids")))

    def keep_deposit(self, row: DepositRow) -> None:
        self._deposits.run(self._keep_deposit, **row._asdict())

    def drop_deposits(self, root: RootId, ids: Collection[str]) -> None:
        self._deposits.run(self._drop_deposits, root=root, ids=list(ids))


class DepositReads:
    """The part of ``Reads`` that is about deposits."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._deposits = pool
        columns = [deposit.c[name] for name in DepositRow._fields]
        some = select(*columns).where(_OF_ROOT).order_by(deposit.c.id)
        self._all_deposits = compiler.compile(at_most(some, bind("most")))
        self._deposits_of = compiler.compile(some.where(deposit.c.who == bind("who")))
        self._count_deposits = compiler.compile(select(func.count()).select_from(deposit).where(_OF_ROOT))

    def deposits(self, root: RootId, limit: int) -> Sequence[DepositRow]:
        return [DepositRow(*row) for row in self._deposits.fetch(self._all_deposits, root=root, most=limit)]

    def deposits_of(self, root: RootId, who: str) -> Sequence[DepositRow]:
        return [DepositRow(*row) for row in self._deposits.fetch(self._deposits_of, root=root, who=who)]

    def deposit_count(self, root: RootId) -> int:
        return int(self._deposits.fetch(self._count_deposits, root=root)[0][0])
