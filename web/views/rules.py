"""The rules of a workflow in words: moves with their conditions and sources, terms with their ladders, notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.case.forms import Asked
from engine.definition.compiled import all_guards
from engine.definition.model import DeadlinePart, Limit, Workflow
from engine.definition.parts import GuardPart, TransitionPart
from engine.definition.poll_words import poll_words
from engine.definition.roster_words import coverage_words, goal_words, reach_words, roster_words
from engine.definition.rulebook import Rulebook
from engine.definition.sheet_words import sheet_words
from engine.definition.wording import (
    counted_words,
    effect_words,
    listed,
    retention_source,
    retention_words,
    rung_words,
    source_words,
    term_words,
    title_of,
    titles,
)
from web.views.diagrams import comes_back
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """One state; ``cases`` and ``late`` say how many the reader sees in it."""

    id: str
    title: str
    phase: str
    acts: str
    milestone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One condition of a move: what is said when it does not hold, and where it comes from."""

    text: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One move with its rules."""

    id: str
    title: str
    path: str
    by: str
    form: tuple[str, ...]
    rules: tuple[RuleView, ...]
    effects: str
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineView:
    """One declared deadline: its term, how it is counted, how far it may be moved, and what follows lateness."""

    id: str
    title: str
    term: str
    counting: str
    starts: str
    limits: tuple[str, ...]
    rungs: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """Who is told what."""

    title: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionView:
    """How long the values of one privacy are kept."""

    what: str
    years: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterView:
    """A rule about a roster; ``goal`` is what share is to be reached."""

    title: str
    rule: str
    goal: str
    source: str


def state_views(workflow: Workflow, words: Words) -> Iterator[StateView]:
    """Yield the states in their order."""
    for name, state in workflow.states.items():
        yield StateView(
            id=name,
            title=words.say(state.title.text),
            phase=words.t(f"phase_{state.phase}"),
            acts=words.say(titles(state.acts, workflow.roles)),
            milestone=words.t("dash") if state.milestone is None else words.t(f"step_{state.milestone}"),
        )


def move_views(workflow: Workflow, words: Words) -> Iterator[MoveView]:
    """Yield the moves in their order."""
    for name, part in workflow.transitions.items():
        effects = [*part.effects, *(effect for way in part.alternatives for effect in way.effects)]
        yield MoveView(
            id=name,
            title=words.say(part.title.text),
            path=f"{words.say(titles(part.from_, workflow.states))} → {_aim(part, workflow, words)}",
            by=words.say(titles(part.by, workflow.roles)) + _entered(part, workflow, words),
            form=tuple(_form(part.form, workflow, words)),
            rules=tuple(_rule(guard, workflow, words) for guard in all_guards(part)),
            effects=words.say(listed(effect_words(effect, workflow) for effect in effects)),
            source=None if part.source is None else words.say(source_words(part.source, workflow)),
        )


def deadline_views(workflow: Workflow, words: Words) -> Iterator[DeadlineView]:
    """Yield the deadlines in their order."""
    for name, part in workflow.deadlines.items():
        ladder = None if part.ladder is None else workflow.ladders[part.ladder]
        yield DeadlineView(
            id=name,
            title=words.say(part.title.text),
            term=_term(part, workflow, words),
            counting=_counting(part, words),
            starts=words.listed(dict.fromkeys(_starts(name, workflow, words))),
            limits=tuple(_limits(part, workflow, words)),
            rungs=()
            if ladder is None
            else tuple(
                words.t(
                    "workflow_rung",
                    level=rung.level,
                    title=words.say(rung.title.text),
                    when=words.say(rung_words(rung, workflow)),
                )
                for rung in ladder.rungs
            ),
            source=words.say(source_words(part.source, workflow)),
        )


def notice_views(workflow: Workflow, words: Words) -> Iterator[NoticeView]:
    """Yield the notices in their order."""
    for part in workflow.notices.values():
        yield NoticeView(title=words.say(part.title.text), to=words.say(titles(part.to, workflow.roles)))


def retention_views(workflow: Workflow, words: Words) -> Iterator[RetentionView]:
    """Yield how long what is kept."""
    for term in () if workflow.retention is None else workflow.retention.after:
        yield RetentionView(
            what=words.say(retention_words(term)),
            years=words.t("workflow_years", n=term.years),
            source=words.say(retention_source(term, workflow)),
        )


def roster_views(workflow: Workflow, rules: Rulebook, words: Words) -> Iterator[RosterView]:
    """Yield what is said of rosters, sheets and polls: own lines, whom cases reach, what is counted and asked."""
    own = roster_words(workflow)
    if own is not None:
        yield RosterView(title=words.t("workflow_roster"), rule=words.say(own), goal=words.t("dash"), source="")
    for reach in workflow.reaches.values():
        source = None if reach.once is None else reach.once.source
        yield RosterView(
            title=words.say(reach.title.text),
            rule=words.say(reach_words(reach, workflow, rules.for_new(reach.roster))),
            goal=words.t("dash"),
            source=words.say(source_words(source, workflow)),
        )
    for coverage in workflow.coverage.values():
        source = None if coverage.goal is None else coverage.goal.source
        yield RosterView(
            title=words.say(coverage.title.text),
            rule=words.say(coverage_words(coverage, workflow, rules.for_new(coverage.roster))),
            goal=words.say(goal_words(coverage)),
            source=words.say(source_words(source, workflow)),
        )
    for sheet in workflow.sheets.values():
        below = None if sheet.below is None else rules.for_new(sheet.below.workflow)
        rule = words.say(sheet_words(sheet, workflow, below))
        yield RosterView(title=words.say(sheet.title.text), rule=rule, goal=words.t("dash"), source="")
    for poll in workflow.polls.values():
        rule = words.say(poll_words(poll, workflow))
        yield RosterView(title=words.say(poll.title.text), rule=rule, goal=words.t("dash"), source="")


def _aim(part: TransitionPart, workflow: Workflow, words: Words) -> str:
    if comes_back(part):
        return words.t("workflow_back")
    if part.stay:
        return words.t("workflow_stays")
    targets = [way.to for way in part.alternatives] or [part.to or ""]
    return words.listed(words.say(title_of(target, workflow.states)) for target in dict.fromkeys(targets))


def _entered(part: TransitionPart, workflow: Workflow, words: Words) -> str:
    if not part.on_behalf:
        return ""
    return words.t("workflow_on_behalf", roles=words.say(titles(part.on_behalf, workflow.roles)))


def _form(asked: Asked, workflow: Workflow, words: Words) -> Iterator[str]:
    for name, need in asked.items():
        title = words.say(workflow.fields[name].title.text)
        yield words.t("workflow_field_required", title=title) if need == "required" else title


def _rule(guard: GuardPart, workflow: Workflow, words: Words) -> RuleView:
    values = {name: part.value for name, part in workflow.parameters.items()}
    return RuleView(
        text=words.t("workflow_unless", refusal=words.say(guard.refuse.text.filled(values))),
        source=None if guard.source is None else words.say(source_words(guard.source, workflow)),
    )


def _counting(part: DeadlinePart, words: Words) -> str:
    said = [words.t(f"workflow_start_day_{part.start_day}")]
    if part.roll is not None:
        said.append(words.t(f"workflow_roll_{part.roll}"))
    return words.t("comma").join(said)


def _starts(name: str, workflow: Workflow, words: Words) -> Iterator[str]:
    """Yield what the deadline is started by: the moves, or the opening of the case."""
    if any(getattr(effect, "deadline", None) == name and effect.do == "start" for effect in workflow.on_open):
        yield words.t("workflow_opening")
    for part in workflow.transitions.values():
        effects = (*part.effects, *(effect for way in part.alternatives for effect in way.effects))
        if any(effect.do == "start" and getattr(effect, "deadline", None) == name for effect in effects):
            yield words.say(part.title.text)


def _limits(part: DeadlinePart, workflow: Workflow, words: Words) -> Iterator[str]:
    limits: tuple[tuple[str, Limit | None], ...] = (
        ("workflow_suspension", part.suspension),
        ("workflow_extension", part.extension),
    )
    for text, limit in limits:
        if limit is not None:
            approver = words.say(titles(limit.approver, workflow.roles))
            yield words.t(text, count=limit.max_count, days=limit.max_days, approver=approver)


def _term(part: DeadlinePart, workflow: Workflow, words: Words) -> str:
    """Return a term in words; a date from a field by the field's title, which ``term_words`` does not know."""
    within = part.within
    if isinstance(within, str) or within.from_field is None:
        return words.say(counted_words(part, workflow))
    title = words.say(title_of(within.from_field, workflow.fields))
    if within.otherwise is None:
        return words.t("workflow_from_field", title=title)
    return words.t("workflow_from_field_or", title=title, otherwise=words.say(term_words(within.otherwise)))
