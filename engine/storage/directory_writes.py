"""Writing units, persons, sessions, rules and logins: each call is a few small statements in the open transaction."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Final

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.case.situation import CongressSession
from engine.errors import InputRefused
from engine.ledger.shape import stream_problems
from engine.ledger.streams import Fact, Swept, fact_entry, stream_for, swept_fact
from engine.service.rows import CounterRow
from engine.storage.compiled import Compiler, Runner
from engine.storage.directory_statements import DirectoryStatements
from engine.storage.notice_writes import StoredNotices
from engine.text import Text

FAILURES_KEPT_MICROSECONDS: Final = 24 * 60 * 60 * 1_000_000


class StoredDirectory(StoredNotices):
    """Implements ``DirectoryWrites`` inside one transaction. A write that changes nothing leaves the epoch alone."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        StoredNotices.__init__(self, compiler, transaction)
        self._say = DirectoryStatements.of(compiler)
        self._transaction = transaction

    def add_unit(self, unit: Unit) -> None:
        changed = self._transaction.run(
            self._say.unit,
            root=unit.root,
            id=unit.id,
            parent=unit.parent,
            code=unit.code,
            title_zh=unit.title.zh,
            title_en=unit.title.en,
            from_on=_day(unit.from_on),
            until_on=_day(unit.until_on),
            successor=unit.successor,
        )
        if changed:
            self._advance(unit.root)

    def add_person(self, person: Person) -> None:
        """Add or replace a person; the login name moves with its password.

        Raises:
            InputRefused: the login name is another person's.
        """
        self._transaction.run(
            self._say.person,
            root=person.root,
            id=person.id,
            name=person.name,
            login=person.login,
            unit=person.unit,
            active=int(person.active),
        )
        self._name_account(person)

    def add_grant(self, grant: GrantRow) -> None:
        self._transaction.run(
            self._say.grant,
            root=grant.root,
            person=grant.person,
            role=grant.role,
            unit=grant.unit,
            from_on=_day(grant.from_on) or "",
            until_on=_day(grant.until_on),
        )

    def remove_grant(self, grant: GrantRow) -> None:
        self._transaction.run(
            self._say.no_grant,
            root=grant.root,
            person=grant.person,
            role=grant.role,
            unit=grant.unit,
            from_on=_day(grant.from_on) or "",
        )

    def add_deputation(self, deputation: Deputation) -> None:
        self._transaction.run(
            self._say.deputation,
            root=deputation.root,
            deputy=deputation.deputy,
            principal=deputation.principal,
            from_on=_day(deputation.from_on) or "",
            until_on=_day(deputation.until_on),
            note=deputation.note,
        )

    def remove_deputation(self, deputation: Deputation) -> None:
        self._transaction.run(
            self._say.no_deputation,
            root=deputation.root,
            deputy=deputation.deputy,
            principal=deputation.principal,
            from_on=_day(deputation.from_on) or "",
        )

    def add_session(self, session: CongressSession) -> None:
        changed = self._transaction.run(
            self._say.session,
            root=session.root,
            id=session.id,
            unit=session.unit,
            term=session.term,
            meeting=session.meeting,
            title_zh=session.title.zh,
            title_en=session.title.en,
            opens_on=_day(session.opens_on),
            closes_on=_day(session.closes_on),
            call_opens_on=_day(session.call_opens_on),
            call_closes_on=_day(session.call_closes_on),
            reply_due_on=_day(session.reply_due_on),
            lists=None
            if session.lists is None
            else json.dumps(dict(session.lists), ensure_ascii=False, sort_keys=True),
        )
        if changed:
            self._advance(session.root)

    def add_delegation(self, delegation: Delegation) -> None:
        self._transaction.run(
            self._say.delegation,
            root=delegation.root,
            congress_session=delegation.congress_session,
            code=delegation.code,
            title_zh=delegation.title.zh,
            title_en=delegation.title.en,
            members=json.dumps(delegation.members),
        )

    def keep_definition(self, name: str, version: int, content_hash: str, text: str) -> None:
        if self._transaction.run(self._say.definition, name=name, version=version, hash=content_hash, text=text):
            self._transaction.run(self._say.next_epoch_of_all)

    def keep_list(self, name: str, version: int, content_hash: str, text: str) -> None:
        if self._transaction.run(self._say.list_version, name=name, version=version, hash=content_hash, text=text):
            self._transaction.run(self._say.next_epoch_of_all)

    def keep_notice(self, year: int, text: str) -> None:
        """Keep an official notice; a corrected one stands beside the one it corrects, a known one changes nothing."""
        known = [row[0] for row in self._transaction.fetch(self._say.notices, year=year)]
        if text not in known:
            self._transaction.run(self._say.notice, year=year, position=len(known) + 1, text=text)
            self._transaction.run(self._say.next_epoch_of_all)

    def set_password(self, person: PersonId, root: RootId, password_hash: str) -> None:
        """Set the password of somebody with a login name; without one there is nothing to log in to.

        Raises:
            InputRefused: the person has no login name.
        """
        if not self._transaction.run(self._say.password, root=root, person=person, password_hash=password_hash):
            raise InputRefused(Text("该人员没有登录名", "This person has no login name"))

    def open_login(
        self, token_hash: str, root: RootId, person: PersonId, kind: str, title: str, at: int, expires_at: int
    ) -> None:
        self._transaction.run(self._say.no_expired_logins, root=root, person=person, at=at)
        self._transaction.run(
            self._say.login,
            token_hash=token_hash,
            root=root,
            person=person,
            kind=kind,
            title=title,
            opened_at=at,
            expires_at=expires_at,
        )

    def end_login(self, token_hash: str) -> None:
        self._transaction.run(self._say.no_login, token_hash=token_hash)

    def record_sweep(self, root: RootId, at: datetime, slot: int, swept: Swept) -> None:
        self.record_fact(root, at, slot, swept_fact(swept))
        self._transaction.run(self._say.sweep, root=root, at=microseconds(at), **asdict(swept))

    def record_fact(self, root: RootId, at: datetime, slot: int, fact: Fact) -> None:
        """Add a fact to its stream. Two processes at the end of one stream: the key refuses the second, which is asked
        again by its committer."""
        stream = stream_for(fact, at, slot)
        found = self._transaction.fetch(self._say.end_of_stream, root=root, case=stream)
        entry = fact_entry(root, stream, at, fact, (found[0][0], bytes(found[0][1])) if found else None)
        assert not list(stream_problems(entry.body, root)), f"a fact not as it is declared: {fact.type}"
        self._transaction.run(self._say.entry, root=root, case=stream, seq=entry.seq, body=entry.body, hash=entry.hash)
        self._transaction.run(self._say.unsealed, root=root, at=microseconds(at), case=stream, seq=entry.seq)

    def note_failure(self, login: str, at: int) -> None:
        """Count a failed login; failures of more than a day ago are forgotten, so that guessing fills no disk."""
        self._transaction.run(self._say.no_old_failures, before=at - FAILURES_KEPT_MICROSECONDS)
        self._transaction.run(self._say.failure, login=login, at=at, times=1)

    def last_counter(self, row: CounterRow) -> None:
        self._transaction.run(self._say.counter, **row._asdict())

    def _name_account(self, person: Person) -> None:
        """Make the account of a person follow the login name."""
        whose = {"root": person.root, "person": person.id}
        found = self._transaction.fetch(self._say.login_of, **whose)
        held = found[0][0] if found else None
        if held == person.login:
            return
        if person.login is None:
            self._transaction.run(self._say.no_account, **whose)
            return
        if self._transaction.fetch(self._say.account_called, login=person.login):
            raise InputRefused(Text(f"登录名“{person.login}”已被他人使用", f"The login name {person.login!r} is taken"))
        if held is None:
            self._transaction.run(self._say.account, **whose, login=person.login, password_hash=None)
        else:
            self._transaction.run(self._say.rename_account, **whose, login=person.login)

    def _advance(self, root: RootId) -> None:
        """Advance the epoch of a root; the first write of all makes the root known."""
        if not self._transaction.run(self._say.next_epoch, root=root):
            position = self._transaction.fetch(self._say.next_position)[0][0]
            self._transaction.run(self._say.first_epoch, root=root, epoch=1, position=position)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
