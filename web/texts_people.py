"""Texts of the pages on substitutes and on the logins of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

PEOPLE_TEXTS: Final[Mapping[str, Text]] = {
    "delegations_note": Text(
        "代理人在代理期间行使外出人的各项授权，因此由管理授权的人登记，须有依据；双方都会收到通知。",
        "A substitute holds what the absent person was granted, so those who give grants enter it, with a basis. "
        "Both are told.",
    ),
    "delegations_add": Text("为外出的人登记代理", "Enter a substitute for somebody absent"),
    "delegations_principal": Text("外出的人", "Who is away"),
    "delegations_called": Text("登录名或姓名；重名的填登录名", "Login name or name; where two bear it, the login name"),
    "delegations_today": Text("不填则自今天起", "Left out: from today"),
    "delegations_days": Text("含当日，最长 {n} 天", "This day included, {n} days at most"),
    "delegations_basis": Text("依据", "Basis"),
    "delegations_basis_hint": Text(
        "如请假单、任职通知的名称或文号；双方可见", "The leave slip or notice it rests on; both of them read it"
    ),
    "delegations_all": Text("现在和将来的代理", "Substitutes now and to come"),
    "delegations_standing": Text("状态", "Standing"),
    "delegations_when": Text("起止", "When"),
    "delegations_none": Text("目前没有代理。", "Nobody stands in for anybody."),
    "delegations_saved": Text(
        "已登记，并已记入账册；双方会收到通知。", "Entered, and told to the ledger; both are told."
    ),
    "delegations_ended": Text(
        "已终止，并已记入账册；双方会收到通知。", "Ended, and told to the ledger; both are told."
    ),
    "others_title": Text("他人的登录", "Logins of others"),
    "others_note": Text(
        "手机或电脑遗失、账号疑被盗用时，在此终止其全部登录和令牌。",
        "When a device is lost or an account misused, all its sessions and tokens are ended here.",
    ),
    "others_of": Text("{name} 的登录", "Logins of {name}"),
    "others_kind": Text("种类", "Kind"),
    "others_login": Text("网页登录", "Session"),
    "others_token": Text("接口令牌", "Token"),
    "others_begun": Text("开始时间", "Begun"),
    "others_used": Text("最近使用", "Last used"),
    "others_until": Text("有效至", "Until"),
    "others_end": Text("全部终止", "End all"),
    "others_end_note": Text(
        "终止后此人须重新登录，其令牌失效；账号和授权不变。操作记入账册。",
        "They have to log in anew, and tokens end; account and grants stay. It is told to the ledger.",
    ),
    "others_sure": Text("确认终止其全部登录和令牌", "I am sure"),
    "others_none": Text("此人目前没有登录，也没有令牌。", "Not logged in, and no token."),
    "others_ended": Text("已全部终止，并已记入账册。", "All ended, and told to the ledger."),
}
