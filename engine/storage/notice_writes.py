"""Writing about notices: a few statements in the open transaction of a plain write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from engine.case.identity import PersonId, RootId
from engine.service.notice_ports import DeliveryRow, NoticeRow, Preference, Settlement, ToldRow
from engine.storage.compiled import Compiler, Runner
from engine.storage.notice_statements import NoticeStatements, as_rows


class StoredNotices:
    """Implements ``NoticeWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._notices = NoticeStatements.of(compiler)
        self._runner = transaction

    def tell(
        self, root: RootId, told: Sequence[ToldRow], notices: Sequence[NoticeRow], deliveries: Sequence[DeliveryRow]
    ) -> None:
        say, run = self._notices, self._runner.run
        asked = sorted(row.outbox for row in told)
        taken = {row[0] for row in self._runner.fetch(say.take, root=root, ids=asked)}
        for statement, rows in ((say.told, told), (say.notices, notices), (say.deliveries, deliveries)):
            ours = [row for row in rows if row.outbox in taken]
            if ours:
                run(statement, rows=as_rows(ours))

    def claim_deliveries(
        self, root: RootId, channel: str, lease: str, *, at: int, until_at: int, limit: int, attempts_max: int
    ) -> None:
        self._runner.run(self._notices.give_up, root=root, channel=channel, at=at, attempts_max=attempts_max)
        for claim in (self._notices.claim, self._notices.claim_bundles):
            self._runner.run(claim, root=root, channel=channel, lease=lease, at=at, until_at=until_at, limit=limit)

    def settle_deliveries(self, root: RootId, lease: str, settlements: Sequence[Settlement], at: int) -> None:
        for one in settlements:
            self._runner.run(
                self._notices.settle,
                root=root,
                lease=lease,
                settled_at=None if one.state == "queued" else at,
                **{**one._asdict(), "tried": int(one.tried)},
            )

    def set_preference(self, preference: Preference) -> None:
        self._runner.run(self._notices.preference, **{**asdict(preference), "active": int(preference.active)})

    def remove_preference(self, root: RootId, person: PersonId, channel: str) -> None:
        self._runner.run(self._notices.no_preference, root=root, person=person, channel=channel)

    def read_notices(self, root: RootId, person: PersonId, outbox: Sequence[str], at: int) -> None:
        self._runner.run(self._notices.read, root=root, person=person, ids=list(outbox), at=at)

    def acknowledge_notice(self, root: RootId, person: PersonId, outbox: str, at: int) -> bool:
        return self._runner.run(self._notices.acknowledge, root=root, person=person, outbox=outbox, at=at) > 0
