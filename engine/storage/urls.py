"""What the URL of a database may look like: ``sqlite:///PATH``, ``postgresql://…`` or ``postgresql+psycopg://…``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from engine.errors import InputRefused
from engine.text import Text

_POSTGRES: Final = ("postgresql", "postgresql+psycopg")


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite URL (``sqlite:////absolute``, ``sqlite:///relative``), None for PostgreSQL.

    Raises:
        InputRefused: it is neither, or a SQLite database without a file.
    """
    try:
        parts = make_url(url)
    except ArgumentError as error:
        raise _refused() from error
    if parts.drivername in _POSTGRES:
        return None
    if parts.drivername != "sqlite" or not parts.database or parts.database == ":memory:":
        raise _refused()
    return Path(parts.database)


def postgres_url(url: str) -> str:
    """Return the URL of a PostgreSQL database as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _refused() -> InputRefused:
    # The URL itself is not repeated: it may hold a password.
    return InputRefused(
        Text(
            "数据库地址应写作 sqlite:///文件路径 或 postgresql://用户@主机/库名",
            "Write the database as sqlite:///PATH or postgresql://user@host/name",
        )
    )
