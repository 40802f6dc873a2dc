"""What a test needs that a machine may not have, and what a skip means: a reason to a person, a failure in CI."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Final

import pytest

MARKER_OF_FIXTURE: Final = {"postgres_url": "postgres", "playwright": "browser"}
LONGEST: Final = "tests/browser/test_every_page.py"


def mark_by_fixtures(items: list[pytest.Item]) -> None:
    """Give every test that uses PostgreSQL or the browser, however indirectly, its marker."""
    for item in items:
        for fixture, marker in MARKER_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()) and item.get_closest_marker(marker) is None:
                item.add_marker(marker)


def browser_tests_last(items: list[pytest.Item]) -> None:
    """Put the browser tests behind all others; those of one file stay on one test worker (``together``), and the file
    that takes longest comes first, so that no worker is left with it while the others have nothing to do.

    Playwright keeps an event loop running in the main thread from its first use until the worker ends, and
    ``asyncio.run`` refuses to start beside it.
    """
    items.sort(key=lambda item: (item.get_closest_marker("browser") is not None, not item.nodeid.startswith(LONGEST)))


def ci_is_on() -> bool:
    """Tell whether the tests run where nothing may be missing (``CI=true``)."""
    return os.environ.get("CI", "").lower() in ("true", "1")


class SkipsAreFailures:
    """A pytest plugin: a skipped PostgreSQL or browser test fails, with the reason of the skip."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Turn the report of such a skip into that of a failure."""
        report = yield
        demanded = any(item.get_closest_marker(marker) for marker in MARKER_OF_FIXTURE.values())
        if report.skipped and demanded and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
            report.outcome = "failed"
            report.longrepr = f"Under CI=true this test may not be skipped. {reason}"
        return report
