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
        settings = self.settings()
        if not write:
            refuse_missing(settings.sqlite_path)
        opened = opened_under_its_clock(settings, write=write)
        try:
            yield opened
        finally:
            opened.close()

    def refuse(self, text: Text, advice: Text | None = None) -> NoReturn:
        """Say on standard error why this cannot be done, and leave with 1."""
        self.terminal.complain(f"✗ {self.terminal.read(text)}")
        if advice is not None:
            self.terminal.complain(f"→ {self.terminal.read(advice)}")
        raise typer.Exit(1)


class ClockToCome:
    """The clock of a database is known once it is open, and opening asks for a clock: this one is told later."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def become(self, clock: Clock) -> None:
        """Show from now on what this clock shows."""
        self._clock = clock


def the_run(context: typer.Context) -> Run:
    """Return the run a command belongs to."""
    run = context.find_object(Run)
    assert run is not None, "the callback of the whole has set it"
    return run


def opened_under_its_clock(settings: Settings, *, write: bool) -> Opened:
    """Open a database; the sample's clock goes on from the day the sample ends on, if no clock is set."""
    from runtime.demo.build import sample_clock
    from runtime.wiring import clock_of, open_desk

    clock = ClockToCome(clock_of(settings))
    opened = open_desk(settings, clock=clock, write=write)
    samples = None if settings.clock is not None else sample_clock(opened)
    if samples is not None:
        clock.become(samples)
    return opened


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
    """Return the organisation to work in: the one called ``wanted`` (code or name), or the only one there is.

    Raises:
        NotFound: there is none, none of that name, or several and none was named.
    """
    from engine.case.identity import UnitId

    tops = {}
    for root in desk.reads.roots():
        top = desk.reads.surroundings(root).units[UnitId(root)]
        if wanted is None or wanted in (top.id, top.code, top.title.zh, top.title.en):
            tops[root] = top
    if len(tops) == 1:
        return next(iter(tops))
    if tops:
        codes = "、".join(top.code for top in tops.values())
        raise NotFound(
            Text(f"有多个组织：{codes}；请加 --root 编码", f"There are several organisations ({codes}); add --root CODE")
        )
    if wanted is not None:
        raise NotFound(Text(f"没有名为“{wanted}”的组织", f"No organisation called {wanted!r}; see banjie unit list"))
    raise NotFound(
        Text(
            "数据库中还没有单位；请先运行 banjie unit add 编码 --name 名称 --root，或 banjie unit import 文件.xlsx",
            "There is no unit yet; run banjie unit add CODE --name NAME --root, or banjie unit import FILE.xlsx",
        )
    )


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
