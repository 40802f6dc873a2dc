"""Writing units, persons, sessions, rules and logins: each call is a few small statements in the open transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import TypeVar

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.case.situation import CongressSession
from engine.errors import InputRefused
from engine.ledger.shape import stream_problems
from engine.ledger.streams import Fact, Swept, fact_entry, stream_for, swept_fact
from engine.service.directory_facts import (
    Stamp,
    days_kept,
    delegation_kept,
    deputation_ended,
    deputed,
    grant_ended,
    granted,
    person_kept,
    rules_kept,
    session_kept,
    unit_kept,
)
from engine.service.house_notices import to_be_told
from engine.service.publications import published_fact
from engine.service.rows import CounterRow
from engine.storage.account_writes import StoredAccounts
from engine.storage.compiled import Compiler, Runner
from engine.storage.deposits import StoredDeposits
from engine.storage.directory_statements import DirectoryStatements
from engine.storage.drafts import StoredDrafts
from engine.storage.erasures import StoredErasures
from engine.storage.figures_kept import StoredFigures
from engine.storage.files import StoredFiles
from engine.storage.long_work import StoredLongWork
from engine.storage.moved_units import StoredMoves
from engine.storage.notice_writes import StoredNotices
from engine.storage.polls import StoredPolls
from engine.storage.publications import StoredPublications
from engine.storage.sealing_writes import StoredSealing
from engine.storage.search_writes import StoredSearch
from engine.text import Text

T = TypeVar("T")


class StoredDirectory(
    StoredNotices,
    StoredAccounts,
    StoredSealing,
    StoredErasures,
    StoredDeposits,
    StoredFiles,
    StoredMoves,
    StoredDrafts,
    StoredLongWork,
    StoredFigures,
    StoredSearch,
    StoredPublications,
    StoredPolls,
):
    """Implements ``DirectoryWrites`` inside one transaction. A write that changes nothing leaves the epoch alone.

    Whose rights change has to log in again (threat I24): every session of theirs ends in the same transaction.
    """

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        StoredNotices.__init__(self, compiler, transaction)
        StoredAccounts.__init__(self, compiler, transaction)
        StoredSealing.__init__(self, compiler, transaction)
        StoredErasures.__init__(self, compiler, transaction)
        StoredDeposits.__init__(self, compiler, transaction)
        StoredFiles.__init__(self, compiler, transaction)
        StoredFigures.__init__(self, compiler, transaction)
        StoredMoves.__init__(self, compiler, transaction)
        StoredDrafts.__init__(self, compiler, transaction)
        StoredLongWork.__init__(self, compiler, transaction)
        StoredSearch.__init__(self, compiler, transaction)
        StoredPublications.__init__(self, compiler, transaction)
        StoredPolls.__init__(self, compiler, transaction)
        self._say = DirectoryStatements.of(compiler)
        self._transaction = transaction

    def add_unit(self, unit: Unit, told: Stamp | None = None) -> None:
        known = self.parent_of(unit.root, unit.id)
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
            is_first = self._advance(unit.root)
            self._tell(unit.root, told, unit_kept, unit)
            if known is not None and known[0] != unit.parent:
                self.keep_move(unit.root, unit.id, known[0], 0 if told is None else microseconds(told.at))
            if is_first:
                self._tell_rules(unit.root, told)

    def add_person(self, person: Person, told: Stamp | None = None) -> None:
        """Add or replace a person; the login name moves with its password.

        Raises:
            InputRefused: the login name is another person's.
        """
        changed = self._transaction.run(
            self._say.person,
            root=person.root,
            id=person.id,
            name=person.name,
            login=person.login,
            unit=person.unit,
            active=int(person.active),
        )
        self._name_account(person)
        if not person.active:
            self.end_logins(person.root, person.id, tokens=True)
        if changed:
            self._tell(person.root, told, person_kept, person)

    def add_grant(self, grant: GrantRow, told: Stamp | None = None) -> None:
        changed = self._transaction.run(
            self._say.grant,
            root=grant.root,
            person=grant.person,
            role=grant.role,
            unit=grant.unit,
            from_on=_day(grant.from_on) or "",
            until_on=_day(grant.until_on),
        )
        if changed:
            self.end_logins(grant.root, grant.person)
            self._tell(grant.root, told, granted, grant)

    def remove_grant(self, grant: GrantRow, told: Stamp | None = None) -> None:
        changed = self._transaction.run(
            self._say.no_grant,
            root=grant.root,
            person=grant.person,
            role=grant.role,
            unit=grant.unit,
            from_on=_day(grant.from_on) or "",
        )
        if changed:
            self.end_logins(grant.root, grant.person)
            self._tell(grant.root, told, grant_ended, grant)

    def add_deputation(self, deputation: Deputation, told: Stamp | None = None) -> None:
        changed = self._transaction.run(
            self._say.deputation,
            root=deputation.root,
            deputy=deputation.deputy,
            principal=deputation.principal,
            from_on=_day(deputation.from_on) or "",
            until_on=_day(deputation.until_on),
            note=deputation.note,
        )
        if changed:
            self.end_logins(deputation.root, deputation.deputy)
            self._tell(deputation.root, told, deputed, deputation)

    def remove_deputation(self, deputation: Deputation, told: Stamp | None = None) -> None:
        changed = self._transaction.run(
            self._say.no_deputation,
            root=deputation.root,
            deputy=deputation.deputy,
            principal=deputation.principal,
            from_on=_day(deputation.from_on) or "",
        )
        if changed:
            self.end_logins(deputation.root, deputation.deputy)
            self._tell(deputation.root, told, deputation_ended, deputation)

    def add_session(self, session: CongressSession, told: Stamp | None = None) -> None:
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
            self._tell(session.root, told, session_kept, session)

    def add_delegation(self, delegation: Delegation, told: Stamp | None = None) -> None:
        changed = self._transaction.run(
            self._say.delegation,
            root=delegation.root,
            congress_session=delegation.congress_session,
            code=delegation.code,
            title_zh=delegation.title.zh,
            title_en=delegation.title.en,
            members=json.dumps(delegation.members),
        )
        if changed:
            self._tell(delegation.root, told, delegation_kept, delegation)

    def keep_definition(self, name: str, version: int, content_hash: str, text: str, told: Stamp | None = None) -> None:
        if self._transaction.run(self._say.definition, name=name, version=version, hash=content_hash, text=text):
            self._transaction.run(self._say.next_epoch_of_all)
            if told is not None:
                self._tell_all(told, rules_kept("definition", name, version, content_hash, told.by))

    def keep_list(self, name: str, version: int, content_hash: str, text: str, told: Stamp | None = None) -> None:
        if self._transaction.run(self._say.list_version, name=name, version=version, hash=content_hash, text=text):
            self._transaction.run(self._say.next_epoch_of_all)
            if told is not None:
                self._tell_all(told, rules_kept("list", name, version, content_hash, told.by))

    def keep_notice(self, year: int, text: str, told: Stamp | None = None) -> None:
        """Keep an official notice; a corrected one stands beside the one it corrects, a known one changes nothing."""
        known = [row[0] for row in self._transaction.fetch(self._say.notices, year=year)]
        if text not in known:
            self._transaction.run(self._say.notice, year=year, position=len(known) + 1, text=text)
            self._transaction.run(self._say.next_epoch_of_all)
            if told is not None:
                self._tell_all(told, days_kept(year, text, told.by))

    def tell_all(self, at: datetime, fact: Fact) -> None:
        self._tell_all(Stamp(at, fact.by), fact)

    def record_sweep(self, root: RootId, at: datetime, slot: int, swept: Swept) -> None:
        self.record_fact(root, at, slot, swept_fact(swept))
        self._transaction.run(self._say.sweep, root=root, at=microseconds(at), **asdict(swept))

    def record_fact(self, root: RootId, at: datetime, slot: int, fact: Fact) -> int:
        """Add a fact to its stream and return its place there.

        Two processes at the end of one stream: the key refuses the second, which is asked again by its committer.
        """
        stream = stream_for(fact, at, slot)
        found = self._transaction.fetch(self._say.end_of_stream, root=root, case=stream)
        entry = fact_entry(root, stream, at, fact, (found[0][0], bytes(found[0][1])) if found else None)
        assert not list(stream_problems(entry.body, root)), f"a fact not as it is declared: {fact.type}"
        self._transaction.run(self._say.entry, root=root, case=stream, seq=entry.seq, body=entry.body, hash=entry.hash)
        self._transaction.run(self._say.unsealed, root=root, at=microseconds(at), case=stream, seq=entry.seq)
        told = to_be_told(root, stream, entry.seq, at, fact)
        if told is not None:
            self._transaction.run(self._say.to_be_told, **told._asdict())
        return entry.seq

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
            self.end_logins(person.root, person.id, tokens=True)
            return
        if self._transaction.fetch(self._say.account_called, login=person.login):
            raise InputRefused(Text(f"登录名“{person.login}”已被他人使用", f"The login name {person.login!r} is taken"))
        if held is None:
            self._transaction.run(
                self._say.account, **whose, login=person.login, password_hash=None, password_due_at=None
            )
        else:
            self._transaction.run(self._say.rename_account, **whose, login=person.login)

    def _advance(self, root: RootId) -> bool:
        """Advance the epoch of a root; the first write of all makes the root known, which is said."""
        if self._transaction.run(self._say.next_epoch, root=root):
            return False
        position = self._transaction.fetch(self._say.next_position)[0][0]
        self._transaction.run(self._say.first_epoch, root=root, epoch=1, position=position)
        return True

    def _tell(self, root: RootId, told: Stamp | None, fact: Callable[[T, PersonId | None], Fact], what: T) -> None:
        """Make a change a fact of its root's ledger."""
        if told is not None:
            self.record_fact(root, told.at, 0, fact(what, told.by))

    def _tell_all(self, told: Stamp, fact: Fact) -> None:
        """Make a change of what is common to all a fact of each root's ledger."""
        for (root,) in self._transaction.fetch(self._say.roots):
            self.record_fact(RootId(root), told.at, 0, fact)

    def _tell_rules(self, root: RootId, told: Stamp | None) -> None:
        """Begin the ledger of a new root with the rules that are kept already."""
        if told is None:
            return
        for kind, statement in (("definition", self._say.definitions), ("list", self._say.lists)):
            for name, version, content_hash in self._transaction.fetch(statement):
                self.record_fact(root, told.at, 0, rules_kept(kind, name, version, content_hash))
        for year, text in self._transaction.fetch(self._say.all_notices):
            self.record_fact(root, told.at, 0, days_kept(year, text))
        for row in self.every_publication():
            self.record_fact(root, told.at, 0, published_fact(row, None))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
