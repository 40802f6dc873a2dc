"""A definition as BPMN 2.0 with its layout: states are gateways at which somebody chooses a move, moves are tasks.

Tools that draw and simulate processes read it; what a definition proves and computes stands in the definition alone.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from engine.definition.model import Workflow
from engine.definition.parts import Phase, TransitionPart, UnMerge
from engine.definition.wording import titles
from engine.text import Language, Text

MODEL: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DD: Final = "http://www.omg.org/spec/DD/20100524/DI"
_PREFIXES: Final = {"bpmn": MODEL, "bpmndi": DI, "dc": DC, "di": DD}
_START: Final = "start"
_COLUMN, _ROW, _MARGIN = 190, 110, 60
_SIZES: Final = {"startEvent": (36, 36), "endEvent": (36, 36), "exclusiveGateway": (50, 50), "userTask": (130, 70)}


class Node(NamedTuple):
    """One element of the picture: its kind in BPMN, its name, and who does it."""

    id: str
    kind: str
    name: str
    note: str = ""


class Flow(NamedTuple):
    """An arrow."""

    source: str
    target: str

    @property
    def id(self) -> str:
        return f"flow_{self.source}__{self.target}"


@dataclass(frozen=True, slots=True)
class _Picture:
    nodes: Mapping[str, Node]
    flows: Sequence[Flow]
    places: Mapping[str, tuple[int, int]]


def bpmn(workflow: Workflow, language: Language = "zh") -> str:
    """Return the definition as a BPMN 2.0 file."""
    picture = _picture(workflow, language)
    for prefix, address in _PREFIXES.items():
        register_namespace(prefix, address)
    about = {"id": f"definitions_{workflow.name}", "targetNamespace": f"urn:banjie:{workflow.name}:{workflow.version}"}
    definitions = Element(f"{{{MODEL}}}definitions", about)
    process = SubElement(
        definitions,
        f"{{{MODEL}}}process",
        {"id": workflow.name, "name": workflow.title.text.read(language), "isExecutable": "false"},
    )
    _documented(process, workflow.purpose.text.read(language))
    _process(process, picture)
    _drawing(definitions, workflow.name, picture)
    indent(definitions)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(definitions, encoding="unicode")}\n'


def _picture(workflow: Workflow, language: Language) -> _Picture:
    nodes = {node.id: node for node in _nodes(workflow, language)}
    flows = list(dict.fromkeys(_flows(workflow)))
    return _Picture(nodes, flows, _places(nodes, flows))


def _nodes(workflow: Workflow, language: Language) -> Iterator[Node]:
    yield Node(_START, "startEvent", Text("登记", "Registered").read(language))
    for name, state in workflow.states.items():
        title, is_left = state.title.text.read(language), _is_left(workflow, name)
        acts = titles(state.acts, workflow.roles).read(language) if state.acts else ""
        if is_left:
            yield Node(_state(name), "exclusiveGateway", title, acts)
        if state.phase is Phase.FINAL:
            yield Node(_end(name) if is_left else _state(name), "endEvent", title)
    for name, part in workflow.transitions.items():
        who = titles(part.by, workflow.roles).read(language)
        yield Node(_move(name), "userTask", part.title.text.read(language), who)


def _flows(workflow: Workflow) -> Iterator[Flow]:
    yield Flow(_START, _state(workflow.initial))
    for name, part in workflow.transitions.items():
        for start in part.from_:
            yield Flow(_state(start), _move(name))
        for end in _ends(part):
            yield Flow(_move(name), _state(end))
    for name, state in workflow.states.items():
        if state.phase is Phase.FINAL and _is_left(workflow, name):
            yield Flow(_state(name), _end(name))


def _ends(part: TransitionPart) -> Sequence[str]:
    """Return where a move leads: one that stays, or goes back to where the case was, to each state it is made in."""
    goes_back = any(isinstance(effect, UnMerge) for effect in part.effects)
    if part.stay or goes_back:
        return part.from_
    return tuple(dict.fromkeys(way.to for way in part.alternatives)) or ((part.to,) if part.to is not None else ())


def _is_left(workflow: Workflow, state: str) -> bool:
    """Tell whether anything can be done in a state: in most final ones nothing can."""
    return any(state in part.from_ for part in workflow.transitions.values())


def _state(name: str) -> str:
    return f"state_{name}"


def _end(name: str) -> str:
    return f"end_{name}"


def _move(name: str) -> str:
    return f"move_{name}"


def _places(nodes: Mapping[str, Node], flows: Sequence[Flow]) -> dict[str, tuple[int, int]]:
    """Return where each node stands: in a column as far from the start as it can be reached, one below the other."""
    following: dict[str, list[str]] = defaultdict(list)
    for flow in flows:
        following[flow.source].append(flow.target)
    column = {_START: 0}
    waiting = deque([_START])
    while waiting:
        node = waiting.popleft()
        for target in following[node]:
            if target not in column:
                column[target] = column[node] + 1
                waiting.append(target)
    rows: dict[int, int] = defaultdict(int)
    places: dict[str, tuple[int, int]] = {}
    for node in sorted(nodes, key=lambda one: column.get(one, 0)):
        at = column.get(node, 0)
        width, height = _SIZES[nodes[node].kind]
        places[node] = (_MARGIN + at * _COLUMN + (130 - width) // 2, _MARGIN + rows[at] * _ROW + (70 - height) // 2)
        rows[at] += 1
    return places


def _process(process: Element, picture: _Picture) -> None:
    for node in picture.nodes.values():
        element = SubElement(process, f"{{{MODEL}}}{node.kind}", {"id": node.id, "name": node.name})
        if node.note:
            _documented(element, node.note)
        for flow in picture.flows:
            if flow.target == node.id:
                SubElement(element, f"{{{MODEL}}}incoming").text = flow.id
        for flow in picture.flows:
            if flow.source == node.id:
                SubElement(element, f"{{{MODEL}}}outgoing").text = flow.id
    for flow in picture.flows:
        told = {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
        SubElement(process, f"{{{MODEL}}}sequenceFlow", told)


def _documented(element: Element, text: str) -> None:
    SubElement(element, f"{{{MODEL}}}documentation").text = text


def _drawing(definitions: Element, process: str, picture: _Picture) -> None:
    diagram = SubElement(definitions, f"{{{DI}}}BPMNDiagram", {"id": f"diagram_{process}"})
    plane = SubElement(diagram, f"{{{DI}}}BPMNPlane", {"id": f"plane_{process}", "bpmnElement": process})
    for node in picture.nodes.values():
        told = {"id": f"shape_{node.id}", "bpmnElement": node.id}
        if node.kind == "exclusiveGateway":
            told["isMarkerVisible"] = "true"
        shape = SubElement(plane, f"{{{DI}}}BPMNShape", told)
        (x, y), (width, height) = picture.places[node.id], _SIZES[node.kind]
        bounds = {"x": str(x), "y": str(y), "width": str(width), "height": str(height)}
        SubElement(shape, f"{{{DC}}}Bounds", bounds)
    for flow in picture.flows:
        edge = SubElement(plane, f"{{{DI}}}BPMNEdge", {"id": f"edge_{flow.id}", "bpmnElement": flow.id})
        for x, y in _way(picture, flow):
            SubElement(edge, f"{{{DD}}}waypoint", {"x": str(x), "y": str(y)})


def _way(picture: _Picture, flow: Flow) -> Sequence[tuple[int, int]]:
    """Return the corners of an arrow: to the right it goes straight, back it goes round below both ends."""
    (from_x, from_y), (to_x, to_y) = picture.places[flow.source], picture.places[flow.target]
    (from_width, from_height), (to_width, to_height) = (
        _SIZES[picture.nodes[one].kind] for one in (flow.source, flow.target)
    )
    if to_x > from_x:
        return (from_x + from_width, from_y + from_height // 2), (to_x, to_y + to_height // 2)
    below = max(from_y + from_height, to_y + to_height) + 15
    begin, end = from_x + from_width // 2, to_x + to_width // 2
    return (begin, from_y + from_height), (begin, below), (end, below), (end, to_y + to_height)
