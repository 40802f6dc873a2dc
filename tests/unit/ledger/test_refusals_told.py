"""What is told of bytes, notes, keys, proofs and receipts that the ledger does not take, in whole sentences."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable

import pytest

from engine.errors import InputRefused
from engine.ledger.bundle import bundle_files
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.chain import parse_instant
from engine.ledger.merkle import Peaks, Tree
from engine.ledger.notes import (
    Checkpoint,
    cosigned_at,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign,
)
from engine.ledger.receipts import parse_receipt
from engine.ledger.tlog_proofs import parse_tlog_proof
from tests.unit.ledger.test_bundle import BUNDLE
from tests.unit.ledger.test_canonical import nested
from tests.unit.ledger.test_notes import (
    ENOCH_KEY,
    LOG,
    LOG_KEY,
    PETER,
    PETER_KEY,
    POINT,
    TEXT,
    WITNESS,
    signers,
)

BROKEN = bytearray(base64.b64decode(PETER.split(" ")[2]))
BROKEN[20] ^= 1


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: canonical("\ud800"), "文本中有不成对的代理字符"),
        (lambda: canonical({"办\ud800": 1, "a": 2}), "文本中有不成对的代理字符"),
        (lambda: canonical(2**53), "整数超出 ±(2^53−1)"),
        (lambda: canonical({"a": None}), "账册不能记录 null；只有对象、数组、文本、整数和是否"),
        (lambda: canonical(nested(21)), "嵌套超过 20 层"),
        (lambda: canonical({1: "a", "b": 2}), "对象的键必须是文本"),
        (lambda: parse_canonical(b"nul"), "不是 JSON 文本"),
        (
            lambda: parse_canonical(b'{"a": 1}'),
            "不是规范字节：空白、键的次序、重复的键或转义写法不合 RFC 8785",
        ),
        (
            lambda: parse_instant("2026-11-21"),
            "不是账册的时刻：'2026-11-21'；应写作 2026-11-21T02:40:00.000000Z",
        ),
        (lambda: Checkpoint(origin="", size=1, root=b"r" * 32), "检查点的来源须为一行非空文本"),
        (lambda: Checkpoint(origin="o", size=-1, root=b"r" * 32), "检查点的大小或根哈希不对"),
        (lambda: parse_note(b"x" * 70_000), "签名文本过大"),
        (lambda: parse_note((TEXT + "\n" + PETER * 101).encode()), "签名超过 100 个"),
        (lambda: parse_note(TEXT.encode()), "不是签名文本（C2SP signed-note）"),
        (lambda: parse_verifier_key("++"), "不是验证密钥：应写作 名称+8 位十六进制+base64"),
        (lambda: parse_checkpoint("origin\n3\n"), "不是检查点：应为来源、大小、根哈希三行"),
        (lambda: sign(POINT.text, LOG_KEY, WITNESS.sign), "签名与所示密钥不符"),
        (lambda: cosigned_at(sign(POINT.text, LOG_KEY, LOG.sign)), "不是见证签名"),
        (lambda: signers(TEXT + "\n" + PETER, ENOCH_KEY), "没有已知密钥的签名"),
        (
            lambda: signers(f"{TEXT}\n— PeterNeumann {base64.b64encode(BROKEN).decode()}\n", PETER_KEY),
            "PeterNeumann 的签名不成立",
        ),
        (lambda: Peaks.of(1, []), "峰值个数与树的大小不符"),
        (lambda: Peaks.of(1, [b"short"]), "不是 32 字节的哈希"),
        (lambda: Tree([]).root(4), "树中没有这一位置或大小"),
        (lambda: bundle_files(dataclasses.replace(BUNDLE, entries=[])), "证据包须有 1 到 30000 条账目，现有 0 条"),
        (lambda: parse_receipt("banjie-receipt-v1 " * 10_000), "不是回执，或回执不完整"),
        (lambda: parse_tlog_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n"), "不是账册证明（C2SP tlog-proof）"),
    ],
)
def test_what_the_ledger_does_not_take_is_told_in_whole_sentences(ask: Callable[[], object], said: str) -> None:
    with pytest.raises(InputRefused) as caught:
        ask()
    assert caught.value.text.zh == said
