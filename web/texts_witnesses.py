"""The texts about witnesses; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

WITNESS_TEXTS: Final[Mapping[str, Text]] = {
    "witnesses_title": Text("见证主机", "Witnesses"),
    "witnesses_note": Text(
        "见证主机在别人手里，只联署与它见过的账册相接的检查点：用同一密钥另造一部账册，得不到它的联署。",
        "A witness stands in other people's hands and cosigns only what extends all it has seen: another history under "
        "the same key gets no cosignature.",
    ),
    "witness_name": Text("名称", "Name"),
    "witness_state": Text("已联署", "Cosigned"),
    "witness_remark": Text("情况", "Standing"),
    "witness_upto": Text("至第 {n} 号检查点（{size} 条），{at}", "up to checkpoint {n} ({size} entries), {at}"),
    "witness_none": Text("尚未联署", "nothing yet"),
    "witness_all": Text("最新检查点已联署", "the newest checkpoint is cosigned"),
    "witness_missing": Text("第 {n} 号起尚未联署", "not yet from checkpoint {n} on"),
}
