"""``banjie witness``: a witness as the superior union or an auditor runs it, on a host of theirs, with no database."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.listening import bound, leave
from runtime.cli.run import Run, the_run

PORT = 8397
PORT_LAST = 65535
FOLDER = Path("data/witness")

Folder = Annotated[Path, typer.Option(metavar="DIR", help="见证主机的文件夹 · folder of the witness")]

commands = typer.Typer(no_args_is_help=True, help="见证：为账册的检查点联署 · A witness that cosigns checkpoints.")


@commands.command("init")
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(metavar="NAME", help="见证的名称，如 union.example.cn/w1 · its name")],
    log: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="所见证账册的验证密钥，可多次 · verifier key of a log; may be repeated"),
    ] = None,
    folder: Folder = FOLDER,
) -> None:
    """建立文件夹、密钥和账册清单 · Make the folder with a key and the list of logs."""
    from engine.ledger.notes import parse_verifier_key
    from runtime.witness.keeper import LOGS_FILE, make_witness

    run = the_run(context)
    make_witness(folder, name, [parse_verifier_key(key.strip()) for key in log or ()])
    run.terminal.say(Text(f"见证文件夹已就绪：{folder}", f"The folder of the witness is ready: {folder}"))
    run.terminal.say(
        Text(f"账册清单（可自行增改）：{folder / LOGS_FILE}", f"The list of logs, to be edited: {folder / LOGS_FILE}")
    )
    _show(run, folder)


@commands.command("key")
def key(context: typer.Context, folder: Folder = FOLDER) -> None:
    """显示验证密钥和指纹 · Show the verifier key with its fingerprint."""
    _show(the_run(context), folder)


@commands.command("serve")
def serve(
    context: typer.Context,
    folder: Folder = FOLDER,
    host: Annotated[str, typer.Option(help="监听地址 · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=PORT_LAST, help="端口，0 为任选 · port; 0 takes a free one")] = PORT,
) -> None:
    """接受检查点并联署 · Take checkpoints and cosign them."""
    from runtime.witness.keeper import WitnessKeeper
    from runtime.witness.service import serve as served

    run = the_run(context)
    keeper = WitnessKeeper(folder)
    try:
        with bound(run, host, port) as listener:
            shown = f"[{host}]" if ":" in host else host
            address = f"http://{shown}:{listener.getsockname()[1]}"
            signal.signal(signal.SIGTERM, leave)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            served(keeper, listener, lambda: _announce(run, keeper.key.name, address))
    finally:
        keeper.close()


def _show(run: Run, folder: Path) -> None:
    from runtime.witness.keeper import shown_key

    shown = shown_key(folder)
    run.terminal.say(shown.text)
    run.terminal.say(Text(f"  指纹：{shown.fingerprint}", f"  fingerprint: {shown.fingerprint}"))


def _announce(run: Run, name: str, address: str) -> None:
    run.terminal.say(Text(f"见证 {name} 已启动：{address}", f"The witness {name} is running at {address}"))
    run.terminal.say(Text("按 Ctrl-C 停止", "Ctrl-C stops it"))
    sys.stdout.flush()
