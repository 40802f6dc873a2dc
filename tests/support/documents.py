"""Reads pages of Markdown as a reader uses them: headings and their anchors, links, and fenced blocks with their info.

A page is read line by line; what stands in a fence is no heading and no link. Of Markdown it knows what our pages use.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
NOT_RUN: Final = "not-run:"
_FENCE: Final = re.compile(r"^(\s*)(`{3,})(.*)$")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$")
_LINK: Final = re.compile(r"\]\(([^()\s]+)\)")
_CODE: Final = re.compile(r"`[^`]*`")
_LINKED: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: the line of its fence (from 1), the language, what else the fence says, and its text."""

    line: int
    language: str
    info: str
    text: str

    @property
    def not_run(self) -> str | None:
        """Why nobody runs it, None where it is to be run: ```` ```sh not-run: needs a host of yours ````."""
        return self.info.removeprefix(NOT_RUN).strip() if self.info.startswith(NOT_RUN) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a page: its line (from 1) and where it points, as written."""

    line: int
    target: str


@cache
def pages() -> tuple[Path, ...]:
    """Return every page of Markdown that the repository holds or would hold, in order."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=PROJECT, text=True, capture_output=True, check=True).stdout
    return tuple(sorted(path for name in listed.split("\0") if name and (path := PROJECT / name).is_file()))


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks of a page, in order.

    >>> blocks("a\\n```sh not-run: no\\nls\\n```")
    [Block(line=2, language='sh', info='not-run: no', text='ls\\n')]
    """
    found: list[Block] = []
    lines = iter(enumerate(text.splitlines(), start=1))
    for number, line in lines:
        opened = _FENCE.match(line)
        if opened is None:
            continue
        indent, fence, said = opened.groups()
        held: list[str] = []
        for _number, inner in lines:
            if inner.strip() == fence:
                break
            held.append(inner.removeprefix(indent))
        language, _space, info = said.strip().partition(" ")
        found.append(Block(line=number, language=language, info=info.strip(), text="".join(f"{x}\n" for x in held)))
    return found


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, made as code forges make them.

    >>> sorted(anchors("# 安装与运行 · Installing\\n## The `x` y, z\\n## The x y z"))
    ['the-x-y-z', 'the-x-y-z-1', '安装与运行--installing']
    """
    found: set[str] = set()
    for _number, line in _outside(text):
        if heading := _HEADING.match(line):
            plain = _LINKED.sub(r"\1", heading[1]).replace("`", "").lower()
            slug = _NO_ANCHOR.sub("", plain).replace(" ", "-")
            times = 0
            while (name := slug if times == 0 else f"{slug}-{times}") in found:
                times += 1
            found.add(name)
    return found


def headings(text: str) -> list[str]:
    """Return the headings of a page as written, marks of their level in front, in order."""
    return [line.rstrip() for _number, line in _outside(text) if _HEADING.match(line)]


def links(text: str) -> list[Link]:
    """Return the links and pictures of a page, in order; what stands in code is none.

    >>> links("see [x](y.md#z) and `[a](b)`")
    [Link(line=1, target='y.md#z')]
    """
    return [
        Link(line=number, target=target)
        for number, line in _outside(text)
        for target in _LINK.findall(_CODE.sub("", line))
    ]


def dead_links(page: Path) -> list[str]:
    """Return what a page links to within the repository and is not there, as ``line: target``."""
    return [
        f"{link.line}: {link.target}" for link in links(page.read_text("utf-8")) if not _is_there(page, link.target)
    ]


def _is_there(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    place, _hash, anchor = target.partition("#")
    led_to = (page.parent / place).resolve() if place else page
    if not led_to.exists() or (place and not led_to.is_relative_to(PROJECT)):
        return False
    return not anchor or (led_to.suffix == ".md" and anchor in anchors(led_to.read_text("utf-8")))


def _outside(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that stand in no fence, numbered from 1."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        opened = _FENCE.match(line)
        if not fence and opened is not None:
            fence = opened[2]
        elif fence:
            fence = "" if line.strip() == fence else fence
        else:
            yield number, line
