"""What somebody at a terminal does next after a refusal, by its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.errors import BanjieError
from engine.text import Text

_ADVICE: Final[Mapping[str, Text]] = {
    "storage_unavailable": Text(
        "请检查 --database、文件权限和磁盘空间；运行 banjie doctor 可逐项检查",
        "Look at --database, the permissions and the disk; banjie doctor checks them one by one",
    ),
    "outcome_unknown": Text(
        "请原样再执行一次：已经登记的不会重复登记",
        "Run the same command again: what was recorded is not recorded twice",
    ),
    "too_busy": Text("请稍等片刻再执行", "Wait a moment and run it again"),
    "definition_error": Text("请改正后运行 banjie check", "Correct it, then run banjie check"),
    "calendar_year_missing": Text(
        "请录入该年放假通知（banjie calendar seed 可生成初稿），或设 BANJIE_CALENDAR_MISSING=provisional",
        "Add the notice of that year (banjie calendar seed drafts one), or set BANJIE_CALENDAR_MISSING=provisional",
    ),
    "case_not_found": Text(
        "请核对编号；banjie overdue 列出逾期事项的编号",
        "Check the number; banjie overdue lists the numbers of late cases",
    ),
    "import_refused": Text(
        "没有写入任何内容，请改正文件后重新导入", "Nothing was written; correct the file and import it again"
    ),
    "form_invalid": Text("请改正后再执行", "Correct them and run it again"),
    "command_failed": Text(
        "请把编号告知管理员，详情见服务日志", "Give the number to the administrator; the log says more"
    ),
}


def advice_for(refusal: BanjieError) -> Text | None:
    """Return what to do about a refusal; None where its own text says it."""
    return _ADVICE.get(refusal.code)
