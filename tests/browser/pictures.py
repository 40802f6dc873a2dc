"""``make pictures``: the pages of the sample congress as pictures for the documents, taken from a running server.

The sample is built from its seed and its clock stands still, so that the pictures change only when the pages do.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

from deploy.packages import find_chromium, has_chinese_font
from engine.service.desk import Desk
from runtime.asgi import serving
from runtime.clock import SetClock
from runtime.demo.build import SAMPLE_ENDS_AT, SEED, build_sample, sample_accounts
from runtime.jobs.handlers import tell_all
from runtime.settings import Settings
from tests.support.browser import CHROMIUM_ARGUMENTS, PageWatch
from tests.support.serving import serving as served

DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOGIN = "office"
CASE = "第六届第三次第001号提案"
MOVE = "催办"
PICTURE_BYTES_MAX = 200_000
LOOKS_MAX, LOOK_MILLISECONDS = 300, 1000


class DrawnFromSeed:
    """Random bytes that are the same in every run: ids and salts, and so the digests that the pages show."""

    def __init__(self) -> None:
        self._random = random.Random(SEED)

    def take(self, count: int) -> bytes:
        return self._random.randbytes(count)


def main(folder: Path) -> int:
    """Take all pictures into the folder; returns the exit status, 1 when a page was wrong or a picture is too large."""
    chromium = find_chromium()
    if chromium is None or not has_chinese_font():
        sys.stderr.write("Chromium or a Chinese font is missing; make test names the command that installs them.\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    watch = PageWatch()
    with sample() as (address, password, desk), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        with visit(browser, DESK, watch) as page:
            page.goto(f"{address}/login")
            take(page, folder / "login.png")
            log_in(page, password)
            wait_for_jobs(page, address)
            tell_all(desk)  # of what the sweep has found since people were told
            page.goto(f"{address}/cases?workflow=proposal")
            take(page, folder / "cases.png")
            open_case(page, address)
            take(page, folder / "case.png")
            take(page, folder / "case-timeline.png", from_here=page.locator("section", has=page.locator(".timeline")))
            page.goto(f"{address}/figures/proposal")
            # Above it stands the field of a date, which the browser draws in its own language, not in the page's.
            take(page, folder / "figures.png", from_here=page.locator("section", has=page.locator("table.figures")))
            page.goto(f"{address}/notices")
            take(page, folder / "inbox.png")
            page.goto(f"{address}/jobs")
            take(page, folder / "jobs.png")
        with visit(browser, PHONE, watch) as page:
            page.goto(f"{address}/login")
            log_in(page, password)
            page.goto(f"{address}/cases?workflow=proposal")
            take(page, folder / "phone-cases.png", from_here=page.locator("section", has=page.locator("table.list")))
            open_case(page, address)
            take(page, folder / "phone-case.png")
        browser.close()
    problems = [*watch.unexpected(), *too_large(folder)]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


@contextmanager
def sample() -> Iterator[tuple[str, str, Desk]]:
    """Serve the small sample on a clock that stands still; gives the address, the account's password, and the desk."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/banjie.db")
        with patch("runtime.wiring.Randomness", DrawnFromSeed):
            build_sample(settings)
        passwords = {login: password for _title, login, password in sample_accounts(settings)}
        with serving(settings, SetClock(SAMPLE_ENDS_AT)) as (opened, site), served(site) as address:
            yield address, passwords[LOGIN], opened.desk


@contextmanager
def visit(browser: Browser, size: ViewportSize, watch: PageWatch) -> Iterator[Page]:
    """Give a page as a reader in Shanghai sees it by daylight."""
    context = browser.new_context(
        viewport=size,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        color_scheme="light",
        reduced_motion="reduce",
    )
    watch.attach(context)
    yield context.new_page()
    context.close()


def log_in(page: Page, password: str) -> None:
    """Log in as the union office."""
    page.get_by_label("账号").fill(LOGIN)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("heading", level=1).filter(has_text="您好").wait_for()


def wait_for_jobs(page: Page, address: str) -> None:
    """Wait until everything that runs by itself has run: while the clock stands still, that is once."""
    for _look in range(LOOKS_MAX):
        page.goto(f"{address}/jobs")
        rows = page.locator("table.jobs tbody tr")
        if rows.count() and not rows.filter(has_not_text="已完成").count():
            return
        page.wait_for_timeout(LOOK_MILLISECONDS)
    raise TimeoutError("the background jobs of the sample did not end")


def open_case(page: Page, address: str) -> None:
    """Go to the case that is shown, and open the form of one move."""
    page.goto(f"{address}/cases?workflow=proposal&q={CASE}")
    page.locator("main table a").first.click()
    page.locator("summary", has_text=re.compile(f"^{MOVE}$")).click()


def take(page: Page, path: Path, *, from_here: Locator | None = None) -> None:
    """Take what stands on the screen as a PNG file, scrolled to a part of the page where one is named."""
    # What opens on the page is painted piece by piece; going away and back has all of it painted anew.
    page.evaluate("document.body.style.display = 'none'; document.body.offsetHeight; document.body.style.display = ''")
    if from_here is not None:
        from_here.evaluate("part => window.scrollTo(0, part.getBoundingClientRect().top + window.scrollY - 16)")
    page.screenshot(path=path, animations="disabled")
    sys.stdout.write(f"{path} {path.stat().st_size // 1000} kB\n")


def too_large(folder: Path) -> list[str]:
    """Return a sentence for each picture that is too large to be read with the documents."""
    return [
        f"{path} is larger than {PICTURE_BYTES_MAX // 1000} kB"
        for path in sorted(folder.glob("*.png"))
        if path.stat().st_size > PICTURE_BYTES_MAX
    ]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
