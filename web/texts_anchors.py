"""The texts of checkpoints: in other people's hands, on figures and in the foot of pages; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

ANCHOR_TEXTS: Final[Mapping[str, Text]] = {
    "anchors_upto": Text(
        "第 {n} 号检查点（{size} 条）已在他人手中：{whose}，{at}。",
        "Checkpoint {n} ({size} entries) is in other people's hands: {whose}, {at}.",
    ),
    "anchors_by_mail": Text("已由邮件送达", "by mail"),
    "anchors_by_witness": Text("已由见证方联署", "cosigned by a witness"),
    "anchors_rest": Text(
        "其后封存的 {n} 条记录还没有留存在外。", " {n} entries sealed since are in nobody else's hands yet."
    ),
    "anchors_all": Text("已封存的记录都在其中。", " It covers all that is sealed."),
    "anchors_none": Text(
        "还没有任何检查点留存在外：设置了邮件服务器以后，每天 18:00 以后把最新的检查点寄给审计人员"
        "（须在个人通知设置中填写邮箱）和 BANJIE_ANCHOR_MAIL 所列的地址。",
        "No checkpoint is in other people's hands yet. Once mail is configured, the newest one is sent each day after "
        "18:00 to those who audit, if they have set a mail address for notices, and to the addresses in "
        "BANJIE_ANCHOR_MAIL.",
    ),
    "anchors_mails": Text("每日邮件", "Daily mails"),
    "anchors_no_mails": Text("最近一个月没有寄出过检查点。", "No checkpoint was mailed in the last month."),
    "anchors_day": Text("日期", "Day"),
    "anchors_at": Text("寄出时间", "Sent at"),
    "anchors_recipients": Text("送达人数", "Recipients"),
    "anchors_left": Text("{n} 人尚未送达，还在重试", "{n} not reached yet, tried again"),
    "anchors_refused": Text("{n} 人被对方邮箱拒收", "{n} refused by their mail server"),
    "anchors_other": Text(
        "寄出的与现在账册中的不一致，请立即核验", "what was sent is not what stands here now: verify at once"
    ),
    "anchors_latest": Text("最近的检查点", "The latest checkpoints"),
    "foot_checkpoint": Text(
        "账册检查点 {origin} · {size} 条 · {short}", "Ledger checkpoint {origin} · {size} · {short}"
    ),
    "figures_checkpoint": Text(
        "账册检查点：{origin}，{size} 条，根指纹 {short}，涵盖至 {at}",
        "Ledger checkpoint: {origin}, {size} entries, root {short}, covers until {at}",
    ),
    "figures_not_all_sealed": Text(
        "截止时刻以前的记录有一部分尚待封存。", "Some entries up to the cut-off wait to be sealed."
    ),
    "figures_unsealed": Text("账册尚未封存，本页没有检查点可依。", "Nothing is sealed yet: no checkpoint to go by."),
    "receipt_keep": Text("请保存本次办理的回执", "Keep the receipt of this step"),
    "receipt_gone": Text("已办理完毕，本件不再由您查看。", "It is done. You do not see this case any more."),
    "receipt_gone_keep": Text("请在离开本页前保存回执。", "Keep the receipt before you leave this page."),
    "receipt_of_slip": Text("签名回执", "Signed receipt"),
}
