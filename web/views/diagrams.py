"""What the drawing of a workflow says: its states and moves as boxes and lines, and the same again as a table.

Moves between the same two states share a line. A move from more states than ``FROM_MANY`` is one short arrow into its
state, as lines from everywhere would hide the way of a case. Moves that stay, or go back to where a case was, are a
loop. The numbers on the lines are those of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.definition.model import Workflow
from engine.definition.parts import StatePart, TransitionPart, UnMerge
from engine.definition.wording import title_of, titles
from web.views.graph import draw
from web.views.graph_parts import Edge, Node, Picture
from web.views.graph_text import cut
from web.words import Words

FROM_MANY = 3
LABEL_WIDTH = 96
MANY = "*"
"""Stands for the many states that a move comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One line of the table beside a drawing: its number, from where to where, by which moves, by whom."""

    number: str
    source: str
    target: str
    moves: str
    by: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A drawing with its name, what it shows in one sentence, and the table that says the same."""

    id: str
    title: str
    description: str
    picture: Picture
    arrows: tuple[Arrow, ...]
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a drawing shows beside the definition: notes and tones of states, tones of the moves between two states."""

    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tones: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    taken: frozenset[tuple[str, str]] = frozenset()


@dataclass(slots=True)
class _Bundle:
    source: str
    target: str
    moves: list[str]


def workflow_diagram(workflow: Workflow, words: Words, marks: Marks = Marks()) -> Diagram:
    """Return the drawing of a workflow."""
    nodes = [_node(name, state, workflow, words, marks) for name, state in workflow.states.items()]
    edges, arrows = [], []
    for number, bundle in enumerate(_bundles(workflow), start=1):
        moves = [workflow.transitions[name] for name in bundle.moves]
        said = words.listed(words.say(part.title.text) for part in moves)
        by = words.say(titles(dict.fromkeys(role for part in moves for role in part.by), workflow.roles))
        source, target, tone = _ends(bundle, moves, workflow, words, marks)
        first = words.say(moves[0].title.text)
        label = first if len(moves) == 1 else words.t("diagram_and_more", move=first, n=len(moves))
        edges.append(
            Edge(
                source=None if bundle.source == MANY else bundle.source,
                target=bundle.target,
                badge=str(number),
                label=cut(label, LABEL_WIDTH, size=11),
                title=words.t("diagram_line", n=number, source=source, target=target, moves=said),
                tone=tone,
            )
        )
        arrows.append(Arrow(number=str(number), source=source, target=target, moves=said, by=by, tone=tone))
    title = words.say(workflow.title.text)
    return Diagram(
        id="flow",
        title=words.t("diagram_title", title=title),
        description=words.t("diagram_said", title=title, states=len(nodes), lines=len(edges)),
        picture=draw(nodes, edges),
        arrows=tuple(arrows),
        keys=_keys(edges, words, taken=bool(marks.taken)),
    )


def _node(name: str, state: StatePart, workflow: Workflow, words: Words, marks: Marks) -> Node:
    tone = " ".join(part for part in (str(state.phase), marks.tones.get(name, "")) if part)
    return Node(
        id=name,
        title=words.say(title_of(name, workflow.states)),
        notes=marks.notes.get(name, ()),
        tone=tone,
        address=marks.addresses.get(name),
    )


def targets_of(part: TransitionPart, source: str) -> tuple[str, ...]:
    """Return the states that a move from a state may lead to: that state itself where it stays, or goes back."""
    if part.stay or comes_back(part):
        return (source,)
    return tuple(dict.fromkeys([way.to for way in part.alternatives] or [part.to or source]))


def comes_back(part: TransitionPart) -> bool:
    """Say whether a move leads back to the state a case was in before it was merged."""
    return any(isinstance(effect, UnMerge) for effect in part.effects)


def _bundles(workflow: Workflow) -> Iterator[_Bundle]:
    """Yield the lines of the drawing in the order of the states, those from many states last."""
    place = {name: n for n, name in enumerate(workflow.states)}
    found: dict[tuple[str, str], _Bundle] = {}
    for name, part in workflow.transitions.items():
        for source in part.from_:
            for target in targets_of(part, source):
                is_many = source != target and len(part.from_) > FROM_MANY
                key = (f"{MANY}{name}" if is_many else source, target)
                bundle = found.setdefault(key, _Bundle(MANY if is_many else source, target, []))
                if name not in bundle.moves:
                    bundle.moves.append(name)
    yield from sorted(found.values(), key=lambda one: (one.source == MANY, place.get(one.source, 0), place[one.target]))


def _ends(
    bundle: _Bundle, moves: Sequence[TransitionPart], workflow: Workflow, words: Words, marks: Marks
) -> tuple[str, str, str]:
    """Return how a line's ends are called, and its tone."""
    target = words.say(title_of(bundle.target, workflow.states))
    taken = any(
        (source, bundle.target) in marks.taken
        for part in moves
        for source in (part.from_ if bundle.source == MANY else (bundle.source,))
    )
    tone = "taken" if taken and bundle.source != bundle.target else ""
    if bundle.source == MANY:
        return words.say(titles(moves[0].from_, workflow.states)), target, f"many {tone}".strip()
    source = words.say(title_of(bundle.source, workflow.states))
    if bundle.source == bundle.target:
        goes_back = all(comes_back(part) for part in moves)
        return source, words.t("workflow_back" if goes_back else "workflow_stays"), "stays"
    return source, target, tone


def _keys(edges: Sequence[Edge], words: Words, *, taken: bool) -> tuple[tuple[str, str], ...]:
    """Return what the kinds of lines mean, those that occur."""
    tones = {word for edge in edges for word in edge.tone.split()}
    names = ["forward", "back"] + (["stays"] if "stays" in tones else []) + (["many"] if "many" in tones else [])
    return tuple((name, words.t(f"diagram_key_{name}")) for name in [*names, *(["taken"] if taken else [])])


def renamed(diagram: Diagram, name: str) -> Diagram:
    """Return the drawing under another id, for pages that show several."""
    return replace(diagram, id=name)
