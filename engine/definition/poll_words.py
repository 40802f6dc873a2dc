"""Polls in a reader's words: for the generated page of a workflow and the site's own."""

from __future__ import annotations

from engine.definition.model import Workflow
from engine.definition.poll_parts import PollPart
from engine.definition.wording import title_of, titles
from engine.text import Text


def poll_words(part: PollPart, workflow: Workflow) -> Text:
    """Return who is asked what, how it is answered, and what is kept of it."""
    role, states = title_of(part.eligible, workflow.roles), titles(part.taken_in, workflow.states)
    opens, closes = (title_of(name, workflow.transitions) for name in (part.opens, part.closes))
    totals = title_of(part.totals, workflow.fields)
    choices_zh = "、".join(label.zh for label in part.choices.values())
    choices_en = ", ".join(label.en for label in part.choices.values())
    if part.rows is not None:
        table = title_of(part.rows.table, workflow.fields)
        asked_zh, asked_en = f"“{table.zh}”的每一行", f"each row of {table.en}"
    elif part.list is not None:
        asked_zh, asked_en = f"代码表 {workflow.lists[part.list]} 的每一项", f"each code of {workflow.lists[part.list]}"
    else:
        asked_zh = "、".join(label.zh for label in part.asks.values())
        asked_en = ", ".join(label.en for label in part.asks.values())
    every_zh, every_en = ("每项必选", "each must be answered") if part.every else ("可以空着", "any may be left blank")
    return Text(
        f"由“{opens.zh}”发起，名单当时确定：本单位的{role.zh}，不足 {part.least} 人的不得发起；"
        f"处于“{states.zh}”时一人一次，就{asked_zh}在“{choices_zh}”中选择，{every_zh}。"
        f"由“{closes.zh}”结束，收回不足 {part.least} 份的不得汇总；"
        f"只把合计填入“{totals.zh}”，选票随即删除，系统里不留谁填了什么。",
        f"Opened by {opens.en}, which fixes who is asked: every {role.en} of the unit, never fewer than {part.least}."
        f" Answered once each while {states.en}: {asked_en}, by one of {choices_en}, and {every_en}."
        f" Closed by {closes.en} when {part.least} have come back at least: the totals go into {totals.en}, the ballots"
        " are deleted, and who chose what is kept nowhere.",
    )
