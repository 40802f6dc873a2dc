"""Whether an event was legal where it stands: judged by the pinned definition alone, long after it was decided.

What the ledger cannot show is not judged: who held which grant then, and whether a guard answered rightly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from engine.case.actors import ActorKind
from engine.case.case import Case
from engine.case.events import Event, EventType, Verdict
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import GuardPart, Privacy, TransitionPart, UnMerge, WithdrawRung
from engine.ledger.erasures import unlawful
from engine.ledger.migrations import unfounded
from engine.text import Text

_NO_WAY = Text("没有一条去向的条件成立", "no way was open")


def illegal(before: Case | None, event: Event, definition: Definition, was: Definition | None = None) -> Iterator[Text]:
    """Yield every reason why this event could not follow on the case as it was before; none when it was legal.

    Args:
        before: the case before the event, None for the first one.
        event: what the entry says has happened.
        definition: what the case goes by after the event.
        was: what it went by before, where that is known; only a migration makes it another.
    """
    if (event.type is EventType.OPENED) != (before is None):
        yield Text("第一条且只有第一条是立项", "the first entry opens the case, and no other does")
        return
    yield from _times(before, event)
    yield from _names(event, definition)
    yield from _rungs(before, event, definition.workflow)
    yield from _withdrawn(before, event, definition.workflow)
    if before is None:
        yield from _opening(event, definition)
    elif event.type is EventType.FIRED:
        yield from _move(before, event, definition.workflow)
    elif event.type is EventType.ERASED:
        yield from unlawful(before, event, definition)
    elif event.type is EventType.MIGRATED:
        yield from unfounded(before, event, definition, was or definition)


def misplaced(public: Iterable[str], hidden: Iterable[str], definition: Definition) -> Iterator[Text]:
    """Yield the fields that do not stand where their privacy demands; the values stand in the open or behind a
    commitment."""
    fields = definition.workflow.fields
    for names, in_the_open in ((public, True), (hidden, False)):
        for name in names:
            part = fields.get(name)
            if part is None:
                yield Text(f"流程中没有字段 {name[:60]!r}", f"the definition has no field {name[:60]!r}")
            elif (part.privacy is Privacy.PUBLIC) != in_the_open:
                yield Text(f"字段 {name} 未按密级存放", f"the field {name} does not stand where its privacy demands")


def _times(before: Case | None, event: Event) -> Iterator[Text]:
    if before is not None and event.at < before.changed_at:
        yield Text("时间早于前一条", "it is earlier than the entry before")
    if event.stated is not None and event.stated.occurred_at > event.at:
        yield Text("所述发生时间晚于登记时间", "it states an instant later than its own")
    if event.behalf is None:
        if event.stated is not None and event.actor.kind is ActorKind.PERSON and event.cause is None:
            yield Text("未写明为谁代录却填写了发生时间", "a person states an instant without an entry on behalf")
        return
    if event.stated is None or event.actor.kind is not ActorKind.PERSON or not event.stated.basis:
        yield Text("代录须有录入人、发生时间和依据", "an entry on behalf says who enters it, when it was and why")
    elif before is not None and event.stated.occurred_at < before.happened_at:
        yield Text("代录的发生时间早于上一步", "it is entered as older than the move before it")
    if event.behalf.person is not None and event.behalf.person in (event.actor.person, event.actor.acting_for):
        yield Text("本人不能为自己代录", "nobody enters on behalf of themselves")


def _names(event: Event, definition: Definition) -> Iterator[Text]:
    workflow = definition.workflow
    for clock in event.clocks:
        if clock.name not in workflow.deadlines:
            yield Text(f"流程中没有期限 {clock.name[:60]!r}", f"the definition has no deadline {clock.name[:60]!r}")
    for party in (*event.joined, *event.left):
        if party.role not in workflow.roles or workflow.roles[party.role].bound != "party":
            yield Text(f"流程中没有当事角色 {party.role[:60]!r}", f"no party of a case is a {party.role[:60]!r}")


def _rungs(before: Case | None, event: Event, workflow: Workflow) -> Iterator[Text]:
    """Yield what is wrong with the rungs: each stands in the ladder of its deadline, is raised once, and what the clock
    shows is what was raised."""
    if not event.rungs and not any(clock.rungs for clock in event.clocks):
        return
    shown = {(clock.name, name) for clock in event.clocks for name in clock.rungs}
    begun = {clock.name: clock.started_at for clock in event.clocks}
    known = {
        (clock.name, name)
        for clock in (() if before is None else before.clocks)
        if begun.get(clock.name, clock.started_at) == clock.started_at
        for name in clock.rungs
    }
    for deadline, name in event.rungs:
        part = workflow.deadlines.get(deadline)
        ladder = None if part is None or part.ladder is None else workflow.ladders[part.ladder]
        if ladder is None or name.partition("#")[0] not in {rung.id for rung in ladder.rungs}:
            yield Text(f"期限 {deadline[:60]!r} 没有层级 {name[:60]!r}", f"{deadline[:60]!r} has no rung {name[:60]!r}")
        elif (deadline, name) in known:
            yield Text(f"层级 {name} 重复触发", f"the rung {name} is raised a second time")
    if extra := (set(event.rungs) ^ (shown - known)) - known:
        named = ", ".join(sorted(f"{deadline}/{name}"[:60] for deadline, name in extra))
        yield Text(f"触发的层级与期限所载不符：{named}", f"what was raised is not what the deadline shows: {named}")


def _withdrawn(before: Case | None, event: Event, workflow: Workflow) -> Iterator[Text]:
    """Yield what is wrong with rungs taken back: it is a move that does so, each stood, and the clock says the same."""
    stood = {} if before is None or not event.withdrawn else before.rungs
    for deadline, name in event.withdrawn:
        if name not in stood.get(deadline, ()) and (deadline, name) not in event.rungs:
            yield Text(f"撤销的层级 {name[:60]!r} 并未触发", f"the rung {name[:60]!r} is withdrawn and did not stand")
    if event.withdrawn and not _withdraws(event, workflow):
        yield Text("本次流转不能撤销督办层级", "this move withdraws no rung")
    for clock in event.clocks:
        known = None if before is None else before.clock(clock.name)
        was = known.withdrawn if known is not None and known.started_at == clock.started_at else ()
        taken_back = {name for deadline, name in event.withdrawn if deadline == clock.name and name in clock.rungs}
        if clock.withdrawn[: len(was)] != was or set(clock.withdrawn[len(was) :]) != taken_back:
            yield Text(
                f"期限 {clock.name} 所载的撤销与条目不符",
                f"what {clock.name} shows as withdrawn is not what was withdrawn",
            )


def _withdraws(event: Event, workflow: Workflow) -> bool:
    part = workflow.transitions.get(event.transition or "")
    if part is None:
        return False
    effects = (*part.effects, *(effect for way in part.alternatives for effect in way.effects))
    return any(isinstance(effect, WithdrawRung) for effect in effects)


def _opening(event: Event, definition: Definition) -> Iterator[Text]:
    workflow, opening = definition.workflow, event.opening
    assert opening is not None, "the schema has shown that an opening carries its pins"
    if (opening.workflow, opening.definition_version) != (workflow.name, workflow.version):
        yield Text("所载流程及版本与所依据的文本不符", "workflow and version are not those of the pinned definition")
    if event.to_state != workflow.initial:
        yield Text(
            f"立项后应处于 {workflow.initial}，而不是 {event.to_state}",
            f"a case begins in {workflow.initial}, not in {event.to_state}",
        )
    if event.cause is not None:
        return  # the role is one of the case that brought this one about
    if event.behalf is not None:
        part = workflow.on_behalf
        held = part is not None and event.role in part.by and event.acting_unit is not None
    elif event.actor.kind is ActorKind.PERSON:
        held = event.role in workflow.openers and event.acting_unit is not None
    else:
        held = event.role is None and event.acting_unit is None
    if not held:
        yield Text(f"角色 {event.role} 无权立项", f"the role {event.role} does not open cases")


def _move(before: Case, event: Event, workflow: Workflow) -> Iterator[Text]:
    name = event.transition or ""
    transition = workflow.transitions.get(name)
    if transition is None:
        yield Text(f"流程中没有流转 {name[:60]!r}", f"the definition has no transition {name[:60]!r}")
        return
    if before.state not in transition.from_:
        yield Text(f"处于 {before.state} 时不能 {name}", f"{name} does not leave the state {before.state}")
    if not _role_held(before, event, transition, workflow):
        yield Text(f"{event.role} 不能办理 {name}", f"{event.role} may not make the move {name}")
    answered = _answered(transition, event)
    if isinstance(answered, Text):
        yield answered
        return
    if any(isinstance(effect, UnMerge) for effect in transition.effects):
        target = before.resume_state
    elif transition.alternatives:
        target = transition.alternatives[answered].to
    else:
        target = None if transition.stay else transition.to
    if event.to_state != target:
        yield Text(
            f"{name} 应转到 {target or before.state}，而不是 {event.to_state or before.state}",
            f"{name} leads to {target or before.state}, not to {event.to_state or before.state}",
        )


def _role_held(before: Case, event: Event, transition: TransitionPart, workflow: Workflow) -> bool:
    """Say whether this actor could act in this role: of the system, as a party where the case names its parties, by a
    grant in the unit where the definition demands it."""
    entered = event.behalf is not None
    if event.role is None or event.role not in (transition.on_behalf if entered else transition.by):
        return False
    roles = workflow.roles
    part = roles[event.role]
    if event.actor.kind is not ActorKind.PERSON:
        return (part.bound == "system") == (event.actor.kind is ActorKind.SYSTEM) and event.acting_unit is None
    who = event.actor.acting_for or event.actor.person
    if event.acting_unit is None and any(
        party.person == who and party.role in roles and roles[party.role].stands_in_for == event.role
        for party in before.parties
    ):
        return True
    match part.bound:
        case "party":
            return event.acting_unit is None and who in before.persons_in(event.role)
        case "grant":
            unit = before.unit if part.in_ == "case_unit" else before.lead_unit
            if event.acting_unit is None:
                return False
            return part.inherited is True or (event.acting_unit == unit) == (part.inherited is False)
        case "system" | "code":
            return False


def _answered(transition: TransitionPart, event: Event) -> int | Text:
    """Return which alternative the verdicts lead to (0 without any), or what is wrong with them.

    The guards of the transition all hold; of the alternatives asked in order, each earlier one has a guard that does
    not hold, at which asking stopped, and all guards of the one taken hold.
    """
    verdicts = deque(event.verdicts)
    way, failed = 0, _asked(transition.guards, verdicts)
    if failed is None and transition.alternatives:
        ways = enumerate(_asked(alternative.guards, verdicts) for alternative in transition.alternatives)
        way, failed = next((taken for taken in ways if not isinstance(taken[1], GuardPart)), (0, _NO_WAY))
    if isinstance(failed, GuardPart):
        return Text(f"条件 {failed.id} 不成立却放行", f"the guard {failed.id} did not hold and the move was made")
    if failed is None and verdicts:
        extra = f"{verdicts[0].guard!r:.60}"
        return Text(f"记有多余的条件 {extra}", f"a verdict that nobody asked for: {extra}")
    return way if failed is None else failed


def _asked(guards: Iterable[GuardPart], verdicts: deque[Verdict]) -> GuardPart | Text | None:
    """Take the verdicts of these guards; return the first that did not hold, None when all did, or what is missing."""
    for guard in guards:
        if not verdicts or verdicts[0].guard != guard.id:
            return Text(f"没有记录条件 {guard.id} 的结论", f"no verdict of the guard {guard.id} is recorded")
        if not verdicts.popleft().holds:
            return guard
    return None
