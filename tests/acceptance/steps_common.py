"""The sentences that scenarios of every workflow share. They only put words into acts of the hall and compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue
from pytest_bdd import given, parsers, step, then, when

from engine.case.actors import Grant
from engine.case.case import ClockState
from engine.case.identity import CaseId
from tests.support.answers import Answer
from tests.support.hall import Form, Hall
from tests.support.lives import CALLED, WAYS, Circumstances, bring
from tests.support.wording import DAY, answers, day, in_words, named, value_of

KIND: Final = f"(?:{'|'.join(way.called for way in WAYS.values() if way.states)})"
PART: Final = f"(?:{'|'.join(way.called for way in WAYS.values() if not way.states)})件"
"""What a unit's part in a case is called: its workflow has no way of its own."""
CASE: Final = rf"(?:该{KIND}|(?:{KIND}“[^“”]+”)?[^，“”]{{2,12}}的{PART}|{KIND}“[^“”]+”)"
FORM: Final = r"(?P<form>(?:，[^“”，]+?为“[^“”]*”)*)"


def sentence(pattern: str) -> parsers.re:
    """Return a parser of a whole sentence, ``CASE`` and ``DAY`` spelled out."""
    return parsers.re(pattern.replace("CASE", f"(?P<case>{CASE})").replace("DAY", f"(?P<on>{DAY})"))


def case_of(hall: Hall, words: str, who: str = "") -> CaseId:
    """Return which case is meant: ``该提案``, ``提案“改善食堂”``, or a unit's part of the current case:
    ``后勤服务中心的承办件``, ``本单位的承办件`` (of who acts), ``原财务部的承办件`` (before the last assignment).

    ``该督办单`` is the newest case called so that was opened out of the current one, where that one is called something
    else; ``该督办单的承办件`` is its lead unit's part."""
    quoted = re.search(rf"{KIND}“([^“”]+)”", words)
    case = hall.case_id(quoted[1] if quoted else hall.current)
    this = re.match(rf"该({KIND})(的{PART})?$", words)
    if this is not None:
        found = _this(hall, case, CALLED[this[1]])
        return hall.children(found, "lead")[0].id if this[2] else found
    part = re.search(rf"(原?)([^”]+)的{PART}$", words)
    if part is None:
        return case
    unit = re.sub("(负责人|承办人)$", "", who) if part[2] == "本单位" else part[2]
    return hall.child(case, hall.cast.unit(unit), earlier=bool(part[1]))


def _this(hall: Hall, case: CaseId, workflow: str) -> CaseId:
    """Return the case itself if it is of the workflow, else the newest of the workflow that was opened out of it."""
    if hall.case(case).workflow == workflow:
        return case
    linked = [one for one in hall.case(case).linked if hall.case(one).workflow == workflow]
    assert linked, f"没有由该件转出的{WAYS[workflow].called}"
    return linked[-1]


def form_of(hall: Hall, workflow: str, asked: list[str], words: str) -> dict[str, JsonValue]:
    """Return the form that ``，主办单位为“…”`` fills in; titles are looked for among what is asked, then everywhere."""
    definition = hall.definition(workflow)
    fields = definition.workflow.fields
    filled: dict[str, JsonValue] = {}
    for title, answer in answers(words).items():
        here = [name for name in asked if fields[name].title.zh == title]
        name = here[0] if len(here) == 1 else named(title, fields)
        filled[name] = value_of(definition, name, answer, hall.names)
    return filled


def ask(hall: Hall, who: str, move: str, case: CaseId, words: str, tables: Form | None = None) -> Answer:
    """Ask for a move by its Chinese title as what the scenario is about; ``tables`` are filled in beside the words."""
    workflow = hall.case(case).workflow
    transitions = hall.definition(workflow).workflow.transitions
    here = [name for name, part in transitions.items() if part.title.zh == move and hall.case(case).state in part.from_]
    name = here[0] if len(here) == 1 else named(move, transitions)
    form = {**form_of(hall, workflow, list(transitions[name].form), words), **(tables or {})}
    with hall.asking():
        return hall.fire(who, case, name, form)


# ------------------------------------------------------------------------------------ what was before
@step(sentence("(?:今天是|到了)DAY"))
def _today(hall: Hall, on: str) -> None:
    hall.go_to(day(on))


