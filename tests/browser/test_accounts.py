"""In a real browser: a second factor from its picture, slips and an activation, one's own sessions and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.access.directory import Person
from engine.case.identity import PersonId, UnitId
from engine.service.first_logins import make_link
from engine.service.logins import AccountRules
from engine.service.plain import AddPerson
from tests.browser.test_pages import DESK, picture
from tests.support.accounts import OTHER, STAFF, authenticator
from tests.support.browser import PageWatch
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

PHONE: ViewportSize = {"width": 390, "height": 844}
PEOPLE = [
    Person(root=ROOT, id=PersonId(login), name=name, login=login, unit=UnitId("logistics"))
    for login, name in (("xin", "辛小禾"), ("he", "何大川"), ("bai", "白露"))
]


@dataclass(frozen=True, slots=True)
class Served:
    """A site whose union office must use a second factor."""

    house: House
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('accounts') / 'banjie.db'}") as house:
        house.desk.office.write([AddPerson(person) for person in PEOPLE])
        rules = AccountRules(staff=STAFF, second_factor=True)
        settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now(), accounts=rules)
        with serving(create_site(house.desk, settings)) as address:
            yield Served(house, address)


def type_login(page: Page, served: Served, login: str, password: str) -> None:
    page.goto(f"{served.address}/login")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_from_enrolment_to_slips_to_an_activated_account(
    page: Page, browser: Browser, watch: PageWatch, served: Served
) -> None:
    watch.allow("401")
    page.set_viewport_size(DESK)
    type_login(page, served, "shen", PASSWORD)
    expect(page.get_by_text("您的角色须使用动态验证码")).to_be_visible()
    shown = page.get_by_role("img", name="绑定用二维码")
    expect(shown).to_be_visible()
    wide = shown.evaluate("image => image.decode().then(() => image.naturalWidth, () => 0)")
    assert wide > 0, "the policy of content lets it be seen"
    picture(page, "second-factor")
    secret = page.locator("code.code").inner_text().replace(" ", "")
    page.get_by_label("验证码").fill("000000")
    page.get_by_role("button", name="绑定").click()
    expect(page.get_by_role("alert")).to_have_text("验证码不正确或已使用")
    page.get_by_label("验证码").fill(authenticator(secret, served.house.clock.now()))
    page.get_by_role("button", name="绑定").click()
    expect(page.locator("ul.codes li")).to_have_count(10)
    recovery = page.locator("ul.codes li").first.inner_text()
    picture(page, "recovery-codes")
    page.get_by_role("link", name="已妥善保存，继续").click()

    page.locator("nav summary:visible", has_text="系统管理").click()
    page.get_by_role("link", name="账号", exact=True).click()
    picture(page, "accounts")
    section = page.locator("section", has=page.get_by_role("heading", name="发放激活单"))
    section.get_by_label("单位").select_option(label="后勤服务中心")
    section.get_by_role("button", name="生成并打印").click()
    slips = page.locator("article.slip")
    expect(slips).to_have_count(3)
    picture(page, "slips")
    code = slips.filter(has_text="辛小禾").locator("dd code").nth(1).inner_text()
    page.emulate_media(media="print")
    expect(page.locator("header.top")).to_be_hidden()
    picture(page, "slips-print")
    page.emulate_media(media="screen")

    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    phone_watch = PageWatch()
    phone_watch.attach(context)
    phone_watch.allow("422")
    phone = context.new_page()
    phone.goto(f"{served.address}/login")
    phone.get_by_role("link", name="首次登录").click()
    phone.get_by_label("账号").fill("xin")
    phone.get_by_label("激活码").fill(code.lower().replace("-", " "))
    phone.get_by_label("新密码", exact=True).fill("1234567890")
    phone.get_by_label("再次输入新密码").fill("1234567890")
    phone.get_by_role("button", name="激活").click()
    expect(phone.get_by_text("密码过于常见")).to_be_visible()
    expect(phone.get_by_label("账号")).to_have_value("xin")
    expect(phone.get_by_label("新密码", exact=True)).to_have_value("")
    picture(phone, "activate-refused-phone")
    phone.get_by_label("激活码").fill(code)
    phone.get_by_label("新密码", exact=True).fill(OTHER)
    phone.get_by_label("再次输入新密码").fill(OTHER)
    phone.get_by_role("button", name="激活").click()
    expect(phone.get_by_role("status")).to_have_text("密码已设置，请登录。")
    phone.get_by_label("账号").fill("xin")
    phone.get_by_label("密码").fill(OTHER)
    phone.get_by_role("button", name="登录").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("辛小禾，您好")
    assert phone_watch.unexpected() == []
    context.close()

    page.goto(served.address)
    page.get_by_role("button", name="退出").click()
    type_login(page, served, "shen", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("动态验证码")
    picture(page, "login-code")
    page.get_by_label("验证码").fill(recovery)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")


def test_a_token_and_a_session_are_seen_and_ended(page: Page, browser: Browser, served: Served) -> None:
    elsewhere = browser.new_context(locale="zh-CN")
    other = elsewhere.new_page()
    type_login(other, served, "luo", PASSWORD)
    page.set_viewport_size(DESK)
    type_login(page, served, "luo", PASSWORD)
    page.get_by_role("link", name="罗小山").click()
    page.get_by_role("link", name="登录会话").click()
    expect(page.locator("ul.notices > li")).to_have_count(2)
    expect(page.locator("ul.notices")).to_contain_text("Chrome, Linux")
    picture(page, "my-sessions")
    page.get_by_role("button", name="退出其他全部会话").click()
    expect(page.locator("ul.notices > li")).to_have_count(1)
    other.goto(f"{served.address}/cases")
    expect(other).to_have_url(re.compile("/login"))
    elsewhere.close()

    page.get_by_role("link", name="接口令牌").click()
    page.get_by_label("用途").fill("月报")
    page.get_by_label("统计").check()
    page.get_by_role("button", name="生成令牌").click()
    expect(page.get_by_role("status")).to_contain_text("只显示这一次")
    expect(page.get_by_text("只读 · 统计")).to_be_visible()
    picture(page, "my-tokens")


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_these_pages_fit_a_phone_and_a_desk(browser: Browser, served: Served, language: str, scheme: str) -> None:
    context = browser.new_context(locale="zh-CN", color_scheme=scheme)  # type: ignore[arg-type]  # a literal of the API
    watch = PageWatch()
    watch.attach(context)
    page = context.new_page()
    link = make_link(served.house.desk, ROOT, PersonId("luo"))
    stranger = {"login": "/login", "activate": "/activate", "link": f"/link/{link}"}
    own = {
        "password": "/me/password",
        "factor": "/me/second-factor",
        "sessions": "/me/sessions",
        "tokens": "/me/tokens",
    }
    for name, path in stranger.items():
        show(page, served, name, path, language)
    type_login(page, served, "lai", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_contain_text("赖春生")
    for name, path in own.items():
        show(page, served, name, path, language)
    assert watch.unexpected() == []
    context.close()


def show(page: Page, served: Served, name: str, path: str, language: str) -> None:
    """Open a page in both sizes and keep a picture of each."""
    for size, viewport in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        page.goto(f"{served.address}{path}?lang={language}")
        picture(page, f"account-{name}-{language}-{size}")
    page.goto(f"{served.address}{path}?lang=zh")
