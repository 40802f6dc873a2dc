"""What an operator's settings make of the identity provider, and what is refused at the start."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InputRefused
from runtime import provider
from runtime.provider import provider_of
from runtime.settings import Settings

SECRET = "geheim-7731"
WHOLE: dict[str, Any] = {
    "oidc_issuer": "https://sso.union.example.cn/realms/works",
    "oidc_client": "banjie",
    "oidc_secret": SECRET,
    "pages_url": "https://banjie.union.example.cn/",
}


def refused(**given: Any) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        provider_of(Settings(**{**WHOLE, **given}))
    return caught.value


def test_without_settings_there_is_no_provider() -> None:
    assert provider_of(Settings()) is None
    assert provider_of(Settings(oidc_title="统一认证", oidc_origins="nonsense")) is None


def test_the_whole_configuration_makes_a_provider() -> None:
    made = provider_of(
        Settings(
            **WHOLE,
            oidc_title=" 江岭统一认证 ",
            oidc_origins="https://keys.union.example.cn https://token.union.example.cn",
            oidc_second_factor="otp gold",
        )
    )
    assert made is not None
    assert made.back_url == "https://banjie.union.example.cn/login/oidc/back"
    assert (made.shown_title().zh, sorted(made.second_factors)) == ("江岭统一认证", ["gold", "otp"])
    assert made.origins == ("https://keys.union.example.cn", "https://token.union.example.cn")
    assert SECRET not in repr(made)


def test_a_provider_without_a_title_is_called_in_both_languages() -> None:
    made = provider_of(Settings(**WHOLE))
    assert made is not None
    assert (made.shown_title().zh, made.shown_title().en) == ("统一身份认证", "Single sign-on")


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ({"oidc_issuer": ""}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": "http://sso.union.example.cn"}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": "https://name:word@sso.union.example.cn"}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": "https://sso.union.example.cn/?a=1"}, ["OIDC_ISSUER"]),
        ({"oidc_issuer": "sso.union.example.cn"}, ["OIDC_ISSUER"]),
        ({"oidc_client": "", "oidc_secret": ""}, ["OIDC_CLIENT", "OIDC_SECRET"]),
        ({"oidc_origins": "https://keys.example http://token.example"}, ["OIDC_ORIGINS"]),
        ({"oidc_origins": "nonsense"}, ["OIDC_ORIGINS"]),
        ({"internal_origins": "nonsense"}, ["INTERNAL_ORIGINS"]),
        ({"pages_url": ""}, ["PAGES_URL"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_and_no_secret_is_repeated(given: dict[str, Any], variables: list[str]) -> None:
    text = refused(**given).text
    for told in (text.zh, text.en):
        assert [word.split(":")[0] for word in told.split() if "BANJIE_" in word] != []
        assert told.count("BANJIE_") == len(variables)
        assert all(f"BANJIE_{name}" in told for name in variables)
        assert SECRET not in told


def test_a_provider_inside_the_house_may_be_asked_without_encryption_where_it_is_named() -> None:
    inside = {"oidc_issuer": "http://sso.lan:8080/realms/works", "internal_origins": "http://sso.lan:8080"}
    made = provider_of(Settings(**{**WHOLE, **inside}))
    assert made is not None
    assert made.internal_origins == ("http://sso.lan:8080",)
    assert "BANJIE_OIDC_ISSUER" in refused(**{**inside, "internal_origins": "http://sso.lan:8081"}).text.en


def test_without_the_extra_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "find_spec", lambda name: None)
    assert "banjie[oidc]" in refused().text.en
    assert "banjie[oidc]" in refused().text.zh
    assert provider_of(Settings()) is None, "where nothing is set nothing is asked for"
