"""The texts of the page that stands where nothing else can: what kind of refusal it is, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

REFUSED_TEXTS: Final[Mapping[str, Text]] = {
    "refused_general": Text("未能办理", "That did not work"),
    "refused_general_help": Text(
        "请用浏览器的“后退”回到刚才的页面，按上面的说明改正后再办理。",
        "Go back with your browser, put right what is said above, and try again.",
    ),
    "refused_rights": Text("没有权限", "You may not do this"),
    "refused_rights_help": Text(
        "请由有权限的人员办理；应当由您办理的，请工会办公室核对您的角色和任期。",
        "Ask somebody who may; if it is yours to do, ask the union office to check your roles and their dates.",
    ),
    "refused_origin": Text("未能办理", "That did not work"),
    "refused_origin_help": Text(
        "为防止他人冒用您的登录，只接受本站页面发出的表单。请从首页重新打开这一页，再提交一次。",
        "So that nobody uses your login, only forms of this site are taken. Open the page again and send it there.",
    ),
    "refused_nothing": Text("没有找到", "Not found"),
    "refused_nothing_help": Text(
        "可能是地址不完整，内容已经不在，或者不在您的查看范围内。请从首页或者“检索”中查找；仍然找不到的，请问工会办公室。",
        "The address may be incomplete, the thing gone, or not yours to see. Look for it from the start or by search; "
        "otherwise ask the union office.",
    ),
    "refused_form": Text("不能这样打开", "It does not open like this"),
    "refused_form_help": Text(
        "请不要直接打开或者收藏这个地址，从首页进入后再办理。",
        "Do not open or bookmark this address by itself; come in from the start.",
    ),
    "refused_size": Text("内容太多", "Too much at once"),
    "refused_size_help": Text(
        "没有保存。请用浏览器的“后退”回到表单，填写的内容还在：缩短文字，长的材料作为附件上传。",
        "Nothing was kept. Go back with your browser, where your words still are: shorten them, and attach long texts.",
    ),
    "refused_changed": Text("未能办理", "That did not work"),
    "refused_changed_help": Text(
        "请从首页重新打开本件，看清现在的状态再办理。",
        "Open the case again from the start and see how it stands now.",
    ),
    "refused_many": Text("请稍后再试", "Try again later"),
    "refused_many_help": Text(
        "请等 {seconds} 秒再试。没有办理的不会自动办理。",
        "Wait {seconds} seconds and try again. What was not done is not done by itself.",
    ),
    "refused_defect": Text("系统出错", "Something broke"),
    "refused_defect_help": Text(
        "这不是您的操作造成的。请稍后重试；仍不成功的，请把上面的编号告诉系统管理员。同一表单再次提交，不会重复办理。",
        "It was not your doing. Try again later; if that fails, tell the administrator the number above. "
        "A form that is sent again does nothing twice.",
    ),
    "refused_away": Text("暂时不能办理", "Not possible at the moment"),
    "refused_away_help": Text(
        "请过几分钟，用浏览器的“后退”回到刚才的页面再试；同一表单再次提交，不会重复办理。仍不成功的，请告诉系统管理员。",
        "Go back with your browser in a few minutes and try again: a form that is sent again does nothing twice. "
        "If that fails, tell the administrator.",
    ),
    "refused_calendar_help": Text(
        "请系统管理员录入该年的放假安排，或者换一个日期。",
        "Ask the administrator to take in the holiday notice of that year, or choose another date.",
    ),
    "refused_back": Text("返回首页", "Back to the start"),
}
