"""What ``banjie doctor`` looks at, one small question after another; nothing is changed by asking."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from engine.calendar.calendar import Calendar
from engine.calendar.term import SHANGHAI
from engine.errors import BanjieError, DefinitionError
from engine.service.looks import Look
from engine.service.sweep import late_sweep
from engine.service.sweep_ports import LastSweep
from engine.storage.sqlite_connection import checkpoints_are_safe
from engine.storage.store import open_store, writer_elsewhere
from engine.text import Text
from runtime.cli.advice import advice_for
from runtime.cli.looking import asked
from runtime.clock import Clock, WallClock
from runtime.keys.places import places_of
from runtime.known_calendar import known_calendar
from runtime.rules import load_calendar
from runtime.running_rules import proved_rules, publication_problems
from runtime.settings import Settings
from runtime.socket import socket_path

NOVEMBER: Final = 11
FREE_BYTES_MIN: Final = 1024**3
GIB: Final = 1024**3
MIB: Final = 1024**2
FULL_BYTES_MAX: Final = 64 * MIB
"""With less room a busy hour may find none."""


def looked_at(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield what every question finds, in the order in which one would look."""
    yield _database(settings)
    path = settings.sqlite_path
    if path is not None:
        yield _sqlite()
        yield _writer(path)
    yield from _disks(settings)
    yield from _keys(settings)
    yield _definitions(settings)
    yield from _calendars(settings, clock)
    yield from _sweeps(settings, clock)
    yield from _sealing(settings, clock)
    yield from _anchors(settings, clock)
    yield from _administrations(settings, clock)
    yield from _retention(settings, clock)
    yield from _channels(settings)
    yield from _provider(settings, clock)
    yield _papers()
    yield _clock(clock)
    yield _plain_http()


def _papers() -> Look:
    from runtime.cli.paper_looks import paper_look  # what makes papers is a heavy library

    return paper_look()


def _database(settings: Settings) -> Look:
    path = settings.sqlite_path
    if path is not None and not path.is_file():
        return Look(
            name="database",
            text=Text(f"数据库 {path} 还不存在", f"There is no database {path} yet"),
            advice=Text("运行 banjie serve 或 banjie demo 即建立", "banjie serve or banjie demo makes it"),
        )

    def ask() -> None:
        store = open_store(settings.database_url, write=False)
        try:
            store.reads.ping()
            store.reads.roots()
        finally:
            store.close()

    kind = "PostgreSQL" if path is None else f"SQLite {path}"
    return _tried("database", ask, Text(f"数据库可用：{kind}", f"The database answers: {kind}"))


def _sqlite() -> Look:
    version = sqlite3.sqlite_version
    if checkpoints_are_safe():
        return Look(name="sqlite", text=Text(f"SQLite {version}", f"SQLite {version}"))
    return Look(
        name="sqlite",
        text=Text(
            f"SQLite {version}：低于 3.51.3，检查点只在写锁下进行（WAL 重置缺陷，已规避）",
            f"SQLite {version} is older than 3.51.3: checkpoints under the writer lock only (WAL-reset defect)",
        ),
        advice=Text("无须处理；方便时升级系统的 SQLite", "Nothing has to be done; upgrade SQLite when it suits"),
    )


def _writer(path: Path) -> Look:
    if not path.is_file() or not writer_elsewhere(path):
        return Look(name="writer", text=Text("没有进程在写入", "No process is writing"))
    if socket_path(path).exists():
        return Look(
            name="writer",
            text=Text(
                "banjie serve 正在运行，写入经由它进行", "banjie serve is running; other commands write through it"
            ),
        )
    return Look(
        name="writer",
        text=Text("有进程在写入，但没有本地套接字", "A process is writing, but there is no local socket"),
        advice=Text(
            "等该命令结束；若是异常退出的服务，请重新启动", "Wait for it to end; if it is a server, start it anew"
        ),
    )


def _disks(settings: Settings) -> Iterator[Look]:
    """Look at every disk that the database on a file, files, keys and what is remembered stand on, each once."""
    database = settings.sqlite_path
    keys = places_of(settings)
    places = [None if database is None else database.parent, settings.files_folder, keys.keys.parent]
    seen = set[int]()
    for place in [*places, keys.epochs.parent, settings.rules_cache]:
        if place is not None:
            folder = next(one for one in (place.absolute(), *place.absolute().parents) if one.is_dir())
            if (disk := folder.stat().st_dev) not in seen:
                seen.add(disk)
                yield disk_look(folder)


