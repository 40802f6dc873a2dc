"""Every column of the database has a class: history, of which verification finds any change, or beside it, and why."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from tests.support.tamper_classes import CLASSES, class_of, every_table


def unclassed() -> list[str]:
    return [
        f"{name}.{column.name}"
        for name, table in every_table().items()
        for column in table.columns
        if class_of(name, column.name) is None
    ]


def test_every_column_of_every_table_has_a_class() -> None:
    assert unclassed() == [], "a new column: say in tests/support/tamper_classes.py whether it is history, or why not"


def test_nothing_is_classed_that_is_not_there_and_nothing_twice() -> None:
    tables = every_table()
    assert CLASSES.keys() - tables.keys() == set()
    for name, kept in CLASSES.items():
        columns = {column.name for column in tables[name].columns}
        assert {*kept.history, *kept.beside} == columns, name
        assert set(kept.history).isdisjoint(kept.beside), name
        assert all(kept.beside.values()), f"{name}: a column beside the history has its reason"


def test_a_new_column_without_a_class_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = dict(every_table())
    person = tables["person"].to_metadata(MetaData())
    person.append_column(Column("shoe_size", Integer))
    changed = {**tables, "person": person, "badge": Table("badge", MetaData(), Column("number", Integer))}
    monkeypatch.setattr("tests.architecture.test_tamper_classes.every_table", lambda: changed)
    assert unclassed() == ["person.shoe_size", "badge.number"]
