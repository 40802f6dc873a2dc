"""``banjie keys``: where the keys of private values stand, a new epoch, and sealing what is still in the clear."""

from __future__ import annotations

import typer

from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import the_run

commands = typer.Typer(no_args_is_help=True, help="加密密钥：查看、换期、加密旧数据 · The keys of private values.")


@commands.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """查看密钥文件及各期密钥 · Show the key files and the epochs."""
    run = the_run(context)
    with run.desk() as opened:
        keys = opened.keys
        rows = [] if not keys.has_file else keys.file.rows("SELECT number, made_at, destroyed FROM epoch ORDER BY 1")
        counts = {} if not rows else dict(keys.file.rows("SELECT epoch, count(*) FROM held_key GROUP BY epoch"))
    places = keys.places
    if as_json:
        epochs = [
            {"epoch": number, "made_at": made_at, "destroyed": bool(gone), "keys": counts.get(number, 0)}
            for number, made_at, gone in rows
        ]
        run.terminal.json({"keys": str(places.keys), "epoch_keys": str(places.epochs), "epochs": epochs})
        return
    run.terminal.say(Text(f"密钥文件：{places.keys}", f"Key file: {places.keys}"))
    run.terminal.say(Text(f"期次密钥：{places.epochs}", f"Epoch keys: {places.epochs}"))
    head = (Text("期", "Epoch"), Text("生成于", "Made"), Text("密钥数", "Keys"), Text("状态", "State"))
    states = {0: Text("有效", "kept"), 1: Text("已销毁", "destroyed")}
    read = run.terminal.read
    run.terminal.table(
        head,
        [(str(number), made_at[:10], str(counts.get(number, 0)), read(states[gone])) for number, made_at, gone in rows],
        right=(0, 2),
    )


@commands.command("rotate")
def rotate(context: typer.Context) -> None:
    """启用新一期密钥并重新包裹全部数据密钥 · Begin a new epoch and wrap every data key anew."""
    from runtime.keys.rotation import rotate as rotated

    run = the_run(context)
    with run.desk() as opened:
        if not opened.keys.has_file:
            run.terminal.say(Text("还没有加密的内容", "Nothing has been encrypted yet"))
            return
        with run.terminal.progress(Text("换期", "Rotating")) as progressed:
            done = rotated(opened.keys.file, force=True, progress=lambda count: progressed(count, None))
    gone = "、".join(map(str, done.destroyed)) or "无"
    run.terminal.say(
        Text(
            f"第 {done.epoch} 期密钥已启用，重新包裹 {done.rewrapped} 把，销毁的期：{gone}",
            f"Epoch {done.epoch} has begun; {done.rewrapped} keys wrapped anew; "
            f"destroyed: {', '.join(map(str, done.destroyed)) or 'none'}",
        )
    )
    run.terminal.say(
        Text(
            "删除的内容即刻从在用系统消失，最迟 35 天后从备份中消失；期次密钥的备份只留最新一份",
            "What is erased is gone from the live system at once, from back-ups after 35 days at the latest; keep only "
            "the newest back-up of the epoch keys",
        )
    )


@commands.command("seal-old")
def seal_old(context: typer.Context) -> None:
    """加密启用密钥前留下的内容 · Encrypt what stands in the clear from before there were keys."""
    from runtime.keys.sealing_old import seal_old as sealed

    run = the_run(context)
    with run.desk(write=True) as opened, run.terminal.progress(Text("加密", "Sealing")) as progressed:
        count = sealed(opened, lambda done: progressed(done, None))
    run.terminal.say(Text(f"已加密 {count} 项内容", f"{count} value(s) sealed"))
