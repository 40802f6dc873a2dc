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
    "nav_ledger": Text("账册", "Ledger"),
    "ledger_title": Text("账册与检查点", "The ledger and its checkpoints"),
    "ledger_note": Text(
        "每一步办理都是一条记录，前后相接；每分钟封存一次，由签名程序签出检查点。手里有一份检查点的人，"
        "可以证明它所包含的记录此后没有被改动、删去或者倒填日期。",
        "Every step is an entry linked to the one before. Entries are sealed each minute under a checkpoint that the "
        "signer signs: whoever keeps a checkpoint can show that nothing it covers was changed, dropped or back-dated.",
    ),
    "ledger_newest": Text("最新检查点", "Newest checkpoint"),
    "ledger_covered": Text("已封存 {n} 条记录。", "{n} entries are sealed."),
    "ledger_waits": Text("自 {at} 起的记录尚待封存。", "What was recorded since {at} waits to be sealed."),
    "ledger_quiet_waits": Text(
        "待封存的只有期限巡检的例行记录，最迟 {minutes} 分钟封存一次。",
        "Only what the sweeps of deadlines record waits; that is sealed every {minutes} minutes at the latest.",
    ),
    "ledger_none_waits": Text("没有待封存的记录。", "Nothing waits to be sealed."),
    "ledger_unsealed": Text(
        "还没有检查点。记录登记后一分钟内封存；如长时间没有，请检查后台任务和签名程序。",
        "There is no checkpoint yet. Entries are sealed within a minute; if none comes, look at the background work "
        "and at the signer.",
    ),
    "ledger_log_key": Text(
        "签名密钥指纹（请与报告所印的核对）", "Fingerprint of the signing key; compare it with the printed one"
    ),
    "ledger_anchors": Text("留存在外的检查点", "Checkpoints kept elsewhere"),
    "ledger_anchors_note": Text(
        "检查点只有留在别人手里才算锚定：请定期下载，分送审计人员、上级工会和职工代表各自保存，或者印在报告上。"
        "“见证”一栏是其他主机的联署；没有联署、也没有人留存的检查点，防不住同时掌握数据库和签名密钥的人。",
        "A checkpoint anchors the ledger only in other people's hands: download one regularly and give it to auditors, "
        "the superior union and elected representatives, or print it. Witnesses are other hosts that signed too. One "
        "that nobody witnessed or keeps is no protection against who holds both database and signing key.",
    ),
    "ledger_number": Text("序号", "No."),
    "ledger_origin": Text("账册名称", "Origin"),
    "ledger_size": Text("包含条数", "Entries"),
    "ledger_upto": Text("记录截至", "Up to"),
    "ledger_witnesses": Text("见证", "Witnesses"),
    "ledger_no_witness": Text("无", "none"),
    "ledger_take": Text("下载", "Download"),
    "ledger_bundle": Text("证明材料：下载证据包", "Proof: download the bundle of this case"),
    "ledger_verify": Text("独立核验", "Verify it yourself"),
    "ledger_verify_note": Text(
        "在事项页“证明材料”处下载证据包，用 verify.py（Python 加 cryptography 签名库）或 verify.mjs（只需 Node）"
        "在自己的电脑上核验，不需要联网，也不需要信任本系统。",
        "Download the bundle of a case from its page and verify it on your own machine with verify.py (Python and its "
        "cryptography library) or verify.mjs (Node alone): no network, and no trust in this system.",
    ),
}
