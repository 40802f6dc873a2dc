"""The texts of receipts; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

LEDGER_TEXTS: Final[Mapping[str, Text]] = {
    "receipt_title": Text("回执", "Receipt"),
    "receipt_show": Text("回执", "Receipt"),
    "receipt_note": Text(
        "本回执证明这条记录已经登记。请保存或打印；以后任何人都可以据此核对，记录有没有被改动、删去。",
        "This receipt proves that the entry was taken. Keep or print it: with it anybody can later check that the "
        "entry was neither changed nor dropped.",
    ),
    "receipt_short": Text("短码（电话核对时念）", "Short form, to read aloud"),
    "receipt_download": Text("下载回执", "Download it"),
    "receipt_code": Text("回执二维码", "The receipt as a QR code"),
    "receipt_key": Text(
        "回执密钥指纹（请与报告所印的核对）", "Fingerprint of the key; compare it with the printed one"
    ),
    "receipts_title": Text("核对回执", "Check a receipt"),
    "receipts_note": Text(
        "粘贴回执全文，或扫描二维码所得的文字。核对不需要登录，也不显示事项内容。",
        "Paste the text of a receipt, or what its QR code says. No login is needed, and nothing of the case is shown.",
    ),
    "receipts_paste": Text("回执", "Receipt"),
    "receipts_check": Text("核对", "Check it"),
    "receipts_good": Text(
        "回执真实，账册中的记录与回执一致。", "The receipt is genuine, and the entry in the ledger is the same."
    ),
    "receipts_forged": Text(
        "签名不成立：这不是本系统出具的回执。", "The signature does not hold: this system did not give this receipt."
    ),
    "receipts_changed": Text(
        "回执真实，但账册中没有这条记录，或记录已被改动。请立即联系审计人员，并保存好回执。",
        "The receipt is genuine, but the ledger has no such entry, or another one. Tell the auditor at once and keep "
        "the receipt.",
    ),
    "receipts_deposit": Text(
        "回执真实：匿名提交已收到，将在下一个四小时整点登记。",
        "The receipt is genuine: the submission was taken and is entered at the next boundary.",
    ),
}