def disk_look(folder: Path) -> Look:
    """Return how much room the disk of a folder has, and what to do where it is little or none."""
    free = shutil.disk_usage(folder).free
    text = Text(f"磁盘剩余 {free / GIB:.1f} GiB（{folder}）", f"{free / GIB:.1f} GiB free on disk ({folder})")
    if free < FULL_BYTES_MAX:
        full = Text(
            f"磁盘已满，剩余 {free // MIB} MiB（{folder}）", f"The disk is full: {free // MIB} MiB free ({folder})"
        )
        advice = Text(
            "请立即清理磁盘：写不下的办理和上传会被回绝，已办的不受影响；腾出空间后自行恢复，不必重启",
            "Make room now: what cannot be written is refused, what is done is safe; with room it goes on by itself",
        )
        return Look(name="disk", text=full, advice=advice, fatal=True)
    advice = Text(
        "请清理磁盘或换到更大的磁盘；剩余不足 1 GiB 时不收附件",
        "Make room, or move to a larger disk; with less than 1 GiB free no files are taken",
    )
    return Look(name="disk", text=text, advice=advice if free < FREE_BYTES_MIN else None)


def _definitions(settings: Settings) -> Look:
    def ask() -> None:
        proved_rules(settings)

    where = settings.workflows
    look = _tried("definitions", ask, Text(f"流程已通过核验（{where}）", f"The workflows are proved ({where})"))
    clashing = [] if look.fatal else publication_problems(settings)
    return Look(name=look.name, text=clashing[0].text, advice=clashing[0].remedy, fatal=True) if clashing else look


def _calendars(settings: Settings, clock: Clock) -> Iterator[Look]:
    try:
        calendar = known_calendar(settings)
    except DefinitionError as error:
        yield Look(name="calendar", text=error.text, advice=advice_for(error), fatal=True)
        return
    except BanjieError:  # the database does not answer, which is told already: what the files say is left
        calendar = load_calendar(settings.workflows / "calendars", settings.calendar_missing)
    yield calendar_look(calendar, clock.now().astimezone(SHANGHAI).date())


def calendar_look(calendar: Calendar, today: date) -> Look:
    """Return whether notices cover this year and, from 1 November on, the next."""
    covered = sorted({notice.year for notice in calendar.notices})
    years = "、".join(str(year) for year in covered)
    needed = [today.year, *([today.year + 1] if today.month >= NOVEMBER else [])]
    missing = [year for year in needed if year not in covered]
    text = Text(f"已录入放假通知：{years}", f"Notices on file: {years.replace('、', ', ')}")
    if not missing:
        return Look(name="calendar", text=text)
    lacking = "、".join(str(year) for year in missing)
    return Look(
        name="calendar",
        text=Text(f"{text.zh}；缺 {lacking} 年", f"{text.en}; none for {lacking.replace('、', ', ')}"),
        advice=Text(
            f"{missing[0]} 年通知公布后运行 banjie calendar import 文件：先看预览，再加 --apply；此前该年期限为暂定",
            f"When the notice of {missing[0]} is out: banjie calendar import FILE, look at the preview, then --apply; "
            "till then its dates are provisional",
        ),
    )


