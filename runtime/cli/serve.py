"""``banjie serve`` and ``banjie demo``: the site on one machine, and the sample congress."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.listening import bound, leave
from runtime.cli.run import Run, clock_for, the_run

if TYPE_CHECKING:
    from fastapi import FastAPI

    from runtime.settings import Settings
    from runtime.wiring import Opened

PORT = 8000
SHUTDOWN_SECONDS = 10
PORT_LAST = 65535
SHOWN_LATE = 5
DECIMALS = 1


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="监听地址 · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=PORT_LAST, help="端口，0 为任选 · port; 0 takes a free one")] = PORT,
    sample: Annotated[
        bool, typer.Option("--sample", help="数据库为空时建立示例 · build the sample congress in an empty database")
    ] = False,
) -> None:
    """启动网站和接口 · Serve the pages and the API."""
    run = the_run(context)
    settings = run.settings()
    _refuse_second_writer(run, settings)
    with bound(run, host, port) as listener:
        if sample:
            _build_if_empty(run, settings, None)
        from runtime.asgi import serving

        signal.signal(signal.SIGTERM, leave)
        # A shell starts its background jobs deaf to Ctrl-C, and Python leaves it at that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with serving(settings, clock_for(settings)) as (opened, site):
            address = f"http://{_shown(host)}:{listener.getsockname()[1]}"
            _serve(site, listener, lambda: _announce(run, settings, opened, address))


def demo(
    context: typer.Context,
    size: Annotated[
        str, typer.Option(metavar="small|N", help="件数，small 约 320 件 · small, or a number of cases")
    ] = "small",
    city: Annotated[
        bool,
        typer.Option(
            "--city",
            help="建立全市示例：三县十二单位一年的事项，约需数分钟 · "
            "build a city's year, three counties and twelve enterprises; takes some minutes",
        ),
    ] = False,
) -> None:
    """在空数据库中建立示例并作简要介绍 · Build the sample congress in an empty database and show it round."""
    run = the_run(context)
    if city and size != "small":
        raise typer.BadParameter("--city 与 --size 不能同时使用 · --city and --size cannot be used together")
    if size != "small" and not (size.isdecimal() and int(size) > 0):
        raise typer.BadParameter("--size 为 small 或正整数 · --size is small or a whole number above 0")
    settings = run.settings()
    _refuse_second_writer(run, settings)
    if not (
        _build_city_if_empty(run, settings)
        if city
        else _build_if_empty(run, settings, None if size == "small" else int(size))
    ):
        run.refuse(
            Text(
                "数据库不是空的，示例只建在空数据库中", "The database is not empty; the sample is built in an empty one"
            ),
            Text(
                "请用 --database sqlite:///data/demo.db 另指一个", "Name another with --database sqlite:///data/demo.db"
            ),
        )
    _show_round(run, settings)


def _build_if_empty(run: Run, settings: Settings, cases: int | None) -> bool:
    """Build the sample where there is no organisation yet; return whether that was so."""
    from runtime.demo.build import build_sample, is_empty
    from runtime.wiring import desk_of

    with desk_of(settings) as opened:
        if not is_empty(opened.desk):
            return False
    with run.terminal.progress(Text("建立示例", "Building the sample")) as progressed:
        build_sample(settings, cases=cases, progress=lambda done: progressed(done, None))
    return True


def _build_city_if_empty(run: Run, settings: Settings) -> bool:
    """Build the city where there is no organisation yet; return whether that was so. A broken build says what to do."""
    from runtime.demo.build import is_empty
    from runtime.demo.city.build import build_city
    from runtime.demo.city.lives import CorpusError
    from runtime.demo.simulation import SampleRefusedError
    from runtime.wiring import desk_of

    with desk_of(settings) as opened:
        if not is_empty(opened.desk):
            return False
    try:
        with run.terminal.progress(Text("建立全市示例", "Building the city")) as progressed:
            build_city(settings, progress=lambda done: progressed(done, None))
    except (SampleRefusedError, CorpusError, KeyboardInterrupt) as broken:
        run.refuse(
            Text(f"全市示例没有建完：{broken}", f"The city was not built to the end: {broken}"),
            Text(
                "库中只有一部分，不要使用；请删除该数据库，或用 --database 另指一个空库，再运行一次",
                "Only a part of it is there, do not use it; delete this database or name an empty one "
                "with --database, and run this again",
            ),
        )
    return True


def _refuse_second_writer(run: Run, settings: Settings) -> None:
    from engine.storage.store import writer_elsewhere

    path = settings.sqlite_path
    if path is not None and path.is_file() and writer_elsewhere(path):
        run.refuse(
            Text(f"另一进程正在使用 {path}（可能已有 banjie serve 在运行）", f"Another process is writing {path}"),
            Text("请先停止它，或用 --database 另指数据库", "Stop it first, or name another database with --database"),
        )


def _serve(site: FastAPI, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Run until a signal ends it."""
    import uvicorn

    class Announced(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            announce()

    config = uvicorn.Config(
        site,
        http="h11",
        loop="asyncio",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    Announced(config).run(sockets=[listener])


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _announce(run: Run, settings: Settings, opened: Opened, address: str) -> None:
    from engine.service.first_logins import LINK_HOURS, first_link
    from runtime.clock import WallClock
    from runtime.demo.build import is_empty, sample_accounts

    terminal = run.terminal
    terminal.say(Text(f"办结已启动：{address}", f"Banjie is running at {address}"))
    if not isinstance(opened.clock, WallClock):
        from engine.calendar.term import SHANGHAI

        now = opened.clock.now().astimezone(SHANGHAI)
        terminal.say(Text(f"时钟设在 {now:%Y-%m-%d %H:%M}", f"The clock is set to {now:%Y-%m-%d %H:%M}"))
    accounts = sample_accounts(settings)
    if accounts:
        terminal.say(Text("示例账号：", "Accounts of the sample:"))
        terminal.table((Text("身份", "Role"), Text("登录名", "Login"), Text("密码", "Password")), accounts)
    elif is_empty(opened.desk):
        terminal.say(Text("数据库是空的。请另开终端建立单位和账号：", "The database is empty. Add a unit and a user:"))
        terminal.say("  banjie unit add 编码CODE --name 名称NAME --root")
        terminal.say("  banjie user add 登录名LOGIN --name 姓名NAME")
        terminal.say(Text("或以 --sample 启动示例。", "Or start with --sample."))
    link = first_link(opened.desk)
    if link is not None:
        terminal.say(
            Text(
                f"还没有账号。首位管理员请在 {LINK_HOURS} 小时内打开（只能用一次）：",
                f"Nobody can log in yet. The first administrator opens this within {LINK_HOURS} hours, once:",
            )
        )
        terminal.say(f"  {settings.pages_url.rstrip('/') or address}/link/{link}")
    terminal.say(Text("按 Ctrl-C 停止", "Ctrl-C stops it"))


def _show_round(run: Run, settings: Settings) -> None:
    """Show what a secretariat would look at first: the headline of the figures, what is late, where to go on."""
    from api.instants import listed_before
    from engine.case.actors import SYSTEM
    from engine.figures.report import figures
    from runtime.cli.cases import overdue_table
    from runtime.cli.figures import tally_cells
    from runtime.cli.run import the_root
    from runtime.demo.build import sample_accounts
    from runtime.wiring import desk_of

    terminal = run.terminal
    with desk_of(settings, clock=clock_for(settings), write=False) as opened:
        desk = opened.desk
        root = the_root(desk, None)
        world = desk.world(root)
        now = desk.office.now()
        for workflow in (world.rules.newest(name) for name in world.rules.names()):
            report = figures(desk.reads, world, root, workflow.name, now)
            if not workflow.counts_as_case or not report.extent.cases:
                continue
            terminal.say(
                Text(f"{report.title.zh} {report.extent.cases} 件", f"{report.title.en}: {report.extent.cases}")
            )
            for measure in report.measures:
                if workflow.measures[measure.name].headline:
                    of, value, sure, _apart = tally_cells(run, measure.total, DECIMALS)
                    shown = " = ".join(part for part in (of, value) if part)
                    zh, en = (f"（95%置信区间 {sure}）", f" (95 % interval {sure})") if sure else ("", "")
                    terminal.say(Text(f"  {measure.title.zh}：{shown}{zh}", f"  {measure.title.en}: {shown}{en}"))
        late, _more = desk.queries.overdue(root, SYSTEM, before=listed_before(now), limit=SHOWN_LATE)
        terminal.say()
        terminal.say(Text(f"逾期最久的 {len(late)} 项：", f"The {len(late)} most overdue:"))
        overdue_table(run, late, world, now)
    terminal.say()
    accounts = sample_accounts(settings)
    if accounts:
        terminal.table((Text("身份", "Role"), Text("登录名", "Login"), Text("密码", "Password")), accounts)
    terminal.say(Text("接下来：", "Next:"))
    where = "" if run.database is None else f" --database {run.database}"
    for command in ("serve", "figures --workflow proposal", "overdue --within 10", "verify"):
        terminal.say(f"  banjie{where} {command}")
