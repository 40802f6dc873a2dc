"""The table of kept figures, and how they are read and written; what they mean is the service's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Index, Integer, Table, and_, delete, func, literal_column, select, text

from engine.case.identity import CaseId, RootId
from engine.service.figure_ports import KeptFigures
from engine.storage.columns import key, metadata, number, words
from engine.storage.compiled import Compiler, Pool, Runner, at_most, bind
from engine.storage.sight import Sight, Visibility
from engine.storage.tables import IS_OF_UNIT, cases, recused, span

# A row holds up to some hundred kilobytes: it keeps a rowid on SQLite, as wide rows do.
kept = Table(
    "figures_kept",
    metadata,
    key("root"),
    key("id"),
    words("asked"),
    number("until_at"),
    number("as_of", null=True),
    number("kept_at", null=True),
    words("body", null=True),
)
Index("ix_figures_kept_until", kept.c.root, kept.c.until_at)


SPANS_OF_A_CASE: Final = 4
"""How many spans of units, of cases of whatever workflow, are looked at for each case that is wanted."""


class FigureReads:
    """The part of ``Reads`` that is about figures."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._figure_pool = pool
        self._figure_sight = Visibility(compiler, pool)
        self._kept = compiler.compile(
            select(*(kept.c[name] for name in KeptFigures._fields)).where(
                kept.c.root == bind("root"), kept.c.id == bind("id")
            )
        )
        some = at_most(
            select(literal_column("1").label("one")).where(
                cases.c.root == bind("root"), cases.c.workflow == bind("workflow")
            ),
            bind("limit", Integer()),
        ).subquery()
        kept_from = select(recused.c.case).where(
            recused.c.root == bind("root"), recused.c.principal == bind("principal")
        )
        self._kept_from = compiler.compile(at_most(kept_from, literal_column("1", Integer())))
        self._up_to = compiler.compile(select(func.count()).select_from(some))
        # Not DISTINCT: for that the planner would read all spans in the order of their cases.
        of_units = at_most(
            select(span.c.case).where(
                span.c.root == bind("root"), text(IS_OF_UNIT), compiler.among(span.c.value, "units")
            ),
            bind("limit", Integer()),
        ).subquery()
        self._of_units = compiler.compile(
            select(of_units.c.case, cases.c.workflow).join_from(
                of_units, cases, and_(cases.c.root == bind("root"), cases.c.id == of_units.c.case)
            )
        )

    def figures_kept(self, root: RootId, id_: str) -> KeptFigures | None:
        found = self._figure_pool.fetch(self._kept, root=root, id=id_)
        return KeptFigures._make(found[0]) if found else None

    def cases_up_to(self, root: RootId, workflow: str, limit: int) -> int:
        return int(self._figure_pool.fetch(self._up_to, root=root, workflow=workflow, limit=limit)[0][0])

    def cases_of_units(self, root: RootId, workflow: str, units: Sequence[str], limit: int) -> Sequence[CaseId] | None:
        most = SPANS_OF_A_CASE * limit
        found = self._figure_pool.fetch(self._of_units, root=root, units=list(units), limit=most + 1)
        ids = dict.fromkeys(CaseId(case) for case, of in found if of == workflow)
        return list(ids) if len(found) <= most and len(ids) <= limit else None

    def sees_few(self, root: RootId, principals: Sequence[str]) -> bool:
        return self._figure_sight.seen_by(root, principals)[0].sight is Sight.FEW

    def is_kept_from_some(self, root: RootId, principal: str) -> bool:
        return bool(self._figure_pool.fetch(self._kept_from, root=root, principal=principal))


class StoredFigures:
    """Implements ``FigureWrites`` inside one transaction."""

    def __init__(self, compiler: Compiler, transaction: Runner) -> None:
        self._figures = transaction
        fields = KeptFigures._fields
        self._ask = compiler.compile(
            compiler.insert(kept).on_conflict_do_nothing(index_elements=["root", "id"]), fields
        )
        insert = compiler.insert(kept)
        self._keep = compiler.compile(
            insert.on_conflict_do_update(
                index_elements=["root", "id"],
                set_={name: insert.excluded[name] for name in fields if name not in ("root", "id", "asked")},
            ),
            fields,
        )
        self._drop_old = compiler.compile(
            delete(kept).where(kept.c.root == bind("root"), kept.c.until_at < bind("before"))
        )

    def ask_figures(self, row: KeptFigures) -> None:
        self._figures.run(self._ask, **row._asdict())

    def keep_figures(self, row: KeptFigures) -> None:
        self._figures.run(self._keep, **row._asdict())

    def drop_figures(self, root: RootId, before: int) -> None:
        self._figures.run(self._drop_old, root=root, before=before)
