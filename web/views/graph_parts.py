"""What goes into a drawing and what comes out of it: states and lines between them, then boxes and lines in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BADGE_HEIGHT: Final = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state: its ``title`` is wrapped, ``notes`` are short lines below it. ``address`` makes the box a link."""

    id: str
    title: str
    notes: tuple[str, ...] = ()
    tone: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """A line from a state to another, or to itself. ``label`` stands on it where there is room, ``badge`` always.

    Without a ``source`` it comes from many states at once and is drawn as a short arrow into its target.
    """

    source: str | None
    target: str
    badge: str
    label: str = ""
    title: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A state as it is drawn; ``lines`` are (x, y, text, is title), x being the middle."""

    id: str
    x: int
    y: int
    width: int
    height: int
    tone: str
    lines: tuple[tuple[int, int, str, bool], ...]
    address: str | None
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """The number, or number and words, on a line; ``x`` and ``y`` are its upper left corner."""

    x: int
    y: int
    width: int
    text: str
    height: int = BADGE_HEIGHT

    @property
    def middle(self) -> int:
        """Where its text is centred."""
        return self.x + self.width // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it is drawn: its corners, the same as an SVG path, its arrow head, its badge; ``is_back`` goes up."""

    edge: Edge
    points: tuple[tuple[int, int], ...]
    path: str
    head: str
    badge: Badge
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The whole drawing; loops are lines whose source is their target."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
