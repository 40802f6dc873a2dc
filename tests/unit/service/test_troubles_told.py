"""What is told of witnesses, of spans and rows that do not fit, and of keys that cannot be had: whole sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.access.operators import demand_operator
from engine.case.actors import Actor, ActorKind
from engine.case.identity import PersonId, RootId
from engine.errors import BanjieError, InputRefused, KeysUnavailable
from engine.service.importing.cells import number_of, text_of, when_of, yes_or_no
from engine.service.notice_ports import Preference
from engine.service.notice_writes import _checked
from engine.service.sealing import peaks_of
from engine.service.sealing_ports import CheckpointRow
from engine.service.sealing_witnesses import TROUBLES, Trouble
from engine.storage.urls import sqlite_path
from runtime.keys.places import (
    busy_keys,
    damaged_keys,
    foreign_keys,
    missing_keys,
    unwritable,
)
from tests.support.refusals import told, words_of


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble.AWAY, "连接不上，稍后自动再试"),
        (Trouble.UNKNOWN, "它不认识这部账册或其密钥，请其管理员登记账册的验证密钥"),
        (
            Trouble.AHEAD,
            "它见过的记录比本数据库多：数据库来自旧备份，或另一份拷贝在用同一密钥签名；请用 banjie verify 核对",
        ),
        (
            Trouble.FORKED,
            "它拒绝联署：它见过的是另一份历史，记录被改写，或另一份拷贝在用同一密钥签名；请用 banjie verify 核对",
        ),
        (Trouble.CLOCK, "它的时钟与本机相差超过 5 分钟，其联署未予采用；请校准时钟"),
        (Trouble.NONSENSE, "它的回答无法采用：不合约定，或不是所声明密钥的签名；请检查 BANJIE_WITNESSES"),
    ],
)
def test_every_trouble_with_a_witness_says_what_to_do(trouble: Trouble, said: str) -> None:
    assert TROUBLES[trouble].zh == said


KEYS = Path("/srv/banjie/keys.db")


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (
            missing_keys(KEYS),
            f"数据库中有加密的内容，但密钥文件 {KEYS} 不存在；请从密钥备份恢复该文件，或用 BANJIE_KEYS 指明其位置",
        ),
        (
            foreign_keys(KEYS),
            f"密钥文件 {KEYS} 中没有本数据库的密钥（文件属于别处，或比数据库旧）；请恢复最新的密钥备份",
        ),
        (damaged_keys(KEYS), f"密钥文件 {KEYS} 无法读取或已损坏；请检查权限，或从密钥备份恢复"),
        (busy_keys(KEYS), f"密钥文件 {KEYS} 正被占用，请稍后再试"),
        (unwritable(KEYS), "无法写入密钥文件夹 /srv/banjie"),
    ],
)
def test_keys_that_cannot_be_had_are_told_with_what_to_restore(refusal: KeysUnavailable, said: str) -> None:
    assert words_of(refusal) == [said]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: when_of("明天"), "“明天”不是日期，请写成 2026-03-02 或 2026年3月2日"),
        (lambda: number_of("三"), "“三”不是整数"),
        (lambda: yes_or_no("也许"), "“也许”请填“是”或“否”"),
        (lambda: text_of("a\x01"), "含有不可用的字符 '\\x01'"),
        (lambda: text_of("字" * 100_001), "超过 100000 字"),
        (lambda: sqlite_path("mysql://x@y/z"), "数据库地址应写作 sqlite:///文件路径 或 postgresql://用户@主机/库名"),
        (lambda: peaks_of(a_checkpoint("xx")), "峰值不是十六进制"),
        (
            lambda: demand_operator(Actor(kind=ActorKind.PERSON, person=PersonId("shi")), RootId("works")),
            "后台任务由本级工会办公室管理，您没有此权限",
        ),
    ],
)
def test_what_cannot_be_read_is_told(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(BanjieError) as refused:
        ask()
    assert words_of(refused.value) == [said]


def a_checkpoint(peaks: str) -> CheckpointRow:
    made: dict[str, Any] = dict.fromkeys(CheckpointRow._fields, 1)
    return CheckpointRow(**{**made, "peaks": peaks})


def test_an_address_or_hours_that_cannot_be_kept_are_told() -> None:
    whose = {"root": RootId("works"), "person": PersonId("li"), "channel": "mail", "active": True, "digest": "none"}
    made: dict[str, Any] = {**whose, "address": "li@example.cn", "quiet_from": None, "quiet_until": None}
    with told(InputRefused, "地址须为一行文字，且不超过500字"):
        _checked(Preference(**{**made, "address": "a\nb", "language": "zh"}))
    with told(InputRefused, "免打扰时段须同时填写起止时间，且在0:00至23:59之间"):
        _checked(Preference(**{**made, "quiet_from": 60, "language": "zh"}))
