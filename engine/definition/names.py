"""The typed names that expressions may read, of one workflow: those of guards and values, and those of measures.

Where their values come from stands with the cases and the figures; here is only what may be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from engine.definition.guards import BOOLEAN, DATE, INSTANT, INTEGER, LIST_OF_STRING, STRING, NameType
from engine.definition.model import CodeList, Workflow
from engine.definition.parts import FieldPart, Milestone, Privacy

CASE_NAMES: Mapping[str, NameType] = {
    "state": STRING,
    "phase": STRING,
    "number": STRING.or_null(),
    "unit": STRING,
    "lead_unit": STRING.or_null(),
    "id": STRING,
    "parent": STRING.or_null(),
    "child_role": STRING.or_null(),
    "merged": BOOLEAN,
}
"""What ``case.`` offers beside the fields; no field may bear one of these names."""

SESSION_DATES = ("call_opens_on", "call_closes_on", "opens_on", "closes_on", "reply_due_on")

_MEASURED_CASE_NAMES = ("state", "phase", "unit", "lead_unit", "merged")
_BY_TYPE: Mapping[object, NameType] = {"string": STRING, "integer": INTEGER, "boolean": BOOLEAN}


def guard_names(workflow: Workflow, lists: Mapping[str, CodeList]) -> dict[str, NameType]:
    """Return what guards and ``set`` values may read; ``lists`` holds the code lists by name."""
    names = {f"case.{name}": kind for name, kind in CASE_NAMES.items()}
    for name, part in workflow.fields.items():
        kind = field_type(part)
        if kind is not None:
            names[f"form.{name}"] = kind.or_null()
            if part.privacy in (Privacy.PUBLIC, Privacy.INTERNAL):
                names[f"case.{name}"] = kind.or_null()
    for name, parameter in workflow.parameters.items():
        names[f"parameter.{name}"] = _parameter_type(parameter.value)
    for role in workflow.roles:
        names[f"actor.is_{role}"] = BOOLEAN
    names["actor.kind"] = STRING
    names |= {f"parties.{role}": INTEGER for role, part in workflow.roles.items() if part.bound == "party"}
    names |= {f"children.{name}": INTEGER for name in ("open", "lead", "co_handlers", "signed")}
    names |= {f"fired.{name}": INTEGER for name in workflow.transitions}
    names |= {f"session.{name}": DATE.or_null() for name in SESSION_DATES}
    names |= {"session.exists": BOOLEAN, "now.date": DATE, "now.at": INSTANT}
    names |= _flags(workflow, lists, workflow.fields)
    names |= {f"tally.{name}": INTEGER for name in workflow.tallies}
    for name in workflow.deadlines:
        names |= {f"{root}.{name}": BOOLEAN for root in ("running", "suspended", "expired")}
        names[f"extended.{name}"] = INTEGER
    return names


def row_names(workflow: Workflow, lists: Mapping[str, CodeList], table: str) -> dict[str, NameType]:
    """Return what expressions over one row of a table may read: its columns, and what guards may, but no tally.

    A column that is reckoned reads those before it; ``checks_tables`` sees to that.
    """
    names = {name: kind for name, kind in guard_names(workflow, lists).items() if not name.startswith("tally.")}
    for name, column in workflow.fields[table].columns.items():
        kind = type_of(column.json_schema)
        if kind is not None and kind is not LIST_OF_STRING:
            names[f"row.{name}"] = kind.or_null()
    return names


def measure_names(workflow: Workflow, lists: Mapping[str, CodeList]) -> dict[str, NameType]:
    """Return what measures may read; ``head.`` is the case that this one was merged into, itself if it was not.

    ``rung.`` is the highest level that was raised on a deadline and not withdrawn, 0 without any.
    """
    tracked = [name for name, part in workflow.fields.items() if part.tracked]
    names: dict[str, NameType] = {}
    for root in ("case", "head"):
        names |= {f"{root}.{name}": CASE_NAMES[name] for name in _MEASURED_CASE_NAMES}
        for name in tracked:
            kind = field_type(workflow.fields[name])
            if kind is not None:
                names[f"{root}.{name}"] = kind.or_null()
    names |= _flags(workflow, lists, tracked)
    for milestone in Milestone:
        names[f"reached.{milestone}"] = BOOLEAN
        names |= {f"{root}.{milestone}": INSTANT.or_null() for root in ("at", "first_at")}
    names |= {f"passed.{name}": BOOLEAN for name in workflow.states}
    names |= {f"fired.{name}": INTEGER for name in workflow.transitions}
    for name in workflow.deadlines:
        names |= {f"{root}.{name}": INSTANT.or_null() for root in ("due", "met")}
        names[f"on_time.{name}"] = BOOLEAN.or_null()
        names[f"suspended.{name}"] = BOOLEAN
        names[f"extended.{name}"] = INTEGER
        names[f"rung.{name}"] = INTEGER
    names |= {"cutoff.at": INSTANT, "stated.any": BOOLEAN}
    return names


def field_type(part: FieldPart) -> NameType | None:
    """Return the type of a field's values, or None when expressions cannot read them."""
    return None if part.columns else type_of(part.json_schema)


def type_of(schema: Mapping[str, JsonValue]) -> NameType | None:
    """Return the type of what a JSON Schema describes, or None when expressions cannot read it."""
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), None) if len(kind) <= 2 else None
    if kind == "string" and schema.get("format") == "date":
        return DATE
    if kind == "array":
        items = schema.get("items")
        return LIST_OF_STRING if isinstance(items, dict) and items.get("type") == "string" else None
    return _BY_TYPE.get(kind) if isinstance(kind, str) else None


def _parameter_type(value: int | bool | str) -> NameType:
    if isinstance(value, bool):
        return BOOLEAN
    return INTEGER if isinstance(value, int) else STRING


def _flags(workflow: Workflow, lists: Mapping[str, CodeList], fields: Iterable[str]) -> dict[str, NameType]:
    names: dict[str, NameType] = {}
    for field in fields:
        code_list = list_of(workflow, lists, field)
        for item in code_list.items if code_list is not None else ():
            names |= {f"flag.{field}_{flag}": BOOLEAN.or_null() for flag in item.flags}
    return names


def list_of(workflow: Workflow, lists: Mapping[str, CodeList], field: str) -> CodeList | None:
    """Return the code list behind a field; None when it has none or the list is not known."""
    alias = workflow.fields[field].list
    return lists.get(workflow.lists.get(alias, "")) if alias is not None else None
