"""What really happened, as a page shows it: the drawing, its steps and the ways that cases went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.definition.model import Workflow
from engine.definition.wording import title_of
from engine.figures.process import Process, Step, is_off_the_way
from web.views.diagrams import Diagram, comes_back
from web.views.graph import draw
from web.views.graph_parts import Edge, Node
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of the table."""

    source: str
    target: str
    times: str
    cases: str
    days: str
    declared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantView:
    """A way of the table; ``note`` says what is out of the ordinary about it."""

    way: str
    cases: str
    share: str
    note: str
    examples: tuple[tuple[str, str], ...]


def process_diagram(process: Process, workflow: Workflow, words: Words) -> Diagram:
    """Return the drawing of what happened: only states that cases came to, lines as thick as they were frequent."""
    known = list(workflow.states) + sorted(set(process.visits) - set(workflow.states))
    nodes = [
        Node(
            id=name,
            title=words.say(title_of(name, workflow.states)),
            notes=(words.t("process_visits", n=f"{process.visits[name]:,}"),),
            tone=str(workflow.states[name].phase) if name in workflow.states else "",
        )
        for name in known
        if name in process.visits
    ]
    most = max((step.times for step in process.steps), default=1)
    edges = [
        Edge(
            source=step.source,
            target=step.target,
            badge=f"{step.times:,}",
            label=words.t("process_days", days=days) if (days := halves_words(step.halves)) else "",
            title=_said(step, workflow, words),
            tone="heaviest" if 2 * step.times >= most else "heavy" if 8 * step.times >= most else "",
        )
        for step in process.steps
    ]
    title = words.t("process_diagram", title=words.say(workflow.title.text))
    return Diagram(
        id="process",
        title=title,
        description=words.t("process_said", cases=f"{process.cases:,}", steps=len(process.steps)),
        picture=draw(nodes, edges),
        arrows=(),
        keys=tuple((name, words.t(f"diagram_key_{name}")) for name in ("forward", "back", "heaviest")),
    )


def step_views(process: Process, workflow: Workflow, words: Words) -> Iterator[StepView]:
    """Yield the steps, the most frequent first."""
    declared = set(_declared(workflow))
    for step in process.steps:
        yield StepView(
            source=words.say(title_of(step.source, workflow.states)),
            target=words.say(title_of(step.target, workflow.states)),
            times=f"{step.times:,}",
            cases=f"{step.cases:,}",
            days=halves_words(step.halves) or words.t("dash"),
            declared="" if (step.source, step.target) in declared else words.t("process_not_declared"),
        )


def variant_views(process: Process, workflow: Workflow, words: Words, names: dict[str, str]) -> Iterator[VariantView]:
    """Yield the ways, the most frequent first; ``names`` are what cases are called."""
    ended = [one for one in process.variants if one.states[-1] in workflow.states]
    norm = max(ended, key=lambda one: (one.cases, len(one.states)), default=None)
    for variant in process.variants:
        notes = []
        if len(set(variant.states)) < len(variant.states):
            notes.append(words.t("process_loop"))
        if norm is variant:
            notes.append(words.t("process_norm"))
        elif norm is not None and is_off_the_way(variant, norm.states):
            notes.append(words.t("process_off"))
        yield VariantView(
            way=" → ".join(words.say(title_of(name, workflow.states)) for name in variant.states),
            cases=f"{variant.cases:,}",
            share=f"{round(1000 * variant.cases / process.cases) / 10:g}%",
            note=words.t("comma").join(notes),
            examples=tuple((f"/cases/{case}", names[case]) for case in variant.examples if case in names),
        )


def halves_words(halves: int | None) -> str:
    """Return half of a whole number as it is written; "" for None.

    >>> halves_words(7), halves_words(8), halves_words(None)
    ('3.5', '4', '')
    """
    return "" if halves is None else f"{halves / 2:g}"


def _said(step: Step, workflow: Workflow, words: Words) -> str:
    return words.t(
        "process_step_said",
        source=words.say(title_of(step.source, workflow.states)),
        target=words.say(title_of(step.target, workflow.states)),
        n=f"{step.times:,}",
        days=halves_words(step.halves) or words.t("dash"),
    )


def _declared(workflow: Workflow) -> Iterator[tuple[str, str]]:
    """Yield the pairs that the moves of the definition lead between; who comes back from a merge may go anywhere."""
    for part in workflow.transitions.values():
        targets = [way.to for way in part.alternatives] or ([part.to] if part.to else [])
        for source in part.from_:
            yield from ((source, target) for target in targets)
    for part in workflow.transitions.values():
        for source in part.from_ if comes_back(part) else ():
            yield from ((source, target) for target in workflow.states)
