"""Where things stand in the charts: bars, a line over time, a small line without words, stages with their spread.

Pure geometry in the units of the drawing, whose width is ``WIDTH``; markup is the template's, colours are the
stylesheet's. Every chart has a table beside it that says the same in words and numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from unicodedata import east_asian_width

WIDTH: Final = 420
LABEL: Final = 132
"""Room for the names at the left of bars."""
VALUE: Final = 74
"""Room for the numbers at the right of bars."""
ROW: Final = 26
BAR: Final = 14
EM: Final = 12.5
"""Size of the letters."""
NARROW_EM: Final = 0.56
"""How much of an em a Latin letter or a digit takes, at the most that happens."""
PLOT_TOP, PLOT_HEIGHT, PLOT_LEFT, PLOT_RIGHT, PLOT_FOOT = 12, 130, 40, 14, 24
TICKS_MAX: Final = 6
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 96, 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """What one bar or point stands for: its name, its number (None where none is printed), how that is written.

    ``spread`` is a second number beyond the first, ``is_weak`` marks one of few cases, ``address`` where it leads.
    """

    label: str
    number: float | None
    text: str
    spread: float | None = None
    is_weak: bool = False
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar. ``label`` is cut to its room, ``full`` is not; ``spread_x`` ends the thin line, None for none."""

    label: str
    full: str
    text: str
    text_x: float
    y: float
    text_y: float
    width: float
    spread_x: float | None
    middle_y: float
    is_missing: bool
    is_weak: bool
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars below each other that begin at ``left``."""

    height: float
    left: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word on an axis."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a line."""

    x: float
    y: float
    text: str
    label: str
    is_weak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """A line over time: pieces of it where numbers follow each other, gaps where one is missing, bridges over them."""

    height: float
    left: float
    right: float
    pieces: tuple[str, ...]
    bridges: tuple[str, ...]
    points: tuple[Point, ...]
    gaps: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    last: Tick | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line without words, in pieces, and where it ends."""

    pieces: tuple[str, ...]
    x: float
    y: float


def text_width(text: str) -> float:
    """Return how wide a text is at most, in the units of the drawing: Chinese letters take an em each.

    >>> text_width("立案") > text_width("ab")
    True
    """
    return EM * sum(1.0 if east_asian_width(letter) in "WFA" else NARROW_EM for letter in text)


def fitted(text: str, room: float) -> str:
    """Return the text, cut and with an ellipsis where it is wider than the room.

    >>> fitted("后勤服务中心第一食堂管理部", 60.0)
    '后勤服…'
    """
    if text_width(text) <= room:
        return text
    kept = ""
    for letter in text:
        if text_width(f"{kept}{letter}…") > room:
            break
        kept += letter
    return f"{kept}…"


def bars(data: Sequence[Datum], most: float | None = None) -> BarChart:
    """Return horizontal bars, ``most`` being what a bar of full length stands for (None: the longest, or spread)."""
    numbers = [number for one in data for number in (one.number, one.spread) if number is not None]
    longest = most or max(numbers, default=0) or 1
    room = WIDTH - LABEL - VALUE
    made = []
    for place, one in enumerate(data):
        top = place * ROW + (ROW - BAR) / 2
        width = 0.0 if one.number is None else _rounded(room * min(one.number, longest) / longest)
        spread_x = None
        if one.spread is not None and one.number is not None:
            spread_x = _rounded(LABEL + room * min(max(one.spread, one.number), longest) / longest)
        made.append(
            Bar(
                label=fitted(one.label, LABEL - 10),
                full=one.label,
                text=one.text,
                text_x=_rounded(max(LABEL + width, spread_x or 0) + 6),
                y=_rounded(top),
                text_y=_rounded(top + BAR / 2 + EM * 0.36),
                width=max(width, 1.5) if one.number else width,
                spread_x=spread_x,
                middle_y=_rounded(top + BAR / 2),
                is_missing=one.number is None,
                is_weak=one.is_weak,
                address=one.address,
            )
        )
    return BarChart(height=max(len(data), 1) * ROW, left=LABEL, bars=tuple(made))


def line(data: Sequence[Datum], *, percent: bool, unit: str = "") -> LineChart:
    """Return a line over time, from the left to the right: of shares up to 100, of numbers up to a round number."""
    right = WIDTH - PLOT_RIGHT
    highest = 100.0 if percent else rounded_up(max((one.number for one in data if one.number is not None), default=1))
    if percent and any((one.number or 0) > highest for one in data):
        highest = rounded_up(max(one.number or 0 for one in data))
    step = (right - PLOT_LEFT) / max(len(data) - 1, 1)

    def x_of(place: int) -> float:
        return _rounded((PLOT_LEFT + right) / 2 if len(data) == 1 else PLOT_LEFT + place * step)

    def y_of(number: float) -> float:
        return _rounded(PLOT_TOP + PLOT_HEIGHT * (1 - number / highest))

    points = [
        None
        if one.number is None
        else Point(x=x_of(place), y=y_of(one.number), text=one.text, label=one.label, is_weak=one.is_weak)
        for place, one in enumerate(data)
    ]
    every = -(-len(data) // TICKS_MAX)
    # Counted from the newest, whose name must be there.
    named = [place for place in range(len(data)) if (len(data) - 1 - place) % every == 0] if data else []
    foot = PLOT_TOP + PLOT_HEIGHT
    known = [point for point in points if point is not None]
    last = known[-1] if known else None
    return LineChart(
        height=foot + PLOT_FOOT,
        left=PLOT_LEFT,
        right=right,
        pieces=_pieces(points),
        bridges=_bridges(points),
        points=tuple(known),
        gaps=tuple(
            Tick(x=x_of(place), y=foot - 4, text=data[place].text) for place, each in enumerate(points) if each is None
        ),
        columns=tuple(
            Tick(x=x_of(place), y=foot + 16, text=data[place].label, anchor=_anchor(place, len(data)))
            for place in named
        ),
        rows=tuple(
            Tick(x=PLOT_LEFT - 6, y=y_of(highest * part / 2), text=f"{_plain(highest * part / 2)}{unit}", anchor="end")
            for part in range(3)
        ),
        last=None
        if last is None
        else Tick(x=min(last.x, right - 2), y=max(last.y - 8, EM), text=last.text, anchor="end"),
    )


def spark(numbers: Sequence[float | None]) -> Spark | None:
    """Return a small line; None where no two numbers follow each other."""
    known = [number for number in numbers if number is not None]
    if len(known) < 2:  # one number makes no line
        return None
    low, high = min(known), max(known)
    room, step = SPARK_HEIGHT - 2 * SPARK_EDGE, (SPARK_WIDTH - 2 * SPARK_EDGE) / (len(numbers) - 1)
    points = [
        None
        if number is None
        else Point(
            x=_rounded(SPARK_EDGE + place * step),
            y=_rounded(SPARK_HEIGHT / 2 if high == low else SPARK_EDGE + room * (high - number) / (high - low)),
            text="",
            label="",
            is_weak=False,
        )
        for place, number in enumerate(numbers)
    ]
    last = [point for point in points if point is not None][-1]
    pieces = _pieces(points)
    return Spark(pieces=pieces, x=last.x, y=last.y) if pieces else None


def rounded_up(number: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, 50 ... at which an axis may end.

    >>> rounded_up(0.3), rounded_up(7), rounded_up(21), rounded_up(1000)
    (1.0, 10.0, 50.0, 1000.0)
    """
    scale = 1.0
    while True:
        for factor in (1, 2, 5):
            if number <= factor * scale:
                return factor * scale
        scale *= 10


def _pieces(points: Sequence[Point | None]) -> tuple[str, ...]:
    """Return the points of each unbroken piece as a polyline holds them; a single point makes none."""
    pieces: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(point)
    return tuple(" ".join(f"{point.x:g},{point.y:g}" for point in piece) for piece in pieces if len(piece) > 1)


def _bridges(points: Sequence[Point | None]) -> tuple[str, ...]:
    """Return a line over each gap between two known points."""
    known = [(place, point) for place, point in enumerate(points) if point is not None]
    return tuple(
        f"{a.x:g},{a.y:g} {b.x:g},{b.y:g}" for (before, a), (after, b) in pairwise(known) if after - before > 1
    )


def _anchor(place: int, count: int) -> str:
    if count > 1 and place == count - 1:
        return "end"
    return "start" if place == 0 and count > 1 else "middle"


def _plain(number: float) -> str:
    return f"{number:g}"


def _rounded(number: float) -> float:
    return round(number, 1)
