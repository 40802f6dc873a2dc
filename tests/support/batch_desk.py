"""Batches executed on a fake store, each in a transaction of its own; the workflow assigns, numbers and merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.identity import CaseId, RootId, UnitId
from engine.definition.rulebook import Rulebook
from engine.service.case_cache import CaseCache
from engine.service.execute import Done, Result, execute
from tests.support.builders import (
    CLERK,
    LADDER,
    ROOT,
    a_definition_with,
    a_move,
    a_person,
    a_rulebook,
    at,
)
from tests.support.fake_store import FakeStore, FakeTransaction, batches

TASK = a_definition_with(
    name="task",
    head="""
    numbers: {letter: {title: {zh: 文号, en: Letter}, template: "{n}", per: root}}
    on_open: [{do: number, series: letter, field: letter}]
    """,
    fields="letter: {title: {zh: 文号, en: Letter}, privacy: public, schema: {type: string}}",
    transitions=a_move("sign", by="[head]", origin="[submitted]", leads="to: handling")
    + a_move("finish", by="[system]", origin="[submitted, handling]", leads="to: closed"),
)
ERRAND = a_definition_with(
    head="""
    number_fields: [number_here]
    numbers:
      case: {title: {zh: 编号, en: Number}, template: "{n:03}", per: year}
      closing: {title: {zh: 结案号, en: Closing}, template: "{n}", per: root}
    joins:
      signed: {workflow: task, when: all, states: [handling], in: [handling], fire: sum_up}
    deadlines:
      reply: {title: {zh: 答复期限, en: Reply}, within: 90 days, ladder: late}
    LADDER
    """.replace("LADDER", LADDER),
    fields="""
    number_here: {title: {zh: 编号, en: Number}, privacy: public, schema: {type: string}}
    closing_number: {title: {zh: 结案号, en: Number}, privacy: public, schema: {type: string}}
    lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string}}
    others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string}}}
    into: {title: {zh: 主案, en: Main}, privacy: internal, schema: {type: string}}
    """,
    roles="joint: {title: {zh: 共同提案人, en: Joint}, bound: party}",
    states="merged: {title: {zh: 已并案, en: Merged}, phase: active}",
    transitions=a_move(
        "number", origin="[submitted, handling]", effects="[{do: number, series: case, field: number_here}]"
    )
    + a_move("begin", effects="[{do: start, deadline: reply}]")
    + a_move(
        "assign",
        form="{lead: required, others: optional}",
        effects="[{do: assign, workflow: task, lead: lead, co_handlers: others}]",
    )
    + a_move(
        "sum_up",
        by="[system]",
        effects="[{do: cascade, workflow: task, states: [handling], fire: finish}, "
        "{do: number, series: closing, field: closing_number}]",
    )
    + a_move("end_all", effects="[{do: cascade, workflow: task, states: [submitted, handling], fire: finish}]")
    + a_move(
        "merge",
        origin="[submitted, handling]",
        leads="to: merged",
        form="{into: required}",
        effects="[{do: merge, into: into, join_as: {proposer: joint}}]",
    )
    + a_move("unmerge", origin="[merged]", effects="[{do: unmerge}]")
    + a_move(
        "peek",
        form="{into: required}",
        guards="[{id: same, use: same_session@1, given: {into: into}, refuse: {zh: 不是, en: No}}]",
    ),
)
RULES = a_rulebook(ERRAND, TASK)


class Desk:
    """Executes batches on a fake store, each in a transaction of its own."""

    def __init__(
        self,
        rules: Rulebook = RULES,
        *,
        exclusive: bool = False,
        cached: bool = False,
        store: FakeStore | None = None,
    ) -> None:
        self.store = store or FakeStore(exclusive=exclusive or cached)
        self.cache = CaseCache() if cached else None
        self.now = at("2026-03-02")
        self.wait = False
        self._make = batches(rules, now=lambda: self.now, cache=self.cache)
        self._keys = iter(range(10**6))

    def carry_out(self, *commands: Command) -> list[Result]:
        with self.store.begin() as tx:
            results = self.execute(tx, *commands)
        if self.cache is not None:
            self.cache.confirm()
        return results

    def execute(self, tx: FakeTransaction, *commands: Command) -> list[Result]:
        return execute(self._make(tx, self.wait), commands)

    def key(self) -> str:
        return f"key-{next(self._keys)}"

    def opening(self, key: str | None = None, *, root: RootId = ROOT, actor: Actor = CLERK, **form: str) -> OpenCase:
        return OpenCase(
            root=root,
            actor=actor,
            key=self.key() if key is None else key,
            workflow="errand",
            unit=UnitId("works"),
            form={"subject": "食堂", **form},
        )

    def firing(
        self,
        case: CaseId,
        transition: str,
        *,
        key: str | None = None,
        actor: Actor = CLERK,
        root: RootId = ROOT,
        form: Mapping[str, JsonValue] | None = None,
        expected_version: int | None = None,
    ) -> FireTransition:
        return FireTransition(
            root=root,
            actor=actor,
            key=self.key() if key is None else key,
            case=case,
            transition=transition,
            form=form or {},
            expected_version=expected_version,
        )

    def opened(self, count: int = 1) -> list[CaseId]:
        """Open cases and accept them, each command in a batch of its own."""
        cases = [done(self.carry_out(self.opening())[0]).outcome.case for _ in range(count)]
        for case in cases:
            done(self.carry_out(self.firing(case, "accept"))[0])
        return cases

    def assigned(self, *units: str) -> tuple[CaseId, list[CaseId]]:
        """Return a case in ``handling`` and its children."""
        (case,) = self.opened()
        form: dict[str, JsonValue] = {"lead": units[0], "others": list(units[1:])}
        done(self.carry_out(self.firing(case, "assign", form=form))[0])
        return case, [child.case for child in self.store.case(case).children]

    def signing(self, case: CaseId, unit: str) -> FireTransition:
        return self.firing(case, "sign", actor=a_person(f"head-{unit}", f"unit_head@{unit}"))


def done(result: Result) -> Done:
    assert isinstance(result, Done), result
    return result


def kinds(results: Sequence[Result]) -> list[type]:
    return [type(result) for result in results]
