"""The browser of the browser tests: the system's Chromium, watched. The server to visit comes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from deploy.packages import find_chromium, has_chinese_font
from tests.support.browser import CHROMIUM_ARGUMENTS, PageWatch

SLOW_MACHINE_MS = 30_000  # how long a page may take to show what a test waits for
expect.set_options(timeout=SLOW_MACHINE_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """Launch the system's Chromium, never a downloaded one; skip without it, fail without a Chinese font."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("There is no Chromium on this machine; make test names the command that installs it.")
    if not has_chinese_font():
        pytest.fail("There is no Chinese font on this machine; make test names the command that installs one.")
    return {**browser_type_launch_args, "executable_path": chromium, "args": list(CHROMIUM_ARGUMENTS)}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, object]) -> dict[str, object]:
    """Visit as most readers do: in Chinese, in Shanghai."""
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


@pytest.fixture(autouse=True)
def watch(context: BrowserContext) -> Iterator[PageWatch]:
    """Watch the pages of the test; console errors, exceptions and requests to elsewhere fail it at its end."""
    page_watch = PageWatch()
    page_watch.attach(context)
    yield page_watch
    for page in context.pages:
        page.title()  # a round trip, so that what the page has reported by now is heard
    assert page_watch.unexpected() == []
