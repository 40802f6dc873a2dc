"""Texts about papers, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

PAPER_TEXTS: Final[Mapping[str, Text]] = {
    "papers_title": Text("文书", "Papers"),
    "papers_note": Text(
        "文书按您看得到的内容生成，文书上没有的，是您无权查看或者还没有填写的。",
        "Papers hold what you may see; what is not on them you may not see, or nobody has written it yet.",
    ),
    "papers_pdf": Text("PDF 文件", "PDF"),
    "papers_word": Text("Word 文件", "Word"),
    "papers_out_title": Text("下载全部文书、案卷", "All papers or dossiers"),
    "papers_out_note": Text(
        "对上面条件选出的全部事项生成案卷（每件一份）或现在可出具的全部文书，按您看得到的内容，一次最多 {n} 件；"
        "生成需要一些时间，可以离开，办好后在“办理进度”中下载压缩包。",
        "Made of all cases that the conditions above choose, as you may see them, at most {n} at a time. It takes a "
        "while: you may leave, and download the archive from your long work when it is done.",
    ),
    "papers_out_wanted": Text("内容", "What"),
    "papers_out_dossier": Text("案卷", "Dossiers"),
    "papers_out_papers": Text("全部文书", "All papers"),
    "papers_out_kind": Text("格式", "As"),
    "papers_out_begin": Text("生成压缩包", "Make the archive"),
    "paper_notes": Text("说明", "Notes"),
    "paper_origin": Text("本件据账册第{seq}条（{hash}）生成", "Made from entry {seq} ({hash})"),
    "dossier_title": Text("案\u3000卷", "Dossier"),
    "dossier_link": Text("案卷（全部内容）", "Dossier (all of it)"),
    "dossier_content": Text("登记内容", "What was filed"),
    "dossier_history": Text("办理过程", "What was done"),
    "dossier_deadlines": Text("办理时限", "Deadlines"),
    "dossier_relatives": Text("关联事项", "Cases around it"),
    "dossier_files": Text("附件目录", "Files"),
    "dossier_papers": Text("可出具的文书", "Papers that can be made"),
    "dossier_proof": Text("核验说明", "How to check it"),
    "dossier_subject": Text("案由", "Subject"),
    "dossier_state": Text("办理状态", "State"),
    "dossier_ended": Text("结束日期", "Ended on"),
    "dossier_ledger": Text("账册记录", "In the ledger"),
    "dossier_entries": Text(
        "本事项账册第{first}条至第{last}条，末条摘要{hash}", "Entries {first} to {last} of this case, the last {hash}"
    ),
    "dossier_checkpoint": Text("检查点", "Checkpoint"),
    "dossier_sealed": Text("本事项的全部记录均已封存。", "All entries of this case are sealed."),
    "dossier_unsealed": Text("本事项最近的记录尚待封存。", "The newest entries of this case wait to be sealed."),
    "dossier_privacy": Text("（{privacy}）", "({privacy})"),
    "dossier_nothing": Text("没有您有权查看的登记内容。", "Nothing was filed that you may see."),
    "dossier_seq": Text("序号", "No."),
    "dossier_when": Text("时间", "When"),
    "dossier_who": Text("办理人", "Who"),
    "dossier_what": Text("办理事项", "What"),
    "dossier_said": Text("内容与意见", "What was said"),
    "dossier_above": Text("内容见“登记内容”。", "See what was filed."),
    "dossier_deadline": Text("时限", "Deadline"),
    "dossier_started": Text("起算", "From"),
    "dossier_due": Text("截止", "Due"),
    "dossier_done": Text("完成", "Done"),
    "dossier_standing": Text("情况", "Standing"),
    "dossier_notes": Text("备注", "Notes"),
    "dossier_no_files": Text("没有附件。", "No files."),
    "dossier_file": Text("文件名", "Name"),
    "dossier_size": Text("大小", "Size"),
    "dossier_sha256": Text("摘要（SHA-256）", "SHA-256"),
    "dossier_files_note": Text(
        "摘要按上传时的原件计算；对文件重新计算，结果一致的就是原件。",
        "The hash is that of the file as it came: who works it out again and gets the same has the original.",
    ),
    "dossier_no_papers": Text("目前没有可出具的文书。", "No paper can be made now."),
    "dossier_number": Text("序号", "No."),
    "dossier_paper": Text("文书", "Paper"),
    "dossier_dated": Text("日期", "Date"),
    "dossier_from": Text("依据", "From"),
    "dossier_entry": Text("账册第{seq}条", "Entry {seq}"),
    "dossier_made": Text(
        "本案卷由系统于{at}按索取人有权查看的内容生成；未列出的内容，是索取人无权查看或者尚未填写的。",
        "Made on {at} from what its reader may see; what is not here they may not see, or nobody has written it yet.",
    ),
    "dossier_verify": Text(
        "账册记录前后相接，不能改动而不被发现。在事项页面下载证据包，用独立核验程序可以核对本案卷所列各条记录。",
        "Entries are linked, and none can be changed unnoticed. With the bundle from the page of the case and the "
        "verification program every entry listed here can be checked.",
    ),
}
