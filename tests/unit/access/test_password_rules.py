"""Which passwords are taken, and the codes that people read from paper."""

from __future__ import annotations

import pytest

from engine.access.codes import is_code, new_code, plain_code
from engine.access.password_rules import wrong_password
from engine.access.token_scope import scope_from, scope_of
from engine.errors import FormInvalid


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "123456789",
        "1234567890",
        "0987654321",
        "password123",
        "Password!!!2026",
        "qwertyuiop",
        "1q2w3e4r5t",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "123123123123",
        "woaizhongguo1",
        "我爱中国123456789",
        "admin12345678",
        "my banjie secret",
        "办结办结办结办结办结办",
        "wangjianguo-1968",
        "WangJianGuo1968",
        "12345qwert",
        "x" * 1001,
    ],
)
def test_what_is_tried_first_is_not_taken(password: str) -> None:
    assert wrong_password(password, "wangjianguo") is not None


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short", "密码至少 10 个字符"),
        ("x" * 1001, "密码至多 1000 个字符"),
        ("wangjianguo-1968", "密码不得包含登录名"),
        ("my banjie secret", "密码不得包含系统名称"),
        ("qwertyuiop", "密码过于常见，容易被猜中，请另换一个"),
    ],
)
def test_why_a_password_is_not_taken_is_told(password: str, told: str) -> None:
    refusal = wrong_password(password, "wangjianguo")
    assert refusal is not None
    assert refusal.zh == told


@pytest.mark.parametrize(
    "password",
    ["correct horse", "tongxin-2026", "夜班食堂的热汤面真好喝", "nknd72psmq4x", "seven green lanterns"],
)
def test_a_sentence_is_taken_without_rules_of_composition(password: str) -> None:
    assert wrong_password(password, "wangjianguo") is None


def test_a_short_login_name_forbids_no_words() -> None:
    assert wrong_password("a long password of mine", "li") is None


def test_a_code_has_eighty_bits_and_is_read_however_it_is_typed() -> None:
    code = new_code()
    signs = code.replace("-", "")
    assert len(signs) * 5 >= 80
    assert [len(group) for group in code.split("-")] == [4, 4, 4, 4]
    assert is_code(plain_code(f"  {code.lower().replace('-', ' ')} "))
    assert plain_code(code.replace("-", "－")) == signs
    assert plain_code("ol1i-0000-0000-0000") == "0111000000000000"
    assert len({new_code() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-ABCD-ABCD-ABC", "UUUU-ABCD-ABCD-ABCD", "ABCD-ABCD-ABCD-ABCD-A"])
def test_anything_else_is_no_code(typed: str) -> None:
    assert not is_code(plain_code(typed))


@pytest.mark.parametrize(("access", "parts"), [("admin", []), ("read", ["me"]), ("read", ["accounts"]), ("", [])])
def test_a_scope_of_words_that_mean_none_is_refused(access: str, parts: list[str]) -> None:
    with pytest.raises(FormInvalid) as refused:
        scope_of(access, parts)
    told = {problem.path: problem.text.zh for problem in refused.value.fields}
    if access != "read":
        assert told["access"] == "只能选择只读（read）或读写（write）"
    if parts:
        assert told["parts"].startswith(f"没有范围“{parts[0]}”，可用：cases、")


def test_a_scope_is_kept_and_read_back() -> None:
    scope = scope_of("write", ["figures", "cases"])
    assert scope_from(str(scope)) == scope
    assert not scope_from("read").writes
