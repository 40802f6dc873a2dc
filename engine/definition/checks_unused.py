"""Proofs about what is declared and never used: fields, roles, notices, lists, parameters, number series, ladders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.definition.catalogue import CATALOGUE, ArgumentKind
from engine.definition.checks_fields import placeholders
from engine.definition.checks_proof import (
    FIELD,
    LADDER,
    LIST,
    NOTICE,
    PARAMETER,
    ROLE,
    SERIES,
    TALLY,
    Proof,
    effect_places,
    guard_places,
    walk,
)
from engine.definition.model import Apart, Share, TallyPart, Workflow
from engine.definition.parts import (
    AppendRows,
    Assign,
    Bind,
    ColumnPart,
    Effect,
    Extend,
    GuardPart,
    IssueNumber,
    Merge,
    Notify,
    OpenLinked,
    SetFields,
    Unbind,
)
from engine.text import Text

_READ = re.compile(r"\b([a-z_]+)\.([a-z0-9_]+)")
_CHILD_FIELDS = frozenset({"handling_role"})
"""Fields of a child that the engine fills in when it opens one."""


def check_unused(proof: Proof) -> None:
    """Add everything that is declared and that nothing mentions."""
    workflow = proof.workflow
    used: set[tuple[str, str]] = {*_named(workflow), *_read(workflow), *_given(workflow), *_carried_in(proof)}
    declared = (
        ("fields", FIELD, workflow.fields),
        ("roles", ROLE, workflow.roles),
        ("notices", NOTICE, workflow.notices),
        ("lists", LIST, workflow.lists),
        ("parameters", PARAMETER, workflow.parameters),
        ("numbers", SERIES, workflow.numbers),
        ("ladders", LADDER, workflow.ladders),
        ("tallies", TALLY, workflow.tallies),
    )
    for section, kind, names in declared:
        for name in names:
            if (section, name) not in used:
                proof.findings.add_at(
                    proof.findings.positions.key((section, name)),
                    f"{kind.en.replace(' ', '_')}_unused",
                    Text(f"{kind.zh}“{name}”从未用到", f"The {kind.en} {name} is never used"),
                    Text("请删去，或在流转中用上它", "Leave it out, or use it"),
                )


def _named(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield what the parts name outright, each as section and name."""
    yield "fields", workflow.subject_field
    yield "fields", workflow.category_field or ""
    yield from (("fields", name) for name in workflow.opening)
    yield from (("roles", name) for name in (*workflow.openers, workflow.opener_becomes or ""))
    for field in workflow.fields.values():
        yield "lists", field.list or ""
        yield from (("lists", column.list or "") for column in field.columns.values())
    for name, role in workflow.roles.items():
        if (role.bound == "grant" and role.sees) or role.stands_in_for is not None:
            yield "roles", name  # its holders read every case of their unit, as an auditor does, or act for others
    for state in workflow.states.values():
        yield from (("roles", name) for name in state.acts)
    for transition in workflow.transitions.values():
        yield from (("roles", name) for name in (*transition.by, *transition.on_behalf))
        yield from (("fields", name) for name in transition.form)
    for deadline in workflow.deadlines.values():
        yield "ladders", deadline.ladder or ""
        yield "fields", getattr(deadline.within, "from_field", None) or ""
        yield "fields", deadline.counts_from or ""
        for limit in (deadline.suspension, deadline.extension):
            yield from (("roles", name) for name in (limit.approver if limit is not None else ()))
    recipients = [rung.to for ladder in workflow.ladders.values() for rung in ladder.rungs]
    recipients += [notice.to for notice in workflow.notices.values()]
    yield from (("roles", name) for names in recipients for name in names)
    if workflow.evaluation is not None:
        yield "roles", workflow.evaluation.evaluator
        yield from (("fields", name) for name in workflow.evaluation.dimensions.values())
    if workflow.identity is not None:
        yield "roles", workflow.identity.opened_to
        yield from (("fields", name) for name in (*workflow.identity.fields, workflow.identity.account))
    if workflow.retention is not None:
        yield "fields", workflow.retention.hold
    if workflow.on_behalf is not None:
        yield from (("roles", name) for name in workflow.on_behalf.by)
    if workflow.roster is not None:
        yield from (("fields", name) for name in (workflow.roster.key, workflow.roster.name, *workflow.roster.facets))
    for reach in workflow.reaches.values():
        yield from (("fields", name) for name in (reach.key.partition(".")[0], reach.on, reach.planned_on or ""))
        if reach.once is not None:
            yield from (("fields", name) for name in (reach.once.within, reach.once.unless.partition(".")[0]))
    for sheet in workflow.sheets.values():
        yield from (("fields", name) for name in (sheet.asked, sheet.filled or "", sheet.totals))
    for poll in workflow.polls.values():
        yield from (("fields", name) for name in (*poll.filled, "" if poll.rows is None else poll.rows.table))
        yield "roles", poll.eligible
        yield "lists", poll.list or ""
    for place in effect_places(workflow):
        for effect in place.effects:
            yield from _by_effect(effect)


