"""A definition's guards, effects and terms in a reader's words, for the generated page and for comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from engine.definition.catalogue import CATALOGUE
from engine.definition.model import DeadlinePart, RetentionTerm, Rung, Within, Workflow
from engine.definition.parts import (
    AppendRows,
    Assign,
    Bind,
    Cascade,
    ClockEffect,
    Effect,
    Extend,
    GuardPart,
    IssueNumber,
    Label,
    LeaveMerge,
    Merge,
    Notify,
    OpenLinked,
    Publish,
    RaiseRung,
    RollUp,
    SetFields,
    Source,
    Unbind,
    UnMerge,
    WithdrawRung,
)
from engine.definition.period import parse_period
from engine.text import Text

NOTHING = Text("—", "—")

_CLOCK: Mapping[str, Text] = {
    "start": Text("起算", "start"),
    "stop": Text("完成", "stop"),
    "cancel": Text("取消", "cancel"),
    "suspend": Text("中止", "suspend"),
    "resume": Text("恢复", "resume"),
}
_KEPT: Mapping[str, Text] = {
    "internal": Text("内部内容", "What is internal"),
    "personal": Text("个人信息", "Personal data"),
    "confidential": Text("保密内容", "What is confidential"),
}
_SESSION: Mapping[str, Text] = {
    "call_closes_on": Text("征集截止日", "the end of the call"),
    "opens_on": Text("会议开幕日", "the opening of the congress"),
    "closes_on": Text("会议闭幕日", "the closing of the congress"),
    "reply_due_on": Text("本届次规定的答复日", "the reply date of the congress session"),
}


def listed(texts: Iterable[Text]) -> Text:
    """Return texts one after the other; a dash for none."""
    every = list(texts)
    return Text("、".join(text.zh for text in every), ", ".join(text.en for text in every)) if every else NOTHING


def titles(names: Iterable[str], parts: Mapping[str, object]) -> Text:
    """Return the titles behind names; a name without a titled part stands for itself."""
    return listed(title_of(name, parts) for name in names)


def title_of(name: str, parts: Mapping[str, object]) -> Text:
    """Return the title of one part, its name if it has none."""
    title = getattr(parts.get(name), "title", None)
    return title.text if isinstance(title, Label) else Text(name, name)


def term_words(within: str | Within) -> Text:
    """Return a term as readers say it: ``90日``, ``按字段 due_on 的日期``."""
    if isinstance(within, str):
        return parse_period(within).text()
    if within.from_field is not None:
        text = Text(f"字段 {within.from_field} 的日期", f"the date in {within.from_field}")
    elif within.session is not None:
        text = _SESSION[within.session]
    else:
        text = Text(str(within.fixed), str(within.fixed))
    if within.otherwise is None:
        return text
    otherwise = parse_period(within.otherwise).text()
    return Text(f"{text.zh}，没有日期时为 {otherwise.zh}", f"{text.en}, otherwise {otherwise.en}")


def counted_words(part: DeadlinePart, workflow: Workflow) -> Text:
    """Return the term of a deadline, with the field that it counts from where it does: ``自“闭会日期”起 3日``."""
    term = term_words(part.within)
    if part.counts_from is None:
        return term
    field = title_of(part.counts_from, workflow.fields)
    return Text(f"自“{field.zh}”起 {term.zh}", f"{term.en} from {field.en}")


def rung_words(rung: Rung, workflow: Workflow) -> Text:
    """Return when a rung is raised and who is told, as ``到期前7日 → 承办人``."""
    at = rung.at
    if at.before is not None:
        period = parse_period(at.before).text()
        when = Text(f"到期前 {period.zh}", f"{period.en} before")
    elif at.after is not None:
        period = parse_period(at.after).text()
        when = Text(f"到期后 {period.zh}", f"{period.en} after the due date")
    else:
        move = title_of(at.on or "", workflow.transitions)
        when = Text(f"第 {at.times} 次“{move.zh}”", f"{move.en} number {at.times}")
    told = titles(rung.to, workflow.roles)
    again = Text("", "")
    if rung.repeat is not None:
        every = parse_period(rung.repeat).text()
        again = Text(f"，每 {every.zh} 重复", f", again every {every.en}")
    return Text(f"{when.zh} → {told.zh}{again.zh}", f"{when.en} → {told.en}{again.en}")


def guard_words(guard: GuardPart) -> Text:
    """Return what a guard asks: the title in the catalogue, or the expression itself."""
    named = CATALOGUE.get(guard.use or "")
    if named is not None:
        given = ", ".join(f"{name}={value}" for name, value in guard.given.items())
        return Text(f"{named.title.zh}（{given}）", f"{named.title.en} ({given})") if given else named.title
    expression = guard.expr or guard.use or ""
    return Text(f"`{expression}`", f"`{expression}`")


def source_words(source: Source | None, workflow: Workflow) -> Text:
    """Return document and article; a dash where no source is given."""
    if source is None:
        return NOTHING
    document = workflow.documents.get(source.document)
    title = document.text if document is not None else Text(source.document, source.document)
    return Text(f"{title.zh} {source.article}", f"{title.en} {source.article}")


def effect_words(effect: Effect, workflow: Workflow) -> Text:
    """Return what an effect does."""
    match effect:
        case Assign():
            if effect.lead is None:
                return Text(f"下发各单位（{effect.workflow}）", f"send to units ({effect.workflow})")
            return Text("交办主办、协办单位", "assign to lead and co-handlers")
        case Cascade():
            return Text(f"承办件联动“{effect.fire}”", f"fire {effect.fire} of the children")
        case Merge():
            return Text("并案", "merge")
        case UnMerge():
            return Text("取消并案", "un-merge")
        case LeaveMerge():
            return Text("退出并案", "leave the merge")
        case SetFields():
            names = titles(effect.values, workflow.fields)
            return Text(f"填写{names.zh}", f"set {names.en}")
        case Bind() | Unbind():
            role = title_of(effect.role, workflow.roles)
            is_bind = isinstance(effect, Bind)
            return Text(f"{'列入' if is_bind else '退出'}{role.zh}", f"{'bind' if is_bind else 'unbind'} {role.en}")
        case ClockEffect():
            term, act = title_of(effect.deadline, workflow.deadlines), _CLOCK[effect.do]
            also = Text("（并入的事项一并）", " (merged cases too)") if effect.with_merged else Text("", "")
            return Text(f"{act.zh}“{term.zh}”{also.zh}", f"{act.en} {term.en}{also.en}")
        case Extend():
            term = title_of(effect.deadline, workflow.deadlines)
            return Text(f"延长“{term.zh}”", f"extend {term.en}")
        case RaiseRung():
            term = title_of(effect.deadline, workflow.deadlines)
            return Text(f"“{term.zh}”启动督办 {effect.rung}", f"raise {effect.rung} of {term.en}")
        case WithdrawRung():
            return Text("撤销一级督办", "withdraw a rung")
        case AppendRows():
            table = title_of(effect.table, workflow.fields)
            return Text(f"添入“{table.zh}”", f"put under {table.en}")
        case IssueNumber():
            series = title_of(effect.series, workflow.numbers)
            return Text(f"编{series.zh}", f"issue {series.en}")
        case Notify():
            notice = title_of(effect.notice, workflow.notices)
            if effect.given is None:
                return Text(f"通知：{notice.zh}", f"notify: {notice.en}")
            given = title_of(effect.given, workflow.fields)
            return Text(f"填写“{given.zh}”的，通知：{notice.zh}", f"notify, if {given.en} is given: {notice.en}")
        case OpenLinked() if effect.each is not None:
            table = title_of(effect.each, workflow.fields)
            return Text(
                f"按“{table.zh}”逐行另立关联事项（{effect.workflow}）",
                f"open a linked case for each row of {table.en} ({effect.workflow})",
            )
        case OpenLinked():
            return Text(f"另立关联事项（{effect.workflow}）", f"open a linked case ({effect.workflow})")
        case RollUp():
            sheet = title_of(effect.sheet, workflow.sheets)
            zero = Text("，本级计零", ", the unit's own as noughts") if effect.zero else Text("", "")
            return Text(f"汇总“{sheet.zh}”{zero.zh}", f"add up {sheet.en}{zero.en}")
        case Publish():
            return Text("公开", "publish")
        case _:
            assert_never(effect)


def retention_words(term: RetentionTerm) -> Text:
    """Return what is meant by the values of one privacy."""
    return _KEPT[term.privacy]


def retention_source(term: RetentionTerm, workflow: Workflow) -> Text:
    """Return where a term of retention comes from; without a source it is a default that a unit may set otherwise."""
    if term.source is None:
        return Text("默认值，可在流程定义中修改", "A default; set it in the definition")
    return source_words(term.source, workflow)