@given(sentence(rf"(?P<title>六届.次)的提案征集期为(?P<first>{DAY})至(?P<last>{DAY})"))
def _call(hall: Hall, title: str, first: str, last: str) -> None:
    hall.set_session(title, call_opens_on=day(first), call_closes_on=day(last))


@given(sentence(rf"(?P<title>六届.次)于(?P<first>{DAY})开幕、(?P<last>{DAY})闭幕"))
def _meeting(hall: Hall, title: str, first: str, last: str) -> None:
    hall.set_session(title, opens_on=day(first), closes_on=day(last))


@given(sentence(r"(?P<title>六届.次)规定的答复日期为DAY"))
def _reply_date(hall: Hall, title: str, on: str) -> None:
    hall.set_session(title, reply_due_on=day(on))


@given(sentence(r"(?:以下提案属于(?P<title>六届.次)|现处闭会期间)"))
def _in_session(hall: Hall, title: str | None) -> None:
    """To which congress session the cases opened from now on belong."""
    hall.session = None if title is None else hall.cast.sessions[title]


@given(sentence(rf"本单位对(?P<kind>{KIND})规定“(?P<title>[^“”]+)”为“(?P<value>[^“”]+)”"))
def _ruled(hall: Hall, kind: str, title: str, value: str) -> None:
    """``本单位对提案规定“逾期提案处理”为“不收”``; choices are written by their Chinese word in the title."""
    workflow = CALLED[kind]
    parts = hall.definition(workflow).workflow.parameters
    found = [name for name, part in parts.items() if re.split("（", part.title.zh)[0] == title]
    assert len(found) == 1, f"没有“{title}”：{[part.title.zh for part in parts.values()]}"
    part = parts[found[0]]
    choices = (
        dict(re.findall(r"(\w+) ?([^\s/（）]+)", part.title.zh.split("（", 1)[-1])) if "（" in part.title.zh else {}
    )
    codes = {words: code for code, words in choices.items()}
    parsed: JsonValue = codes.get(value, {"是": True, "否": False}.get(value, value))
    if isinstance(part.value, int) and not isinstance(part.value, bool):
        parsed = int(value)
    assert type(parsed) is type(part.value), f"“{title}”不能为“{value}”，可为：{'、'.join(codes) or '是、否'}"
    hall.set_parameter(workflow, found[0], parsed)


@given(sentence(r"(?P<who>[^“”，]+)同时是(?P<unit>[^“”，]+?)(?P<ending>负责人|承办人)"))
def _also(hall: Hall, who: str, unit: str, ending: str) -> None:
    hall.cast.grants[who] |= hall.cast.grants[f"{unit}{ending}"]


@given(sentence(r"(?P<who>[^“”，]+)是(?P<unit>[^“”，]+)的“(?P<role>[^“”]+)”"))
def _granted(hall: Hall, who: str, unit: str, role: str) -> None:
    """``钱师傅是江岭重工的“职工代表”``: a person with a grant, by the title of a role of any workflow."""
    for workflow in hall.book.names():
        for part in hall.definition(workflow).workflow.roles.values():
            if part.title.zh == role and part.of:
                hall.cast.grants.setdefault(who, set()).add(Grant(part.of[0], hall.cast.unit(unit)))
                return
    raise AssertionError(f"没有“{role}”这一角色")


@given(
    sentence(
        rf"(?:(?P<opener>[^“”，]+)的)?(?P<kind>{KIND})“(?P<name>[^“”]+)”处于“(?P<state>[^“”]+)”"
        r"(?:，由(?P<lead>[^“”，]+?)主办(?:、(?P<co_handlers>[^“”，]+)协办)?)?"
        rf"{FORM}"
    )
)
def _stands(
    hall: Hall,
    opener: str | None,
    kind: str,
    name: str,
    state: str,
    lead: str | None,
    co_handlers: str | None,
    form: str,
) -> None:
    """``提案“改善食堂”处于“办理中”，由后勤服务中心主办、财务部和人力资源部协办，类别为“生活福利”``."""
    workflow = CALLED[kind]
    definition = hall.definition(workflow)
    circumstances = Circumstances(
        opener=opener,
        lead=lead or Circumstances().lead,
        co_handlers=tuple(re.split("[、和]", co_handlers)) if co_handlers else (),
        form=form_of(hall, workflow, list(definition.workflow.opening), form),
    )
    bring(hall, workflow, name, named(state, definition.workflow.states), circumstances)


