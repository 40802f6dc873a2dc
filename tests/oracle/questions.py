"""The questions of measures, read and answered in a second way: a small parser, and an answer worked out from its tree.

What null means is what the handbook of definitions says: an order with null is false, ``==`` takes null for a value,
nothing is in null and null is in nothing, a sum with null is null, and only true counts as true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

Tree = tuple[Any, ...]
"""``("name", "case.state")``, ``("value", 2)``, or a sign with the trees it stands between."""
Read = Callable[[str], Any]
"""What a dotted name stands for."""

_WORD = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>\d+)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign>[<>=!]=|[<>+*?:,()\[\]-]))"
)
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = {"and", "or", "not", "in"}
_LEVELS: tuple[tuple[str, ...], ...] = (("==", "!="), ("<", "<=", ">", ">=", "in"), ("+", "-"), ("*",))
"""What binds loosely stands first; ``or``, ``and`` and ``not`` bind more loosely than all of these."""


@cache
def tree_of(text: str) -> Tree:
    """Return the tree of a question; raises ValueError for what is none."""
    words = list(_words(text))
    tree, rest = _choice(words)
    if rest:
        raise ValueError(f"{text!r}: what is {rest[0]!r} doing there?")
    return tree


def names_in(tree: Tree) -> Iterator[str]:
    """Yield the names that a question reads."""
    if tree[0] == "name":
        yield tree[1]
    elif tree[0] != "value":
        for part in tree[1:]:
            yield from names_in(part)


def answer(tree: Tree, read: Read) -> Any:
    """Return what a tree comes to when its names stand for what ``read`` says."""
    sign, *parts = tree
    match sign:
        case "value":
            return parts[0]
        case "name":
            return read(parts[0])
        case "and":
            return all(answer(part, read) is True for part in parts)
        case "or":
            return any(answer(part, read) is True for part in parts)
        case "not":
            return answer(parts[0], read) is not True
        case "?":
            condition, then, otherwise = parts
            return answer(then if answer(condition, read) is True else otherwise, read)
    left, right = (answer(part, read) for part in parts)
    if sign in ("==", "!="):
        return (left == right) is (sign == "==")
    if left is None or right is None:
        return None if sign in "+-*" else False
    return _OF_TWO[sign](left, right)


_OF_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
}


def _words(text: str) -> Iterator[str]:
    place = 0
    while text[place:].strip():
        found = _WORD.match(text, place)
        if found is None:
            raise ValueError(f"{text!r} cannot be read from {place}")
        yield found.group().strip()
        place = found.end()


Rest = Sequence[str]


def _choice(words: Rest) -> tuple[Tree, Rest]:
    condition, words = _joined(words, "or", lambda words: _joined(words, "and", _negated))
    if words[:1] != ["?"]:
        return condition, words
    then, words = _choice(words[1:])
    if words[:1] != [":"]:
        raise ValueError("a choice has two sides")
    otherwise, words = _choice(words[1:])
    return ("?", condition, then, otherwise), words


def _joined(words: Rest, by: str, part: Callable[[Rest], tuple[Tree, Rest]]) -> tuple[Tree, Rest]:
    first, words = part(words)
    parts = [first]
    while words[:1] == [by]:
        following, words = part(words[1:])
        parts.append(following)
    return (first if len(parts) == 1 else (by, *parts)), words


def _negated(words: Rest) -> tuple[Tree, Rest]:
    if words[:1] == ["not"]:
        tree, words = _negated(words[1:])
        return ("not", tree), words
    return _level(words, 0)


def _level(words: Rest, level: int) -> tuple[Tree, Rest]:
    if level == len(_LEVELS):
        return _operand(words)
    tree, words = _level(words, level + 1)
    if words[:2] == ["not", "in"] and "in" in _LEVELS[level]:
        members, words = _level(words[2:], level + 1)
        return ("not", ("in", tree, members)), words
    while words and words[0] in _LEVELS[level]:
        sign = words[0]
        right, words = _level(words[1:], level + 1)
        tree = (sign, tree, right)
    return tree, words


def _operand(words: Rest) -> tuple[Tree, Rest]:
    if not words:
        raise ValueError("the question breaks off")
    word, words = words[0], words[1:]
    if word == "(":
        tree, words = _choice(words)
        if words[:1] != [")"]:
            raise ValueError("a bracket is not closed")
        return tree, words[1:]
    if word == "[":
        end = words.index("]")
        return ("value", tuple(_literal(one) for one in words[:end] if one != ",")), words[end + 1 :]
    if word == "-":
        tree, words = _operand(words)
        return ("-", ("value", 0), tree), words
    if word[0].isalpha() and word not in _CONSTANTS and word not in _WORDS:
        return ("name", word), words
    return ("value", _literal(word)), words


def _literal(word: str) -> Any:
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if word.isdigit():
        return int(word)
    if word[0] in "'\"":
        return word[1:-1]
    raise ValueError(f"{word!r} is no value")
