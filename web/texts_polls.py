"""Texts of the pages of polls: what is asked, what is kept of the answer, and who has answered, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

POLL_TEXTS: Final[Mapping[str, Text]] = {
    "poll_front": Text("等您投票、填写", "Waiting for your vote or answer"),
    "poll_link": Text("去填写：{title}", "Go to: {title}"),
    "poll_link_other": Text(
        "查看：{title}（已收回 {returned} 份，应收 {electors} 份）", "{title}: {returned} of {electors} in"
    ),
    "poll_counts": Text(
        "名单上共 {electors} 人，已提交 {returned} 人。", "{electors} are asked, {returned} have answered."
    ),
    "poll_no_totals": Text(
        "结束以前，任何人都看不到各选项的票数。", "Until it is closed nobody sees how many chose what."
    ),
    "poll_secret": Text("您的选择不记名", "Nobody learns what you choose"),
    "poll_secret_1": Text(
        "系统只记您已提交，不记您选了什么：选票与姓名分开存放，没有时间，没有先后。",
        "Only that you have answered is kept, not what you chose: ballots lie apart from names, without time or order.",
    ),
    "poll_secret_2": Text(
        "一人一次，不能代填，提交后不能更改或者撤回。",
        "Once each, nobody can answer for you, and it cannot be changed or taken back.",
    ),
    "poll_secret_3": Text(
        "结束时只公布合计，选票和名单随即删除；请自己填写，不要让别人看到屏幕。",
        "Only totals are made known at the end; ballots and list are then deleted. Answer alone, out of others' sight.",
    ),
    "poll_every": Text("每一项都要选。", "Every item must be answered."),
    "poll_some": Text("可以有空着的，至少选一项。", "Items may be left blank; answer one at least."),
    "poll_sure": Text("我已核对，知道提交后不能更改", "I have checked it, and know that it cannot be changed"),
    "poll_cast": Text("提交", "Send"),
    "poll_cast_done": Text("已提交，谢谢。系统没有记下您选了什么。", "Sent. What you chose is kept without your name."),
    "poll_answered": Text(
        "您已经提交过了，一人一次。系统也不知道您选了什么，所以不能查看、更改。",
        "You have answered, once each. Not even the system knows what you chose, so it cannot be shown or changed.",
    ),
    "poll_not_asked": Text(
        "您不在这次的名单中：名单在发起时确定，以后不增不减。有疑问请问工会办公室。",
        "You are not among those asked: who is was fixed at the opening. Ask the union office if in doubt.",
    ),
    "poll_closed": Text(
        "没有在进行：还没有发起，或者已经结束。结果请看该件。",
        "It is not open: not yet, or not any more. The result stands in the case.",
    ),
}
