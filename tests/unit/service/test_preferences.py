"""What somebody types about how to be told becomes a preference, or every field that is wrong is named."""

from __future__ import annotations

import pytest

from engine.case.identity import PersonId, RootId
from engine.errors import FormInvalid, InputRefused, NotFound
from engine.service.notice_ports import Preference
from engine.service.preferences import Wish, preference_of

ROOT, LI = RootId("works"), PersonId("li")
HERE = ("mail", "wecom")


def wrong(channel: str, wish: Wish) -> list[str]:
    """Return the fields that are refused."""
    return [*said(channel, wish)]


def said(channel: str, wish: Wish) -> dict[str, str]:
    """Return what is told of each field that is refused."""
    with pytest.raises(FormInvalid) as refused:
        preference_of(ROOT, LI, channel, wish, HERE)
    assert all(problem.text.zh and problem.text.en for problem in refused.value.fields)
    return {problem.path: problem.text.zh for problem in refused.value.fields}


@pytest.mark.parametrize(
    ("channel", "wish", "told"),
    [
        ("mail", Wish(address=""), {"address": "请填写地址"}),
        ("mail", Wish(address="li@"), {"address": "不是有效的邮箱地址，例如 wang@example.com"}),
        ("wecom", Wish(address="x" * 101), {"address": "须为一行文字，且不超过100字"}),
        ("wecom", Wish(address="群", digest="weekly"), {"digest": "只能选择逐条发送（none）或每日汇总（daily）"}),
        ("wecom", Wish(address="群", language="fr"), {"language": "只能选择中文（zh）或英文（en）"}),
        (
            "wecom",
            Wish(address="群", quiet_from="24:00", quiet_until="07:00"),
            {"quiet_from": "时间应在 00:00 至 23:59 之间，例如 22:00"},
        ),
        ("wecom", Wish(address="群", quiet_from="22:00"), {"quiet_until": "免打扰时段须同时填写起止时间"}),
        (
            "wecom",
            Wish(address="群", quiet_from="22:00", quiet_until="22:00"),
            {"quiet_until": "免打扰的起止时间不能相同"},
        ),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(channel: str, wish: Wish, told: dict[str, str]) -> None:
    assert said(channel, wish) == told


def test_what_is_typed_is_kept_in_minutes_since_midnight() -> None:
    wish = Wish(address=" li.ming@example.com ", digest="daily", quiet_from="22:00", quiet_until="7:05", language="en")

    assert preference_of(ROOT, LI, "mail", wish, HERE) == Preference(
        root=ROOT,
        person=LI,
        channel="mail",
        address="li.ming@example.com",
        active=True,
        digest="daily",
        quiet_from=1320,
        quiet_until=425,
        language="en",
    )


@pytest.mark.parametrize(
    "address", ["a@b.cn", "li+x@mail.example.com", "o'neil@example.com", f"{'a' * 64}@example.com"]
)
def test_an_address_that_is_one_is_taken(address: str) -> None:
    assert preference_of(ROOT, LI, "mail", Wish(address=address), HERE).address == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "li",
        "li@",
        "@example.com",
        "li@example",
        "li@@example.com",
        "li@example..com",
        "li@-example.com",
        "li@example.com.",
        ".li@example.com",
        "li.@example.com",
        "l..i@example.com",
        "li@exam ple.com",
        "李@example.com",
        "li＠example.com",
        "li@example.com\r\nBcc: x@example.com",
        "li@example.com,x@example.com",
        "Li <li@example.com>",
        f"{'a' * 65}@example.com",
        f"li@{'a' * 64}.com",
        f"li@{'a.' * 130}com",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    assert wrong("mail", Wish(address=address)) == ["address"]


@pytest.mark.parametrize("address", ["", "a\nb", "a\0b", "x" * 101])
def test_the_name_of_a_bot_is_one_short_line(address: str) -> None:
    assert wrong("wecom", Wish(address=address)) == ["address"]
    assert preference_of(ROOT, LI, "wecom", Wish(address="工会群"), HERE).address == "工会群"


@pytest.mark.parametrize(
    ("begin", "end", "fields"),
    [
        ("22:00", "", ["quiet_until"]),
        ("", "07:00", ["quiet_from"]),
        ("24:00", "07:00", ["quiet_from"]),
        ("22:60", "7", ["quiet_from", "quiet_until"]),
        ("２２:00", "07:00", ["quiet_from"]),
        ("-1:00", "07:00", ["quiet_from"]),
        ("22:00", "22:00", ["quiet_until"]),
        ("later", "", ["quiet_from", "quiet_until"]),
    ],
)
def test_quiet_hours_are_two_times_of_a_day(begin: str, end: str, fields: list[str]) -> None:
    assert wrong("mail", Wish(address="li@example.com", quiet_from=begin, quiet_until=end)) == fields


def test_everything_that_is_wrong_is_named_at_once() -> None:
    wish = Wish(address="x", digest="weekly", language="fr", quiet_from="22:00")
    assert wrong("mail", wish) == ["address", "digest", "language", "quiet_until"]


@pytest.mark.parametrize("channel", ["", "pigeon", "MAIL", "mail ", "../mail"])
def test_a_channel_that_is_none_is_not_found(channel: str) -> None:
    with pytest.raises(NotFound):
        preference_of(ROOT, LI, channel, Wish(address="li@example.com"), HERE)


def test_a_channel_that_is_not_set_up_can_be_switched_off_and_not_on() -> None:
    with pytest.raises(InputRefused) as refused:
        preference_of(ROOT, LI, "feishu", Wish(address="群"), HERE)
    assert "飞书" in refused.value.text.zh
    assert preference_of(ROOT, LI, "feishu", Wish(address="群", active=False), HERE).active is False
