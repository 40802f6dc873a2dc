"""Drawings of states and moves: nothing overlaps, everything is drawn, what goes back is told from what goes on."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definition.loader import load_workflow
from engine.definition.model import Workflow
from web.views.diagrams import FROM_MANY, Marks, comes_back, targets_of, workflow_diagram
from web.views.graph import draw
from web.views.graph_layers import columns, layers, spine
from web.views.graph_parts import Edge, Line, Node, Picture
from web.views.graph_text import text_width, wrapped
from web.words import Words

WORKFLOWS = ("proposal", "grievance", "handling", "supervision")
Rectangle = tuple[int, int, int, int]
Piece = tuple[int, int, int, int]


def workflow(name: str) -> Workflow:
    return load_workflow(Path("workflows") / name / "v1.yaml").part


def meet(one: Rectangle, other: Rectangle) -> bool:
    """Say whether two rectangles (left, top, right, bottom) share more than an edge."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def pieces(line: Line) -> list[Piece]:
    """Return the straight pieces of a line as (left, top, right, bottom)."""
    return [
        (min(x, to_x), min(y, to_y), max(x, to_x), max(y, to_y))
        for (x, y), (to_x, to_y) in zip(line.points, line.points[1:], strict=False)
    ]


def crosses(piece: Piece, box: Rectangle) -> bool:
    """Say whether a piece runs through the inside of a rectangle."""
    left, top, right, bottom = piece
    return left < box[2] and right > box[0] and top < box[3] and bottom > box[1]


def lie_upon(one: Piece, other: Piece) -> bool:
    """Say whether two pieces lie upon each other for a length, and do not merely cross."""
    for fixed, begin in ((0, 1), (1, 0)):
        is_same_way = one[fixed] == one[fixed + 2] and other[fixed] == other[fixed + 2]
        if is_same_way and one[fixed] == other[fixed]:
            return max(one[begin], other[begin]) < min(one[begin + 2], other[begin + 2])
    return False


def demand_no_overlap(picture: Picture) -> None:
    boxes = {box.id: (box.x, box.y, box.x + box.width, box.y + box.height) for box in picture.boxes}
    badges = [(one.x, one.y, one.x + one.width, one.y + one.height) for one in (line.badge for line in picture.lines)]
    for one, other in combinations([*boxes.values(), *badges], 2):
        assert not meet(one, other), (one, other)
    for rectangle in (*boxes.values(), *badges):
        assert rectangle[0] >= 0
        assert rectangle[1] >= 0
        assert rectangle[2] <= picture.width
        assert rectangle[3] <= picture.height
    for line in picture.lines:
        for piece in pieces(line):
            assert not any(crosses(piece, box) for box in boxes.values()), (line.edge, piece)
            assert 0 <= piece[0] <= piece[2] <= picture.width
            assert 0 <= piece[1] <= piece[3] <= picture.height
    for one_line, other_line in combinations(picture.lines, 2):
        if one_line.edge.target != other_line.edge.target:
            for a in pieces(one_line):
                for b in pieces(other_line):
                    assert not lie_upon(a, b), (one_line.edge, other_line.edge, a, b)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_overlaps_in_the_drawing_of_a_workflow(name: str, language: str) -> None:
    words = Words("zh" if language == "zh" else "en")
    notes = dict.fromkeys(workflow(name).states, ("1,234 件", "其中逾期 99 件"))
    demand_no_overlap(workflow_diagram(workflow(name), words, Marks(notes=notes)).picture)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_state_and_every_move_is_drawn(name: str) -> None:
    part = workflow(name)
    diagram = workflow_diagram(part, Words("zh"))
    assert [box.id for box in diagram.picture.boxes] == list(part.states)
    drawn = {(line.edge.source, line.edge.target): line.edge for line in diagram.picture.lines}
    for move in part.transitions.values():
        for source in part.states:
            if source not in move.from_:
                continue
            for target in targets_of(move, source):
                is_many = source != target and len(move.from_) > FROM_MANY
                edge = drawn[(None if is_many else source, target)]
                if not is_many:
                    assert move.title.zh in edge.title
    many = {
        (move.title.zh, target)
        for move in part.transitions.values()
        for source in move.from_
        for target in targets_of(move, source)
        if len(move.from_) > FROM_MANY and not move.stay and not comes_back(move) and target != source
    }
    short = [line.edge for line in diagram.picture.lines if line.edge.source is None]
    assert len(short) == len(many)
    assert all(any(title in edge.title and edge.target == target for edge in short) for title, target in many)


