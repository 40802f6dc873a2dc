"""What the doctor says of channels: half a configuration, none at all, and what waits for one that is not there."""

from __future__ import annotations

from pathlib import Path

from engine.service.notice_ports import WaitingChannel
from runtime.cli.channel_looks import channel_looks, configured_look, waiting_looks
from runtime.settings import Settings

SECRET = "geheim-7731"


def settings(folder: Path, **given: str) -> Settings:
    return Settings(database_url=f"sqlite:///{folder}/none.db", **given)  # type: ignore[arg-type]  # texts for texts


def test_half_a_configuration_is_fatal_and_repeats_no_secret(tmp_path: Path) -> None:
    [look] = channel_looks(settings(tmp_path, mail_host="mail.example.cn", mail_password=SECRET))
    assert look.fatal
    assert "BANJIE_MAIL_USER" in look.text.zh
    assert SECRET not in look.text.zh + look.text.en
    assert look.advice is not None
    assert look.advice.zh == "改正这些环境变量后重新启动"


def test_no_channel_at_all_is_well(tmp_path: Path) -> None:
    [look] = channel_looks(settings(tmp_path))
    assert look.well
    assert "收件箱" in look.text.zh


def test_the_channels_there_are_are_named() -> None:
    assert configured_look(["mail", "wecom"]).text.en == "Channels configured: mail, wecom"


def test_what_waits_for_a_channel_that_is_not_configured_is_told_with_its_number() -> None:
    [look] = waiting_looks([WaitingChannel("feishu", 7, 0, 0)], ["mail"])
    assert not look.well
    assert not look.fatal
    assert "7条" in look.text.zh
    assert "feishu" in look.text.zh
    assert look.advice is not None
    assert look.advice.zh == ("设置该渠道，或请有关人员改用其他渠道；一天后这些通知记为发送失败，收件箱中仍可阅读")


def test_what_just_waits_for_its_hour_is_well_and_what_met_trouble_is_not() -> None:
    assert list(waiting_looks([WaitingChannel("mail", 7, 0, 0)], ["mail"])) == []
    [look] = waiting_looks([WaitingChannel("mail", 7, 0, 2)], ["mail"])
    assert "2 deliveries" in look.text.en
    assert look.advice is not None
    assert look.advice.zh == "对方服务恢复后会自动发出；长时间如此，请检查该渠道的设置，原因见服务日志"
