"""Expressions of a definition: from text to a checked, compiled question (``Guard``) or value (``Value``).

Two walls stand before a definition's text. The first, ``guard_words``, lets through only the words and signs of the
small language; rule-engine then parses a text in which every literal and name is a placeholder, because it computes
with literals while it parses, and a regular expression or a power of literals would hang right there. The second is
the walk below: known nodes only, their kinds checked. It compiles to ``closures``; rule-engine takes no part in
evaluation. This module does not know where names come from, nor files and lines.
"""

from __future__ import annotations

import bisect
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any

import rule_engine
from rule_engine import ast

from engine.definition import closures
from engine.definition import guard_messages as messages
from engine.definition.closures import Closure, Scope
from engine.definition.guard_words import NESTING_MAX, Misread, Token, Word, scan
from engine.definition.trees import tree_of
from engine.errors import InputRefused
from engine.text import Text


class Kind(StrEnum):
    """What a name or an expression holds. ``NULL`` is the kind of the bare word null only."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    DATE = "date"
    LIST_OF_STRING = "list of string"
    NULL = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameType:
    """The type of a declared name. Every name may be compared with null; ``nullable`` says that it can be null."""

    kind: Kind
    nullable: bool = False

    def or_null(self) -> NameType:
        """Return the same type, null allowed."""
        return replace(self, nullable=True)


STRING = NameType(kind=Kind.STRING)
INTEGER = NameType(kind=Kind.INTEGER)
BOOLEAN = NameType(kind=Kind.BOOLEAN)
INSTANT = NameType(kind=Kind.INSTANT)
DATE = NameType(kind=Kind.DATE)
LIST_OF_STRING = NameType(kind=Kind.LIST_OF_STRING)


class ExpressionWrong(InputRefused):
    """The text is no expression that a definition may hold. ``position`` counts characters of the text from 0."""

    code = "expression_wrong"

    def __init__(self, text: Text, position: int) -> None:
        super().__init__(text, position=position)
        self.position = position


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A compiled question. ``names`` are the dotted names that it reads."""

    text: str
    names: frozenset[str]
    closure: Closure = field(repr=False, compare=False)

    def holds(self, scope: Scope) -> bool:
        """Answer the question for these values; what null means is said in ``closures``."""
        return self.closure(scope) is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A compiled value, as ``case.round + 1``. ``names`` are the dotted names that it reads.

    ``carries`` are those of them whose value may come out again, whole or reckoned with; one that is only compared, or
    decides between others, is not among them.
    """

    text: str
    names: frozenset[str]
    carries: frozenset[str]
    type: NameType
    closure: Closure = field(repr=False, compare=False)

    def of(self, scope: Scope) -> object:
        """Return the value for this scope; None is null."""
        return self.closure(scope)


def compile_guard(text: str, names: Mapping[str, NameType]) -> Guard:
    """Compile a question over the declared dotted names.

    Raises:
        ExpressionWrong: The text says what may not be said, or its answer is not true or false.

    Example:
        >>> guard = compile_guard("fact.seconders >= 2", {"fact.seconders": INTEGER})
        >>> guard.holds({"fact": {"seconders": 3}})
        True
    """
    part, read = _compile(text, names)
    if part.kind is not Kind.BOOLEAN:
        raise ExpressionWrong(messages.not_a_question(part.kind), part.start)
    return Guard(text=text, names=read, closure=part.closure)


def compile_value(text: str, names: Mapping[str, NameType]) -> Value:
    """Compile a value over the declared dotted names; its type is found, not demanded.

    Raises:
        ExpressionWrong: The text says what may not be said, or is a bare null.

    Example:
        >>> compile_value("case.round + 1", {"case.round": INTEGER}).of({"case": {"round": 1}})
        2
    """
    part, read = _compile(text, names)
    if part.kind is Kind.NULL:
        raise ExpressionWrong(messages.BARE_NULL, part.start)
    return Value(
        text=text,
        names=read,
        carries=part.carries,
        type=NameType(kind=part.kind, nullable=part.nullable),
        closure=part.closure,
    )


def _compile(text: str, names: Mapping[str, NameType]) -> tuple[_Part, frozenset[str]]:
    tokens = scan(text)
    if isinstance(tokens, Misread):
        raise ExpressionWrong(tokens.text, tokens.position)
    part = _Walk(text, tokens, names).part(_parse(tokens))
    return part, frozenset(token.text for token in tokens if token.kind is Word.NAME and token.text in names)


def _parse(tokens: Sequence[Token]) -> Any:
    """Return rule-engine's tree of the tokens; each operand is a symbol ``v`` and the index of its token."""
    words = [f"v{index}" if token.is_operand else token.text for index, token in enumerate(tokens)]
    try:
        return tree_of(" ".join(words))
    except rule_engine.RuleSyntaxError as error:
        if error.token is None:
            raise ExpressionWrong(messages.UNFINISHED, tokens[-1].end) from error
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        token = tokens[bisect.bisect_right(starts, error.token.lexpos) - 1]
        raise ExpressionWrong(messages.misplaced(token.text), token.start) from error


