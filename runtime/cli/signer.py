"""``banjie signer``: the signer as an operator runs it, under a user of its own; its key, and its last heads."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.run import Run, the_run

if TYPE_CHECKING:
    from runtime.settings import Settings
    from runtime.signer.keeper import Keeper


def signer(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(metavar="DIR", help="密钥和最后检查点的文件夹 · folder of the key and the last heads")
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(metavar="ADDR", help="监听：文件路径或 tcp://127.0.0.1:端口 · a path, or tcp on loopback"),
    ] = None,
    init: Annotated[bool, typer.Option("--init", help="只建立文件夹和密钥 · make folder and key, and end")] = False,
    show_key: Annotated[
        bool, typer.Option("--show-key", help="显示验证密钥和指纹 · show the verifier keys with their fingerprints")
    ] = False,
    adopt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="以此检查点为最后签过的 · take this checkpoint as the last one signed"),
    ] = None,
) -> None:
    """签名程序：持有账册密钥，从不打开数据库 · The signer holds the ledger's key and never opens the database."""
    from runtime.signer.child import signer_folder, socket_of

    run = the_run(context)
    settings = run.settings()
    place = folder if folder is not None else signer_folder(settings)
    if show_key:
        _show(run, settings, place)
        return
    from runtime.signer.keeper import Keeper

    keeper = Keeper(place)
    try:
        if adopt is not None:
            head = keeper.adopt(_read(run, adopt))
            run.terminal.say(
                Text(
                    f"最后签过的检查点改为 {head.origin} 第 {head.size} 条",
                    f"The last head of {head.origin} is now the one of {head.size} entries",
                )
            )
        elif init:
            run.terminal.say(Text(f"签名文件夹已就绪：{place}", f"The folder of the signer is ready: {place}"))
        else:
            _serve(run, settings, keeper, listen or settings.signer or str(socket_of(place)))
    finally:
        keeper.close()


def _serve(run: Run, settings: Settings, keeper: Keeper, address: str) -> None:
    from runtime.signer.talk import SignerServer

    ended = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    server = SignerServer(keeper, address, settings.signer_token.get_secret_value())
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    run.terminal.say(Text(f"签名程序已启动：{address}", f"The signer is running: {address}"))
    run.terminal.say(Text("按 Ctrl-C 停止", "Ctrl-C stops it"))
    try:
        ended.wait()
    finally:
        server.close()


def _show(run: Run, settings: Settings, place: Path) -> None:
    """Show the key under every origin that was signed; before the first, under the beginning of all of them."""
    from engine.ledger.notes import KeyType, VerifierKey
    from runtime.signer.keeper import kept_origins, public_key

    public = public_key(place)
    if public is None:
        run.refuse(
            Text(f"{place} 中没有密钥", f"There is no key in {place}"),
            Text(
                "先执行 banjie signer --init，或用 --folder 指明文件夹",
                "Run banjie signer --init, or name it with --folder",
            ),
        )
    for origin in kept_origins(place) or [settings.ledger_origin]:
        key = VerifierKey(name=origin, kind=KeyType.NOTE, public=public)
        run.terminal.say(key.text)
        run.terminal.say(Text(f"  指纹：{key.fingerprint}", f"  fingerprint: {key.fingerprint}"))


def _read(run: Run, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        run.refuse(Text(f"读不到文件 {file}", f"The file {file} cannot be read"))
