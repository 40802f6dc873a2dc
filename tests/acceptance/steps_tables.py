"""The sentences about tables in forms: rows that are filled in, and rows that a case holds, written under the step."""

from __future__ import annotations

from pytest_bdd import given, then, when

from tests.acceptance.steps_common import FORM, KIND, ask, case_of, form_of, sentence
from tests.support.hall import Hall
from tests.support.lives import CALLED
from tests.support.wording import named, rows_of

Rows = list[list[str]]


@when(sentence(rf"(?P<who>[^“”，]+)“(?P<move>[^“”]+)”CASE{FORM}，(?P<table>[^“”，]+)如下："))
def _asks(hall: Hall, who: str, move: str, case: str, form: str, table: str, datatable: Rows) -> None:
    """``监票人甲“登记票数”该议案，实到代表人数为“120”，分项表决如下：`` and the rows under it."""
    found = case_of(hall, case, who)
    definition = hall.definition(hall.case(found).workflow)
    name = named(table, definition.workflow.fields)
    ask(hall, who, move, found, form, {name: rows_of(definition, name, datatable, hall.names)})


@given(sentence(rf"(?P<who>[^“”，]+)已经“(?P<move>[^“”]+)”CASE{FORM}，(?P<table>[^“”，]+)如下："))
def _has_asked(hall: Hall, who: str, move: str, case: str, form: str, table: str, datatable: Rows) -> None:
    """The same as something that came before; it must not have been refused."""
    found = case_of(hall, case, who)
    definition = hall.definition(hall.case(found).workflow)
    name = named(table, definition.workflow.fields)
    answer = ask(hall, who, move, found, form, {name: rows_of(definition, name, datatable, hall.names)})
    hall.asked.pop()
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"


@when(sentence(rf"(?P<who>[^“”，]+)提出(?P<kind>{KIND})“(?P<name>[^“”]+)”{FORM}，(?P<table>[^“”，]+)如下："))
def _opens(hall: Hall, who: str, kind: str, name: str, form: str, table: str, datatable: Rows) -> None:
    workflow = CALLED[kind]
    definition = hall.definition(workflow)
    field = named(table, definition.workflow.fields)
    filled = form_of(hall, workflow, list(definition.workflow.opening), form)
    with hall.asking():
        hall.open(who, workflow, name, {**filled, field: rows_of(definition, field, datatable, hall.names)})


@then(sentence(r"CASE的“(?P<title>[^“”]+)”如下："))
def _says(hall: Hall, case: str, title: str, datatable: Rows) -> None:
    """What the rows of a table hold in the columns named; columns that are not named are not compared."""
    found = hall.case(case_of(hall, case))
    definition = hall.definition(found.workflow)
    name = named(title, definition.workflow.fields)
    wanted = rows_of(definition, name, datatable, hall.names)
    columns = {named(head, definition.field(name).columns) for head in datatable[0]}
    held = found.data.get(name)
    assert isinstance(held, list), f"“{title}”不存于正文，或没有填写"
    shown = [{key: value for key, value in row.items() if key in columns} for row in held if isinstance(row, dict)]
    assert shown == wanted, f"“{title}”为{shown}"
