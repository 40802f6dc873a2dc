"""The statements about accounts, sessions, tries and second factors, compiled once for each kind of database."""

from __future__ import annotations

from functools import cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from engine.storage.account_tables import (
    attempt,
    failed_login,
    linked_login,
    one_time,
    recovery_code,
    second_factor,
)
from engine.storage.compiled import Compiler, Statement, at_most, bind
from engine.storage.directory_tables import account, login, person

_NOTHING: Final[ColumnElement[int]] = literal_column("0")
_ONE: Final[ColumnElement[int]] = literal_column("1")
_NULL: Final[ColumnElement[int]] = literal_column("NULL")
_LISTED: Final = (
    login.c.token_hash,
    login.c.root,
    login.c.person,
    login.c.kind,
    login.c.title,
    login.c.opened_at,
    login.c.used_at,
    login.c.expires_at,
    login.c.device,
    login.c.scope,
)


class AccountStatements:
    """One attribute for each statement."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._sessions()
        self._lists()
        self._tries()
        self._one_times()
        self._second_factors()
        self._links()

    @staticmethod
    @cache
    def of(compiler: Compiler) -> AccountStatements:
        """Return the statements for a database, compiled at the first call."""
        return AccountStatements(compiler)

    def _sessions(self) -> None:
        compile_ = self._compiler.compile
        of_person = (login.c.root == bind("root"), login.c.person == bind("person"))
        self.login = compile_(insert(login), list(login.c.keys()))
        self.no_login = compile_(delete(login).where(login.c.token_hash == bind("token_hash")))
        others = (*of_person, login.c.token_hash != bind("keep"))
        self.no_sessions = compile_(delete(login).where(*others, login.c.kind == literal_column("'login'")))
        self.no_logins = compile_(delete(login).where(*others))
        self.no_expired_logins = compile_(delete(login).where(*of_person, login.c.expires_at <= bind("at")))
        self.touch = compile_(update(login).where(login.c.token_hash == bind("token_hash")).values(used_at=bind("at")))
        self.password = compile_(
            update(account)
            .where(account.c.root == bind("root"), account.c.person == bind("person"))
            .values(password_hash=bind("password_hash"), password_due_at=bind("due_at"))
        )
        self.session = compile_(
            select(
                login.c.root,
                login.c.person,
                login.c.kind,
                login.c.used_at,
                login.c.idle,
                login.c.scope,
                account.c.password_due_at,
                # Where the provider vouched for a second factor, this session has one.
                func.coalesce(second_factor.c.enrolled_at, login.c.vouched_at),
            )
            .select_from(login)
            .join(person, and_(person.c.root == login.c.root, person.c.id == login.c.person))
            .outerjoin(account, and_(account.c.root == login.c.root, account.c.person == login.c.person))
            .outerjoin(
                second_factor, and_(second_factor.c.root == login.c.root, second_factor.c.person == login.c.person)
            )
            .where(
                login.c.token_hash == bind("token_hash"),
                login.c.expires_at > bind("at"),
                or_(login.c.idle.is_(None), login.c.used_at + login.c.idle > bind("at")),
                person.c.active == _ONE,
            )
        )

    def _lists(self) -> None:
        compile_ = self._compiler.compile
        holds = (
            login.c.root == bind("root"),
            login.c.expires_at > bind("at"),
            or_(login.c.idle.is_(None), login.c.used_at + login.c.idle > bind("at")),
        )
        newest = (login.c.opened_at.desc(), login.c.token_hash)
        self.logins = compile_(select(*_LISTED).where(*holds, login.c.person == bind("person")).order_by(*newest))
        self.tokens = compile_(
            select(*_LISTED).where(*holds, login.c.kind == literal_column("'token'")).order_by(*newest)
        )
        self.states = compile_(
            select(
                account.c.person,
                account.c.login,
                person.c.name,
                person.c.unit,
                account.c.password_hash.is_not(None),
                account.c.password_due_at,
                second_factor.c.enrolled_at,
            )
            .select_from(account)
            .join(person, and_(person.c.root == account.c.root, person.c.id == account.c.person))
            .outerjoin(
                second_factor, and_(second_factor.c.root == account.c.root, second_factor.c.person == account.c.person)
            )
            .where(account.c.root == bind("root"), person.c.active == _ONE)
            .order_by(account.c.login)
        )

    def _tries(self) -> None:
        compile_ = self._compiler.compile
        self.tries = compile_(
            select(attempt.c.at, attempt.c.times).where(
                attempt.c.bucket == bind("bucket"), attempt.c.at >= bind("since")
            )
        )
        self.one_try = self._counted_up(attempt.name)
        self.no_try = compile_(
            update(attempt)
            .where(attempt.c.bucket == bind("bucket"), attempt.c.at == bind("at"), attempt.c.times > _NOTHING)
            .values(times=attempt.c.times - _ONE)
        )
        self.no_old_tries = compile_(delete(attempt).where(attempt.c.at < bind("before")))
        self.failure = self._counted_up(failed_login.name)
        over = failed_login.c.hour_at < bind("before")
        self.failures = compile_(
            at_most(
                select(failed_login).where(over).order_by(*failed_login.primary_key.columns),
                bind("limit"),
            )
        )
        self.no_failure = compile_(
            delete(failed_login).where(*(column == bind(column.name) for column in failed_login.primary_key.columns))
        )
        # Counting and adding must be one step; where others write beside us, a bucket is held till the end.
        self.hold_bucket: Statement | None = None
        if not self._compiler.is_sqlite:
            held = func.pg_advisory_xact_lock(func.hashtextextended(bind("bucket"), _NOTHING))
            self.hold_bucket = compile_(select(held))

    def _counted_up(self, name: str) -> Statement:
        """Return an INSERT of one time that adds to the row if it is there."""
        table = attempt if name == attempt.name else failed_login
        rows = self._compiler.insert(table)
        once_more = rows.on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_={"times": table.c.times + _ONE}
        )
        return self._compiler.compile(once_more, list(table.c.keys()))

    def _one_times(self) -> None:
        compile_ = self._compiler.compile
        columns = one_time.c
        of_person = (columns.root == bind("root"), columns.person == bind("person"))
        self.one_time = compile_(
            select(one_time).where(columns.secret_hash == bind("secret_hash"), columns.expires_at > bind("at"))
        )
        self.one_times = compile_(
            select(columns.person, columns.expires_at).where(
                columns.root == bind("root"), columns.purpose == bind("purpose"), columns.expires_at > bind("at")
            )
        )
        self.one_times_of = compile_(
            select(columns.person, columns.expires_at).where(
                columns.root == bind("root"),
                self._compiler.among(columns.person, "persons"),
                columns.purpose == bind("purpose"),
                columns.expires_at > bind("at"),
            )
        )
        self.new_one_time = compile_(insert(one_time), list(columns.keys()))
        self.take_one_time = compile_(
            delete(one_time).where(
                columns.secret_hash == bind("secret_hash"),
                columns.purpose == bind("purpose"),
                columns.expires_at > bind("at"),
            )
        )
        self.no_one_times_of = compile_(delete(one_time).where(*of_person, columns.purpose == bind("purpose")))
        self.no_one_times = compile_(delete(one_time).where(*of_person))
        self.no_old_one_times = compile_(
            delete(one_time).where(columns.root == bind("root"), columns.expires_at <= bind("at"))
        )

    def _second_factors(self) -> None:
        compile_, insert_ = self._compiler.compile, self._compiler.insert
        columns = second_factor.c
        of_person = (columns.root == bind("root"), columns.person == bind("person"))
        self.second_factor = compile_(select(columns.sealed, columns.enrolled_at, columns.last_step).where(*of_person))
        rows = insert_(second_factor)
        self.offer = compile_(
            rows.on_conflict_do_update(
                index_elements=list(second_factor.primary_key.columns),
                set_={"sealed": rows.excluded["sealed"], "last_step": rows.excluded["last_step"]},
                where=columns.enrolled_at.is_(None),
            ),
            list(columns.keys()),
        )
        self.confirm = compile_(
            update(second_factor)
            .where(*of_person, columns.enrolled_at.is_(None), columns.sealed == bind("sealed"))
            .values(enrolled_at=bind("at"), last_step=bind("step"))
        )
        self.use_step = compile_(
            update(second_factor)
            .where(*of_person, columns.enrolled_at.is_not(None), columns.last_step < bind("step"))
            .values(last_step=bind("step"))
        )
        self.no_second_factor = compile_(delete(second_factor).where(*of_person))
        of_codes = (recovery_code.c.root == bind("root"), recovery_code.c.person == bind("person"))
        self.recovery_codes = compile_(select(func.count()).select_from(recovery_code).where(*of_codes))
        self.new_recovery_code = compile_(insert(recovery_code), list(recovery_code.c.keys()))
        self.no_recovery_codes = compile_(delete(recovery_code).where(*of_codes))
        self.use_recovery_code = compile_(
            delete(recovery_code).where(*of_codes, recovery_code.c.code_hash == bind("code_hash"))
        )

    def _links(self) -> None:
        compile_, insert_ = self._compiler.compile, self._compiler.insert
        columns = linked_login.c
        listed = select(columns.root, columns.person, account.c.login, columns.issuer, columns.linked_at)
        links = (
            listed.select_from(linked_login)
            .join(person, and_(person.c.root == columns.root, person.c.id == columns.person))
            .join(account, and_(account.c.root == columns.root, account.c.person == columns.person))
            .where(person.c.active == _ONE)
        )
        of_person = (columns.root == bind("root"), columns.person == bind("person"))
        self.linked = compile_(links.where(columns.mark == bind("mark")))
        self.link = compile_(links.where(*of_person))
        self.new_link = compile_(insert_(linked_login).on_conflict_do_nothing(), list(columns.keys()))
        self.no_link = compile_(delete(linked_login).where(*of_person))
