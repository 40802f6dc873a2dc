"""Every page that one can come to by links: usable by everybody, in one language, within the screen, from one place.

``KEEP_PICTURES=1 make test ARGS=tests/browser`` keeps pictures in ``build/pages`` for people to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from runtime.asgi import serving as opened_site
from runtime.clock import SetClock
from runtime.demo.build import SAMPLE_ENDS_AT, build_sample, sample_accounts
from runtime.settings import Settings
from tests.support.browser import PageWatch, assert_accessible, keep_picture
from tests.support.serving import serving
from tests.support.site_walk import Routes, untranslated, walk

SIZES: dict[str, ViewportSize] = {"office": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
WHO = ("office", "handler", "worker", "auditor", "supervisor", "stranger")
FOR_EACH = ("/", "/cases/{case_id}")
"""Pages that look so different to different people that each of them is looked at."""
TEXTS_OF_PAGE = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() && !parent.closest("code, pre, script, option, .language, .hash")) found.push(node.data);
  }
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) {
      if (each.hasAttribute(name)) found.push(each.getAttribute(name));
    }
  }
  return found;
}"""


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample congress, served: where, with which routes, and the passwords of its accounts."""

    address: str
    routes: Routes
    passwords: dict[str, str]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    settings = Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('every') / 'banjie.db'}")
    build_sample(settings)
    passwords = {login: password for _title, login, password in sample_accounts(settings)}
    with opened_site(settings, SetClock(SAMPLE_ENDS_AT)) as (_opened, site), serving(site) as address:
        yield Sample(address, Routes(site.routes), passwords)


@pytest.fixture(scope="module")
def pages(browser: Browser, sample: Sample) -> dict[str, dict[str, str]]:
    """Return, for each of those who visit, pattern → address of the pages that nobody before in the list comes to."""
    seen: set[str] = set()
    found: dict[str, dict[str, str]] = {}
    for who in WHO:
        context = browser.new_context(locale="zh-CN")
        log_in(context, sample, who)
        begin = "/login" if who == "stranger" else "/"
        found[who] = walk(
            sample.routes,
            begin,
            lambda path, context=context: fetched(context, sample, path),  # type: ignore[misc]  # a lambda with a default
            seen - set(FOR_EACH),
        )
        seen |= set(found[who])
        context.close()
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("who", WHO)
def test_every_page_can_be_used_by_everybody(
    browser: Browser, sample: Sample, pages: dict[str, dict[str, str]], who: str, size: str
) -> None:
    watch, problems = PageWatch(), list[str]()
    context = browser.new_context(locale="zh-CN", color_scheme="light", reduced_motion="reduce", viewport=SIZES[size])
    watch.attach(context)
    page = log_in(context, sample, who)
    for pattern, path in pages[who].items():
        page.goto(f"{sample.address}{path}")
        problems += looked_at(page, f"{who}{pattern.replace('/', '-')}-{size}")
    context.close()
    problems += watch.unexpected()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("who", WHO)
def test_nothing_is_left_in_chinese_on_an_english_page(
    browser: Browser, sample: Sample, pages: dict[str, dict[str, str]], who: str
) -> None:
    context, problems = browser.new_context(), list[str]()
    page = log_in(context, sample, who)
    for path in pages[who].values():
        page.goto(f"{sample.address}{path}{'&' if '?' in path else '?'}lang=en")
        problems += [f"{path}: {text}" for text in untranslated(page.evaluate(TEXTS_OF_PAGE), "en")]
    context.close()
    assert not problems, "\n".join(problems)


def looked_at(page: Page, name: str) -> list[str]:
    """Tell what is wrong with the page as it is; a picture of it is kept where they are asked for."""
    where = page.evaluate("location.pathname")
    keep_picture(page, name)
    problems = [f"{where}: {text}" for text in untranslated(page.evaluate(TEXTS_OF_PAGE), "zh")]
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if wide > room:
        problems.append(f"{name} is {wide - room} px wider than the screen")
    try:
        assert_accessible(page)
    except AssertionError as refused:
        problems.append(f"{name}: {refused}")
    return problems


def log_in(context: BrowserContext, sample: Sample, who: str) -> Page:
    """Give a page of somebody who has logged in, or of a stranger."""
    page = context.new_page()
    page.goto(f"{sample.address}/login")
    if who != "stranger":
        page.locator("input[name=login]").fill(who)
        page.locator("input[name=password]").fill(sample.passwords[who])
        page.locator("main button.primary").click()
        page.wait_for_url(f"{sample.address}/")
    return page


def fetched(context: BrowserContext, sample: Sample, path: str) -> str | None:
    """Return the text of a page; None for a file, and for what leads elsewhere or is refused."""
    # A connection that nobody used for a while the server ends, maybe just as it is used again.
    answer = context.request.get(f"{sample.address}{path}", max_redirects=0, max_retries=3)
    is_page = answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html")
    return answer.text() if is_page else None


def test_the_keyboard_reaches_all_there_is_and_one_sees_where_one_is(page: Page, sample: Sample) -> None:
    page.set_viewport_size(SIZES["office"])
    log_in(page.context, sample, "office").close()
    page.goto(f"{sample.address}/cases")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = []
    for _key in range(40):
        box, outline, text, place = page.evaluate(
            """() => {
              const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
              return [[box.width, box.height, box.left, box.top], style.outlineStyle + " " + style.outlineWidth,
                      one.textContent.trim(), one.closest("nav, main, header, footer")?.tagName ?? "BODY"];
            }"""
        )
        assert min(box[0], box[1], box[2] + 1) > 0, f"{text} has the focus and is not seen"
        assert outline == "solid 3px", f"{text} has the focus and shows it by {outline}"
        reached.append((place, text))
        page.keyboard.press("Tab")
    places = list(dict.fromkeys(place for place, _text in reached))
    assert places == ["BODY", "HEADER", "NAV", "MAIN"]
    page.goto(f"{sample.address}/cases")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null"), "the skip link leads past the navigation"


def test_a_menu_opens_and_closes_by_the_keyboard(page: Page, sample: Sample) -> None:
    page.set_viewport_size(SIZES["office"])
    log_in(page.context, sample, "office").close()
    page.goto(f"{sample.address}/")
    page.locator("nav summary:visible").last.focus()
    page.keyboard.press("Enter")
    link = page.locator("nav details[open] a").first
    assert link.is_visible()
    page.keyboard.press("Tab")
    assert link.evaluate("link => link === document.activeElement")
    page.keyboard.press("Escape")
    assert not link.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
