"""Going on under another version of the workflow: whether a running case can, and the event that says that it does.

Nothing of what has happened changes: values, dates and parties stay as they are, and a term that runs stays the promise
it was. So a case goes only where the new version knows all that the case holds, and means the same by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.commands import MigrateCase
from engine.case.drafting import Drafting
from engine.case.escalation import planned
from engine.case.events import Event, EventType, Migration
from engine.case.forms import checked_form
from engine.case.identity import CaseId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import as_party
from engine.definition.compiled import Definition
from engine.definition.model import DeadlinePart
from engine.definition.parts import FieldPart, Label, Phase, RolePart, StatePart
from engine.errors import FieldProblem, FormInvalid, NotPermitted
from engine.text import Text

REASON_CHARACTERS_MAX = 200


def migrate_case(drafting: Drafting, command: MigrateCase, case: Case) -> CaseId:
    """Record that the case goes on under another version.

    Raises:
        NotPermitted: it is not a person who asks.
        NotFound: there is no such version.
        FormInvalid: every reason why the case cannot go, or a reason for it that is none.
    """
    if command.actor.kind is not ActorKind.PERSON:
        raise NotPermitted(Text("迁移须由人决定，不能由系统自行办理", "People decide on this, not the engine"))
    old = drafting.definition_of(case)
    new = drafting.situation.rules.version_of(case.workflow, command.version, case.pins.lists)
    reason = command.reason.strip()
    problems = [*wrong_reason(reason), *why_not(case, old, new, command.states, drafting.at)]
    if problems:
        raise FormInvalid(problems)
    state = command.states.get(case.state, case.state)
    phase = new.workflow.states[state].phase
    is_same = state == case.state and phase is case.phase
    resume = None if case.resume_state is None else command.states.get(case.resume_state, case.resume_state)
    calendar = drafting.situation.calendar_of(case.unit)
    drafting.record(
        Event(
            case=case.id,
            type=EventType.MIGRATED,
            at=drafting.at,
            actor=as_party(command.actor, case),
            key_hash=drafting.key_hash,
            to_state=None if is_same else state,
            to_phase=None if is_same else phase,
            clocks=tuple(
                clock
                for clock in case.clocks
                if clock.is_open and planned(clock, new.workflow, calendar).rung_at != clock.rung_at
            ),
            resume_state=None if resume == case.resume_state else resume,
            migration=Migration(
                version=new.workflow.version, definition=new.hash, lists=dict(new.list_hashes), reason=reason
            ),
        ),
        new,
    )
    return case.id


def why_not(
    case: Case, old: Definition, new: Definition, states: Mapping[str, str], at: datetime
) -> Iterator[FieldProblem]:
    """Yield every reason why a case cannot go on under the new version; none when it can.

    Args:
        case: as it is now.
        old: what it goes by.
        new: what it would go by, with the code lists that are pinned for the case already.
        states: what states of the old version are called in the new one, where that differs.
        at: the instant of asking, aware.
    """
    if new.workflow.version == case.definition_version:
        yield _problem("version", Text("本件已按这一版办理", "The case goes by this version already"))
        return
    if case.phase is Phase.FINAL:
        yield _problem("state", Text("本件已办结，不再迁移", "The case has ended and stays as it is"))
        return
    begins = new.workflow.in_force_from
    if begins > at.astimezone(SHANGHAI).date():
        yield _problem(
            "version",
            Text(f"第 {new.workflow.version} 版自 {begins} 起施行", f"This version is in force from {begins}"),
        )
    yield from _states(case, old, new, states)
    if case.parent is not None and states.get(case.state, case.state) != case.state:
        yield _problem("state", _CALLED_BY_PARENT)
    yield from _values(case, old, new)
    yield from _parties(case, old, new)
    yield from _clocks(case, old, new)
    yield from _derived(old, new)
    yield from _polls(case, old, new, states)


def wrong_reason(reason: str) -> Iterator[FieldProblem]:
    """Yield what is wrong with the reason of a migration, which everybody reads who sees the case."""
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        yield _problem(
            "reason",
            Text(
                f"请写明迁移的理由，最多 {REASON_CHARACTERS_MAX} 字",
                f"Say why, in {REASON_CHARACTERS_MAX} characters at most",
            ),
        )


def _states(case: Case, old: Definition, new: Definition, states: Mapping[str, str]) -> Iterator[FieldProblem]:
    for state in filter(None, (case.state, case.resume_state)):
        title = _title(old.workflow.states, state)
        to = states.get(state, state)
        part = new.workflow.states.get(to)
        if part is None:
            yield _problem(
                "state",
                Text(
                    f"新版没有状态“{to}”，请指明“{title.zh}”（{state}）对应新版的哪个状态",
                    f"The new version has no state {to!r}: say which one stands for {state!r}, “{title.en}”",
                ),
            )
        elif part.phase is Phase.FINAL:
            yield _problem(
                "state",
                Text(
                    f"“{title.zh}”不能对应新版的办结状态“{part.title.zh}”：办结须经流转",
                    f"“{title.en}” cannot become “{part.title.en}”, which is an end: only a move ends a case",
                ),
            )


def _values(case: Case, old: Definition, new: Definition) -> Iterator[FieldProblem]:
    for name in (*case.data, *sorted(case.sealed)):
        before, after = old.workflow.fields.get(name), new.workflow.fields.get(name)
        title = _title(old.workflow.fields, name)
        if after is None:
            yield _problem(
                name,
                Text(
                    f"新版没有字段“{title.zh}”，而本件已填写",
                    f"The new version has no field “{title.en}”, which the case has filled in",
                ),
            )
        elif before is None or after.privacy != before.privacy:
            yield _problem(
                name,
                Text(
                    f"字段“{title.zh}”的密级在新版中不同，已有内容不能改变存放之处",
                    f"The privacy of “{title.en}” differs, and what is kept cannot change its place",
                ),
            )
        elif _shape(new, name) == _shape(old, name):
            continue
        elif name in case.sealed:
            yield _problem(
                name,
                Text(
                    f"字段“{title.zh}”的填写要求在新版中不同，其内容不公开，无法核对",
                    f"What “{title.en}” must look like differs, and its value is not open to be looked at",
                ),
            )
        else:
            try:
                checked_form(new, {name: "optional"}, {name: case.data[name]})
            except FormInvalid as refused:
                yield from refused.fields


def _shape(definition: Definition, name: str) -> tuple[object, ...]:
    """Return what a value of a field must look like: its schema and the code lists behind it."""
    workflow, part = definition.workflow, definition.field(name)
    aliases = (part.list, *(column.list for column in part.columns.values()))
    return part.value_schema, tuple(None if alias is None else workflow.lists[alias] for alias in aliases)


def _parties(case: Case, old: Definition, new: Definition) -> Iterator[FieldProblem]:
    for role in dict.fromkeys(party.role for party in case.parties):
        part = new.workflow.roles.get(role)
        if part is None or part.bound != "party":
            title = _title(old.workflow.roles, role)
            yield _problem(
                "parties",
                Text(f"新版没有当事角色“{title.zh}”", f"The new version has no party called “{title.en}”"),
            )


def _clocks(case: Case, old: Definition, new: Definition) -> Iterator[FieldProblem]:
    for clock in case.clocks:
        before, after = (one.workflow.deadlines.get(clock.name) for one in (old, new))
        title = _title(old.workflow.deadlines, clock.name)
        if after is None:
            yield _problem(
                "deadlines",
                Text(
                    f"新版没有期限“{title.zh}”，而本件已起算",
                    f"The new version has no deadline “{title.en}”, which was begun",
                ),
            )
        elif clock.is_open and (before is None or _counting(before) != _counting(after)):
            yield _problem(
                "deadlines",
                Text(
                    f"期限“{title.zh}”正在计算，新版的计算办法不同",
                    f"“{title.en}” runs and would be counted otherwise",
                ),
            )


def _polls(case: Case, old: Definition, new: Definition, states: Mapping[str, str]) -> Iterator[FieldProblem]:
    state = states.get(case.state, case.state)
    for name in {**old.workflow.polls, **new.workflow.polls}:
        before, after = old.workflow.polls.get(name), new.workflow.polls.get(name)
        asked = before is not None and case.state in before.taken_in
        if asked != (after is not None and state in after.taken_in) or (asked and before != after):
            title = (before or after or old.workflow.polls[name]).title
            yield _problem(
                "polls",
                Text(
                    f"网上投票“{title.zh}”在两版中的规定不同，须在其未进行时迁移",
                    f"The versions have other rules for the poll “{title.en}”: migrate when it is not open",
                ),
            )


def _counting(part: DeadlinePart) -> tuple[object, ...]:
    """Return how a clock is counted and whether it is watched, which it keeps for as long as it runs."""
    return part.start_day, part.roll, part.calendar, part.counts_from, part.ladder is None


@lru_cache(maxsize=64)
def _derived(old: Definition, new: Definition) -> tuple[FieldProblem, ...]:
    """Return the rules that tables beside the cases are worked out by and that differ: those rows stand already."""
    before, after = old.workflow, new.workflow
    rules = (
        (before.roster, after.roster, Text("名册", "roster")),
        (before.reaches, after.reaches, Text("触达", "reaches")),
        (before.identity, after.identity, Text("身份与保密级别", "identity and level of secrecy")),
        (old.strict_codes, new.strict_codes, Text("保密级别的代码", "codes of the level of secrecy")),
        (before.counts_as_case, after.counts_as_case, Text("是否计件", "whether it counts as a case")),
    )
    return tuple(
        _problem(
            "version",
            Text(f"两版的“{name.zh}”规定不同，本件不能迁移", f"The versions differ in “{name.en}”: no case can go"),
        )
        for one, other, name in rules
        if one != other
    )


def _title(parts: Mapping[str, StatePart | FieldPart | RolePart | DeadlinePart], name: str) -> Label | Text:
    """Return what something of the old version is called; by its name where a forged history names nothing there."""
    part = parts.get(name)
    return Text(name[:60], name[:60]) if part is None else part.title


def _problem(path: str, text: Text) -> FieldProblem:
    return FieldProblem(path=path, text=text)


_CALLED_BY_PARENT = Text(
    "承办件的状态由主件的联动规定引用，不能改名",
    "The joins of the parent go by the states of this case: they keep their names",
)
