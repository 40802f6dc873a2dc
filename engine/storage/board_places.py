"""Where a case stands on a board in the order of due instants or of states, and the keys that name such a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.service.board_ports import BoardOrder
from engine.service.ports import CaseLine
from engine.storage.case_reads import page_key

BY_DUE_KEY: Final = re.compile(r"(?:([0-9]{1,18})|-)\.([^.]{1,100})")
BY_STATE_KEY: Final = re.compile(r"([a-z0-9_]{1,60})(?:/(.+))?")

Place = tuple[int, bool, int, str]
"""The state's place among those asked for (0 by due instant), whether nothing is due, the instant, the case's id."""


def place_of(line: CaseLine, order: BoardOrder, states: Sequence[str]) -> Place:
    """Return where a case stands in an order by due instant, or by state and then so."""
    by_state = states.index(line.state) if order is BoardOrder.STATE else 0
    return by_state, line.next_due_at is None, line.next_due_at or 0, line.id


def place_after(after: str, order: BoardOrder, states: Sequence[str]) -> Place:
    """Return the place of the case that a key names.

    Raises:
        InputRefused: it is none of ours.
    """
    by_state, key = 0, after
    if order is BoardOrder.STATE:
        begin, key = page_key(BY_STATE_KEY, after)
        by_state = states.index(begin) if begin in states else -1
    due_at, case = page_key(BY_DUE_KEY, key or "")
    return by_state, due_at is None, int(due_at or 0), case
