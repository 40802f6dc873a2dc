"""What the union office of the sample enters on its last day for others, from paper and by telephone; to one of these
entries the person objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.commands import BasisKind, FireTransition, OnBehalf, Stated
from engine.case.identity import CaseId
from engine.errors import BanjieError
from engine.service.desk import Desk
from engine.service.ports import CaseFilter
from runtime.demo.organisation import Cast, shown_persons
from runtime.demo.simulation import SampleRefusedError

ENTERED_OF_EACH = 2
LOOKED_AT = 20
BEFORE = timedelta(days=1)
JUDGED: Mapping[str, JsonValue] = {"evaluation_attitude": "satisfied", "evaluation_result": "basic"}
ADDED: Mapping[str, JsonValue] = {"content_addition": "来电补充：上周五夜班也是这样。"}
SAMPLES: Sequence[tuple[str, tuple[str, ...], str, Mapping[str, JsonValue], BasisKind, str]] = (
    # workflow, states, move, what it says, in what form it came, on what basis
    ("proposal", ("replied",), "evaluate", JUDGED, BasisKind.PAPER, "纸质评价表第{n:03}号"),
    ("grievance", ("delivered", "called_back"), "evaluate", JUDGED, BasisKind.TELEPHONE, "电话回访记录第{n:03}号"),
    ("grievance", ("accepted", "dispatched", "handling"), "complete", ADDED, BasisKind.TELEPHONE, "来电登记第{n:03}号"),
)


def enter_for_others(desk: Desk, cast: Cast) -> int:
    """Enter some evaluations for those who gave them on paper or by telephone; return how many commands that took."""
    office = cast.actor(cast.in_role("union_office")[0])
    commands = list(_entries(desk, cast, office))
    for command, answer in zip(commands, desk.office.carry_out(commands), strict=True):
        if isinstance(answer, BanjieError):
            raise SampleRefusedError(f"{command}: {answer.text.zh} {answer.details}")
    return len(commands) + _object(desk, cast, [command.case for command in commands])


def _entries(desk: Desk, cast: Cast, office: Actor) -> Iterator[FireTransition]:
    now, shown = desk.office.now(), shown_persons(cast)
    for workflow, states, move, form, kind, basis in SAMPLES:
        where = CaseFilter(workflow=workflow, states=states)
        lines = desk.queries.page(cast.root, office, where, limit=LOOKED_AT).lines
        cases = desk.reads.cases(cast.root, [CaseId(line.id) for line in lines])
        # Whoever has an account may well judge for themselves.
        others = [case for case in cases if shown.isdisjoint(party.person for party in case.parties)]
        for n, case in enumerate(others[:ENTERED_OF_EACH], start=1):
            yield FireTransition(
                root=cast.root,
                actor=office,
                key=f"sample:entered:{case.id}",
                case=case.id,
                transition=move,
                form=form,
                stated=Stated(max(case.happened_at, now - BEFORE), basis.format(n=n)),
                on_behalf=OnBehalf(kind=kind),
            )


def _object(desk: Desk, cast: Cast, cases: list[CaseId]) -> int:
    """The first of them says that it was not so."""
    for case in desk.reads.cases(cast.root, cases[:1]):
        person = next((party.person for party in case.parties if party.role in ("proposer", "petitioner")), None)
        if person is None:
            return 0
        answer = desk.office.carry_out(
            [
                FireTransition(
                    root=cast.root,
                    actor=desk.queries.actor(cast.root, person, desk.office.now()),
                    key=f"sample:objected:{case.id}",
                    case=case.id,
                    transition="object_to_entry",
                    form={"entry_objection": "代录的内容与我的意思不符，请核对原件。"},
                )
            ]
        )[0]
        if isinstance(answer, BanjieError):
            raise SampleRefusedError(f"{case.id}: {answer.text.zh}")
        return 1
    return 0
