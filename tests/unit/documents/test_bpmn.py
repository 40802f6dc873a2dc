"""Definitions as BPMN: every state and move is there, every arrow leads somewhere, and all of it has a place."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

from documents.bpmn import bpmn
from engine.definition.model import Workflow
from tests.support.proved_rules import load_once

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
WORKFLOWS = load_once(Path(__file__).parents[3] / "workflows").workflows


@pytest.fixture(params=WORKFLOWS, ids=lambda workflow: workflow.name)
def workflow(request: pytest.FixtureRequest) -> Workflow:
    found: Workflow = request.param
    return found


def test_every_state_and_move_stands_in_the_process(workflow: Workflow) -> None:
    (process,) = ET.fromstring(bpmn(workflow)).findall(f"{MODEL}process")
    names = {one.attrib["id"]: one.attrib["name"] for one in process if "name" in one.attrib}
    states = {f"state_{name}": part.title.zh for name, part in workflow.states.items()}
    moves = {f"move_{name}": part.title.zh for name, part in workflow.transitions.items()}
    ends = {name: title for name, title in names.items() if name.startswith("end_")}
    assert names == {"start": "登记", **states, **moves, **ends}
    ended = {one.attrib["name"] for one in process.findall(f"{MODEL}endEvent")}
    assert ended == {part.title.zh for part in workflow.states.values() if part.phase == "final"}


def test_every_arrow_leads_from_one_element_to_another_and_both_know_it(workflow: Workflow) -> None:
    (process,) = ET.fromstring(bpmn(workflow)).findall(f"{MODEL}process")
    nodes = {one.attrib["id"]: one for one in process if "name" in one.attrib}
    flows = {one.attrib["id"]: one.attrib for one in process.findall(f"{MODEL}sequenceFlow")}
    for id_, flow in flows.items():
        assert id_ in [one.text for one in nodes[flow["sourceRef"]].findall(f"{MODEL}outgoing")]
        assert id_ in [one.text for one in nodes[flow["targetRef"]].findall(f"{MODEL}incoming")]
    for node in nodes.values():
        known = {one.text for kind in ("incoming", "outgoing") for one in node.findall(f"{MODEL}{kind}")}
        assert known <= flows.keys()
        if node.tag == f"{MODEL}endEvent":
            assert not node.findall(f"{MODEL}outgoing")
        elif node.tag != f"{MODEL}startEvent":
            assert node.findall(f"{MODEL}incoming"), node.attrib["id"]
            assert node.findall(f"{MODEL}outgoing"), node.attrib["id"]


def test_everything_has_a_place_of_its_own(workflow: Workflow) -> None:
    root = ET.fromstring(bpmn(workflow))
    drawn = {shape.attrib["bpmnElement"]: shape.find(f"{DC}Bounds") for shape in root.iter(f"{DI}BPMNShape")}
    (process,) = root.findall(f"{MODEL}process")
    assert drawn.keys() == {one.attrib["id"] for one in process if "name" in one.attrib}
    boxes = []
    for bounds in drawn.values():
        assert bounds is not None
        x, y, width, height = (int(bounds.attrib[name]) for name in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    edges = {edge.attrib["bpmnElement"]: edge.findall(f"{DD}waypoint") for edge in root.iter(f"{DI}BPMNEdge")}
    assert edges.keys() == {one.attrib["id"] for one in process.findall(f"{MODEL}sequenceFlow")}
    assert min(len(points) for points in edges.values()) >= 2


def test_the_words_are_in_the_language_asked_for(workflow: Workflow) -> None:
    assert f'name="{workflow.title.zh}"' in bpmn(workflow)
    assert "登记" not in bpmn(workflow, "en")
