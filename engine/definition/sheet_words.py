"""Sheets in a reader's words: for the generated page of a workflow and the site's own."""

from __future__ import annotations

from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.sheet_parts import SheetPart
from engine.definition.wording import title_of, titles
from engine.text import Text


def sheet_words(part: SheetPart, workflow: Workflow, below: Definition | None) -> Text:
    """Return what a sheet asks, and whose figures it adds up."""
    asked = title_of(part.asked, workflow.fields)
    zh, en = f"指标在“{asked.zh}”中逐行写明", f"the items stand in {asked.en}, one a row"
    if part.filled is not None:
        filled = title_of(part.filled, workflow.fields)
        zh, en = f"{zh}，本单位在“{filled.zh}”中填报", f"{en}, and are answered in {filled.en}"
    if part.below is not None:
        child = part.below.workflow if below is None else below.workflow.title.zh
        english = part.below.workflow if below is None else below.workflow.title.en
        states = titles(part.below.states, {} if below is None else below.workflow.states)
        zh = f"{zh}；下级的“{child}”处于“{states.zh}”的计入合计，一个单位只计最近一件"
        en = f"{en}; the {english} of each unit below counts when {states.en}, its newest only"
    return Text(f"{zh}。", f"{en[0].upper()}{en[1:]}.")
