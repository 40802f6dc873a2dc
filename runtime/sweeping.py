"""Watches the deadlines while a server runs: sweeps every organisation about once a minute, in a thread of its own."""

from __future__ import annotations

import logging
import threading

from engine.service.desk import Desk
from engine.service.sweep import sweep
from engine.text import Text

_LOG = logging.getLogger(__name__)
EVERY_SECONDS = 60.0


class Sweeper:
    """Sweeps now and then until it is closed. A sweep that fails is told in the log, and the next one comes anyway."""

    def __init__(self, desk: Desk, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._desk = desk
        self._every_seconds = every_seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish the sweep that runs, and begin no other."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._all()
            except Exception:  # noqa: BLE001 - whatever went wrong, the deadlines are watched again in a minute
                _LOG.exception("a sweep failed")
            self._closing.wait(self._every_seconds)

    def _all(self) -> None:
        for root in self._desk.reads.roots():
            report = sweep(self._desk, root)
            for aside in report.set_aside:
                text: Text = aside.error.text
                _LOG.error("the sweep set case %s aside: %s", aside.case, text.en)
