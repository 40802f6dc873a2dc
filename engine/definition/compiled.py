"""A definition ready to run: its expressions compiled, its forms turned into validators, its lists at hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

from engine.definition.guards import Guard, Value, compile_guard, compile_value
from engine.definition.model import CodeList, Workflow
from engine.definition.names import guard_names, row_names
from engine.definition.parts import Effect, FieldPart, GuardPart, Privacy, SetFields, TransitionPart
from engine.definition.quick import SurelyValid, surely_valid

OPEN_PRIVACY = frozenset({Privacy.PUBLIC, Privacy.INTERNAL})
STRICT: Final = "strict"
"""The flag of codes (保密、匿名) under which nothing of a case may leave the house."""
ANONYMOUS: Final = "anonymous"


class Tally(NamedTuple):
    """A number over the rows of a table: their count, the sum of ``value``, or how many different values it has."""

    of: str
    where: Guard | None
    value: Value | None
    is_sum: bool


@dataclass(frozen=True, eq=False)
class Definition:
    """One version of a workflow with one choice of code lists. Compared by identity.

    ``hash`` identifies the text of the definition, ``list_hashes`` the lists by name. Everything derived is computed
    once and kept.
    """

    workflow: Workflow
    hash: str
    lists: Mapping[str, CodeList]
    list_hashes: Mapping[str, str]

    @cached_property
    def guards(self) -> Mapping[str, Guard]:
        """Every guard expression of the definition, compiled, by its text."""
        names = guard_names(self.workflow, self.lists)
        return {
            guard.expr: compile_guard(guard.expr, names)
            for transition in self.workflow.transitions.values()
            for guard in all_guards(transition)
            if guard.expr is not None
        }

    @cached_property
    def guard_parts(self) -> Mapping[str, GuardPart]:
        """Every guard of a transition by its id."""
        return {guard.id: guard for part in self.workflow.transitions.values() for guard in all_guards(part)}

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """Every expression of a ``set`` effect, compiled, by its text."""
        names = guard_names(self.workflow, self.lists)
        transitions = self.workflow.transitions.values()
        run: list[tuple[Effect, ...]] = [self.workflow.on_open, *(transition.effects for transition in transitions)]
        run += [() if self.workflow.on_behalf is None else self.workflow.on_behalf.effects]
        run += [alternative.effects for transition in transitions for alternative in transition.alternatives]
        return {
            text: compile_value(text, names)
            for effects in run
            for effect in effects
            if isinstance(effect, SetFields)
            for text in effect.values.values()
        }

    @cached_property
    def tables(self) -> Mapping[str, Mapping[str, Value | None]]:
        """Table → column → its compiled expression, None for what is filled in; fields that are no table left out."""
        return {
            name: {
                column: None
                if part.value is None
                else compile_value(part.value, row_names(self.workflow, self.lists, name))
                for column, part in field.columns.items()
            }
            for name, field in self.workflow.fields.items()
            if field.columns
        }

    @cached_property
    def tallies(self) -> Mapping[str, Tally]:
        """Every tally, compiled, by its id."""
        found = {}
        for name, part in self.workflow.tallies.items():
            names = row_names(self.workflow, self.lists, part.of)
            given = part.sum or part.distinct
            found[name] = Tally(
                of=part.of,
                where=None if part.where is None else compile_guard(part.where, names),
                value=None if given is None else compile_value(given, names),
                is_sum=part.sum is not None,
            )
        return found

    @cached_property
    def validators(self) -> Mapping[str, Validator]:
        """A validator per field, built once; formats such as ``date`` are asserted."""
        return {
            name: Draft202012Validator(field.value_schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
            for name, field in self.workflow.fields.items()
        }

    @cached_property
    def surely_valid(self) -> Mapping[str, SurelyValid]:
        """A quick check per field, whose yes needs no second look by the validator."""
        return {name: surely_valid(field.value_schema) for name, field in self.workflow.fields.items()}

    @cached_property
    def codes(self) -> Mapping[str, frozenset[str]]:
        """The codes allowed in each field that is backed by a list, and in each column as ``table.column``."""
        return {name: frozenset(item.code for item in code_list.items) for name, code_list in self._listed()}

    @cached_property
    def last_days(self) -> Mapping[str, Mapping[str, date]]:
        """Field or ``table.column`` → code → the last day on which it may be chosen, those without one left out."""
        return {
            name: {item.code: item.until_on for item in code_list.items if item.until_on is not None}
            for name, code_list in self._listed()
        }

    def _listed(self) -> Iterator[tuple[str, CodeList]]:
        for name, field in self.workflow.fields.items():
            for place in (name, *(f"{name}.{column}" for column in field.columns)):
                code_list = self.list_of(place)
                if code_list is not None:
                    yield place, code_list

    @cached_property
    def flags(self) -> Mapping[str, Mapping[str, Mapping[str, bool]]]:
        """Field → code → flag → value, every flag of the list present for every code."""
        return {
            name: {
                item.code: {flag: item.flags.get(flag, False) for flag in flag_names(code_list)}
                for item in code_list.items
            }
            for name in self.workflow.fields
            if (code_list := self.list_of(name)) is not None
        }

    @cached_property
    def strict_codes(self) -> Mapping[str, frozenset[str]]:
        """Field → codes under which nothing of a case may leave the house (保密、匿名); fields without any left out."""
        return self._flagged(STRICT)

    @cached_property
    def anonymous_codes(self) -> Mapping[str, frozenset[str]]:
        """Field → codes under which nobody knows who filed; fields without any left out."""
        return self._flagged(ANONYMOUS)

    def _flagged(self, flag: str) -> Mapping[str, frozenset[str]]:
        found = {
            field: frozenset(code for code, values in codes.items() if values.get(flag))
            for field, codes in self.flags.items()
        }
        return {field: codes for field, codes in found.items() if codes}

    @cached_property
    def open_fields(self) -> frozenset[str]:
        """The fields whose values may stand in the row: public and internal ones."""
        return frozenset(name for name, field in self.workflow.fields.items() if field.privacy in OPEN_PRIVACY)

    @cached_property
    def tracked_fields(self) -> frozenset[str]:
        return frozenset(name for name, field in self.workflow.fields.items() if field.tracked)

    @cached_property
    def sight_follows_state(self) -> bool:
        """Whether some role may read a case in certain states only, so that a move changes who reads it."""
        return any(isinstance(role.sees, tuple) for role in self.workflow.roles.values())

    def field(self, name: str) -> FieldPart:
        return self.workflow.fields[name]

    def list_of(self, place: str) -> CodeList | None:
        """Return the code list behind a field, or behind a column as ``table.column``; None when it has none."""
        field, _, column = place.partition(".")
        part = self.workflow.fields[field]
        alias = part.columns[column].list if column else part.list
        return None if alias is None else self.lists[self.workflow.lists[alias]]


def all_guards(transition: TransitionPart) -> tuple[GuardPart, ...]:
    """Return the guards of a transition, its alternatives' included, in the order they are asked."""
    return (*transition.guards, *(guard for alternative in transition.alternatives for guard in alternative.guards))


def flag_names(code_list: CodeList) -> tuple[str, ...]:
    """Return every flag any item of the list carries, sorted."""
    return tuple(sorted({flag for item in code_list.items for flag in item.flags}))
