"""Plain Python closures that an allowed expression is compiled to. They know no types and no syntax: ``guards`` has
checked both before.

What null means, in one place: an order (``<`` ``<=`` ``>`` ``>=``) with null on either side is false; ``==`` and
``!=`` treat null as a value equal only to itself; ``in`` is false for a null member and for a null list; a sum,
difference or product with null is null; in ``and``, ``or``, ``not`` and before ``?`` only true counts as true. A
name that the scope does not hold is null. Strings compare by code point.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import cast

Scope = Mapping[str, Mapping[str, object]]
"""Root, attribute, value: ``{"case": {"round": 2}, "": {"now": instant}}``. Names without a dot stand under ``""``.
Integers are int, instants aware datetime, dates datetime.date, lists of string list or tuple."""

Closure = Callable[[Scope], object]

_NOTHING: Mapping[str, object] = MappingProxyType({})


def read(root: str, attribute: str) -> Closure:
    """Return the value of a name, null when the scope does not hold it."""

    def read_name(scope: Scope) -> object:
        return scope.get(root, _NOTHING).get(attribute)

    return read_name


def constant(value: object) -> Closure:
    """Return the same value always."""

    def read_constant(_scope: Scope) -> object:
        return value

    return read_constant


def equal(left: Closure, right: Closure) -> Closure:
    """``left == right``."""

    def is_equal(scope: Scope) -> bool:
        return left(scope) == right(scope)

    return is_equal


def unequal(left: Closure, right: Closure) -> Closure:
    """``left != right``."""

    def is_unequal(scope: Scope) -> bool:
        return left(scope) != right(scope)

    return is_unequal


def ordered(operation: Callable[..., bool], left: Closure, right: Closure) -> Closure:
    """``left < right`` and its kin; ``operation`` is one of the functions of the operator module."""

    def is_ordered(scope: Scope) -> bool:
        first = left(scope)
        second = right(scope)
        return first is not None and second is not None and operation(first, second)

    return is_ordered


def contained(member: Closure, members: Closure) -> Closure:
    """``member in members``."""

    def is_contained(scope: Scope) -> bool:
        value = member(scope)
        values = members(scope)
        return value is not None and values is not None and value in cast(Collection[object], values)

    return is_contained


def every(terms: Sequence[Closure]) -> Closure:
    """``a and b and …``: stops at the first term that is not true."""
    if len(terms) == 2:
        first, second = terms

        def are_both(scope: Scope) -> bool:
            return first(scope) is True and second(scope) is True

        return are_both

    def is_every(scope: Scope) -> bool:
        for term in terms:  # noqa: SIM110 - a generator costs more than all the terms
            if term(scope) is not True:
                return False
        return True

    return is_every


def any_of(terms: Sequence[Closure]) -> Closure:
    """``a or b or …``: stops at the first term that is true."""
    if len(terms) == 2:
        first, second = terms

        def is_either(scope: Scope) -> bool:
            return first(scope) is True or second(scope) is True

        return is_either

    def is_any(scope: Scope) -> bool:
        for term in terms:  # noqa: SIM110 - a generator costs more than all the terms
            if term(scope) is True:
                return True
        return False

    return is_any


def negated(term: Closure) -> Closure:
    """``not term``."""

    def is_not(scope: Scope) -> bool:
        return term(scope) is not True

    return is_not


def computed(operation: Callable[[object, object], object], left: Closure, right: Closure) -> Closure:
    """``left + right``, ``left - right`` or ``left * right``, as ``operation`` says."""

    def compute(scope: Scope) -> object:
        first = left(scope)
        second = right(scope)
        return None if first is None or second is None else operation(first, second)

    return compute


def chosen(condition: Closure, then: Closure, otherwise: Closure) -> Closure:
    """``condition ? then : otherwise``; only the chosen side is evaluated."""

    def choose(scope: Scope) -> object:
        return then(scope) if condition(scope) is True else otherwise(scope)

    return choose
