"""What the doctor says of an identity provider that is there, away, somebody else, or without a key that may sign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from engine.service.looks import Look
from runtime.cli.provider_looks import provider_looks
from runtime.clock import SetClock
from runtime.settings import Settings
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider(lambda: NOW) as running:
        yield running


def looks(**given: str) -> list[Look]:
    settings = Settings(oidc_client=CLIENT, oidc_secret=SECRET, **given)  # type: ignore[arg-type]  # texts for texts
    return list(provider_looks(settings, SetClock(NOW)))


def look(provider: IdentityProvider) -> Look:
    (one,) = looks(
        oidc_issuer=provider.issuer, internal_origins=provider.origin, pages_url="https://banjie.works.example/"
    )
    return one


def test_nothing_is_said_where_no_provider_is_configured() -> None:
    assert list(provider_looks(Settings(), SetClock(NOW))) == []


def test_one_that_answers_is_well_and_its_keys_are_counted(provider: IdentityProvider) -> None:
    provider.keys = ["k1", "k2"]
    one = look(provider)
    assert one.well
    assert one.text.zh == f"统一身份认证（{provider.issuer}）可用，签名密钥 2 个"
    assert set(provider.asked) == {"/.well-known/openid-configuration", "/keys"}


def test_half_a_configuration_is_fatal_and_repeats_no_secret() -> None:
    (one,) = looks(oidc_issuer="https://sso.works.example")
    assert one.fatal
    assert "BANJIE_PAGES_URL" in one.text.en
    assert one.advice is not None
    assert one.advice.zh == "改正这些环境变量后重新启动"
    assert SECRET not in one.text.zh + one.text.en


def test_one_that_is_away_is_told_and_everybody_may_still_log_in(provider: IdentityProvider) -> None:
    provider.redirects = {"/realms/works/.well-known/openid-configuration"}
    one = look(provider)
    assert (one.well, one.fatal) == (False, False)
    assert "gives no answer" in one.text.en
    assert one.advice is not None
    assert one.advice.zh == "检查该地址从本机能否访问；恢复之前，大家仍可用账号密码登录"


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"issuer": "https://sso.elsewhere.example"}, "another issuer's"),
        ({"jwks_uri": "https://keys.elsewhere.example/"}, "jwks_uri"),
    ],
)
def test_one_that_cannot_be_believed_is_told_with_the_reason(
    provider: IdentityProvider, told: dict[str, str], reason: str
) -> None:
    provider.told = told
    one = look(provider)
    assert (one.well, one.fatal) == (False, False)
    assert reason in one.text.en
    assert one.advice is not None
    assert one.advice.zh == "改正 BANJIE_OIDC_… 各项，或请认证系统的管理员改正；见 docs/how-to/oidc.md"


def test_one_without_a_key_that_may_sign_is_told(provider: IdentityProvider) -> None:
    provider.keys = []
    one = look(provider)
    assert not one.well
    assert "没有公布可用的签名密钥" in one.text.zh