@given(sentence(rf"(?P<who>[^“”，]+)已(?:经)?“(?P<move>[^“”]+)”CASE{FORM}"))
def _was_done(hall: Hall, who: str, move: str, case: str, form: str) -> None:
    answer = ask(hall, who, move, case_of(hall, case, who), form)
    hall.asked.pop()
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"


# --------------------------------------------------------------------------------------- what is asked
@when(sentence(rf"(?P<who>[^“”，]+)“(?P<move>[^“”]+)”CASE{FORM}"))
def _asks(hall: Hall, who: str, move: str, case: str, form: str) -> None:
    """``工会办公室“交办”该提案，主办单位为“后勤服务中心”``; what must be answered and is not said is filled in."""
    ask(hall, who, move, case_of(hall, case, who), form)


@when(sentence(rf"(?P<who>[^“”，]+)提出(?P<kind>{KIND})“(?P<name>[^“”]+)”{FORM}"))
def _opens(hall: Hall, who: str, kind: str, name: str, form: str) -> None:
    workflow = CALLED[kind]
    asked = list(hall.definition(workflow).workflow.opening)
    with hall.asking():
        hall.open(who, workflow, name, form_of(hall, workflow, asked, form))


# --------------------------------------------------------------------------------------- what follows
@then(sentence(r"系统拒绝，理由是“(?P<reason>.+)”"))
def _refused(hall: Hall, reason: str) -> None:
    hall.refusals_seen = len(hall.asked)
    assert hall.asked[-1].refusal is not None, "系统没有拒绝"
    assert reason in hall.asked[-1].reasons, f"理由是：{hall.asked[-1].reasons}"


@then(sentence(r"系统说明依据是“(?P<source>.+)”"))
def _cited(hall: Hall, source: str) -> None:
    refusal = hall.asked[-1].refusal
    assert refusal is not None, "系统没有拒绝"
    cited = refusal.details.get("source")
    assert isinstance(cited, Mapping)
    assert cited["zh"] == source, f"依据是“{cited['zh']}”"


@then(sentence(r"CASE(?:仍)?处于“(?P<state>[^“”]+)”"))
def _now_stands(hall: Hall, case: str, state: str) -> None:
    found = hall.case(case_of(hall, case))
    stands = hall.definition(found.workflow).workflow.states[found.state].title.zh
    assert stands == state, f"处于“{stands}”"


@then(sentence(r"CASE的“(?P<title>[^“”]+)”为“(?P<value>[^“”]*)”"))
def _says(hall: Hall, case: str, title: str, value: str) -> None:
    """What a field of the case holds, written as in forms; the empty text when it holds nothing."""
    found = hall.case(case_of(hall, case))
    definition = hall.definition(found.workflow)
    name = named(title, definition.workflow.fields)
    assert name not in found.sealed, f"“{title}”不存于正文"
    held = found.data.get(name)
    assert held == value_of(definition, name, value, hall.names), f"“{title}”为“{held}”"


@then(sentence(r"CASE的“(?P<title>[^“”]+)”于DAY届满"))
def _due(hall: Hall, case: str, title: str, on: str) -> None:
    """The effective due date of a running clock, after rolling, suspensions and extensions."""
    found = hall.case(case_of(hall, case))
    clock = found.clock(named(title, hall.definition(found.workflow).workflow.deadlines))
    assert clock is not None, f"“{title}”没有起算"
    assert clock.state is ClockState.RUNNING, f"“{title}”没有在计算：{clock.state}"
    assert clock.due_on == day(on), f"“{title}”于{in_words(clock.due_on)}届满"


STANDINGS: Final = {
    "正在计算": ClockState.RUNNING,
    "已中止": ClockState.SUSPENDED,
    "已完成": ClockState.MET,
    "已取消": ClockState.CANCELLED,
    "没有起算": None,
}


@then(sentence(rf"CASE的“(?P<title>[^“”]+)”(?P<standing>{'|'.join(STANDINGS)})"))
def _clock_stands(hall: Hall, case: str, title: str, standing: str) -> None:
    found = hall.case(case_of(hall, case))
    clock = found.clock(named(title, hall.definition(found.workflow).workflow.deadlines))
    stands = None if clock is None else clock.state
    assert stands is STANDINGS[standing], f"“{title}”：{stands}"


