"""The closures by themselves: what a defective value does, and how little they cost."""

from __future__ import annotations

import operator

import pytest

from engine.definition import closures


def test_a_name_is_read_from_its_root() -> None:
    read = closures.read("case", "round")

    assert read({"case": {"round": 2}}) == 2
    assert read({"case": {}}) is None
    assert read({}) is None


@pytest.mark.parametrize("value", [1, "true", "false", [1], None])
def test_only_true_counts_as_true(value: object) -> None:
    term = closures.constant(value)
    yes = closures.constant(True)

    assert closures.negated(term)({}) is True
    for terms in ([yes, term], [term, yes], [yes, yes, term]):
        assert closures.every(terms)({}) is False
    for terms in ([term, term], [term, term, term]):
        assert closures.any_of(terms)({}) is False
    assert closures.chosen(term, closures.constant(1), closures.constant(2))({}) == 2


@pytest.mark.parametrize("operation", [operator.lt, operator.le, operator.gt, operator.ge, operator.eq])
def test_null_has_no_order(operation: object) -> None:
    assert callable(operation)
    null, one = closures.constant(None), closures.constant(1)

    for left, right in ((null, one), (one, null), (null, null)):
        assert closures.ordered(operation, left, right)({}) is False


def test_null_is_in_no_list_and_nothing_is_in_null() -> None:
    null, members = closures.constant(None), closures.constant(("a", None))

    assert closures.contained(null, members)({}) is False
    assert closures.contained(closures.constant("a"), null)({}) is False
    assert closures.contained(closures.constant("a"), members)({}) is True


def test_null_makes_a_sum_null() -> None:
    null, one = closures.constant(None), closures.constant(1)

    assert closures.computed(operator.add, null, one)({}) is None
    assert closures.computed(operator.sub, one, null)({}) is None
    assert closures.computed(operator.sub, one, one)({}) == 0


def test_a_question_of_eleven_nodes_is_answered_as_a_whole() -> None:
    question = closures.every(
        [
            closures.ordered(operator.ge, closures.read("fact", "seconders"), closures.read("parameter", "least")),
            closures.contained(closures.read("case", "category"), closures.constant(("a", "b"))),
            closures.negated(closures.equal(closures.read("case", "round"), closures.constant(3))),
        ]
    )
    scope: closures.Scope = {"fact": {"seconders": 3}, "parameter": {"least": 3}, "case": {"category": "b", "round": 1}}

    assert question(scope) is True
    for part, name, other in (("fact", "seconders", 2), ("case", "category", "c"), ("case", "round", 3)):
        assert question({**scope, part: {**scope[part], name: other}}) is False
