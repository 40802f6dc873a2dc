"""The texts of logging in, of one's own account, and of looking after the accounts of others, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

ACCOUNT_TEXTS: Final[Mapping[str, Text]] = {
    # ----------------------------------------------------------------------------------------- logging in, first logins
    "code_title": Text("动态验证码", "Second factor"),
    "code_label": Text("验证码", "Code"),
    "code_hint": Text(
        "验证器应用中的 6 位数字；手机不在身边的，可填一个恢复码。",
        "The six digits that your authenticator shows, or one of your recovery codes.",
    ),
    "code_back": Text("返回登录", "Back to the login"),
    "login_first": Text("首次登录：凭激活单设置密码", "First login: set a password with your activation slip"),
    "login_help": Text(
        "请核对账号、大小写和输入法后再试。忘记密码的，请工会办公室重新打印激活单；多次输错后须等一会儿。",
        "Check the name, capitals and the keyboard. If the password is forgotten, the union office prints a new slip. "
        "After many wrong ones there is a pause.",
    ),
    "login_activated": Text("密码已设置，请登录。", "The password is set. Log in now."),
    "activate_title": Text("激活账号", "Activate an account"),
    "activate_note": Text(
        "请照激活单填写。没有激活单或已过期的，请到工会办公室领取。",
        "Fill in what your slip says. Without a slip, or with one that is over, ask the union office.",
    ),
    "activate_code": Text("激活码", "Activation code"),
    "activate_go": Text("激活", "Activate"),
    "link_title": Text("设置密码", "Set a password"),
    "link_note": Text("为 {name}（{login}）设置密码。", "Set the password of {name} ({login})."),
    "link_over": Text("链接已失效", "This link is over"),
    "link_over_note": Text(
        "链接只能使用一次，并在 24 小时后失效。请向管理员另要一个。",
        "A link works once and for 24 hours. Ask the administrator for another one.",
    ),
    "first_title": Text("首位管理员", "The first administrator"),
    "first_note": Text(
        "设置首位管理员。完成后请绑定动态验证码，再建立单位和人员。",
        "Set up the first administrator, then a second factor, then units and people.",
    ),
    "first_unit_name": Text("本单位名称", "Name of the organisation"),
    "first_unit_code": Text("单位编码（字母或数字）", "Its code, in letters or digits"),
    "first_name": Text("姓名", "Name of the person"),
    "first_go": Text("建立", "Set up"),
    # ------------------------------------------------------------------------------------------------ one's own account
    "me_password": Text("密码", "Password"),
    "me_second_factor": Text("动态验证码", "Second factor"),
    "me_sessions": Text("登录会话", "Sessions"),
    "me_tokens": Text("接口令牌", "API tokens"),
    "password_must": Text(
        "当前密码由他人设置，请先修改，再办理其他事项。",
        "Somebody else set this password. Set one of your own before you go on.",
    ),
    "password_old": Text("原密码", "The password you have now"),
    "password_new": Text("新密码", "New password"),
    "password_again": Text("再次输入新密码", "The new password again"),
    "password_rules": Text(
        "至少 {n} 个字符，不含登录名，不用常见密码；不要求大小写和符号，一句话就很好。",
        "At least {n} characters, without your login name, none that everybody uses. A sentence does well.",
    ),
    "password_save": Text("保存密码", "Save the password"),
    "password_done": Text("密码已修改，其他会话已退出。", "The password is set; your other sessions have ended."),
    "factor_must": Text(
        "您的角色须使用动态验证码，请先绑定，再办理其他事项。",
        "Your role needs a second factor. Set one up before you go on.",
    ),
    "factor_step_app": Text(
        "在手机上安装验证器应用（任何支持 TOTP 的应用，无需联网）。",
        "Install an authenticator on your phone: any that knows TOTP. It needs no network.",
    ),
    "factor_step_scan": Text("用它扫描此图。", "Scan this picture with it."),
    "factor_picture": Text("绑定用二维码", "Picture to set up the authenticator"),
    "factor_typed": Text("不能扫描的，手工输入：", "Or type this:"),
    "factor_step_code": Text("填写它显示的 6 位数字。", "Type the six digits that it shows."),
    "factor_confirm": Text("绑定", "Set up"),
    "factor_since": Text("自 {on} 起使用。", "In use since {on}."),
    "factor_codes_left": Text("还有 {n} 个恢复码。", "{n} recovery codes are left."),
    "factor_remove": Text("解除绑定", "Remove it"),
    "factor_remove_note": Text(
        "换手机时先解除再重新绑定；其他会话将退出。手机遗失的，请工会办公室解除。",
        "For a new phone, remove it and set it up again; other sessions end. Lost it? The union office removes it.",
    ),
    "factor_removed": Text("已解除绑定。", "The second factor is removed."),
    "recovery_title": Text("恢复码", "Recovery codes"),
    "recovery_done": Text("已绑定动态验证码。", "The second factor is set up."),
    "recovery_note": Text(
        "手机不在身边时，每个恢复码可代替一次验证码。只显示这一次，请打印或抄下，妥善保管。",
        "Each stands in for one code when your phone is not at hand. Shown this once: print them.",
    ),
    "recovery_kept": Text("已妥善保存，继续", "I have kept them; go on"),
    "sessions_note": Text(
        "本人当前的登录。不记录网络地址。工作人员 {n} 分钟不操作自动退出。",
        "Where you are logged in now. No address is kept. Staff are logged out after {n} minutes of doing nothing.",
    ),
    "session_unknown": Text("未知设备", "Unknown device"),
    "session_this": Text("本次", "this one"),
    "session_begun": Text("开始 {at}", "begun {at}"),
    "session_used": Text("最近使用约 {at}", "last used about {at}"),
    "session_until": Text("有效至 {at}", "until {at}"),
    "session_end": Text("退出该会话", "End it"),
    "sessions_end": Text("退出其他全部会话", "End all others"),
    "session_ended": Text("该会话已退出。", "The session has ended."),
    "sessions_ended": Text("其他会话已全部退出。", "All other sessions have ended."),
    "tokens_note": Text(
        "供程序调用接口，只能做所选范围内的事，不能改动账号。",
        "For programs. A token does what it was made for and changes no account.",
    ),
    "feed_title": Text("期限日历", "Deadlines in your calendar"),
    "feed_note": Text(
        "在手机或电脑的日历中订阅，随时看到本人须办事项的到期日，到期前一天提醒。日历里只有期限名称和编号，没有事项内容。"
        "地址即钥匙，请勿转发；遗失或不用时在下面撤销。",
        "Subscribe in the calendar of your phone or computer: what waits for you, on the day it is due, with a "
        "reminder the day before. It holds the deadline and the number, not what a case is about. Whoever has "
        "the address can read it: do not pass it on, and end it below when it is lost.",
    ),
    "feed_make": Text("生成订阅地址", "Make an address"),
    "feed_made": Text(
        "地址只显示这一次。请复制到日历的“订阅日历”中",
        "The address is shown this once: copy it to where your calendar subscribes to others",
    ),
    "feed_event": Text("{deadline}：{number}", "{deadline}: {number}"),
    "feed_strict": Text("办理期限", "Deadline"),
    "tokens_none": Text("没有令牌。", "There are no tokens."),
    "token_made": Text("令牌只显示这一次，请立即保存：", "The token is shown this once. Keep it now:"),
    "token_number": Text("编号 {number}", "number {number}"),
    "token_used": Text("最近使用 {on}", "last used {on}"),
    "token_end": Text("撤销", "Revoke"),
    "token_ended": Text("令牌已撤销。", "The token is revoked."),
    "token_new": Text("新建令牌", "A new token"),
    "token_title": Text("用途", "What it is for"),
    "token_access": Text("权限", "Access"),
    "token_read": Text("只读", "read"),
    "token_write": Text("读写", "read and write"),
    "token_everything": Text("不限范围（旧令牌）", "everything (an old token)"),
    "token_days": Text("有效天数（不超过 {n}）", "Days it is valid (at most {n})"),
    "token_parts": Text("范围（不选为全部）", "Parts (none means all)"),
    "token_make": Text("生成令牌", "Make the token"),
    # ------------------------------------------------------------------------------------------- the accounts of others
    "nav_accounts": Text("账号", "Accounts"),
    "accounts_tokens": Text("全部接口令牌", "Everybody's tokens"),
    "accounts_unit": Text("单位", "Unit"),
    "accounts_text": Text("姓名或账号", "Name"),
    "accounts_slips": Text("发放激活单", "Activation slips"),
    "accounts_slips_note": Text(
        "为该单位及下属单位尚未设置密码的人员各生成一张，原有未用的激活单作废。",
        "One for everybody of the unit, and of those below it, who has no password yet. Earlier slips end.",
    ),
    "accounts_slips_make": Text("生成并打印", "Make and print"),
    "accounts_all": Text("账号 {n} 个", "{n} accounts"),
    "accounts_none": Text("没有符合条件的账号。", "No account is found."),
    "accounts_standing": Text("状况", "Standing"),
    "accounts_factor_removed": Text(
        "已解除其动态验证码，其会话已退出。", "The second factor is removed; their sessions have ended."
    ),
    "account_active": Text("已激活", "active"),
    "account_must_change": Text("须修改密码", "must change the password"),
    "account_slip": Text("激活单有效至 {on}", "slip until {on}"),
    "account_waiting": Text("未激活", "not activated"),
    "account_look_after": Text("管理", "Look after"),
    "account_sure": Text("确认重置：原密码、会话和令牌立即失效", "Yes: password, sessions and tokens end at once"),
    "account_reset": Text("重置并打印激活单", "Reset and print a slip"),
    "account_factor_remove": Text("解除动态验证码", "Remove the second factor"),
    "slips_title": Text("激活单", "Activation slips"),
    "slips_made": Text("已生成 {n} 张，只显示这一次，请立即打印。", "{n} slips, shown this once: print them now."),
    "slips_note": Text("请封装后当面发给本人，并做好登记。", "Hand each to its person, closed, and note that you did."),
    "slips_back": Text("返回账号", "Back to the accounts"),
    "slip_heading": Text("职代会提案与职工诉求系统 · 账号激活单", "Proposals and grievances · activation slip"),
    "slip_address": Text("网址", "Address"),
    "slip_until": Text("有效至", "Valid until"),
    "slip_how": Text(
        "打开网址，填写账号和激活码，设置自己的密码，然后登录。激活码只能使用一次；请勿转交他人。",
        "Open the address, type your name and this code, set a password of your own and log in. It works once.",
    ),
}
