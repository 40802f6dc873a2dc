"""The lines of a drawing: which pieces share a lane, how wide badges are, and paths with rounded corners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from web.views.graph_parts import BADGE_HEIGHT, Badge, Box, Edge, Line
from web.views.graph_text import text_width

PORT: Final = 5
LOOP: Final = 15
CORNER: Final = 5
BADGE_TEXT: Final = 11


@dataclass(slots=True)
class Horizontal:
    """A piece of a line in the gap above a row, from one x to another; ``joins`` may share its lane."""

    gap: int
    left: int
    right: int
    joins: str
    lane: int = 0


def loop(edge: Edge, box: Box) -> Line:
    """Return the line of a state to itself, on the right of its box."""
    right, middle = box.x + box.width, box.y + box.height // 2
    upper, lower, out = middle - 9, middle + 9, right + LOOP
    badge = Badge(x=out + 2, y=middle - BADGE_HEIGHT // 2, width=badge_width(edge.badge), text=edge.badge)
    return Line(
        edge=edge,
        points=((right, upper), (out, upper), (out, lower), (right, lower)),
        path=f"M{right} {upper}C{out + 3} {upper} {out + 3} {lower} {right} {lower}",
        head=f"{right},{lower} {right + 7},{lower - 4} {right + 7},{lower + 3}",
        badge=badge,
    )


def finished(edge: Edge, points: Iterable[tuple[int, int]], badge: Badge, *, is_back: bool = False) -> Line:
    """Return a line through these points, with its arrow head at the last one."""
    corners = [point for point, _same in groupby(points)]
    x, y = corners[-1]
    head = f"{x},{y} {x - 4},{y - 8} {x + 4},{y - 8}"
    return Line(edge=edge, points=tuple(corners), path=_path(corners), head=head, badge=badge, is_back=is_back)


def _path(points: Sequence[tuple[int, int]]) -> str:
    """Return the SVG path through these corners, each a little rounded."""
    parts = [f"M{points[0][0]} {points[0][1]}"]
    for before, (x, y), after in zip(points, points[1:], points[2:], strict=False):
        enter, leave = _towards((x, y), before), _towards((x, y), after)
        parts.append(f"L{enter[0]} {enter[1]}Q{x} {y} {leave[0]} {leave[1]}")
    parts.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(parts)


def _towards(corner: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    (x, y), (to_x, to_y) = corner, other
    step = min(CORNER, (abs(to_x - x) + abs(to_y - y)) // 2)
    return x + _sign(to_x - x) * step, y + _sign(to_y - y) * step


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Say whether two spans do not touch."""
    return one[1] < other[0] or other[1] < one[0]


def lay_lanes(pieces: Sequence[Horizontal], gaps: int) -> list[int]:
    """Give every piece its lane and return how many lanes each gap has; what joins shares one."""
    counts = []
    for gap in range(gaps):
        bundles: dict[str, list[Horizontal]] = {}
        for piece in pieces:
            if piece.gap == gap:
                bundles.setdefault(piece.joins, []).append(piece)
        spans = {
            name: (min(one.left for one in several) - PORT, max(one.right for one in several) + PORT)
            for name, several in bundles.items()
        }
        lanes: list[list[tuple[int, int]]] = []
        # What leaves a row stands above what enters the next one, and long pieces below short ones.
        for name in sorted(spans, key=lambda each: (each.startswith("in "), spans[each][1] - spans[each][0])):
            lane = next((n for n, held in enumerate(lanes) if all(apart(spans[name], one) for one in held)), len(lanes))
            if lane == len(lanes):
                lanes.append([])
            lanes[lane].append(spans[name])
            for piece in bundles[name]:
                piece.lane = lane
        counts.append(len(lanes))
    return counts


def words_on(edge: Edge) -> str:
    """Return what stands on a line that has room for words."""
    return f"{edge.badge} {edge.label}".strip()


def badge_width(text: str) -> int:
    """Return how wide the badge of a text is, an even number."""
    width = text_width(text, size=BADGE_TEXT) + 10
    return max(width + width % 2, BADGE_HEIGHT + 1)
