"""In a real browser: an account is linked to the identity provider, and its person let in by it; every policy holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, ViewportSize, expect
from starlette.types import Receive, Scope, Send

from api.edge import ApiSettings
from api.oidc.settings import ProviderSettings
from engine.service.logins import AccountRules
from tests.browser.test_pages import DESK, picture
from tests.support.accounts import STAFF
from tests.support.browser import PageWatch
from tests.support.house import PASSWORD, House, open_house
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider
from tests.support.serving import serving
from web.app import create_site

PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(slots=True)
class Later:
    """A site that is made once its address is known: the provider sends people back there."""

    site: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.site is not None
        await self.site(scope, receive, send)


@dataclass(frozen=True, slots=True)
class Served:
    """A site with an identity provider beside it."""

    house: House
    provider: IdentityProvider
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    later = Later()
    with (
        open_house(f"sqlite:///{tmp_path_factory.mktemp('linked') / 'banjie.db'}") as house,
        identity_provider(house.clock.now) as provider,
        serving(cast(FastAPI, later)) as address,
    ):
        settings = ApiSettings(
            version="0.1.0",
            database="sqlite",
            set_clock=house.clock.now(),
            accounts=AccountRules(staff=STAFF),
            provider=ProviderSettings(
                issuer=provider.issuer,
                client=CLIENT,
                secret=SECRET,
                pages_url=address,
                title="江岭统一认证",
                internal_origins=(provider.origin,),
            ),
        )
        later.site = create_site(house.desk, settings)
        yield Served(house, provider, address)


def test_an_account_is_linked_and_lets_its_person_in(page: Page, watch: PageWatch, served: Served) -> None:
    watch.allow(re.escape(served.provider.origin))
    watch.allow("401")
    watch.allow("422")
    page.set_viewport_size(DESK)
    page.goto(f"{served.address}/login?next=/cases")
    picture(page, "linked-login")
    page.get_by_role("link", name="用江岭统一认证登录").click()
    expect(page.get_by_role("alert")).to_contain_text("尚未绑定")
    page.get_by_label("账号").fill("shi")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(f"{served.address}/me/sessions")
    page.get_by_role("link", name="统一身份").click()
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="绑定").click()
    expect(page.locator("p.error")).to_have_text("原密码不正确")
    picture(page, "linked-wrong")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="绑定").click()
    picture(page, "linked-go")
    page.get_by_role("link", name="前往江岭统一认证").click()
    expect(page.get_by_role("status")).to_have_text("已绑定统一身份。")
    picture(page, "linked-done")
    page.get_by_role("button", name="退出").click()

    page.set_viewport_size(PHONE)
    page.goto(f"{served.address}/login?next=/cases")
    picture(page, "linked-login-phone")
    page.get_by_role("link", name="用江岭统一认证登录").click()

    expect(page).to_have_url(f"{served.address}/cases")
    page.goto(f"{served.address}/me/linked-login?lang=en")
    expect(page.get_by_text("Linked since")).to_be_visible()
    picture(page, "linked-page-phone")
