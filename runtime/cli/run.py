"""What every command is given: the terminal it speaks on, the database it was pointed at, and how to open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import typer

from engine.errors import InputRefused, NotFound
from engine.text import Text
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from engine.case.identity import RootId
    from engine.service.desk import Desk
    from runtime.clock import Clock
    from runtime.settings import Settings
    from runtime.wiring import Opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the command line. ``database`` is None where neither option nor environment names one."""

    terminal: Terminal
    database: str | None = None

    def settings(self) -> Settings:
        """Return the settings; wrong ones are wrong use (exit 2), each named."""
        from pydantic import ValidationError

        from runtime.settings import Settings

        try:
            settings = Settings()
        except ValidationError as error:
            wrong = "; ".join(f"BANJIE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
            raise typer.BadParameter(wrong) from error
        if self.database is None:
            return settings
        url = self.database if "://" in self.database else f"sqlite:///{self.database}"
        return settings.model_copy(update={"database_url": url})

    @contextmanager
    def desk(self, *, write: bool = False) -> Iterator[Opened]:
        """Open the database for the length of a block, under its own clock; with ``write`` it is made if missing.

        Raises:
            NotFound: it is to be read and there is none.
            StorageUnavailable: it cannot be opened.
        """
        from runtime.wiring import desk_of

        settings = self.settings()
        if not write:
            refuse_missing(settings.sqlite_path)
        with desk_of(settings, clock=clock_for(settings), write=write) as opened:
            if write and opened.store.writes is None:
                self._refuse_without_server(settings.sqlite_path)
            yield opened

    def _refuse_without_server(self, path: Path | None) -> None:
        """Another process writes: a server takes what is to be written, a command that is just writing does not."""
        from runtime.socket import socket_path

        if path is not None and not socket_path(path).exists():
            self.refuse(
                Text(f"另一条命令正在写入 {path}", f"Another command is writing {path}"),
                Text("请等它结束后再执行", "Run this again when it has ended"),
            )

    def refuse(self, text: Text, advice: Text | None = None) -> NoReturn:
        """Say on standard error why this cannot be done, and leave with 1."""
        self.terminal.complain(f"✗ {self.terminal.read(text)}")
        if advice is not None:
            self.terminal.complain(f"→ {self.terminal.read(advice)}")
        raise typer.Exit(1)


def the_run(context: typer.Context) -> Run:
    """Return the run a command belongs to."""
    run = context.find_object(Run)
    assert run is not None, "the callback of the whole has set it"
    return run


def clock_for(settings: Settings) -> Clock:
    """Return the clock to work under: the one set, else the sample's where the database is one, else the wall's."""
    from runtime.demo.build import sample_clock
    from runtime.wiring import clock_of

    samples = None if settings.clock is not None else sample_clock(settings)
    return clock_of(settings) if samples is None else samples


def refuse_missing(path: Path | None) -> None:
    """Raise NotFound when there is no such SQLite file."""
    if path is not None and not path.is_file():
        raise NotFound(
            Text(
                f"数据库 {path} 不存在；请用 --database 指定，或先运行 banjie serve、banjie demo",
                f"There is no database {path}; name one with --database, or run banjie serve or banjie demo first",
            )
        )


def the_root(desk: Desk, wanted: str | None) -> RootId:
    """Return the organisation to work in (see ``engine.service.organisation``)."""
    from engine.service.organisation import organisation_called

    return organisation_called(desk.reads, wanted)


def day_given(text: str | None) -> date | None:
    """Return a date given as ``2026-09-15``, None for none; raises InputRefused."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _no_date(text) from error


def instant_given(text: str) -> datetime:
    """Return the instant (UTC) of a text: an instant, in Asia/Shanghai without an offset, or the end of a day."""
    from engine.calendar.term import SHANGHAI, day_ends_at

    try:
        if len(text) == len("2026-09-15"):
            # What happened at 24:00 belongs to the next day.
            return day_ends_at(date.fromisoformat(text)).astimezone(UTC) - timedelta(microseconds=1)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise _no_date(text) from error
    return (at if at.tzinfo is not None else at.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _no_date(text: str) -> InputRefused:
    shown = text[:40]
    return InputRefused(
        Text(
            f"“{shown}”不是日期，请写成 2026-09-15 或 2026-09-15T17:00",
            f"{shown!r} is no date; write 2026-09-15 or 2026-09-15T17:00",
        )
    )
