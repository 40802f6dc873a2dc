"""Which texts of definitions and lists are in force because somebody published them; common to all organisations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Index, Select, Table, delete, exists, func, literal_column, select, text, update

from engine.case.identity import CaseId, RootId
from engine.service.publications import PublicationRow
from engine.storage.columns import ident, key, key_number, metadata, number, words
from engine.storage.compiled import Compiler, Pool, Runner, Statement, at_most, bind
from engine.storage.directory_tables import directory_epoch
from engine.storage.tables import cases

publication = Table(
    "publication",
    metadata,
    key("kind"),
    key("name"),
    key_number("version"),
    ident("hash"),
    number("published_at"),
    ident("by", null=True),
    words("reason"),
    sqlite_with_rowid=False,
)
# Under which version a case was opened is asked of published ones alone, and those begin at 2 but for new workflows:
# a house that goes by what was shipped pays nothing for it.
Index(
    "ix_cases_version",
    cases.c.root,
    cases.c.workflow,
    cases.c.definition_version,
    sqlite_where=text("definition_version > 1"),
    postgresql_where=text("definition_version > 1"),
)
_COLUMNS = [publication.c[name] for name in PublicationRow._fields]
_KEY = (
    publication.c.kind == bind("kind"),
    publication.c.name == bind("name"),
    publication.c.version == bind("version"),
)


class StoredPublications:
    """Implements ``PublicationWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._publishing = transaction
        self._publish = compiler.compile(
            compiler.insert(publication).on_conflict_do_nothing(), list(PublicationRow._fields)
        )
        self._unpublish = compiler.compile(delete(publication).where(*_KEY, publication.c.hash == bind("hash")))
        self._every = compiler.compile(lambda: select(*_COLUMNS).order_by(*publication.primary_key.columns))
        self._of_name = compiler.compile(
            lambda: (
                select(*_COLUMNS)
                .where(publication.c.kind == bind("kind"), publication.c.name == bind("name"))
                .order_by(publication.c.version)
            )
        )
        self._publishing_roots = compiler.compile(
            lambda: select(directory_epoch.c.root).order_by(directory_epoch.c.root)
        )
        self._new_rules = compiler.compile(
            update(directory_epoch).values(epoch=directory_epoch.c.epoch + literal_column("1"))
        )
        self._under = _under(compiler)

    def publish(self, row: PublicationRow) -> bool:
        # The epochs first: their rows are held till the end, so that of two processes one waits for the other.
        self._publishing.run(self._new_rules)
        return self._publishing.run(self._publish, **row._asdict()) == 1

    def unpublish(self, row: PublicationRow) -> bool:
        return (
            self._publishing.run(self._unpublish, kind=row.kind, name=row.name, version=row.version, hash=row.hash) == 1
        )

    def publications_of(self, kind: str, name: str) -> Sequence[PublicationRow]:
        self._publishing.run(self._new_rules)
        return [PublicationRow._make(row) for row in self._publishing.fetch(self._of_name, kind=kind, name=name)]

    def every_publication(self) -> Sequence[PublicationRow]:
        """Return what is published, by kind, name and version."""
        return [PublicationRow._make(row) for row in self._publishing.fetch(self._every)]

    def is_run_under(self, workflow: str, version: int) -> bool:
        roots = [str(row[0]) for row in self._publishing.fetch(self._publishing_roots)]
        asked = self._under[version > 1]
        return any(self._publishing.fetch(asked, root=root, workflow=workflow, version=version) for root in roots)


class PublicationReads:
    """The part of ``Reads`` that is about publications."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._publication_pool = pool
        self._publications = compiler.compile(lambda: select(*_COLUMNS).order_by(*publication.primary_key.columns))
        self._publication_roots = compiler.compile(
            lambda: select(directory_epoch.c.root).order_by(directory_epoch.c.root)
        )
        self._read_under = _under(compiler)
        running = at_most(
            select(cases.c.id).where(
                cases.c.root == bind("root"),
                cases.c.workflow == bind("workflow"),
                cases.c.phase != literal_column("'final'"),
            ),
            bind("limit"),
        ).subquery()
        self._running_under = compiler.compile(
            lambda: at_most(
                select(cases.c.id)
                .where(
                    cases.c.root == bind("root"),
                    cases.c.workflow == bind("workflow"),
                    cases.c.id > bind("after"),
                    cases.c.definition_version == bind("version"),
                    cases.c.phase != literal_column("'final'"),
                )
                .order_by(cases.c.id),
                bind("limit"),
            )
        )
        self._of_workflow_running = compiler.compile(lambda: select(func.count()).select_from(running))

    def publications(self) -> Sequence[PublicationRow]:
        return [PublicationRow._make(row) for row in self._publication_pool.fetch(self._publications)]

    def running_of_workflow(self, root: RootId, workflow: str, limit: int) -> int:
        found = self._publication_pool.fetch(self._of_workflow_running, root=root, workflow=workflow, limit=limit)
        return int(found[0][0])

    def running_under(self, root: RootId, workflow: str, version: int, *, after: str, limit: int) -> Sequence[CaseId]:
        found = self._publication_pool.fetch(
            self._running_under, root=root, workflow=workflow, version=version, after=after, limit=limit
        )
        return [CaseId(str(row[0])) for row in found]

    def runs_under(self, workflow: str, version: int) -> bool:
        asked = self._read_under[version > 1]
        roots = [str(row[0]) for row in self._publication_pool.fetch(self._publication_roots)]
        return any(self._publication_pool.fetch(asked, root=root, workflow=workflow, version=version) for root in roots)


def _under(compiler: Compiler) -> dict[bool, Statement]:
    """Return the question for one case under a version, by whether the version is beyond the first."""

    def any_case(*where: str) -> Select[int]:
        one: ColumnElement[int] = literal_column("1")
        found = select(one).where(
            cases.c.root == bind("root"),
            cases.c.workflow == bind("workflow"),
            cases.c.definition_version == bind("version"),
            *(text(part) for part in where),
        )
        return select(one).where(exists(found))

    return {
        True: compiler.compile(any_case("definition_version > 1")),
        False: compiler.compile(any_case()),
    }
