"""The texts of the anonymous entrance, of levels of confidentiality and of one's own cases; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

SECRECY_TEXTS: Final[Mapping[str, Text]] = {
    # ----------------------------------------------------------------------------------- who will see what, by level
    "seen_title": Text("先请看清楚：谁会看到什么", "First: who will see what"),
    "seen_level": Text("选“{level}”的", "If you choose “{level}”"),
    "seen_readers": Text("能看到您写的全部内容：{roles}。", "Will read all you write: {roles}."),
    "seen_known": Text("知道是您反映的：{roles}。", "Will know that it is you: {roles}."),
    "seen_brief": Text(
        "只看到工会另写的办理摘要，看不到您的原文，也不知道是谁反映的：{roles}。",
        "Will see only a brief written for them, neither your words nor who you are: {roles}.",
    ),
    "seen_sealed": Text(
        "您的账号换成代号，姓名、电话等加密另存，谁都看不到。确需查看的，须一人申请、另一人批准；申请、批准、拒绝，您都看得到。",
        "Your account is replaced by a veiled name; name and telephone are kept apart, encrypted, and shown to nobody. "
        "To open them one must ask and another agree; you will see each request, agreement and refusal.",
    ),
    "seen_nobody": Text(
        "系统不知道您是谁：不用账号，不收姓名、电话，不记网络地址，不记浏览器和手机型号。",
        "The system does not know who you are: no account, no name or telephone, no network address, no browser or "
        "device is kept.",
    ),
    "seen_accused": Text(
        "您写明的被反映单位和人员：看不到、查不到本件，不参与办理，也不会收到任何通知。",
        "Units and people you complain about: they do not see or find it, do not handle it, and are told nothing.",
    ),
    "seen_policy": Text(
        "请知悉：对有权限的人，靠的是制度，不是密码技术——工会办公室读得到您写的内容。加密防的只是拿到数据库却没有密钥的人。",
        "Please know: against people with rights this is policy, not cryptography: the union office reads what you "
        "write. Cryptography protects against whoever holds only the database, without its keys.",
    ),
    "seen_anonymous": Text(
        "不想让任何人知道您是谁的，请退出登录，改用自己的手机，从匿名入口提交：",
        "If nobody at all is to know who you are, log out and use the anonymous entrance from your own telephone:",
    ),
    "who_nameless": Text("{role}（保密）", "{role} (confidential)"),
    # ------------------------------------------------------------------------------------------ the anonymous entrance
    "anonymous_title": Text("匿名反映", "Report without a name"),
    "anonymous_entry": Text("匿名反映诉求", "Report without a name"),
    "anonymous_entry_note": Text("不用账号，凭查询码查看答复", "No account; come back with a query code"),
    "anonymous_look": Text("凭查询码查看", "Come back with a code"),
    "anonymous_before": Text("填写之前", "Before you type anything"),
    "anonymous_time": Text(
        "时间只记到四小时：每天 {hours}（北京时间）统一投递，在此之前没有人能看到。您以后的留言、补充也这样投递。",
        "Time is kept to four hours only: everything is released together at {hours} (Beijing time), and nobody sees "
        "it before. Later messages of yours travel the same way.",
    ),
    "anonymous_phone": Text(
        "请用自己的手机和手机流量，不要用单位的电脑、单位的 Wi-Fi，也不要用装了单位管理软件的手机。",
        "Use your own telephone and your own data connection: no computer and no Wi-Fi of your employer, and no "
        "telephone on which your employer has installed anything.",
    ),
    "anonymous_network": Text(
        "用了单位的网络，单位的网关、代理服务器和域名解析（DNS）仍看得到：哪台设备在什么时刻访问过本站、传了多少数据。本站不记，不等于他们不记。",
        "On your employer's network its gateway, proxy and DNS still see which device visited this site, when, and how "
        "much was sent. That we keep nothing of it does not mean that they do not.",
    ),
    "anonymous_plain_http": Text(
        "本站没有启用 https：同一网络上的人还能读到您写的全部内容和查询码。请不要在单位网络上填写。",
        "This site runs without https: others on the same network can also read all you write, and your code. Do not "
        "write from your employer's network.",
    ),
    "anonymous_style": Text(
        "最容易暴露身份的是内容：只有您知道的细节、您的口头禅和写法、班次和工位；以后如上传文件，文件里的作者、拍摄时间和地点。请换一种说法，只写必要的。",
        "What gives people away most is what they write: details only you know, your turns of phrase, your shift and "
        "place; later in files, their author, time and place. Put it differently, and write no more than is needed.",
    ),
    "anonymous_code": Text(
        "提交后显示一个查询码，只显示一次。查看答复、补充内容、评价都凭它；遗失了无法补发，谁也找不回来。",
        "After sending you are shown a query code, once. You need it to read the answer, to add and to evaluate. A "
        "lost code cannot be made again, by anybody.",
    ),
    "anonymous_logged_in": Text(
        "这个浏览器里登录着账号。本页不使用它，但为稳妥起见，请先退出登录，或换一个浏览器（无痕窗口）。",
        "An account is logged in in this browser. This page does not use it; to be safe, log out first or use another "
        "browser or a private window.",
    ),
    "anonymous_organisation": Text("向哪个单位反映", "To which organisation"),
    "anonymous_unit": Text("由哪个单位的工会受理", "Whose office takes it up"),
    "anonymous_none": Text("本站没有开设匿名入口。", "There is no anonymous entrance here."),
    "anonymous_form": Text("填写", "What you have to say"),
    "anonymous_named": Text(
        "请写全名，一行一位。本页不提供名册，也不会告诉任何人名册里有没有这个人。",
        "Full names, one to a line. No register is shown here, and nobody is told whether a name is in it.",
    ),
    "anonymous_files": Text(
        "附件在核对时先加密上传；最后没有提交的，到期自动清除。",
        "Files are uploaded, encrypted, when you look it over; those of a form that is not sent go by themselves.",
    ),
    "anonymous_next": Text(
        "点“匿名提交”以后会显示查询码，只显示一次，请先准备好纸笔。",
        "A query code is shown after you send this, once only: have something at hand to write it down.",
    ),
    "anonymous_send": Text("匿名提交", "Send without a name"),
    "anonymous_sent": Text("已收到。", "Taken."),
    "anonymous_release": Text("将于 {at} 投递。", "It will be released at {at}."),
    "anonymous_your_code": Text("您的查询码", "Your query code"),
    "anonymous_once": Text(
        "现在就抄下来或者拍下来。离开本页后不再显示，遗失无法补发。",
        "Write it down or photograph it now. It is not shown again, and a lost one cannot be replaced.",
    ),
    "anonymous_not_here": Text(
        "不要存在单位的电脑里，不要发给同事。拿到它的人能看到本件的往来，但看不出您是谁。",
        "Do not keep it on a computer of your employer or send it to colleagues. Whoever has it reads this exchange, "
        "though not who you are.",
    ),
    "anonymous_mark": Text("投递凭据", "Mark of what you sent"),
    "anonymous_mark_note": Text(
        "投递后，记录中会写有这一凭据，可据以证明您确已提交。不想留存的可以不抄。",
        "The record will carry this mark, by which it can be shown that you sent it. You need not keep it.",
    ),
    "anonymous_receipt": Text("签名回执", "Signed receipt"),
    "anonymous_close": Text(
        "记好后请关闭本页，并清除浏览记录。", "When you have it, close this page and clear your browser's history."
    ),
    # ------------------------------------------------------------------------------------------- back with a query code
    "look_title": Text("凭查询码查看", "Come back with a code"),
    "look_code": Text("查询码", "Query code"),
    "look_code_help": Text(
        "25 位，大小写、空格和横线都可以。", "25 signs; capitals, blanks and hyphens do not matter."
    ),
    "look_go": Text("查看", "Look"),
    "look_again": Text("刷新", "Look again"),
    "look_leave": Text("离开", "Leave"),
    "look_state": Text("现在的状态：{state}", "Where it stands: {state}"),
    "look_waiting": Text("等待投递", "Waiting to be released"),
    "look_waiting_at": Text("下次投递：{at}", "Next release: {at}"),
    "look_waiting_new": Text("您提交的诉求", "What you have filed"),
    "look_refused": Text("未能办理：{reason}", "Not carried out: {reason}"),
    "look_done": Text("已收到，将于 {at} 投递。", "Taken. It will be released at {at}."),
    "look_exchange": Text("往来与经过", "Exchange and course"),
    # -------------------------------------------------------------------------------------------------- one's own cases
    "me_cases": Text("我的事项", "My cases"),
    "me_cases_note": Text(
        "您作为当事人的事项，包括您的保密件。“谁看过”只记保密件，自登记起逐日记录。",
        "Cases in which you are a party, confidential ones too. Who looked is recorded for confidential cases only.",
    ),
    "me_cases_none": Text("没有您作为当事人的事项。", "You are a party to no case."),
    "me_cases_older": Text("较早的事项", "Older cases"),
    "me_cases_looks": Text("谁看过", "Who looked"),
    "me_cases_looks_none": Text("还没有人看过。", "Nobody has looked yet."),
    "me_cases_look": Text("{n} 次，最近 {at}", "{n} times, last {at}"),
    "me_cases_identity": Text("身份查看的申请与决定", "Requests to open your identity"),
    "me_cases_identity_none": Text("没有人申请查看您的身份。", "Nobody has asked to open it."),
    "me_cases_access": Text("谁对本件有什么权限", "Who may do what here"),
    # ---------------------------------------------------------------------------------------------- choosing people
    "people_help": Text(
        "写姓名，一行一位；同名的请写明单位，如“张伟（后勤服务中心）”。只记得一部分的，写下后点“查找”。",
        "Names, one to a line; add the unit of namesakes, as Li Na (Logistics). Write a part of it and press “Find”.",
    ),
    "person_help": Text(
        "写姓名、登录名或编号；同名的请写明单位，如“张伟（后勤服务中心）”。只记得一部分的，写下后点“查找”。",
        "A name, login name or id; add the unit of namesakes, as Li Na (Logistics). Or write a part and press “Find”.",
    ),
    "person_chosen": Text("请选择一位，或在下面另写姓名：", "Choose one, or write another name below:"),
    "person_nobody": Text("不填", "Nobody"),
    "people_find": Text("查找", "Find"),
    "people_found": Text("请勾选：", "Choose:"),
}