def _sweeps(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Say whether somebody watches over the deadlines; nothing where there are none yet."""
    found = asked(settings, lambda reads: [reads.last_sweep(root) for root in reads.roots()])
    if found:
        yield sweep_look(found, clock.now())


def sweep_look(found: Sequence[LastSweep | None], now: datetime) -> Look:
    """Return whether every organisation was swept lately, and whether the newest sweep looked at everything."""
    late = next((text for last in found if (text := late_sweep(last, now)) is not None), None)
    if late is not None:
        advice = Text("启动 banjie serve（或 banjie work）", "Start banjie serve, or banjie work")
        return Look(name="sweep", text=late, advice=advice)
    known = [last.swept for last in found if last is not None]
    looked, whole = sum(one.looked for one in known), sum(one.open for one in known)
    text = Text(f"期限巡检：应看 {whole} 项，已看 {looked} 项", f"Deadlines swept: {looked} of {whole}")
    if looked == whole:
        return Look(name="sweep", text=text)
    return Look(
        name="sweep",
        text=text,
        advice=Text(
            "有事项被搁置，原因见服务日志；用 banjie verify 核验",
            "Cases were set aside: see the log, and run banjie verify",
        ),
    )


def _sealing(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Say whether the ledger is sealed in time, and whether the signer goes along."""
    from runtime.cli.sealing_looks import sealing_looks
    from runtime.cli.witness_looks import witness_looks

    yield from sealing_looks(settings, clock)
    yield from witness_looks(settings, clock)


def _anchors(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Say whether the checkpoint goes out by mail each day."""
    from runtime.cli.anchor_looks import anchor_looks

    yield from anchor_looks(settings, clock)


def _retention(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Say of how many cases something has been kept for long enough."""
    from runtime.cli.retention_looks import retention_looks

    yield from retention_looks(settings, clock)


def _keys(settings: Settings) -> Iterator[Look]:
    """Say whether the keys of private values are there and nobody else's to read."""
    from runtime.cli.key_looks import key_looks

    yield from key_looks(settings)


def _administrations(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Whether nobody belongs to two of the system's, the security's and the audit's administration."""
    from engine.access.staff_roles import STAFF_ROLES, load_staff_roles
    from engine.service.granting import together

    staff = load_staff_roles(settings.staff_roles or STAFF_ROLES)
    on = clock.now().astimezone(SHANGHAI).date()
    found = asked(settings, lambda reads: [len(together(staff, reads.all_grants(root), on)) for root in reads.roots()])
    if found is None:
        return
    several = sum(found)
    if not several:
        yield Look(
            name="administrations",
            text=Text("系统、安全、审计管理员分设", "System, security and audit administration are apart"),
        )
        return
    text = Text(
        f"{several} 人同时担任系统、安全、审计管理员中的两类以上",
        f"{several} person(s) belong to two of system, security and audit administration",
    )
    if settings.small_installation:
        yield Look(
            name="administrations", text=Text(f"{text.zh}（小型单位，已声明）", f"{text.en} (small installation)")
        )
        return
    advice = Text(
        "请分别授予不同的人；单位很小的，设 BANJIE_SMALL_INSTALLATION=true",
        "Grant them to different people; a very small house sets BANJIE_SMALL_INSTALLATION=true",
    )
    yield Look(name="administrations", text=text, advice=advice)


def _channels(settings: Settings) -> Iterator[Look]:
    """Say by which ways people are told outside the house."""
    from runtime.cli.channel_looks import channel_looks

    yield from channel_looks(settings)


def _provider(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Say whether people can log in by the identity provider, where there is one."""
    from runtime.cli.provider_looks import provider_looks

    yield from provider_looks(settings, clock)


def _clock(clock: Clock) -> Look:
    now = clock.now().astimezone(SHANGHAI)
    shown = f"{now:%Y-%m-%d %H:%M}"
    if isinstance(clock, WallClock):
        return Look(name="clock", text=Text(f"时钟：{shown}（北京时间）", f"Clock: {shown} (Asia/Shanghai)"))
    return Look(
        name="clock",
        text=Text(f"时钟被设定为 {shown}", f"The clock is set to {shown}"),
        advice=Text(
            "正式使用时请去掉 BANJIE_CLOCK，并换用非示例数据库", "For real work unset BANJIE_CLOCK and leave the sample"
        ),
    )


def _plain_http() -> Look:
    return Look(
        name="transport",
        text=Text(
            "本服务只提供 http，登录密码在内网以明文传送", "The server speaks plain http: passwords travel unencrypted"
        ),
        advice=Text(
            "只监听 127.0.0.1 时无须处理；供他人访问时请在前面加一层 https 反向代理",
            "On 127.0.0.1 nothing has to be done; for others put a reverse proxy with https before it",
        ),
    )


def _tried(name: str, ask: Callable[[], None], well: Text) -> Look:
    try:
        ask()
    except BanjieError as error:
        return Look(name=name, text=error.text, advice=advice_for(error), fatal=True)
    return Look(name=name, text=well)
