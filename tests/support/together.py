"""Which tests stay on one worker: those of a browser file, and those that look at one simulated year.

pytest-xdist 3.8 marks groups in a part of the node that pytest 9.2 no longer has, so that its own marks do nothing.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

ONE_WORKER: Final = ("tests/browser/", "tests/integration/test_simulated_year.py")


class Together(LoadScopeScheduling):  # type: ignore[misc]  # the plugin has no types
    """Hands tests out one by one, but those of the files above by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file.startswith(ONE_WORKER) else nodeid


def scheduler(config: pytest.Config, log: Any) -> Together | None:
    """Return how tests are handed out to several workers; None where another way was asked for."""
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None
