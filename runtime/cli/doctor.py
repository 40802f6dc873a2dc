"""``banjie doctor``: is everything as it should be, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import clock_for, the_run

if TYPE_CHECKING:
    from engine.service.looks import Look


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """逐项检查数据库、日历、流程、磁盘和时钟 · Look whether everything is as it should be."""
    from runtime.cli.health import looked_at

    run = the_run(context)
    settings = run.settings()
    looks = list(looked_at(settings, clock_for(settings)))
    if as_json:
        run.terminal.json({"ok": not any(look.fatal for look in looks), "looks": [_json(look) for look in looks]})
    else:
        for look in looks:
            sign = "✓" if look.well else "✗" if look.fatal else "!"
            run.terminal.say(Text(f"{sign} {look.text.zh}", f"{sign} {look.text.en}"))
            if look.advice is not None:
                run.terminal.say(Text(f"  → {look.advice.zh}", f"  → {look.advice.en}"))
    if any(look.fatal for look in looks):
        if not as_json:
            run.terminal.complain(Text("✗ 有问题须先处理", "✗ Something has to be put right first"))
        raise typer.Exit(1)


def _json(look: Look) -> dict[str, object]:
    return {
        "name": look.name,
        "well": look.well,
        "fatal": look.fatal,
        "text": {"zh": look.text.zh, "en": look.text.en},
        "advice": None if look.advice is None else {"zh": look.advice.zh, "en": look.advice.en},
    }
