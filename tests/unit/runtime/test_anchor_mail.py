"""Who is mailed checkpoints beside the auditors: what an operator may write, and what is refused beforehand."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InputRefused
from runtime.channels import ANCHOR_MAIL_MAX, outlets
from runtime.settings import Settings

MAIL: dict[str, Any] = {
    "pages_url": "https://banjie.union.example.cn",
    "mail_host": "mail.union.example.cn",
    "mail_from": "banjie@union.example.cn",
}


def test_addresses_are_divided_by_semicolons_each_with_its_language() -> None:
    made = outlets(Settings(**MAIL, anchor_mail="a@upper.example.cn ; b@mail.example en;c@mail.example zh;\n"))
    assert made.anchor_mail == {"a@upper.example.cn": "zh", "b@mail.example": "en", "c@mail.example": "zh"}
    assert outlets(Settings(**MAIL)).anchor_mail == {}


@pytest.mark.parametrize(
    "written",
    [
        "nobody",
        "a@upper.example.cn fr",
        "a@upper.example.cn en zh",
        "a@upper.example.cn; a@upper.example.cn",
        "张三<a@upper.example.cn>",
        ";".join(f"a{number}@upper.example.cn" for number in range(ANCHOR_MAIL_MAX + 1)),
    ],
)
def test_what_is_no_address_is_refused_by_the_name_of_the_variable_and_not_repeated(written: str) -> None:
    with pytest.raises(InputRefused) as caught:
        outlets(Settings(**MAIL, anchor_mail=written))
    for told in (caught.value.text.zh, caught.value.text.en):
        assert "BANJIE_ANCHOR_MAIL" in told
        assert "upper.example" not in told


def test_addresses_without_a_mail_server_are_refused() -> None:
    with pytest.raises(InputRefused, match="BANJIE_ANCHOR_MAIL"):
        outlets(Settings(anchor_mail="a@upper.example.cn"))


def test_nobodys_address_is_shown_with_the_settings() -> None:
    kept = Settings(**MAIL, anchor_mail="delegate@mail.example")
    assert "delegate@" not in repr(kept) + str(kept) + kept.model_dump_json() + repr(outlets(kept))
