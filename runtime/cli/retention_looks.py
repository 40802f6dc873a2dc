"""What ``banjie doctor`` says about what has been kept for long enough: of how many cases, and who erases it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from engine.errors import BanjieError
from engine.service.looks import Look
from engine.text import Text

if TYPE_CHECKING:
    from runtime.clock import Clock
    from runtime.settings import Settings

TOLD_MAX: Final = 1_000
LOOKED_MAX: Final = 20_000
"""So many cases are looked at, the oldest first: a look at the health of a house of a million cases stays one."""


def retention_looks(settings: Settings, clock: Clock) -> Iterator[Look]:
    """Yield how much is over; nothing where there is no database yet, or where it does not open."""
    from engine.service.retention import over
    from runtime.wiring import desk_of

    path = settings.sqlite_path
    if path is not None and not path.is_file():
        return
    try:
        with desk_of(settings, clock=clock, write=False) as opened:
            desk, found = opened.desk, []
            for root in desk.reads.roots():
                found += list(islice(over(desk, root, looked_max=LOOKED_MAX), TOLD_MAX))
    except BanjieError:
        return  # told already, by the looks at database, definitions and keys
    due = sum(1 for one in found if one.withheld is None)
    withheld = len(found) - due
    more = ("不少于 ", "at least ") if len(found) >= TOLD_MAX else ("", "")
    text = Text(
        f"保存期限届满：{more[0]}{due} 件，另有 {withheld} 件因保全或关联事项未终结而保留",
        f"Kept for long enough: {more[1]}{due} case(s); {withheld} more stay for a hold or a case that runs",
    )
    if not due or settings.retention == "apply":
        yield Look(name="retention", text=text)
        return
    advice = Text(
        "用 banjie retention 查看，加 --apply 删除；设 BANJIE_RETENTION=apply 后每日自动删除",
        "Look with banjie retention, erase with --apply; BANJIE_RETENTION=apply erases it every day",
    )
    yield Look(name="retention", text=text, advice=advice)
