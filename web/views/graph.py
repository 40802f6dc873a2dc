"""A layered drawing of states and the moves between them, as plain numbers: boxes in rows, lines in lanes of their own.

Time runs downwards. The longest way stands in the first column, everything else to its right. A line leaves a box
below and enters one above; what skips a row or goes back runs beside the boxes, and all lines to one box join there.
No line crosses a box, no two boxes meet, and two lines never lie upon each other but where they join. Pure: what is
drawn and in which words is said by ``web.views.diagrams``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from web.views.graph_layers import columns, layers, spine
from web.views.graph_lines import LOOP, PORT, Horizontal, apart, badge_width, finished, lay_lanes, loop, words_on
from web.views.graph_parts import Badge, Box, Edge, Line, Node, Picture
from web.views.graph_text import text_width, wrapped

MARGIN: Final = 12
PAD: Final = 10
LINE: Final = 19
LANE: Final = 9
COLUMN_GAP: Final = 40
BOX_WIDTH: Final = 96
STUB: Final = 26
"""How far a line runs down before it may turn: there its badge stands."""
ENTRY: Final = 16
GATE: Final = 30
IN_STEP: Final = 11
TITLE_WIDTH: Final = 132


def draw(nodes: Sequence[Node], edges: Sequence[Edge]) -> Picture:
    """Return the drawing of the states, in their order, and of every line between them.

    Raises:
        KeyError: a line from or to a state that is not there.
    """
    known = {node.id for node in nodes}
    for edge in edges:
        if edge.target not in known or (edge.source is not None and edge.source not in known):
            raise KeyError(edge)
    if not nodes:
        return Picture(width=2 * MARGIN, height=2 * MARGIN, boxes=(), lines=())
    return _Drawing(nodes, edges).picture()


class _Drawing:
    """Works out one drawing, step by step: rows and columns, ports, lanes and tracks, and then the numbers."""

    def __init__(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
        self._nodes = {node.id: node for node in nodes}
        pairs = [(edge.source, edge.target) for edge in edges if edge.source not in (None, edge.target)]
        self._row = layers([node.id for node in nodes], [(source or "", target) for source, target in pairs])
        self._column = columns(self._row, spine(self._row, [(source or "", target) for source, target in pairs]))
        self._rows = max(self._row.values()) + 1
        self._loops = [edge for edge in edges if edge.source == edge.target]
        self._gates = [edge for edge in edges if edge.source is None]
        self._through = [edge for edge in edges if edge.source not in (None, edge.target)]
        self._at = {(self._column[name], self._row[name]): name for name in self._nodes}
        self._straight = {id(edge): self._is_straight(edge) for edge in self._through}
        self._widths = self._column_widths()
        self._height = self._row_heights()

    def _is_straight(self, edge: Edge) -> bool:
        source, target = edge.source or "", edge.target
        below = self._row[target] == self._row[source] + 1 and self._column[target] == self._column[source]
        first = next(one for one in self._through if (one.source, one.target) == (edge.source, edge.target))
        return below and first is edge

    def _column_widths(self) -> list[int]:
        """Return how wide the boxes of each column are: for the longest words, and for the lines of the busiest."""
        widths = [BOX_WIDTH] * (max(self._column.values()) + 1)
        for name, node in self._nodes.items():
            texts = (*wrapped(node.title, TITLE_WIDTH), *node.notes)
            wide = max((text_width(text) for text in texts), default=0) + 2 * PAD
            middle, sides = self._ports_of(name)
            half = max(sum(badge_width(edge.badge) + PORT for edge in side) for side in sides)
            gates = sum(badge_width(edge.badge) + PORT for edge in self._gates if edge.target == name)
            wide = max(wide, middle + 2 * half + 2 * PORT, 2 * (2 * IN_STEP + gates))
            column = self._column[name]
            widths[column] = max(widths[column], wide + wide % 2)
        return widths

    def _ports_of(self, name: str) -> tuple[int, tuple[list[Edge], list[Edge]]]:
        """Return how wide the badge in the middle is, and the lines that leave on either side of it."""
        own = [edge for edge in self._through if edge.source == name]
        straight = next((edge for edge in own if self._straight[id(edge)]), None)
        left = [edge for edge in own if edge is not straight and self._side(edge) < 0]
        right = [edge for edge in own if edge is not straight and self._side(edge) > 0]
        return (2 * IN_STEP + PORT if straight is None else badge_width(words_on(straight)) + PORT), (left, right)

    def _side(self, edge: Edge) -> int:
        """Return -1 for a line that runs on the left of the boxes, 1 for one on the right."""
        source, target = edge.source or "", edge.target
        if self._row[target] == self._row[source] + 1:
            return -1 if self._column[target] < self._column[source] else 1
        beyond = 2 * max(self._column.values()) - self._column[source] - self._column[target]
        return -1 if self._column[source] + self._column[target] <= beyond else 1

    def _row_heights(self) -> list[int]:
        heights = [0] * self._rows
        for name, node in self._nodes.items():
            lines = len(wrapped(node.title, TITLE_WIDTH)) + len(node.notes)
            heights[self._row[name]] = max(heights[self._row[name]], lines * LINE + 2 * PAD)
        return heights

    def picture(self) -> Picture:
        """Return everything in numbers."""
        tracks, sides = self._tracks()
        room = [
            MARGIN + LANE * (1 + max((lane for lane, side in tracks.values() if side == one), default=-1))
            for one in sides
        ]
        loop_room = LOOP + max((badge_width(edge.badge) for edge in self._loops), default=0) + 2 * PORT
        lefts = [room[0] + PORT]
        for wide in self._widths:
            lefts.append(lefts[-1] + wide + max(COLUMN_GAP, loop_room))
        middle = {name: lefts[column] + self._widths[column] // 2 for name, column in self._column.items()}
        beyond = lefts[-2] + self._widths[-1] + loop_room
        width = beyond + room[1]
        track_x = {
            key: (room[0] - LANE * (lane + 1) if side < 0 else beyond + LANE * lane)
            for key, (lane, side) in tracks.items()
        }
        ports = {id(edge): middle[edge.source or ""] + offset for edge, offset in self._offsets()}
        pieces = {id(edge): self._pieces(edge, ports[id(edge)], middle, track_x) for edge in self._through}
        lanes = lay_lanes([piece for several in pieces.values() for piece in several], self._rows + 1)
        tops = self._tops(lanes)
        boxes = tuple(self._box(node, middle[name], tops) for name, node in self._nodes.items())
        frames = {box.id: box for box in boxes}
        lines = [self._line(edge, ports[id(edge)], pieces[id(edge)], frames, tops) for edge in self._through]
        lines += [loop(edge, frames[edge.target]) for edge in self._loops]
        lines += self._entries(frames)
        height = tops[-1][0] + self._height[-1] + self._below(lanes[self._rows]) + MARGIN
        return Picture(width=width, height=height, boxes=boxes, lines=tuple(lines))

    def _is_beside(self, edge: Edge) -> bool:
        """Say whether a line does not simply go to the next row."""
        return self._row[edge.target] != self._row[edge.source or ""] + 1

    def _tracks(self) -> tuple[dict[tuple[str, int], tuple[int, int]], tuple[int, int]]:
        """Return the track of each target on each side: its place from the boxes, and the side."""
        spans: dict[tuple[str, int], tuple[int, int]] = {}
        for edge in self._through:
            if self._is_beside(edge):
                key, gap = (edge.target, self._side(edge)), self._row[edge.source or ""] + 1
                ends = [gap, self._row[edge.target], *spans.get(key, ())]
                spans[key] = (min(ends), max(ends))
        found: dict[tuple[str, int], tuple[int, int]] = {}
        for side in (-1, 1):
            taken: list[list[tuple[int, int]]] = []
            own = [(span, key) for key, span in spans.items() if key[1] == side]
            for span, key in sorted(own, key=lambda each: (each[0][1] - each[0][0], each)):
                lane = next((n for n, held in enumerate(taken) if all(apart(span, other) for other in held)), None)
                if lane is None:
                    taken.append([])
                    lane = len(taken) - 1
                taken[lane].append(span)
                found[key] = (lane, side)
        return found, (-1, 1)

    def _offsets(self) -> Iterator[tuple[Edge, int]]:
        """Yield where each line leaves its box, from the middle of it."""
        for name in self._nodes:
            middle, sides = self._ports_of(name)
            for edge in self._through:
                if edge.source == name and self._straight[id(edge)]:
                    yield edge, 0
            for sign, side in zip((-1, 1), sides, strict=True):
                reach = middle // 2
                # What goes farthest leaves outermost, so that it crosses as little as can be.
                for edge in sorted(side, key=lambda one: (self._is_beside(one), one.target)):
                    width = badge_width(edge.badge)
                    yield edge, sign * (reach + width // 2)
                    reach += width + PORT

    def _pieces(
        self, edge: Edge, port: int, middle: Mapping[str, int], track_x: Mapping[tuple[str, int], int]
    ) -> list[Horizontal]:
        if self._straight[id(edge)]:
            return []
        source, target = edge.source or "", edge.target
        gap = self._row[source] + 1
        if not self._is_beside(edge):
            ends = sorted((port, middle[target]))
            return [Horizontal(gap, ends[0], ends[1], f"in {target}")]
        side = self._side(edge)
        x = track_x[(target, side)]
        tap, entry = sorted((port, x)), sorted((x, middle[target] + side * IN_STEP))
        return [
            Horizontal(gap, tap[0], tap[1], f"{source} to {target} {edge.badge} {id(edge)}"),
            Horizontal(self._row[target], entry[0], entry[1], f"in {target} {side}"),
        ]

    def _below(self, lanes: int) -> int:
        return STUB + LANE * lanes if lanes else 0

    def _tops(self, lanes: Sequence[int]) -> list[tuple[int, int]]:
        """Return for each row the top of its boxes, and the y of the first lane above them."""
        gated = {self._row[edge.target] for edge in self._gates}
        y, found = MARGIN, []
        for row in range(self._rows):
            lane_y = y + (STUB if row else 0)
            y = lane_y + LANE * lanes[row] + (GATE if row in gated else ENTRY if row or lanes[0] else 0)
            found.append((y, lane_y))
            y += self._height[row]
        return found

    def _box(self, node: Node, middle: int, tops: Sequence[tuple[int, int]]) -> Box:
        top, height = tops[self._row[node.id]][0], self._height[self._row[node.id]]
        words = [(text, True) for text in wrapped(node.title, TITLE_WIDTH)] + [(text, False) for text in node.notes]
        begin = top + (height - LINE * len(words)) // 2 + LINE - PORT
        width = self._widths[self._column[node.id]]
        return Box(
            id=node.id,
            x=middle - width // 2,
            y=top,
            width=width,
            height=height,
            tone=node.tone,
            lines=tuple((middle, begin + n * LINE, text, strong) for n, (text, strong) in enumerate(words)),
            address=node.address,
            title="".join([node.title, *(f" {note}" for note in node.notes)]),
        )

    def _line(
        self,
        edge: Edge,
        port: int,
        pieces: Sequence[Horizontal],
        frames: Mapping[str, Box],
        tops: Sequence[tuple[int, int]],
    ) -> Line:
        source, target = frames[edge.source or ""], frames[edge.target]
        middle = target.x + target.width // 2
        begin = (port, source.y + source.height)
        points = [begin]
        heights = [self._lane_y(piece, tops) for piece in pieces]
        if not pieces:
            points += [(port, target.y)]
        elif len(pieces) == 1:
            points += [(port, heights[0]), (middle, heights[0]), (middle, target.y)]
        else:
            side = self._side(edge)
            x = pieces[0].left if side < 0 else pieces[0].right
            entry = middle + side * IN_STEP
            points += [(port, heights[0]), (x, heights[0]), (x, heights[1]), (entry, heights[1]), (entry, target.y)]
        text = words_on(edge) if self._straight[id(edge)] else edge.badge
        width = badge_width(text)
        badge = Badge(x=port - width // 2, y=begin[1] + PORT, width=width, text=text)
        is_back = self._row[edge.target] <= self._row[edge.source or ""]
        return finished(edge, points, badge, is_back=is_back)

    def _lane_y(self, piece: Horizontal, tops: Sequence[tuple[int, int]]) -> int:
        if piece.gap == self._rows:
            return tops[-1][0] + self._height[-1] + STUB + LANE * piece.lane
        return tops[piece.gap][1] + LANE * piece.lane

    def _entries(self, frames: Mapping[str, Box]) -> Iterator[Line]:
        """Yield the short arrows of what comes from many states, side by side to the right of all other entries."""
        for target in dict.fromkeys(edge.target for edge in self._gates):
            box = frames[target]
            x = box.x + box.width // 2 + 2 * IN_STEP
            for edge in (each for each in self._gates if each.target == target):
                width = badge_width(edge.badge)
                badge = Badge(x=x, y=box.y - GATE + 1, width=width, text=edge.badge)
                yield finished(edge, [(badge.middle, badge.y + badge.height), (badge.middle, box.y)], badge)
                x += width + PORT