def test_the_table_beside_a_drawing_has_the_numbers_of_its_lines() -> None:
    diagram = workflow_diagram(workflow("proposal"), Words("zh"))
    assert {line.badge.text.split()[0] for line in diagram.picture.lines} == {one.number for one in diagram.arrows}
    filing = next(one for one in diagram.arrows if (one.source, one.target) == ("审查中", "已立案"))
    assert (filing.moves, filing.by) == ("立案", "提案工作委员会")


@st.composite
def graphs(draw_one: st.DrawFn) -> tuple[list[Node], list[Edge]]:
    names = [f"s{n}" for n in range(draw_one(st.integers(1, 9)))]
    titles = st.text(alphabet="提案办结会签 ab", min_size=1, max_size=24)
    nodes = [Node(id=name, title=draw_one(titles), notes=("12 件",) * draw_one(st.integers(0, 2))) for name in names]
    ends = st.tuples(st.sampled_from([None, *names]), st.sampled_from(names))
    pairs = draw_one(st.lists(ends, max_size=26, unique=True))
    return nodes, [Edge(source=one, target=to, badge=str(n), label="征求意见") for n, (one, to) in enumerate(pairs)]


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_nothing_overlaps_whatever_leads_where(graph: tuple[list[Node], list[Edge]]) -> None:
    nodes, edges = graph
    picture = draw(nodes, edges)
    demand_no_overlap(picture)
    assert sorted(line.edge.badge for line in picture.lines) == sorted(edge.badge for edge in edges)


def test_a_line_begins_below_its_state_and_ends_on_top_of_the_other() -> None:
    picture = draw([Node(id="a", title="甲"), Node(id="b", title="乙")], [Edge(source="a", target="b", badge="1")])
    above, below = picture.boxes
    (line,) = picture.lines
    assert line.points == (
        (above.x + above.width // 2, above.y + above.height),
        (below.x + below.width // 2, below.y),
    )
    assert not line.is_back


def test_what_goes_back_is_marked_and_what_stays_is_a_loop_on_the_right() -> None:
    edges = [
        Edge(source="a", target="b", badge="1"),
        Edge(source="b", target="a", badge="2"),
        Edge(source="a", target="a", badge="3"),
    ]
    picture = draw([Node(id="a", title="甲"), Node(id="b", title="乙")], edges)
    assert [line.is_back for line in picture.lines] == [False, True, False]
    loop, box = picture.lines[2], picture.boxes[0]
    assert all(x >= box.x + box.width for x, _y in loop.points)


def test_a_line_to_a_state_that_is_not_there_is_a_defect() -> None:
    with pytest.raises(KeyError):
        draw([Node(id="a", title="甲")], [Edge(source="a", target="b", badge="1")])
    assert draw([], []).boxes == ()


def test_rows_follow_the_longest_way_and_the_main_way_is_the_first_column() -> None:
    pairs = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a"), ("b", "x"), ("c", "d"), ("x", "d")]
    rows = layers(["a", "b", "c", "x", "d", "lost"], pairs)
    assert rows == {"a": 0, "b": 1, "c": 2, "x": 2, "d": 3, "lost": 3}
    assert spine(rows, pairs) == ("a", "b", "c", "d")
    assert columns(rows, ("a", "b", "c", "d")) == {"a": 0, "b": 0, "c": 0, "d": 0, "x": 1, "lost": 1}


def test_chinese_titles_are_broken_anywhere_and_english_ones_between_words() -> None:
    assert wrapped("答复审查", 132) == ("答复审查",)
    assert wrapped("提案工作委员会审查答复意见", 132) == ("提案工作委员会审查", "答复意见")
    assert wrapped("Under review now", 60) == ("Under", "review", "now")
    assert wrapped("审" * 40, 132)[-1].endswith("…")
    assert all(text_width(line) <= 132 for line in wrapped("w" * 200, 132))
