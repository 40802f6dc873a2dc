"""Migration of running cases: which of them could go on under another version of their workflow, and letting them go.

A rehearsal asks the same ``decide`` that carries it out, and writes nothing. Cases that have gone are no candidates any
more: what was stopped in the middle is continued by asking again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.commands import MigrateCase
from engine.case.escalation import tended
from engine.case.identity import CaseId, RootId
from engine.definition.model import Workflow
from engine.errors import BanjieError, FieldProblem, FormInvalid, NotPermitted
from engine.service.desk import Desk
from engine.service.housekeeping import keeps_house
from engine.service.rehearsal import rehearse
from engine.text import Text

PAGE: Final = 200
"""So many cases are asked about at once, and are one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whose cases go from which version to which, what states are called there, why, and who decides on it."""

    root: RootId
    workflow: str
    before: int
    after: int
    reason: str
    by: Actor
    states: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What becomes of one case: it goes, or stays for these reasons. ``rungs`` are due at once under the new ladder."""

    case: CaseId
    number: str | None
    state: Text
    refused: tuple[Text, ...] = ()
    rungs: tuple[Text, ...] = ()

    @property
    def goes(self) -> bool:
        return not self.refused


def demand_plan(desk: Desk, plan: Plan, staff: StaffRoles) -> tuple[Workflow, Workflow]:
    """Return the two versions.

    Raises:
        NotPermitted: who decides does not look after the house.
        NotFound: there is no such version.
        FormInvalid: the versions are one, or a state is mapped that is in none of them.
    """
    world = desk.world(plan.root)
    if not keeps_house(plan.by, plan.root, staff):
        raise NotPermitted(
            Text("迁移须由系统管理员或工会秘书处决定", "Whoever looks after the house decides on a migration")
        )
    old, new = (world.rules.version_of(plan.workflow, version, {}).workflow for version in (plan.before, plan.after))
    problems = list(_wrong_states(plan, old, new))
    if old.version == new.version:
        same = Text("新旧版本相同", "Both versions are the same")
        problems.append(FieldProblem(path="version", text=same))
    if problems:
        raise FormInvalid(problems)
    return old, new


def rehearsed(desk: Desk, plan: Plan) -> Iterator[Judged]:
    """Yield what would become of every running case of the old version. Nothing is written."""
    for ids in _candidates(desk, plan):
        cases = _cases(desk, plan, ids)
        answers = rehearse(desk, plan.root, [_command(plan, case.id) for case in cases])
        for case, answer in zip(cases, answers, strict=True):
            if isinstance(answer, BanjieError):
                yield _judged(desk, case, refused=_texts(answer))
            else:
                yield _judged(desk, case, rungs=_due_rungs(desk, answer.after[-1]))


def migrated(desk: Desk, plan: Plan) -> Iterator[Judged]:
    """Let every case go that can, batch by batch, and yield what became of each. May be stopped and asked for again."""
    for ids in _candidates(desk, plan):
        cases = _cases(desk, plan, ids)
        answers = desk.office.carry_out([_command(plan, case.id) for case in cases])
        for case, answer in zip(cases, answers, strict=True):
            yield _judged(desk, case, refused=_texts(answer) if isinstance(answer, BanjieError) else ())


def count(desk: Desk, plan: Plan) -> int:
    """Return how many cases are asked about."""
    return sum(len(ids) for ids in _candidates(desk, plan))


def _candidates(desk: Desk, plan: Plan) -> Iterator[Sequence[CaseId]]:
    after = ""
    while ids := desk.reads.running_under(plan.root, plan.workflow, plan.before, after=after, limit=PAGE):
        yield ids
        after = ids[-1]


def _cases(desk: Desk, plan: Plan, ids: Sequence[CaseId]) -> list[Case]:
    found = {case.id: case for case in desk.reads.cases(plan.root, ids)}
    return [found[each] for each in ids if each in found]


def _command(plan: Plan, case: CaseId) -> MigrateCase:
    return MigrateCase(
        root=plan.root, actor=plan.by, key="", case=case, version=plan.after, reason=plan.reason, states=plan.states
    )


def _wrong_states(plan: Plan, old: Workflow, new: Workflow) -> Iterator[FieldProblem]:
    for name, to in plan.states.items():
        for state, part in ((name, old), (to, new)):
            if state not in part.states:
                known = "、".join(part.states)
                yield FieldProblem(
                    path="states",
                    text=Text(
                        f"第 {part.version} 版没有状态“{state}”，有：{known}",
                        f"Version {part.version} has no state {state!r}; there are: {known}",
                    ),
                )


def _judged(desk: Desk, case: Case, *, refused: Sequence[Text] = (), rungs: Sequence[Text] = ()) -> Judged:
    workflow = desk.world(case.root).rules.pinned(case.pins.definition, case.pins.lists).workflow
    numbers = (case.data.get(name) for name in workflow.number_fields)
    return Judged(
        case=case.id,
        number=next((str(number) for number in numbers if number), None),
        state=workflow.states[case.state].title.text,
        refused=tuple(refused),
        rungs=tuple(rungs),
    )


def _texts(refusal: BanjieError) -> list[Text]:
    """Return every reason of a refusal; one that a running server gave holds them as it told them."""
    fields = cast(Sequence[Mapping[str, str]], refusal.details.get("fields", ()))
    return [Text(one["zh"], one["en"]) for one in fields] or [refusal.text]


def _due_rungs(desk: Desk, case: Case) -> list[Text]:
    """Return the rungs that the next look at the clocks of a case would raise."""
    world = desk.world(case.root)
    workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
    calendar = world.calendar_of(case.unit)
    found = []
    for clock in case.clocks:
        _clock, raised = tended(clock, workflow, calendar, desk.office.now())
        title = workflow.deadlines[clock.name].title
        found += [Text(f"{title.zh}：{one.rung.title.zh}", f"{title.en}: {one.rung.title.en}") for one in raised]
    return found
