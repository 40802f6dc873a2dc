"""What a file holds, put together from the events of a parser, and where each key and value of it stood.

It opens no file and knows no parser; ``loader`` does.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.errors import DefinitionError, Problem
from engine.text import Text

NESTING_MAX = 20
NESTED_TOO_DEEP = (
    "nested_too_deep",
    Text(f"嵌套超过 {NESTING_MAX} 层", f"Parts are nested more than {NESTING_MAX} deep"),
    Text("请减少嵌套层次", "Nest the parts less deeply"),
)
INTEGER_MAX = 2**53 - 1

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, both counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions:
    """Where each key and each value began, by path, as ``("states", "draft", "title")``.

    ``scalars`` holds for every plain value where its first character stands, the quote left out; ``folded`` those
    that run over several lines, so that no column inside them can be told.
    """

    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)
    scalars: Mapping[Path, Place] = field(default_factory=dict)
    folded: frozenset[Path] = frozenset()

    def key(self, path: Path) -> Place:
        """Return where the key stands (of a list's entry: the entry), or that of the nearest part that is there."""
        while path:
            place = self.keys.get(path) or self.values.get(path)
            if place is not None:
                return place
            path = path[:-1]
        return self.values.get((), (1, 1))

    def at(self, path: Path) -> Place:
        """Return where a reader should look: at the value if it is a plain one, at the key if it is a whole part."""
        return self.scalars.get(path) or self.key(path)

    def inside(self, path: Path, offset: int) -> Place:
        """Return where the character with this offset of a plain value stands."""
        line, column = self.at(path)
        return (line, column) if path in self.folded or path not in self.scalars else (line, column + offset)


def alike(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that was probably meant, or None."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def meant(name: str, known: Iterable[str], *, listed_max: int = 12) -> Text:
    """Return what to write instead of an unknown name: the one alike, else what there is."""
    names = sorted(known)
    near = alike(name, names)
    if near is not None:
        return Text(f"是否想写“{near}”？", f"Did you mean '{near}'?")
    if not names:
        return Text("尚未声明任何此类名称，请先声明", "Nothing of this kind is declared; declare it first")
    shown, more = names[:listed_max], "…" if len(names) > listed_max else ""
    return Text(f"可用：{'、'.join(shown)}{more}", f"Use one of: {', '.join(shown)}{more}")


def spelled(path: Path) -> Text:
    """Return a path as a reader writes it: ``states.draft.title``, ``effects[0].do``."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else str(step)
    return Text(f"“{written}”", f"'{written}'") if written else Text("文件", "the file")


# YAML 1.2 core schema: only these plain words are something other than text. ``no``, ``012`` and dates stay text.
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]{1,15}", re.ASCII)
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open. ``key`` waits for its value; ``is_key`` marks a part used as a key."""

    part: dict[str, JsonValue] | list[JsonValue]
    path: Path
    key: str | None = None
    is_key: bool = False


@dataclass(slots=True)
class Builder:
    """Puts plain data together and remembers where everything stood; notes what no definition may hold."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    data: JsonValue = None
    _stack: list[_Frame] = field(default_factory=list)
    _keys: dict[Path, Place] = field(default_factory=dict)
    _values: dict[Path, Place] = field(default_factory=dict)
    _scalars: dict[Path, Place] = field(default_factory=dict)
    _folded: set[Path] = field(default_factory=set)

    @property
    def positions(self) -> Positions:
        return Positions(keys=self._keys, values=self._values, scalars=self._scalars, folded=frozenset(self._folded))

    def note(self, place: Place, code: str, text: Text, remedy: Text) -> None:
        """Note one problem; reading goes on."""
        line, column = place
        self.problems.append(Problem(file=self.file, line=line, column=column, code=code, text=text, remedy=remedy))

    def open(self, part: dict[str, JsonValue] | list[JsonValue], place: Place) -> None:
        """Begin a mapping or a list; raises DefinitionError when parts are nested too deep."""
        if len(self._stack) >= NESTING_MAX:
            self.note(place, *NESTED_TOO_DEEP)
            raise DefinitionError(self.problems)
        if self._expects_key:
            self.note(
                place,
                "key_not_text",
                Text("键不能是列表或映射", "A key cannot be a list or a mapping"),
                Text("键请写成一个词，如 draft:", "Write a single word as the key, as draft:"),
            )
            self._stack.append(_Frame(part, (*self._stack[-1].path, "?"), is_key=True))
            return
        path = self._take(place)
        self._stack.append(_Frame(part, path))

    def close(self) -> None:
        """End the innermost mapping or list."""
        frame = self._stack.pop()
        if frame.is_key:
            self._stack[-1].key = "?"
        else:
            self._put(frame.part)

    def scalar(self, text: str, place: Place, *, style: str | None, one_line: bool) -> None:
        """Add a key or a plain value; ``style`` is the quote or block sign before it, None when there is none."""
        if (found := _NO_TEXT.search(text)) is not None:
            self.note(
                place,
                "character_refused",
                Text(f"文字中有不可用的字符 {found[0]!a}", f"The text holds {found[0]!a}, which no text may hold"),
                Text("请删去该字符", "Leave the character out"),
            )
        if self._expects_key:
            self._add_key(text, place)
            return
        path = self._take(place)
        self._scalars[path] = (place[0], place[1] + 1) if style in ("'", '"') else place
        if not one_line:
            self._folded.add(path)
        self._put(self._plain(text, place) if style is None else text)

    @property
    def _expects_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].part, dict) and self._stack[-1].key is None

    def _add_key(self, text: str, place: Place) -> None:
        frame = self._stack[-1]
        path = (*frame.path, text)
        if path in self._keys:
            first = self._keys[path][0]
            self.note(
                place,
                "key_repeated",
                Text(
                    f"键“{text}”重复（首次出现在第 {first} 行）",
                    f"The key '{text}' stands twice (first on line {first})",
                ),
                Text("请删去其中一个，或改名", "Leave one of them out, or name it otherwise"),
            )
        else:
            self._keys[path] = place
        frame.key = text

    def _take(self, place: Place) -> Path:
        """Return the path of the value that begins here."""
        if not self._stack:
            path: Path = ()
        else:
            frame = self._stack[-1]
            path = (*frame.path, len(frame.part) if isinstance(frame.part, list) else str(frame.key))
        self._values[path] = place
        return path

    def _put(self, value: JsonValue) -> None:
        if not self._stack:
            self.data = value
            return
        frame = self._stack[-1]
        if isinstance(frame.part, list):
            frame.part.append(value)
        else:
            frame.part[str(frame.key)] = value
            frame.key = None

    def _plain(self, text: str, place: Place) -> JsonValue:
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _DECIMAL.fullmatch(text):
            return float(text)
        if not _INTEGER.fullmatch(text):
            return text
        if len(text) > len(str(INTEGER_MAX)) + 1 or abs(int(text)) > INTEGER_MAX:
            self.note(
                place,
                "number_too_large",
                Text(f"数字 {text[:20]} 过大", f"The number {text[:20]} is too large"),
                Text("若是编号一类的文字，请加引号", "Put quotes around it if it is a text, as a number of a document"),
            )
            return 0
        return int(text)
