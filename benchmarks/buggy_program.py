"""The command line with a bug put in on purpose: ``python -m benchmarks.buggy_program NAME serve …``.

What kills parts of a cluster must see what each of them costs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final
from unittest.mock import patch

ONE_IN: Final = 15


def _confirmed_before_it_is_on_the_disk() -> None:
    from engine.storage import postgres_connection

    patch.dict(postgres_connection._WRITING, {"synchronous_commit": "off"}).start()


def _keys_are_not_remembered() -> None:
    patch("engine.service.execute.claim_of", lambda _command: None).start()


def _some_notices_are_forgotten() -> None:
    from engine.service import execute

    rows_of, numbers = execute._rows, count()

    def forgetful(*given: Any) -> Any:
        rows = rows_of(*given)
        if next(numbers) % ONE_IN == 0:
            rows.outbox.clear()
        return rows

    patch.object(execute, "_rows", forgetful).start()


def _some_hashes_are_wrong() -> None:
    from engine.ledger import entries
    from engine.ledger.chain import entry_hash

    numbers = count()

    def wrong(data: bytes) -> bytes:
        return entry_hash(data + b" " if next(numbers) % ONE_IN == 0 else data)

    patch.object(entries, "entry_hash", wrong).start()


def _refused_though_it_was_done() -> None:
    from api.receipts import with_receipt
    from api.routes import writing
    from engine.errors import StaleCase

    numbers = count()

    def refusing(*given: Any) -> Any:
        if next(numbers) % ONE_IN == 0:
            raise StaleCase(expected=1, actual=2)
        return with_receipt(*given)

    patch.object(writing, "with_receipt", refusing).start()


BUGS: Final[Mapping[str, tuple[str, Callable[[], None]]]] = {
    # name: the counter that must see it, and what puts it in
    "confirmed before it is on the disk": ("lost", _confirmed_before_it_is_on_the_disk),
    "keys are not remembered": ("doubled", _keys_are_not_remembered),
    "refused though it was done": ("phantoms", _refused_though_it_was_done),
    "some hashes are wrong": ("broken", _some_hashes_are_wrong),
    "some notices are forgotten": ("untold", _some_notices_are_forgotten),
}


def main() -> None:
    """Put the bug in and go on as the command line does."""
    name = sys.argv.pop(1)
    BUGS[name][1]()
    from runtime.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
