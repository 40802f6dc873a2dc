"""A register that was rehearsed, as its page shows it: what would come in, what would not and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.case.identity import SessionId, UnitId
from engine.service.registers_in import Proposed
from engine.service.world import World
from web.words import Words

SAMPLE_SHOWN: Final = 20
REFUSED_SHOWN: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedView:
    """A row that would not come in."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewView:
    """``address`` takes in what lacks no date, ``other`` all that can come in, None where that is the same."""

    title: str
    workflow: str
    unit: str
    session: str
    rows: int
    new: int
    known: int
    undated: int
    taken: int
    unused: str
    refused: tuple[RefusedView, ...]
    refused_count: int
    sample: tuple[tuple[int, str, str], ...]
    address: str
    other: str | None
    all: int


def preview_view(found: Proposed, sample: Sequence[tuple[int, str, str]], world: World, words: Words) -> PreviewView:
    """Return the view of a register that waits to be confirmed."""
    work, payload = found.work, found.work.payload
    unit = world.surroundings.units.get(UnitId(str(payload["unit"])))
    session = world.surroundings.sessions.get(SessionId(str(payload["session"])))
    return PreviewView(
        title=words.say(work.title),
        workflow=words.say(world.rules.newest(str(payload["workflow"])).title.text),
        unit=words.t("dash") if unit is None else words.say(unit.title),
        session=words.t("registers_no_session") if session is None else words.say(session.title),
        rows=found.rows,
        new=found.new,
        known=found.known,
        undated=found.undated,
        taken=work.total,
        unused=words.listed(found.unused) if found.unused else "",
        refused=tuple(
            RefusedView(number=row.number, reason=words.say(row.reason)) for row in found.refused[:REFUSED_SHOWN]
        ),
        refused_count=len(found.refused),
        sample=tuple(sample),
        address=f"/registers/{work.id}",
        other=None if found.other is None else f"/registers/{found.other}",
        all=found.new + found.known,
    )
