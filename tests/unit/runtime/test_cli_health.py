"""How late is late, and what the doctor makes of calendars, disks and rules, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.calendar.calendar import Calendar
from engine.calendar.notices import Notice
from engine.ledger.streams import Swept
from engine.service.looks import Look
from engine.service.overdue import working_days_late
from engine.service.sweep_ports import LastSweep
from engine.text import Text
from runtime.cli import health
from runtime.clock import SetClock
from runtime.settings import Settings


def notice(year: int) -> Notice:
    return Notice(
        year=year,
        source=Text("通知", "Notice"),
        number=None,
        issued_on=None,
        holidays=(),
        make_up_days=frozenset(),
    )


def advice(look: Look) -> str:
    """Return what the doctor says to do."""
    assert look.advice is not None
    return look.advice.zh


CALENDAR = Calendar(notices=(notice(2026),))
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("due_on", "today", "days"),
    [
        (date(2026, 9, 11), date(2026, 9, 14), 1),  # Friday, seen on Monday
        (date(2026, 9, 11), date(2026, 9, 13), 0),  # Friday, seen on Sunday
        (date(2026, 9, 11), date(2026, 9, 18), 5),
        (date(2026, 9, 18), date(2026, 9, 14), -4),  # Friday, seen on Monday
        (date(2026, 9, 14), date(2026, 9, 14), 0),
    ],
)
def test_lateness_is_counted_in_working_days(due_on: date, today: date, days: int) -> None:
    assert working_days_late(CALENDAR, due_on, today) == days


def test_next_years_notice_is_missed_from_november_on() -> None:
    assert health.calendar_look(CALENDAR, date(2026, 10, 31)).well
    look = health.calendar_look(CALENDAR, date(2026, 11, 1))
    assert not look.well
    assert not look.fatal
    assert look.text.zh == "已录入放假通知：2026；缺 2027 年"
    assert advice(look) == (
        "2027 年通知公布后运行 banjie calendar import 文件：先看预览，再加 --apply；此前该年期限为暂定"
    )


def test_this_years_notice_is_missed_at_any_time() -> None:
    assert "缺 2027 年" in health.calendar_look(CALENDAR, date(2027, 3, 1)).text.zh


@pytest.mark.parametrize(
    ("found", "said", "help_"),
    [
        ([LastSweep(NOON, Swept(calendar="c", open=7, looked=7, raised=1, failed=0))], "应看 7 项，已看 7 项", None),
        (
            [LastSweep(NOON, Swept(calendar="c", open=7, looked=6, raised=1, failed=1))],
            "应看 7 项，已看 6 项",
            "有事项被搁置，原因见服务日志；用 banjie verify 核验",
        ),
        (
            [LastSweep(NOON - timedelta(minutes=40), Swept(calendar="c", open=0, looked=0, raised=0, failed=0))],
            "40 分钟",
            "启动 banjie serve（或 banjie work）",
        ),
        ([None], "从未巡检", "启动 banjie serve（或 banjie work）"),
    ],
)
def test_whether_somebody_watches_over_the_deadlines(
    found: list[LastSweep | None], said: str, help_: str | None
) -> None:
    look = health.sweep_look(found, NOON)
    assert said in look.text.zh
    assert look.well is (help_ is None)
    assert help_ is None or advice(look) == help_
    assert not look.fatal


class Usage(NamedTuple):
    """As the operating system tells it."""

    total: int
    used: int
    free: int


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/not-there-yet/b.db")
    clock = SetClock(datetime(2026, 9, 15, tzinfo=UTC))
    looks = {look.name: look for look in health.looked_at(settings, clock)}

    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(10, 9, 1))
    looks = {look.name: look for look in health.looked_at(settings, clock)}
    assert looks["disk"].fatal
    assert looks["disk"].text.zh.startswith("磁盘已满，剩余 0 MiB")
    assert not looks["database"].well
    assert not looks["clock"].well
    assert advice(looks["disk"]) == (
        "请立即清理磁盘：写不下的办理和上传会被回绝，已办的不受影响；腾出空间后自行恢复，不必重启"
    )
    assert advice(looks["database"]) == "运行 banjie serve 或 banjie demo 即建立"
    assert advice(looks["clock"]) == "正式使用时请去掉 BANJIE_CLOCK，并换用非示例数据库"


def test_a_disk_that_will_be_full_soon_is_told_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(10 * 2**30, 9 * 2**30, 2**29))
    look = health.disk_look(tmp_path)
    assert not look.fatal
    assert look.text.zh == f"磁盘剩余 0.5 GiB（{tmp_path}）"
    assert advice(look) == "请清理磁盘或换到更大的磁盘；剩余不足 1 GiB 时不收附件"


def test_every_disk_that_something_stands_on_is_looked_at_once(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        other = Path("/proc")  # a second file system that every Linux has
    settings = Settings(database_url=f"sqlite:///{tmp_path}/b.db", files=other)
    looks = list(health.looked_at(settings, SetClock(datetime(2026, 9, 15, tzinfo=UTC))))
    told = [look.text.zh for look in looks if look.name == "disk"]
    assert [f"（{folder}）" in text for folder, text in zip((tmp_path, other), told, strict=True)] == [True, True]


@pytest.mark.parametrize(("safe", "well"), [(True, True), (False, False)])
def test_an_old_sqlite_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, safe: bool, well: bool) -> None:
    monkeypatch.setattr(health, "checkpoints_are_safe", lambda: safe)
    settings = Settings(database_url=f"sqlite:///{tmp_path}/b.db")
    looks = {look.name: look for look in health.looked_at(settings, SetClock(datetime(2026, 9, 15, tzinfo=UTC)))}
    assert looks["sqlite"].well is well
    if not well:
        assert advice(looks["sqlite"]) == "无须处理；方便时升级系统的 SQLite"


def test_on_postgresql_there_is_no_file_to_look_at_but_the_disk_of_keys_and_files(tmp_path: Path) -> None:
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        workflows=tmp_path,
        files=tmp_path,
        keys=tmp_path / "keys.db",
        epoch_keys=tmp_path / "epoch.keys",
    )
    looks = [look.name for look in health.looked_at(settings, SetClock(datetime(2026, 9, 15, tzinfo=UTC)))]
    assert looks == ["database", "disk", "definitions", "calendar", "channels", "papers", "clock", "transport"]
