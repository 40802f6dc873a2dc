"""What the command line says of witnesses: how far each has come, what it was asked for, what it saw last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.case.scope import SHANGHAI
from engine.errors import InputRefused
from engine.ledger.notes import opened
from engine.service.sealing_witnesses import ALARMS, TROUBLES, Standing, Trouble
from engine.service.tree_findings import Anchor, anchor_of
from engine.text import Text

if TYPE_CHECKING:
    from engine.service.sealing_ports import CheckpointRow
    from engine.service.sealing_witnesses import Witness
    from engine.service.tree_walk import Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLast:
    """What a witness shows as the newest checkpoint of an origin, or why it shows none."""

    witness: str
    origin: str
    anchor: Anchor | None = None
    trouble: Trouble | None = None


def seen_last(witnesses: Iterable[Witness], origins: Sequence[str], key: Key) -> Iterator[SeenLast]:
    """Ask every witness for the newest checkpoint it has cosigned of each origin.

    It counts when the witness and the log have signed it: no witness alone can accuse a ledger. A witness that cannot
    be reached is asked about one origin only.
    """
    for witness in witnesses:
        for origin in origins:
            name = witness.key.name
            told = witness.newest(origin)
            if told is None:
                continue
            if isinstance(told, Trouble):
                yield SeenLast(witness=name, origin=origin, trouble=told)
                break
            try:
                log = key(origin)
                for one in [witness.key, *([] if log is None else [log])]:
                    opened(told, [one])
                anchor = anchor_of(f"见证 witness {name}", told.encoded())
            except InputRefused:
                yield SeenLast(witness=name, origin=origin, trouble=Trouble.NONSENSE)
                continue
            if anchor.checkpoint.origin == origin:
                yield SeenLast(witness=name, origin=origin, anchor=anchor)
            else:
                yield SeenLast(witness=name, origin=origin, trouble=Trouble.NONSENSE)


def trouble_told(name: str, trouble: Trouble) -> Text:
    """Return what to say of a witness in trouble."""
    told = TROUBLES[trouble]
    sign = "✗" if trouble in ALARMS else "!"
    return Text(f"{sign} 见证主机 {name}：{told.zh}", f"{sign} Witness {name}: {told.en}")


def standing_told(standing: Standing) -> Text:
    """Return how far a witness has come; what is not cosigned yet is said so, and is no finding."""
    name, point = standing.name, standing.cosigned
    if point is None:
        origin = "" if standing.missing is None else f" ({_origin(standing.missing)})"
        return Text(f"见证主机 {name}：尚未联署{origin}", f"Witness {name}: nothing is cosigned yet{origin}")
    at = (
        "" if standing.at is None else f"{datetime.fromtimestamp(standing.at, UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    )
    shown = _origin(point)
    told = Text(
        f"见证主机 {name}：联署成立，至第 {point.n} 号检查点（{shown}，{point.size} 条，{at}）",
        f"Witness {name}: its cosignatures hold, up to checkpoint {point.n} ({shown}, {point.size} entries, {at})",
    )
    if standing.missing is None:
        return told
    return Text(f"{told.zh}；其后的尚未联署", f"{told.en}; what came later is not cosigned yet")


def strangers_told(strangers: int) -> Text:
    """Return what to say of cosignatures that nobody declared a key for."""
    return Text(
        f"另有 {strangers} 个联署未核对：请用 --witness 给出其验证密钥，或设 BANJIE_WITNESSES",
        f"{strangers} more cosignature(s) were not looked at: give the keys with --witness, or set BANJIE_WITNESSES",
    )


def _origin(row: CheckpointRow) -> str:
    """Return the first line of a checkpoint: of which ledger it is."""
    return str(row.note).partition("\n")[0][:120]
