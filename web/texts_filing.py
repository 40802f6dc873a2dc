"""Texts of filing: choosing what it is, who will see what, the form, the last look, and what happens next."""

from __future__ import annotations

from typing import Final

from engine.text import Text

FILING_TEXTS: Final = {
    # ---------------------------------------------------------------------------------------------- choosing what it is
    "filing_title": Text("我要提出", "Bring something forward"),
    "filing_note": Text(
        "先选一种。每一种都写明谁会看到什么；现在还没有开始填写，也不会留下记录。",
        "Choose one. It says who will see what; nothing is typed or recorded yet.",
    ),
    "filing_step": Text("第 {n} 步，共 {of} 步：{what}", "Step {n} of {of}: {what}"),
    "filing_kinds": Text("哪一种事项", "Which kind"),
    "filing_choose": Text("选择", "Choose"),
    "filing_fill": Text("填写", "Fill in"),
    "filing_look": Text("核对", "Look it over"),
    "filing_done": Text("完成", "Done"),
    "filing_start": Text("填写{title}", "Write a {title}"),
    "filing_start_level": Text("填写{title}（{level}）", "Write a {title} ({level})"),
    "filing_named": Text("实名", "By name"),
    "filing_named_level": Text("实名（{levels}）", "By name ({levels})"),
    "filing_start_nameless": Text("不留姓名反映", "Report without a name"),
    "filing_table": Text("{title}：谁会看到什么", "{title}: who will see what"),
    "filing_way": Text("方式", "Way"),
    "filing_name": Text("谁知道是您", "Who knows it is you"),
    "filing_text": Text("谁看得到全文", "Who reads all of it"),
    "filing_short": Text("谁只看到摘要", "Who reads a summary"),
    "filing_follow": Text("怎样查看进展", "How you follow it"),
    "filing_follow_login": Text("登录后在“我的事项”", "Log in, “My cases”"),
    "filing_follow_code": Text("凭查询码，不用登录", "By a query code, without a login"),
    "filing_nobody_name": Text("没有人知道，系统也不记", "Nobody; the system does not know either"),
    "filing_two_name": Text(
        "没有人；确需核实时须一人申请、另一人批准，您会看到", "Nobody, unless one asks and another agrees; you see both"
    ),
    "filing_published": Text(
        "结案后经您同意才公开，公开时不写姓名。", "Published only after it is closed, with your consent, without names."
    ),
    "filing_none": Text(
        "您没有提出事项的权限。请找工会办公室核对您的账号，或由他们代录。",
        "You may bring nothing forward here. Ask the union office to look at your account, or to enter it for you.",
    ),
    # ------------------------------------------------------------------------------------------------------------- form
    "filing_other": Text("换一种方式", "Choose another way"),
    "filing_more": Text("更多（选填，{n} 项）", "More (optional, {n})"),
    "filing_photo": Text("拍照或从相册选（可多张）", "Photograph, or choose pictures (several)"),
    "filing_to_look": Text("下一步：核对", "Next: look it over"),
    "filing_not_yet": Text("还没有提交，下一步可以核对和修改。", "Nothing is filed yet; you can look and change next."),
    "filing_similar": Text("相似的事项", "Similar cases"),
    # -------------------------------------------------------------------------------------------------------- last look
    "filing_look_title": Text("核对后提交", "Look it over, then file it"),
    "filing_look_note": Text(
        "还没有提交。请核对；要改就点“返回修改”，已填的都在。",
        "Not filed yet. Change it if need be; nothing typed is lost.",
    ),
    "filing_back": Text("返回修改", "Go back and change"),
    # -------------------------------------------------------------------------------------------- after it, on the case
    "filed_title": Text("已经记下", "It is on record"),
    "filed_draft": Text(
        "这还是草稿，没有提交审查：请接着办下一步。",
        "It is a draft and not submitted yet: please go on with the next step.",
    ),
    "filed_number": Text("编号", "Number"),
    "filed_number_none": Text("提交审查时编号", "Numbered when it is submitted"),
    "filed_where": Text("以后在哪里看", "Where to find it again"),
    "filed_where_text": Text(
        "登录后点“我的事项”，或记下上面的编号到“事项”里查。有新进展会通知您。",
        "Log in and open “My cases”, or look for the number under “Cases”. You are told of whatever happens.",
    ),
    "filed_receipt": Text("签名回执", "Signed receipt"),
    "filed_receipt_text": Text(
        "请截屏或打印。以后凭它可以证明：这一天、这个内容已经提交，没有被改动。",
        "Keep a picture or a print: it proves that this was filed on this day and has not been changed.",
    ),
    "filed_receipt_check": Text("核对回执", "Check a receipt"),
    "next_title": Text("下一步", "What happens next"),
    "next_mine": Text("等您办理", "It waits for you"),
    "next_who": Text("由{roles}办理", "It is with: {roles}"),
    "step_due": Text("{what}：{day}前", "{what}: by {day}"),
    "next_do": Text("您可以：{moves}", "You can: {moves}"),
    "next_over": Text("已经办完，没有下一步。", "It is finished; nothing follows."),
    # ---------------------------------------------------------------------------------------------- moves of the case
    "moves_first": Text("现在该办的", "To be done now"),
    "moves_more": Text("还可以", "You can also"),
    "moves_blocked": Text("条件未到，现在不能办", "Not possible yet"),
    "moves_to": Text("办理后进入“{state}”", "The case becomes “{state}”"),
    "moves_or": Text("”或“", "” or “"),
    "moves_read_first": Text("先看答复内容", "Read the answer first"),
    "moves_stay": Text("办理后状态不变", "The state stays as it is"),
    "moves_tells": Text("会通知：{roles}", "Will be told: {roles}"),
    "moves_after": Text("最早可办：{day}（“{deadline}”满后）", "Possible from {day}, when “{deadline}” is over"),
    # ------------------------------------------------------------------------------------------- signing an exact text
    "sign_title": Text("您签的就是下面这段文字", "This is the text you put your name to"),
    "sign_digest": Text("文字摘要（SHA-256）", "Digest of the text (SHA-256)"),
    "sign_note": Text(
        "您的确认只对这段文字有效；文字改动后会请您重新确认。",
        "Your name stands under this text only; if it is changed you are asked again.",
    ),
    "sign_changed": Text(
        "您读过之后，提案内容改动了，所以没有替您附上名字。改动：{changes}。请看过现在的文字再确认。",
        "The text was changed after you read it, so your name was not put to it. Changed: {changes}. Please read it as "
        "it is now.",
    ),
    "sign_unknown": Text(
        "无法确定您读的是哪一稿，请看过下面的文字再确认。",
        "It cannot be told which text you read; please read the one below and confirm.",
    ),
    "sign_change": Text("“{title}”原为“{old}”，现为“{new}”", "“{title}” was “{old}” and is “{new}”"),
    # --------------------------------------------------------------------------------------------------- conversation
    "talk_title": Text("留言往来", "Messages"),
    "talk_none": Text("还没有留言。", "No messages yet."),
    # ------------------------------------------------------------------------------------------------------- my cases
    "my_waiting": Text("等您处理", "Waiting for you"),
    "my_do": Text("请您：{moves}", "For you to do: {moves}"),
    "my_new": Text("我要提出", "Bring something forward"),
    "my_with": Text("现由{roles}办理", "Now with: {roles}"),
    "my_register": Text("公开登记册", "Public register"),
    "my_receipts": Text("核对回执", "Check a receipt"),
    "my_anonymous": Text("凭查询码查看匿名件", "Follow an anonymous case by its code"),
}
