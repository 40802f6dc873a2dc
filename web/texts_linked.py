"""The texts of logging in by the identity provider and of linking one's account, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

LINKED_TEXTS: Final[Mapping[str, Text]] = {
    "me_linked": Text("统一身份", "Linked login"),
    "linked_enter": Text("用{title}登录", "Log in with {title}"),
    "linked_note": Text(
        "绑定后可用{title}登录本站。绑定只能由本人在此办理，不按姓名或邮箱匹配；本站不保存您在该处的账号名。",
        "Once linked, {title} lets you in here. Only you link it, on this page: no name or e-mail address is matched, "
        "and what you are called there is not kept.",
    ),
    "linked_since": Text("自 {on} 起绑定。", "Linked since {on}."),
    "linked_elsewhere": Text(
        "绑定的是另一处的身份（{issuer}），现已不能用来登录；请解除后重新绑定。",
        "It is linked to another provider ({issuer}), which lets nobody in any more. Unlink it and link it anew.",
    ),
    "linked_confirm": Text(
        "请确认是本人：填写密码或动态验证码，任填一项。",
        "Confirm that it is you: type your password or a code, one of the two.",
    ),
    "linked_confirm_password": Text("请填写密码，确认是本人。", "Confirm that it is you: type your password."),
    "linked_link": Text("绑定", "Link"),
    "linked_unlink": Text("解除绑定", "Unlink"),
    "linked_unlink_note": Text(
        "解除后不能再用{title}登录，其他会话将退出。", "Then {title} lets you in no more, and your other sessions end."
    ),
    "linked_go_title": Text("已确认是本人", "It is you"),
    "linked_go_note": Text(
        "请前往{title}登录，之后自动返回并完成绑定。{n} 分钟内有效。",
        "Log in with {title} now; it leads you back here, and your account is linked. Within {n} minutes.",
    ),
    "linked_go": Text("前往{title}", "Go on to {title}"),
    "linked_done": Text("已绑定统一身份。", "Your account is linked."),
    "linked_gone": Text("已解除绑定，其他会话已退出。", "Your account is linked no more; other sessions have ended."),
}