@then(sentence(r"系统发出“(?P<title>[^“”]+)”(?:，收件人有“(?P<role>[^“”]+)”)?"))
def _told(hall: Hall, title: str, role: str | None) -> None:
    """A notice of this title came of what was asked last, from whichever case; ``role`` is among those it goes to, and
    somebody is bound to it."""
    sent = [
        (hall.case(move.case), part)
        for move in hall.asked[-1].moves
        for notice in move.notices
        if (part := hall.definition(move.workflow).workflow.notices[notice]).title.zh == title
    ]
    assert sent, f"没有发出“{title}”"
    if role is not None:
        case, part = sent[0]
        name = named(role, hall.definition(case.workflow).workflow.roles)
        assert name in part.to
        assert case.persons_in(name)


@then(sentence(r"CASE的“(?P<title>[^“”]+)”升为“(?P<rung>[^“”]+)”"))
def _raised(hall: Hall, case: str, title: str, rung: str) -> None:
    """A rung of the deadline's ladder was raised."""
    found = hall.case(case_of(hall, case))
    workflow = hall.definition(found.workflow).workflow
    clock = found.clock(named(title, workflow.deadlines))
    assert clock is not None, f"“{title}”没有起算"
    ladder = workflow.ladders[workflow.deadlines[clock.name].ladder or ""]
    assert rung in {part.title.zh for part in ladder.rungs if part.id in clock.rungs}


@when("系统巡查督办期限", target_fixture="raised_now")
@given("系统巡查督办期限", target_fixture="raised_now")
def _swept(hall: Hall) -> list[tuple[str, str]]:
    """Time acts on every case: what has come due is raised, what has stood still long enough runs again."""
    return hall.sweep()


@then(sentence(r"这一次升级共(?P<count>\d+)级"))
def _how_many(raised_now: list[tuple[str, str]], count: str) -> None:
    assert len(raised_now) == int(count), raised_now


@then(sentence(r"CASE的“(?P<title>[^“”]+)”(?:没有升级|的“(?P<rung>[^“”]+)”已撤销)"))
def _not_raised(hall: Hall, case: str, title: str, rung: str | None) -> None:
    """No rung of the deadline was raised at all, or this one was and is withdrawn."""
    found = hall.case(case_of(hall, case))
    workflow = hall.definition(found.workflow).workflow
    clock = found.clock(named(title, workflow.deadlines))
    assert clock is not None, f"“{title}”没有起算"
    if rung is None:
        assert clock.rungs == ()
        return
    ladder = workflow.ladders[workflow.deadlines[clock.name].ladder or ""]
    name = named(rung, {part.id: part for part in ladder.rungs})
    assert name in clock.rungs
    assert name not in clock.standing


@then(sentence(r"CASE的(?P<role>[^“”，]+?)(?:是“(?P<people>[^“”]+)”|(?P<none>没有人))"))
def _parties(hall: Hall, case: str, role: str, people: str | None, none: str | None) -> None:
    """Who is bound to a role of the case: ``该提案的附议人是“附议人甲、附议人乙”``."""
    found = hall.case(case_of(hall, case))
    name = named(role, hall.definition(found.workflow).workflow.roles)
    bound = found.persons_in(name)
    assert sorted(bound) == sorted(people.split("、") if people else []), f"{role}是“{'、'.join(bound)}”"


@then(sentence(r"CASE由(?P<lead>[^“”，]+?)主办(?:、(?P<co_handlers>[^“”，]+)协办)?"))
def _handled_by(hall: Hall, case: str, lead: str, co_handlers: str | None) -> None:
    found = hall.case(case_of(hall, case))
    units = {
        role: [child.unit for child in found.newest_children if child.role == role] for role in ("lead", "co_handler")
    }
    wanted = re.split("[、和]", co_handlers) if co_handlers else []
    assert units == {"lead": [hall.cast.unit(lead)], "co_handler": [hall.cast.unit(unit) for unit in wanted]}


@then(sentence(rf"该{KIND}共有(?P<count>\d+)个{PART}"))
def _parts(hall: Hall, count: str) -> None:
    assert len(hall.case(hall.case_id(hall.current)).newest_children) == int(count)


@then(sentence(r"CASE(?P<published>已经?公开|没有公开)"))
def _published(hall: Hall, case: str, published: str) -> None:
    assert hall.case(case_of(hall, case)).published is (published != "没有公开")
