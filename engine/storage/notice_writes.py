"""Writing about notices: a few statements in the open transaction of a plain write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from engine.case.identity import PersonId, RootId
from engine.service.notice_ports import DeliveryRow, NoticeRow, Preference, Settlement, ToldRow
from engine.storage.compiled import Compiler, Runner, Values
from engine.storage.notice_statements import EVERYBODY, NoticeStatements, as_rows


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
        self,
        root: RootId,
        channel: str,
        lease: str,
        *,
        address: str | None,
        at: int,
        until_at: int,
        limit: int,
        attempts_max: int,
    ) -> None:
        say, run = self._notices, self._runner.run
        run(say.give_up, root=root, channel=channel, at=at, attempts_max=attempts_max)
        what: dict[str, Values] = {"root": root, "channel": channel, "lease": lease, "at": at, "until_at": until_at}
        to = address or EVERYBODY
        taken = run(say.claim, **what, address=to, limit=limit)
        if taken < limit:
            run(say.claim_bundles, **what, address=to, limit=limit - taken)

    def settle_deliveries(self, root: RootId, lease: str, settlements: Sequence[Settlement], at: int) -> None:
        for one in settlements:
            self._runner.run(
                self._notices.settle,
                root=root,
                lease=lease,
                settled_at=None if one.state == "queued" else at,
                **{**one._asdict(), "tried": int(one.tried)},
            )

    def end_waiting(self, root: RootId, channel: str, *, before: int, at: int, state: str, reason: str) -> None:
        self._runner.run(
            self._notices.end_waiting, root=root, channel=channel, before=before, at=at, state=state, reason=reason
        )

    def forget_deliveries(self, root: RootId, deliveries: Sequence[str]) -> None:
        self._runner.run(self._notices.forget, root=root, ids=list(deliveries))

    def set_preference(self, preference: Preference) -> None:
        self._runner.run(self._notices.preference, **{**asdict(preference), "active": int(preference.active)})

    def remove_preference(self, root: RootId, person: PersonId, channel: str) -> None:
        self._runner.run(self._notices.no_preference, root=root, person=person, channel=channel)

    def read_notices(self, root: RootId, person: PersonId, outbox: Sequence[str], at: int) -> None:
        self._runner.run(self._notices.read, root=root, person=person, ids=list(outbox), at=at)

    def acknowledge_notice(self, root: RootId, person: PersonId, outbox: str, at: int) -> bool:
        return self._runner.run(self._notices.acknowledge, root=root, person=person, outbox=outbox, at=at) > 0
