"""The procedures as they are declared: states, moves with their rules and sources, deadlines, and the diagram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine.case.forms import Asked
from engine.definition.compiled import all_guards
from engine.definition.diagram import mermaid
from engine.definition.model import Within, Workflow
from engine.definition.parts import GuardPart, TransitionPart, UnMerge
from engine.definition.wording import retention_source, retention_words, source_words, term_words, title_of, titles
from web.shell import Shell
from web.views.lines import shown_workflows
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """One state."""

    id: str
    title: str
    phase: str
    acts: str
    milestone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One move with its rules."""

    id: str
    title: str
    path: str
    by: str
    form: tuple[str, ...]
    refusals: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    """One declared deadline."""

    id: str
    title: str
    term: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """How long the values of one privacy are kept."""

    what: str
    years: str
    source: str


def workflow_pages(shell: Shell) -> APIRouter:
    """Return the addresses of the procedures."""
    router = APIRouter(include_in_schema=False)

    @router.get("/workflows")
    def workflows(request: Request) -> Response:
        visit = shell.visit(request)
        return shell.page(
            visit,
            "workflows.html",
            section="workflows",
            workflows=[
                (
                    f"/workflows/{part.name}",
                    visit.words.say(part.title.text),
                    visit.words.say(part.purpose.text),
                    _in_force(part, visit.words),
                )
                for part in shown_workflows(shell.world(visit).rules)
            ],
        )

    @router.get("/workflows/{name}")
    def workflow(request: Request, name: str) -> Response:
        visit = shell.visit(request)
        words, part = visit.words, shell.world(visit).rules.newest(name)
        return shell.page(
            visit,
            "workflow.html",
            section="workflows",
            title=words.say(part.title.text),
            purpose=words.say(part.purpose.text),
            in_force=_in_force(part, words),
            states=tuple(_states(part, words)),
            moves=tuple(_moves(part, words)),
            deadlines=tuple(_deadlines(part, words)),
            parameters=[
                (words.say(one.title.text), words.t("yes" if one.value else "no"))
                if isinstance(one.value, bool)
                else (words.say(one.title.text), str(one.value))
                for one in part.parameters.values()
            ],
            retention=tuple(_retention(part, words)),
            hold=None if part.retention is None else words.say(title_of(part.retention.hold, part.fields)),
            diagram=mermaid(part, words.language),
        )

    return router


def _in_force(workflow: Workflow, words: Words) -> str:
    return words.t("workflow_version", version=workflow.version, on=words.date(workflow.in_force_from))


def _states(workflow: Workflow, words: Words) -> Iterator[StateView]:
    for name, state in workflow.states.items():
        yield StateView(
            id=name,
            title=words.say(state.title.text),
            phase=words.t(f"phase_{state.phase}"),
            acts=words.say(titles(state.acts, workflow.roles)),
            milestone=words.t("dash") if state.milestone is None else words.t(f"step_{state.milestone}"),
        )


def _moves(workflow: Workflow, words: Words) -> Iterator[MoveView]:
    for name, part in workflow.transitions.items():
        guards = all_guards(part)
        sources = [part.source, *(guard.source for guard in guards)]
        yield MoveView(
            id=name,
            title=words.say(part.title.text),
            path=f"{words.say(titles(part.from_, workflow.states))} → {_aim(part, workflow, words)}",
            by=words.say(titles(part.by, workflow.roles)),
            form=tuple(_form(part.form, workflow, words)),
            refusals=tuple(_refusal(guard, workflow, words) for guard in guards),
            sources=tuple(
                dict.fromkeys(words.say(source_words(source, workflow)) for source in sources if source is not None)
            ),
        )


def _aim(part: TransitionPart, workflow: Workflow, words: Words) -> str:
    if any(isinstance(effect, UnMerge) for effect in part.effects):
        return words.t("workflow_back")
    if part.stay:
        return words.t("workflow_stays")
    targets = [way.to for way in part.alternatives] or [part.to or ""]
    return words.listed(words.say(title_of(target, workflow.states)) for target in dict.fromkeys(targets))


def _form(asked: Asked, workflow: Workflow, words: Words) -> Iterator[str]:
    for name, need in asked.items():
        title = words.say(workflow.fields[name].title.text)
        yield f"{title}*" if need == "required" else title


def _refusal(guard: GuardPart, workflow: Workflow, words: Words) -> str:
    values = {name: part.value for name, part in workflow.parameters.items()}
    return words.t("workflow_unless", refusal=words.say(guard.refuse.text.filled(values)))


def _deadlines(workflow: Workflow, words: Words) -> Iterator[DeadlineView]:
    for name, part in workflow.deadlines.items():
        yield DeadlineView(
            id=name,
            title=words.say(part.title.text),
            term=_term(part.within, workflow, words),
            source=words.say(source_words(part.source, workflow)),
        )


def _retention(workflow: Workflow, words: Words) -> Iterator[RetentionView]:
    for term in () if workflow.retention is None else workflow.retention.after:
        yield RetentionView(
            what=words.say(retention_words(term)),
            years=words.t("workflow_years", n=term.years),
            source=words.say(retention_source(term, workflow)),
        )


def _term(within: str | Within, workflow: Workflow, words: Words) -> str:
    """Return a term in words; a date from a field by the field's title, which ``term_words`` does not know."""
    if isinstance(within, str) or within.from_field is None:
        return words.say(term_words(within))
    title = words.say(title_of(within.from_field, workflow.fields))
    if within.otherwise is None:
        return words.t("workflow_from_field", title=title)
    return words.t("workflow_from_field_or", title=title, otherwise=words.say(term_words(within.otherwise)))
