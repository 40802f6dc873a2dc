"""What can be asked for as long work: each kind by its name, with what does a wave of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.service.bulk_moves import KIND as BULK_MOVES
from engine.service.bulk_moves import move_some
from engine.service.long_work_waves import Kind
from engine.service.registers_in import KIND as REGISTER_IN
from engine.service.registers_in import import_some
from engine.service.registers_out import KIND as REGISTER_OUT
from engine.service.registers_out import write_some

# A new kind: one line here.
KINDS: Final[Mapping[str, Kind]] = {
    BULK_MOVES: move_some,
    REGISTER_IN: import_some,
    REGISTER_OUT: write_some,
}
