"""What an operator's settings make of the ways out of the house, and what is refused before anything is sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from engine.case.identity import CaseId
from engine.errors import InputRefused
from notifications.channels.bots import BotChannel
from runtime.channels import CHANNELS, configured, outlets
from runtime.settings import Settings

PAGES = "https://banjie.union.example.cn"
MAIL = {"mail_host": "mail.union.example.cn", "mail_from": "banjie@union.example.cn"}
SECRET = "geheim-7731"


def settings(**given: Any) -> Settings:
    return Settings(**{"pages_url": PAGES, **given})


def refused(**given: Any) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        outlets(settings(**given))
    return caught.value


def test_without_settings_there_is_no_channel_and_nothing_is_wrong() -> None:
    assert outlets(Settings()).channels == {}
    assert configured(Settings()) == ()


def test_every_channel_can_be_configured_beside_the_others() -> None:
    made = outlets(
        settings(
            **MAIL,
            wecom_bots="office key-1; safety key-2",
            dingtalk_bots=f"office token {SECRET}",
            feishu_bots="office token",
            webhooks=f"oa https://oa.example.cn/banjie {SECRET}",
        )
    )
    assert tuple(made.channels) == CHANNELS
    assert [channel.name for channel in made.channels.values()] == list(CHANNELS)
    assert made.page_of(CaseId("c-1")) == f"{PAGES}/cases/c-1"


def test_a_line_break_or_a_semicolon_too_many_makes_no_channel() -> None:
    assert configured(settings(wecom_bots=" ;\n; ")) == ()


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ({**MAIL, "pages_url": ""}, ["BANJIE_PAGES_URL"]),
        ({**MAIL, "pages_url": "banjie.example.cn"}, ["BANJIE_PAGES_URL"]),
        ({"mail_host": "mail.example.cn"}, ["BANJIE_MAIL_FROM"]),
        ({"mail_from": "banjie@union.example.cn"}, ["BANJIE_MAIL_HOST"]),
        ({"mail_port": 587}, ["BANJIE_MAIL_HOST", "BANJIE_MAIL_FROM"]),
        ({**MAIL, "mail_from": "办结 <banjie@union.example.cn>"}, ["BANJIE_MAIL_FROM"]),
        ({**MAIL, "mail_from_name": "办结\r\nBcc: all@example.cn"}, ["BANJIE_MAIL_FROM_NAME"]),
        ({**MAIL, "mail_user": "banjie"}, ["BANJIE_MAIL_PASSWORD"]),
        ({**MAIL, "mail_password": SECRET}, ["BANJIE_MAIL_USER"]),
        ({"wecom_bots": SECRET}, ["BANJIE_WECOM_BOTS"]),
        ({"wecom_bots": f"office key {SECRET}"}, ["BANJIE_WECOM_BOTS"]),
        ({"dingtalk_bots": f"office a; office b {SECRET}"}, ["BANJIE_DINGTALK_BOTS"]),
        ({"feishu_bots": f"办公室 token {SECRET}"}, ["BANJIE_FEISHU_BOTS"]),
        ({"feishu_bots": "office token", "feishu_url": "open.feishu.cn"}, ["BANJIE_FEISHU_URL"]),
        ({"webhooks": "oa https://oa.example.cn/banjie"}, ["BANJIE_WEBHOOKS"]),
        ({"webhooks": f"oa ftp://oa.example.cn {SECRET}"}, ["BANJIE_WEBHOOKS"]),
        ({"webhooks": f"oa https://a.example.cn {SECRET}; oa https://b.example.cn s"}, ["BANJIE_WEBHOOKS"]),
        ({"webhooks": f"oa https://me:{SECRET}@oa.example.cn/ s"}, ["BANJIE_WEBHOOKS"]),
        ({"wecom_bots": "office key", "internal_origins": "10.0.0.1"}, ["BANJIE_INTERNAL_ORIGINS"]),
    ],
)
def test_half_a_configuration_is_refused_by_the_name_of_its_variable(
    given: dict[str, Any], variables: list[str]
) -> None:
    error = refused(**given)
    for told in (error.text.zh, error.text.en):
        assert re.findall("BANJIE_[A-Z_]+", told) == variables
        assert SECRET not in told


def test_everything_wrong_is_told_at_once() -> None:
    told = refused(mail_user="banjie", dingtalk_bots="office", webhooks="oa", pages_url="").text.en
    names = ("PAGES_URL", "MAIL_HOST", "MAIL_FROM", "MAIL_PASSWORD", "DINGTALK_BOTS", "WEBHOOKS")
    assert [name for name in names if f"BANJIE_{name}:" not in told] == []


def test_no_secret_is_shown_with_the_settings() -> None:
    kept = settings(
        **MAIL, mail_user="u", mail_password=SECRET, dingtalk_bots=f"a t {SECRET}", webhooks=f"oa https://x.cn {SECRET}"
    )
    outlets(kept)
    assert SECRET not in repr(kept) + str(kept) + kept.model_dump_json()


def test_a_wrong_setting_of_another_kind_repeats_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANJIE_MAIL_PASSWORD", SECRET)
    monkeypatch.setenv("BANJIE_MAIL_PORT", SECRET)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert SECRET not in str(caught.value)


def test_the_port_follows_from_the_security() -> None:
    ports = {}
    for security in ("starttls", "tls", "plain"):
        channel = outlets(settings(**MAIL, mail_security=security)).channels["mail"]
        ports[security] = channel._server.port  # type: ignore[attr-defined]  # what it was made with
    assert ports == {"starttls": 587, "tls": 465, "plain": 25}  # RFC 6409, RFC 8314, RFC 5321


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANJIE_PAGES_URL", PAGES)
    monkeypatch.setenv("BANJIE_DINGTALK_BOTS", "office token-1 SEC1")
    channel = outlets(Settings()).channels["dingtalk"]
    assert isinstance(channel, BotChannel)
    assert (channel._bots["office"].token, channel._bots["office"].secret) == ("token-1", "SEC1")