def _by_effect(effect: Effect) -> Iterator[tuple[str, str]]:
    match effect:
        case Assign():
            named = (effect.lead or "", effect.co_handlers or "", *effect.carry.values())
            yield from (("fields", name) for name in named)
        case OpenLinked():
            yield from (("fields", name) for name in (*effect.carry.values(), effect.each or ""))
        case Merge():
            yield "fields", effect.into
            yield from (("roles", name) for name in (*effect.join_as, *effect.join_as.values()))
        case SetFields():
            yield from (("fields", name) for name in effect.values)
        case AppendRows():
            yield "fields", effect.table
        case Bind() | Unbind():
            yield "roles", effect.role
            yield "fields", effect.who
            yield "roles", getattr(effect, "those_in", None) or ""
        case Extend():
            yield "fields", effect.by
        case IssueNumber():
            yield "numbers", effect.series
            yield "fields", effect.field
        case Notify():
            yield "notices", effect.notice
        case _:
            pass


def _read(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield what expressions and refusals read."""
    for text in _expressions(workflow):
        for root, name in _READ.findall(text):
            if root in ("case", "form", "head"):
                yield "fields", name
            elif root == "flag":
                yield from (("fields", field) for field in workflow.fields if name.startswith(f"{field}_"))
            elif root == "tally":
                yield "tallies", name
            elif root == "parameter":
                yield "parameters", name
            elif root in ("actor", "parties"):
                yield "roles", name.removeprefix("is_") if root == "actor" else name
    for transition, part in workflow.transitions.items():
        for _, guard in guard_places(transition, part):
            for name in (*(placeholders(guard.refuse.zh) or ()), *(placeholders(guard.refuse.en) or ())):
                yield "parameters", name


def _expressions(workflow: Workflow) -> Iterator[str]:
    for _, part in walk(workflow):
        match part:
            case GuardPart(expr=str(text)):
                yield text
            case SetFields():
                yield from part.values.values()
            case ColumnPart(value=str(text)):
                yield text
            case TallyPart():
                yield from (text for text in (part.where, part.sum, part.distinct) if text is not None)
            case Share() | Apart():
                yield part.where
                yield getattr(part, "sum", None) or ""
            case _:
                pass


def _given(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield what the arguments of named guards name."""
    sections = {ArgumentKind.ROLE: "roles", ArgumentKind.FIELD: "fields", ArgumentKind.FORM_FIELD: "fields"}
    for transition, part in workflow.transitions.items():
        for _, guard in guard_places(transition, part):
            named = CATALOGUE.get(guard.use or "")
            for name, value in guard.given.items() if named is not None else ():
                kind = named.needs.get(name) or named.takes.get(name) if named is not None else None
                section = (
                    "parameters" if kind is ArgumentKind.COUNT else sections.get(kind) if kind is not None else None
                )
                if section is not None and isinstance(value, str):
                    yield section, value


def _carried_in(proof: Proof) -> Iterator[tuple[str, str]]:
    """Yield the fields that other workflows fill in when they open a case of this one."""
    yield from (("fields", name) for name in _CHILD_FIELDS)
    for other in proof.workflows.values():
        for place in effect_places(other):
            for effect in place.effects:
                if isinstance(effect, Assign | OpenLinked) and effect.workflow == proof.workflow.name:
                    rows = effect.row if isinstance(effect, OpenLinked) else ()
                    yield from (("fields", name) for name in (*effect.carry, *rows))
