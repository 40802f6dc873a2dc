"""Rosters, whom cases reach of them, and coverages, in a reader's words: for the generated page and the site's own."""

from __future__ import annotations

from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.roster_parts import CoveragePart, Facets, ReachPart
from engine.definition.wording import NOTHING, listed, title_of, titles
from engine.text import Text


def roster_words(workflow: Workflow) -> Text | None:
    """Return what makes a case a line of the roster, None where the workflow is none."""
    part = workflow.roster
    if part is None:
        return None
    states, key = titles(part.states, workflow.states), title_of(part.key, workflow.fields)
    facets = listed(title_of(name, workflow.fields) for name in part.facets) if part.facets else NOTHING
    return Text(
        f"处于“{states.zh}”的是名册上的一条，以“{key.zh}”为编号，不得重复；分类：{facets.zh}。",
        f"A case that is {states.en} is a line of the roster, by its {key.en}, which stands once; facets: {facets.en}.",
    )


def reach_words(part: ReachPart, workflow: Workflow, roster: Definition | None) -> Text:
    """Return when a line counts as reached, and whether it may be reached again."""
    place = title_of(part.key.partition(".")[0], workflow.fields)
    states, day = titles(part.reached, workflow.states), title_of(part.on, workflow.fields)
    called = _called(part.roster, roster)
    zh = f"“{place.zh}”中的编号须在名册“{called.zh}”上；处于“{states.zh}”的，按“{day.zh}”计为触达"
    en = f"Keys in {place.en} must stand on the roster {called.en}; when {states.en} they are reached, on {day.en}"
    if part.planned:
        planned = titles(part.planned, workflow.states)
        zh, en = f"{zh}；处于“{planned.zh}”的计为计划", f"{en}; when {planned.en} they are planned"
    if part.once is not None:
        within = title_of(part.once.within, workflow.fields)
        field, _, column = part.once.unless.partition(".")
        reason = title_of(column, workflow.fields[field].columns) if column else title_of(field, workflow.fields)
        zh = f"{zh}；同一“{within.zh}”内不得重复，填写“{reason.zh}”的除外"
        en = f"{en}; not twice within one {within.en}, but where {reason.en} says why"
    return Text(f"{zh}。", f"{en}.")


def coverage_words(part: CoveragePart, workflow: Workflow, roster: Definition | None) -> Text:
    """Return what is counted, of what."""
    called, among = _called(part.roster, roster), _facets(part.among, roster)
    zh = f"名册“{called.zh}”" + (f"中{among.zh}的" if part.among else "")
    en = f"of the roster {called.en}" + (f" with {among.en}" if part.among else "")
    if part.reach is None:
        has = _facets(part.has, roster)
        return Text(f"{zh}，{has.zh}的占比", f"those with {has.en}, {en}")
    reach = workflow.reaches[part.reach].title
    years = Text("两年内", "within two years") if part.per == "two_years" else Text("一年内", "within a year")
    return Text(
        f"{zh}，{years.zh}有“{reach.zh}”的占比，各计一次", f"those with {reach.en} {years.en}, {en}, each counted once"
    )


def goal_words(part: CoveragePart) -> Text:
    """Return the goal; a dash without one."""
    return NOTHING if part.goal is None else Text(f"{part.goal.percent}%", f"{part.goal.percent} %")


def _called(name: str, roster: Definition | None) -> Text:
    return Text(name, name) if roster is None else roster.workflow.title.text


def _facets(asked: Facets, roster: Definition | None) -> Text:
    """Return facets with what they must say: what codes are called, and yes or no; names where no roster is known."""
    said = []
    for name, value in asked.items():
        title = Text(name, name) if roster is None else title_of(name, roster.workflow.fields)
        if isinstance(value, bool):
            shown = Text("是", "yes") if value else Text("否", "no")
        else:
            codes = None if roster is None else roster.list_of(name)
            shown = listed(
                Text(code, code) if codes is None or (item := codes.item(code)) is None else item.title.text
                for code in value
            )
        said.append(Text(f"“{title.zh}”为{shown.zh}", f"{title.en}: {shown.en}"))
    return listed(said)
