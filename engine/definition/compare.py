"""What changed between two versions of a workflow, in words for those who must approve it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from engine.definition.model import Ladder, Workflow
from engine.definition.parts import Effect, GuardPart, Label, Part, TransitionPart
from engine.definition.wording import (
    NOTHING,
    effect_words,
    guard_words,
    listed,
    rung_words,
    term_words,
    title_of,
    titles,
)
from engine.text import Text

P = TypeVar("P", bound=Part)

_SECTIONS: Mapping[str, Text] = {
    "documents": Text("依据文件", "Document"),
    "parameters": Text("参数", "Parameter"),
    "lists": Text("代码表", "List"),
    "numbers": Text("编号序列", "Number series"),
    "fields": Text("字段", "Field"),
    "roles": Text("角色", "Role"),
    "states": Text("状态", "State"),
    "transitions": Text("流转", "Transition"),
    "joins": Text("联动", "Join"),
    "deadlines": Text("期限", "Deadline"),
    "ladders": Text("督办层级", "Ladder"),
    "notices": Text("通知", "Notice"),
    "reaches": Text("触达", "Reach"),
    "coverage": Text("覆盖率", "Coverage"),
    "sheets": Text("统计表", "Sheet"),
    "polls": Text("网上投票", "Poll"),
    "measures": Text("指标", "Measure"),
}
_ATTRIBUTES: Mapping[str, Text] = {
    "title": Text("名称", "title"),
    "purpose": Text("目的", "purpose"),
    "in_force_from": Text("施行日期", "in force from"),
    "initial": Text("初始值", "initial value"),
    "openers": Text("立项角色", "openers"),
    "opener_becomes": Text("立项人的角色", "role of the opener"),
    "subject_field": Text("案由字段", "subject field"),
    "category_field": Text("类别字段", "category field"),
    "counts_as_case": Text("是否计件", "counts as a case"),
    "evaluation": Text("评价办法", "evaluation"),
    "retention": Text("保存期限", "retention"),
    "roster": Text("名册", "roster"),
    "key": Text("编号所在", "place of the keys"),
    "planned": Text("视为计划的状态", "states of a plan"),
    "reached": Text("视为触达的状态", "states that count as reached"),
    "on": Text("日期字段", "field of the day"),
    "planned_on": Text("计划日期字段", "field of the planned day"),
    "counted": Text("计入的行", "rows that count"),
    "once": Text("不重复", "once"),
    "among": Text("统计范围", "among"),
    "reach": Text("触达", "reach"),
    "has": Text("应具备", "has"),
    "goal": Text("目标", "goal"),
    "asked": Text("指标表", "table of the items"),
    "filled": Text("填报表", "table of the answers"),
    "totals": Text("合计表", "table of the totals"),
    "below": Text("汇总下级", "whose sheets are added up"),
    "opens": Text("发起的流转", "opened by"),
    "taken_in": Text("填写状态", "states in which it is answered"),
    "closes": Text("结束的流转", "closed by"),
    "eligible": Text("参加范围", "who may answer"),
    "rows": Text("所问的行", "rows that are asked about"),
    "asks": Text("所问的问题", "questions"),
    "choices": Text("选项", "choices"),
    "every": Text("是否每项必答", "whether each must be answered"),
    "titled": Text("问题栏目", "column of the questions"),
    "answered": Text("作答数栏目", "column of the answers"),
    "always": Text("固定栏目", "columns that are always alike"),
    "eligible_count": Text("应参加人数字段", "field of those who may answer"),
    "returned_count": Text("收回份数字段", "field of what came back"),
    "proof": Text("核验码字段", "field of the hash"),
    "least": Text("最少人数", "fewest"),
    "by": Text("办理角色", "roles"),
    "reason": Text("理由字段", "field of the reason"),
    "from": Text("起始状态", "from"),
    "to": Text("到达", "to"),
    "stay": Text("状态不变", "stay"),
    "acts": Text("应办角色", "who must act"),
    "phase": Text("阶段", "phase"),
    "milestone": Text("里程碑", "milestone"),
    "within": Text("时限", "term"),
    "start_day": Text("起算日", "start day"),
    "roll": Text("末日遇休息日", "roll"),
    "suspension": Text("中止", "suspension"),
    "extension": Text("延长", "extension"),
    "ladder": Text("督办层级", "ladder"),
    "privacy": Text("隐私级别", "privacy"),
    "schema": Text("填写要求", "schema"),
    "list": Text("代码表", "list"),
    "tracked": Text("是否跟踪", "tracked"),
    "value": Text("数值", "value"),
    "template": Text("模板", "template"),
    "per": Text("编号范围", "numbered per"),
    "bound": Text("担任方式", "bound"),
    "of": Text("授权", "grants"),
    "in": Text("所在", "in"),
    "sees": Text("可否查看", "sees"),
    "inherited": Text("上级授权是否有效", "inherited"),
    "states": Text("状态", "states"),
    "when": Text("联动条件", "when"),
    "fire": Text("发出的流转", "fires"),
    "numerator": Text("分子", "numerator"),
    "denominator": Text("分母", "denominator"),
    "excluded": Text("不计入", "excluded"),
    "beside": Text("另列", "beside"),
    "headline": Text("首要指标", "headline figure"),
    "minimum_sample": Text("最小样本", "minimum sample"),
    "source": Text("依据", "source"),
    "waive": Text("豁免", "waiver"),
    "opening": Text("立项表单", "opening form"),
    "vary": Text("可试算项", "what may be varied"),
    "terms": Text("时限", "terms"),
    "ladders": Text("督办层级", "ladders"),
    "on_open": Text("立项动作", "effects of opening"),
}
_RECIPIENTS = Text("告知对象", "recipients")
_IN_PIECES = frozenset({"guards", "effects", "form", "alternatives", "rungs"})


def differences(old: Workflow, new: Workflow) -> list[Text]:
    """Return one sentence for each difference, head first, then section by section; empty when they say the same.

    A part that vanished while another with the same title came is told as renamed.
    """
    head = set(Workflow.model_fields) - {"name", "version", *_SECTIONS}
    found = list(_attributes(Text("流程", "The workflow"), old, new, (old, new), only=head))
    for section, kind in _SECTIONS.items():
        found += _section(kind, getattr(old, section), getattr(new, section), (old, new))
    return found


def _section(
    kind: Text, old: Mapping[str, Any], new: Mapping[str, Any], workflows: tuple[Workflow, Workflow]
) -> Iterator[Text]:
    renamed = _renamed(old, new)
    for name in old:
        if name not in new and name not in renamed:
            yield _sentence(kind, name, old, Text("已删去", "is gone"))
    for before, after in renamed.items():
        yield _sentence(kind, before, old, Text(f"改用标识 {after}", f"is now called {after}"))
    for name in new:
        if name not in old and name not in renamed.values():
            yield _sentence(kind, name, new, Text("为新增", "is new"))
    for name, part in new.items():
        before = next((known for known, now in renamed.items() if now == name), name)
        if before in old and old[before] != part:
            yield from _changes(_named(kind, before, old), old[before], part, workflows)


def _renamed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    pairs = {}
    for before in gone:
        title = title_of(before, old)
        after = next((name for name in come if title_of(name, new) == title and title.zh != before), None)
        if after is not None:
            come.remove(after)
            pairs[before] = after
    return pairs


def _named(kind: Text, name: str, parts: Mapping[str, Any]) -> Text:
    title = title_of(name, parts)
    if title == Text(name, name):
        return Text(f"{kind.zh}“{name}”", f"{kind.en} {name}")
    return Text(f"{kind.zh}“{title.zh}”（{name}）", f"{kind.en} “{title.en}” ({name})")


def _sentence(kind: Text, name: str, parts: Mapping[str, Any], what: Text) -> Text:
    subject = _named(kind, name, parts)
    return Text(f"{subject.zh}{what.zh}", f"{subject.en} {what.en}")


def _changes(subject: Text, old: Any, new: Any, workflows: tuple[Workflow, Workflow]) -> Iterator[Text]:
    if isinstance(old, Label) and isinstance(new, Label):
        yield _from_to(subject, Text("", ""), old.text, new.text)
        return
    if not isinstance(old, Part) or not isinstance(new, Part):
        yield _from_to(subject, Text("", ""), Text(str(old), str(old)), Text(str(new), str(new)))
        return
    yield from _attributes(subject, old, new, workflows)
    if isinstance(old, TransitionPart) and isinstance(new, TransitionPart):
        yield from _transition(subject, old, new, workflows)
    elif isinstance(old, Ladder) and isinstance(new, Ladder):
        before = {rung.id: rung_words(rung, workflows[0]) for rung in old.rungs}
        after = {rung.id: rung_words(rung, workflows[1]) for rung in new.rungs}
        yield from _pieces(subject, Text("督办", "rung"), before, after)


def _attributes(
    subject: Text, old: Part, new: Part, workflows: tuple[Workflow, Workflow], only: Iterable[str] | None = None
) -> Iterator[Text]:
    for name, info in type(new).model_fields.items():
        key = info.alias or name
        before, after = getattr(old, name), getattr(new, name)
        if before == after or key in _IN_PIECES or (only is not None and name not in only):
            continue
        words = _RECIPIENTS if key == "to" and isinstance(after, tuple) else _ATTRIBUTES.get(key, Text(key, key))
        yield _from_to(subject, words, _value(key, before, workflows[0]), _value(key, after, workflows[1]))


def _from_to(subject: Text, what: Text, before: Text, after: Text) -> Text:
    zh = f"的{what.zh}" if what.zh else ""
    if before == after:
        return Text(f"{subject.zh}{zh}有变化", f"{subject.en}: {what.en} changed")
    return Text(
        f"{subject.zh}{zh}由 {before.zh} 改为 {after.zh}",
        f"{subject.en}: {what.en + ' ' if what.en else ''}changed from {before.en} to {after.en}",
    )


def _value(key: str, value: Any, workflow: Workflow) -> Text:
    """Return a value as a reader says it; a whole part only as "there" or "not there"."""
    if value is None or value == ():
        return NOTHING
    if key == "within":
        return term_words(value)
    if key == "title" or key == "purpose":
        return Text(value.zh, value.en)
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    if isinstance(value, tuple) and all(isinstance(name, str) for name in value):
        return titles(value, {**workflow.roles, **workflow.states})
    if isinstance(value, str) and key in ("to", "fire", "opener_becomes", "ladder"):
        return title_of(value, {**workflow.roles, **workflow.states, **workflow.transitions})
    if isinstance(value, Part | dict | tuple):
        return Text("有", "given")
    return Text(str(value), str(value))


def _transition(
    subject: Text, old: TransitionPart, new: TransitionPart, workflows: tuple[Workflow, Workflow]
) -> Iterator[Text]:
    guards = [{guard.id: guard_words(guard) for guard in _guards(part)} for part in (old, new)]
    yield from _pieces(subject, Text("条件", "guard"), *guards)
    for before, after in _pairs(_guards(old), _guards(new)):
        if guard_words(before) == guard_words(after) and before.refuse != after.refuse:
            yield _from_to(
                Text(f"{subject.zh}的条件“{after.id}”", f"{subject.en}: guard {after.id}"),
                Text("拒绝理由", "refusal"),
                before.refuse.text,
                after.refuse.text,
            )
    need = {"required": Text("必填", "required"), "optional": Text("选填", "optional")}
    forms = [
        {title_of(name, workflow.fields): need[asked] for name, asked in part.form.items()}
        for part, workflow in zip((old, new), workflows, strict=True)
    ]
    yield from _pieces(subject, Text("表单项", "form field"), *forms)
    effects = [
        {effect_words(effect, workflow): NOTHING for effect in _effects(part)}
        for part, workflow in zip((old, new), workflows, strict=True)
    ]
    yield from _pieces(subject, Text("办理动作", "effect"), *effects)
    ways = [
        listed(title_of(way.to, workflow.states) for way in part.alternatives)
        for part, workflow in zip((old, new), workflows, strict=True)
    ]
    if ways[0] != ways[1]:
        yield _from_to(subject, Text("去路", "alternatives"), ways[0], ways[1])


def _guards(part: TransitionPart) -> list[GuardPart]:
    return [*part.guards, *(guard for way in part.alternatives for guard in way.guards)]


def _effects(part: TransitionPart) -> list[Effect]:
    return [*part.effects, *(effect for way in part.alternatives for effect in way.effects)]


def _pairs(old: Iterable[GuardPart], new: Iterable[GuardPart]) -> Iterator[tuple[GuardPart, GuardPart]]:
    known = {guard.id: guard for guard in old}
    return ((known[guard.id], guard) for guard in new if guard.id in known)


def _pieces(subject: Text, kind: Text, old: Mapping[Any, Text], new: Mapping[Any, Text]) -> Iterator[Text]:
    """Tell which named pieces of a part are gone, new or different."""
    for key in old:
        name = key if isinstance(key, Text) else Text(key, key)
        if key not in new:
            yield Text(f"{subject.zh}删去{kind.zh}“{name.zh}”", f"{subject.en}: {kind.en} {name.en} is gone")
    for key, words in new.items():
        name = key if isinstance(key, Text) else Text(key, key)
        if key not in old:
            said = Text(f"：{words.zh}", f": {words.en}") if words != NOTHING else Text("", "")
            yield Text(
                f"{subject.zh}新增{kind.zh}“{name.zh}”{said.zh}", f"{subject.en}: {kind.en} {name.en} is new{said.en}"
            )
        elif old[key] != words:
            yield _from_to(
                Text(f"{subject.zh}的{kind.zh}“{name.zh}”", f"{subject.en}: {kind.en} {name.en}"),
                Text("", ""),
                old[key],
                words,
            )