_CONSTANTS: Mapping[str, tuple[Kind, bool | None]] = {
    "true": (Kind.BOOLEAN, True),
    "false": (Kind.BOOLEAN, False),
    "null": (Kind.NULL, None),
}

# The second wall: only known nodes come through, and their kinds must go together.

_ORDERS: Mapping[str, tuple[str, Callable[..., bool]]] = {
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
}
_SUMS = {ast.AddExpression: operator.add, ast.SubtractExpression: operator.sub}
_ORDERED_KINDS = (Kind.INTEGER, Kind.STRING, Kind.INSTANT, Kind.DATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A compiled piece: its kind, where it stands in the text, and the names whose values it gives on."""

    closure: Closure
    kind: Kind
    nullable: bool
    start: int
    end: int
    carries: frozenset[str] = frozenset()


class _Walk:
    """One walk over one tree. Nodes are rule-engine's, hence of no known type."""

    def __init__(self, text: str, tokens: Sequence[Token], names: Mapping[str, NameType]) -> None:
        self._text = text
        self._tokens = tokens
        self._names = names
        self._depth = 0
        self._allowed: Mapping[type, Callable[[Any], _Part]] = {
            ast.SymbolExpression: self._operand,
            ast.LogicExpression: self._logic,
            ast.ComparisonExpression: self._equality,
            ast.ArithmeticComparisonExpression: self._order,
            ast.ContainsExpression: self._containment,
            ast.AddExpression: partial(self._reckoned, "+ -", _SUMS),
            ast.SubtractExpression: partial(self._reckoned, "+ -", _SUMS),
            ast.ArithmeticExpression: partial(self._reckoned, "*", {ast.ArithmeticExpression: operator.mul}),
            ast.UnaryExpression: self._unary,
            ast.TernaryExpression: self._choice,
        }

    def part(self, node: Any) -> _Part:
        compile_node = self._allowed.get(type(node))
        if compile_node is None:
            is_list = isinstance(node, ast.ArrayExpression)
            raise ExpressionWrong(messages.LIST_PLACE if is_list else messages.NOT_ALLOWED, self._start(node))
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise ExpressionWrong(messages.too_deep(NESTING_MAX), self._start(node))
        part = compile_node(node)
        self._depth -= 1
        return part

    def _operand(self, node: Any) -> _Part:
        token = self._token(node)
        start, end = token.start, token.end
        if token.kind is Word.NAME:
            name_type = self._names.get(token.text)
            if name_type is None:
                raise ExpressionWrong(self._unknown_name(token.text), start)
            root, dot, attribute = token.text.partition(".")
            closure = closures.read(root, attribute) if dot else closures.read("", root)
            return _Part(
                closure=closure,
                kind=name_type.kind,
                nullable=name_type.nullable,
                start=start,
                end=end,
                carries=frozenset({token.text}),
            )
        kind, value = _literal(token)
        return _Part(closure=closures.constant(value), kind=kind, nullable=kind is Kind.NULL, start=start, end=end)

    def _unknown_name(self, name: str) -> Text:
        root = name.partition(".")[0] + "."
        near = sorted(known for known in self._names if known.startswith(root)) or sorted(self._names)
        return messages.unknown_name(name, messages.alike_name(name, [*self._names, *_CONSTANTS]), near)

    def _logic(self, node: Any) -> _Part:
        terms, first = [], node
        while type(first) is ast.LogicExpression and first.type == node.type:  # a chain is one level, not many
            terms.append(first.right)
            first = first.left
        parts = [self._fit(self.part(term), node.type, Kind.BOOLEAN) for term in (first, *reversed(terms))]
        combine = closures.every if node.type == "and" else closures.any_of
        answer = _answer(combine([part.closure for part in parts]), parts[0], parts[-1])
        return replace(answer, carries=frozenset().union(*(part.carries for part in parts)))

    def _equality(self, node: Any) -> _Part:
        sign, combine = ("==", closures.equal) if node.type == "eq" else ("!=", closures.unequal)
        left, right = self.part(node.left), self.part(node.right)
        if Kind.NULL not in (left.kind, right.kind):
            self._alike(sign, left, right)
            for part in (left, right):
                self._fit(part, sign, *_ORDERED_KINDS, Kind.BOOLEAN)
        return _answer(combine(left.closure, right.closure), left, right)

    def _order(self, node: Any) -> _Part:
        sign, operation = _ORDERS[node.type]
        left, right = self.part(node.left), self.part(node.right)
        for part in (left, right):
            self._fit(part, sign, *_ORDERED_KINDS)
        self._alike(sign, left, right)
        return _answer(closures.ordered(operation, left.closure, right.closure), left, right)

    def _containment(self, node: Any) -> _Part:
        member = self.part(node.member)
        if isinstance(node.container, ast.ArrayExpression):
            kind, values = self._list(node)
            self._fit(member, "in", kind)
            return _answer(closures.contained(member.closure, closures.constant(values)), member, member)
        members = self._fit(self.part(node.container), "in", Kind.LIST_OF_STRING)
        self._fit(member, "in", Kind.STRING)
        return _answer(closures.contained(member.closure, members.closure), member, members)

    def _list(self, containment: Any) -> tuple[Kind, tuple[object, ...]]:
        """Return the kind and the values of a list of literals."""
        members = containment.container.value
        tokens = [self._token(one) for one in members if type(one) is ast.SymbolExpression]
        literals = [_literal(token) for token in tokens if token.kind in (Word.STRING, Word.NUMBER)]
        kinds = {kind for kind, _ in literals}
        if len(literals) != len(members) or len(kinds) != 1:
            start = self._start(containment.container if members else containment)
            raise ExpressionWrong(messages.MEMBERS, start)
        return kinds.pop(), tuple(value for _, value in literals)

    def _reckoned(self, sign: str, operations: Mapping[type, Callable[[Any, Any], object]], node: Any) -> _Part:
        steps, first = [], node
        while type(first) in operations:  # a chain is one level, not many
            steps.append(first)
            first = first.left
        total = self._fit(self.part(first), sign, Kind.INTEGER)
        for step in reversed(steps):
            term = self._fit(self.part(step.right), sign, Kind.INTEGER)
            total = _Part(
                closure=closures.computed(operations[type(step)], total.closure, term.closure),
                kind=Kind.INTEGER,
                nullable=total.nullable or term.nullable,
                start=total.start,
                end=term.end,
                carries=total.carries | term.carries,
            )
        return total

    def _unary(self, node: Any) -> _Part:
        right = self.part(node.right)
        if node.type == "not":
            self._fit(right, "not", Kind.BOOLEAN)
            return replace(_answer(closures.negated(right.closure), right, right), carries=right.carries)
        self._fit(right, "-", Kind.INTEGER)
        return replace(right, closure=closures.computed(operator.sub, closures.constant(0), right.closure))

    def _choice(self, node: Any) -> _Part:
        condition = self._fit(self.part(node.condition), "?", Kind.BOOLEAN)
        then, otherwise = self.part(node.case_true), self.part(node.case_false)
        if Kind.NULL not in (then.kind, otherwise.kind):
            self._alike("? :", then, otherwise)
        return _Part(
            closure=closures.chosen(condition.closure, then.closure, otherwise.closure),
            kind=otherwise.kind if then.kind is Kind.NULL else then.kind,
            nullable=then.nullable or otherwise.nullable,
            start=condition.start,
            end=otherwise.end,
            carries=then.carries | otherwise.carries,
        )

    def _fit(self, part: _Part, sign: str, *wanted: Kind) -> _Part:
        if part.kind not in wanted:
            raise ExpressionWrong(
                messages.unfit(sign, self._text[part.start : part.end], part.kind, wanted), part.start
            )
        return part

    def _alike(self, sign: str, left: _Part, right: _Part) -> None:
        if left.kind is not right.kind:
            first, second = (self._text[part.start : part.end] for part in (left, right))
            raise ExpressionWrong(messages.mismatch(sign, first, left.kind, second, right.kind), left.start)

    def _token(self, symbol: Any) -> Token:
        return self._tokens[int(symbol.name.removeprefix("v"))]

    def _start(self, node: Any) -> int:
        """Return where the first operand of a node stands; of a node with none, the beginning of the text."""
        while type(node) is not ast.SymbolExpression:
            if isinstance(node, ast.ArrayExpression):
                inner = next(iter(node.value), None)
            else:
                inner = next((getattr(node, name) for name in _FIRST if hasattr(node, name)), None)
            if inner is None:
                return 0
            node = inner
        return self._token(node).start


_FIRST = ("left", "member", "condition", "right")


def _literal(token: Token) -> tuple[Kind, object]:
    match token.kind:
        case Word.STRING:
            return Kind.STRING, token.text[1:-1]
        case Word.NUMBER:
            return Kind.INTEGER, int(token.text)
        case _:
            return _CONSTANTS[token.text]


def _answer(closure: Closure, first: _Part, last: _Part) -> _Part:
    return _Part(closure=closure, kind=Kind.BOOLEAN, nullable=False, start=first.start, end=last.end)
