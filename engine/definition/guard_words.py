"""The words and signs of an expression: the first of the two walls before a definition's text (see ``guards``).

It lets through only what the small language has, within its limits of length, number and depth. It knows neither the
declared names nor the grammar beyond brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.definition import guard_messages as messages
from engine.text import Text

TEXT_LENGTH_MAX = 500
NODES_MAX = 100
NESTING_MAX = 20
INTEGER_MAX = 2**53 - 1


class Word(StrEnum):
    """The kinds of tokens; the values are the groups of the pattern."""

    STRING = "string"
    NUMBER = "number"
    CONSTANT = "constant"
    NAME = "name"
    OPERATOR = "operator"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign. ``start`` and ``end`` count characters of the text from 0."""

    kind: Word
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def is_operand(self) -> bool:
        """Say whether the token stands for a value."""
        return self.kind in _OPERANDS


@dataclass(frozen=True, slots=True)
class Misread:
    """What was found instead of an expression, and where."""

    text: Text
    position: int


def scan(text: str) -> tuple[Token, ...] | Misread:
    """Return the words and signs of the text, at least one, or the first thing that is wrong with them."""
    if len(text) > TEXT_LENGTH_MAX:
        return Misread(messages.too_long(len(text), TEXT_LENGTH_MAX), TEXT_LENGTH_MAX)
    tokens = _tokens(text)
    if isinstance(tokens, Misread):
        return tokens
    if not tokens:
        return Misread(messages.EMPTY, 0)
    nodes = [token for token in tokens if token.text not in _NO_NODE]
    if len(nodes) > NODES_MAX:
        return Misread(messages.too_many_nodes(len(nodes), NODES_MAX), nodes[NODES_MAX].start)
    return _wrong_bracket(tokens) or tuple(tokens)


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<string>'[^'\\\n]*'|"[^"\\\n]*")
    | (?P<number>[0-9][0-9A-Za-z_.]*)
    | (?P<refused>(?:for|if)\b
        |=~~?|!~~?|\*\*|//?|%|<<|>>|&&|&[.\[]|\|\||\?\?|[&|^{}\#;]|\$[A-Za-z0-9_]*|=(?!=)|!(?!=))
    | (?P<operator>(?:and|or|not|in)\b)
    | (?P<constant>(?:true|false|null)\b)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign>==|!=|<=|>=|[<>+*?:,()\[\]-])""",
    re.VERBOSE | re.ASCII,
)
_OPERANDS = frozenset({Word.STRING, Word.NUMBER, Word.CONSTANT, Word.NAME})
_NO_NODE = frozenset({"(", ")", "]", ",", ":"})


def _tokens(text: str) -> list[Token] | Misread:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return Misread(messages.stray(text[position]), position)
        group, found = str(match.lastgroup), match.group()
        if group == "refused":
            return Misread(messages.refused(found), position)
        if group == "number" and not (found.isdigit() and int(found) <= INTEGER_MAX):
            return Misread(messages.number(found, INTEGER_MAX), position)
        if group != "space":
            tokens.append(Token(Word(group), found, position))
        position = match.end()
    return tokens


def _wrong_bracket(tokens: Sequence[Token]) -> Misread | None:
    """Find a bracket that is too deep, or right behind a value: a call or a subscript."""
    depth = 0
    follows_value = False
    for token in tokens:
        if token.text in ("(", "["):
            if follows_value:
                return Misread(messages.CALL if token.text == "(" else messages.SUBSCRIPT, token.start)
            depth += 1
            if depth > NESTING_MAX:
                return Misread(messages.too_deep(NESTING_MAX), token.start)
        elif token.text in (")", "]"):
            depth -= 1
        follows_value = token.is_operand or token.text in (")", "]")
    return None
