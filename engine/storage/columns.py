"""The kinds of columns and the one MetaData that all tables share. No table stands here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, SmallInteger, Text

ID = Text().with_variant(Text(collation="C"), "postgresql")
"""Ids, names and codes: compared byte by byte on both databases, whatever the locale of the server is."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key(name: str) -> Column[str]:
    """Return a column of the primary key that holds an id."""
    return Column(name, ID, primary_key=True, nullable=False)


def key_number(name: str) -> Column[int]:
    """Return a column of the primary key that counts; never numbered by the database itself."""
    return Column(name, BigInteger, primary_key=True, nullable=False, autoincrement=False)


def ident(name: str, *, null: bool = False) -> Column[str]:
    """Return a column for an id, a name or a date as ``YYYY-MM-DD``."""
    return Column(name, ID, nullable=null)


def words(name: str, *, null: bool = False) -> Column[str]:
    """Return a column for text that people wrote, or JSON."""
    return Column(name, Text, nullable=null)


def number(name: str, *, null: bool = False) -> Column[int]:
    """Return a column for a whole number; instants are microseconds since 1970, UTC."""
    return Column(name, BigInteger, nullable=null)


def flag(name: str) -> Column[int]:
    """Return a column that holds 0 or 1."""
    return Column(name, SmallInteger, nullable=False)


def octets(name: str) -> Column[bytes]:
    """Return a column for bytes that are kept exactly."""
    return Column(name, LargeBinary, nullable=False)
