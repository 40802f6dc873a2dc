"""What an operator reads of wrong settings and after a refusal, whole: each part of it says what to write or to do."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import (
    BanjieError,
    CalendarEnds,
    CaseNotFound,
    CommandFailed,
    FieldProblem,
    FormInvalid,
    ImportRefused,
    InputRefused,
    OutcomeUnknown,
    StorageUnavailable,
    TooBusy,
)
from engine.text import Text
from runtime import provider
from runtime.cli.advice import advice_for
from runtime.provider import provider_of
from runtime.settings import Settings
from runtime.witness.configured import witnesses_of
from tests.support.refusals import told
from tests.unit.runtime.test_channels import MAIL, refused
from tests.unit.runtime.test_provider import WHOLE

SOME = Text("拒绝", "refused")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {**MAIL, "pages_url": ""},
            "BANJIE_PAGES_URL 须填写网页地址，如 https://banjie.example，消息中的链接由此而来",
        ),
        ({"mail_from": "banjie@union.example.cn"}, "BANJIE_MAIL_HOST 须填写邮件服务器"),
        ({"mail_host": "mail.example.cn"}, "BANJIE_MAIL_FROM 须填写发件邮箱地址"),
        ({**MAIL, "mail_from_name": "办\n结"}, "BANJIE_MAIL_FROM_NAME 须为一行不超过80字的文字"),
        ({**MAIL, "mail_user": "banjie"}, "BANJIE_MAIL_PASSWORD 登录名和密码须同时填写"),
        ({"wecom_bots": "office"}, "BANJIE_WECOM_BOTS 第1项须写作“名称 令牌”，名称不得重复"),
        ({"feishu_bots": "office"}, "BANJIE_FEISHU_BOTS 第1项须写作“名称 令牌 [密钥]”，名称不得重复"),
        ({"webhooks": "oa"}, "BANJIE_WEBHOOKS 第1项须写作“名称 地址 密钥”，名称不得重复"),
        (
            {"feishu_bots": "office token", "feishu_url": "open.feishu.cn"},
            "BANJIE_FEISHU_URL 须为 http 或 https 地址，不带用户名和密码",
        ),
        ({"anchor_mail": "audit@example.cn"}, "BANJIE_ANCHOR_MAIL 须先设置邮件服务器"),
        ({**MAIL, "anchor_mail": "audit"}, "BANJIE_ANCHOR_MAIL 第1项须写作“邮箱 [zh|en]”，名称不得重复"),
        (
            {**MAIL, "anchor_mail": ";".join(f"a{n}@example.cn" for n in range(101))},
            "BANJIE_ANCHOR_MAIL 最多 100 个地址",
        ),
    ],
)
def test_a_wrong_setting_of_a_channel_is_told_with_what_to_write(given: dict[str, Any], said: str) -> None:
    assert refused(**given).text.zh == f"消息渠道设置有误：{said}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oidc_issuer": "sso"}, "BANJIE_OIDC_ISSUER 须为 https 地址，不带用户名、参数"),
        ({"oidc_client": ""}, "BANJIE_OIDC_CLIENT 须填写在该处登记的客户端"),
        ({"oidc_secret": ""}, "BANJIE_OIDC_SECRET 须填写客户端密钥"),
        ({"pages_url": ""}, "BANJIE_PAGES_URL 须填写网页地址，登录后由此返回"),
    ],
)
def test_a_wrong_setting_of_the_identity_provider_is_told(given: dict[str, Any], said: str) -> None:
    with told(InputRefused, f"统一身份认证设置有误：{said}"):
        provider_of(Settings(**{**WHOLE, **given}))


def test_a_provider_without_its_extra_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "find_spec", lambda name: None)
    with told(InputRefused, "统一身份认证设置有误：BANJIE_OIDC_ISSUER 需要先安装 banjie[oidc]"):
        provider_of(Settings(**WHOLE))


def test_a_witness_written_otherwise_is_told_how() -> None:
    with told(
        InputRefused,
        "BANJIE_WITNESSES 须写作“地址 验证密钥”，多个以分号隔开，名称不得重复；密钥为 banjie witness key 所示，"
        "地址以 http:// 或 https:// 开头，不带用户名和密码（内网地址另须列入 BANJIE_INTERNAL_ORIGINS）",
    ):
        witnesses_of(Settings(witnesses="somewhere"))


@pytest.mark.parametrize(
    ("refusal", "said", "advice"),
    [
        (
            StorageUnavailable(),
            "数据库暂不可用，请稍后再试",
            "请检查 --database、文件权限和磁盘空间；运行 banjie doctor 可逐项检查",
        ),
        (
            OutcomeUnknown(),
            "提交结果未知，请用同一幂等键重试",
            "请原样再执行一次：已经登记的不会重复登记",
        ),
        (TooBusy(SOME), "拒绝", "请稍等片刻再执行"),
        (
            CalendarEnds(2031),
            "2031 年放假安排尚未公布或未录入",
            "请录入该年放假通知（banjie calendar seed 可生成初稿），或设 BANJIE_CALENDAR_MISSING=provisional",
        ),
        (CaseNotFound(), "没有找到该事项", "请核对编号；banjie overdue 列出逾期事项的编号"),
        (ImportRefused(SOME), "拒绝", "没有写入任何内容，请改正文件后重新导入"),
        (FormInvalid([FieldProblem(path="unit", text=SOME)]), "填写有误：unit", "请改正后再执行"),
        (
            CommandFailed("a1"),
            "系统内部错误，编号 a1，请告知管理员",
            "请把编号告知管理员，详情见服务日志",
        ),
    ],
)
def test_after_a_refusal_a_terminal_says_what_to_do_next(refusal: BanjieError, said: str, advice: str) -> None:
    found = advice_for(refusal)
    assert refusal.text.zh == said
    assert found is not None
    assert found.zh == advice
