"""Forms from a definition: the control fits the field, what comes back fits the command."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from engine.access.directory import Person, Surroundings, Unit
from engine.case.identity import PersonId, RootId, UnitId
from engine.definition.compiled import Definition
from engine.errors import FieldProblem
from engine.text import Text
from tests.support.builders import a_definition_with, a_list, a_rulebook
from web.forms.filled import filled
from web.forms.widgets import Choices, FormMaker, Kind, Widget
from web.words import Words

FIELDS = """
short: {title: {zh: 短文, en: Short}, privacy: public, schema: {type: string, maxLength: 60}}
long:
  title: {zh: 长文, en: Long}
  help: {zh: 写清楚, en: Be clear}
  privacy: internal
  schema: {type: string, maxLength: 5000}
on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
votes: {title: {zh: 票数, en: Votes}, privacy: internal, schema: {type: integer, minimum: 0, maximum: 9}}
agreed: {title: {zh: 同意, en: Agreed}, privacy: public, schema: {type: boolean}}
lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string, format: unit}}
others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string, format: unit}}}
who: {title: {zh: 代表, en: Who}, privacy: personal, schema: {type: string, format: person}}
into: {title: {zh: 主案, en: Into}, privacy: internal, schema: {type: string, format: case}}
reason: {title: {zh: 理由, en: Reason}, privacy: public, schema: {type: string}, list: reasons}
kind: {title: {zh: 种类, en: Kind}, privacy: public, schema: {type: string, enum: [a, b]}}
names: {title: {zh: 名单, en: Names}, privacy: personal, schema: {type: array, items: {type: string}}}
"""
ROOT = RootId("works")


@pytest.fixture(scope="module")
def definition() -> Definition:
    text = a_definition_with(fields=FIELDS, head="lists: {reasons: reasons}")
    return a_rulebook(text, lists=[a_list("reasons", "R01", "R02")]).for_new("errand")


def a_unit(unit: str, above: str | None) -> Unit:
    parent = None if above is None else UnitId(above)
    return Unit(root=ROOT, id=UnitId(unit), parent=parent, code=unit, title=Text(f"{unit}处", unit))


CHOICES = Choices(
    surroundings=Surroundings(
        root=ROOT,
        epoch=1,
        units={unit.id: unit for unit in (a_unit("works", None), a_unit("plant", "works"), a_unit("canteen", "works"))},
        sessions={},
    ),
    persons=[
        Person(root=ROOT, id=PersonId("b"), name="乙", unit=UnitId("plant")),
        Person(root=ROOT, id=PersonId("a"), name="丙", active=False),
        Person(root=ROOT, id=PersonId("c"), name="丁"),
    ],
    cases=[("case-2", "第2号 食堂")],
)


def widget(definition: Definition, name: str, value: JsonValue = None, *problems: FieldProblem) -> Widget:
    maker = FormMaker(words=Words("zh"), definition=definition, choices=CHOICES)
    return maker.widgets({name: "required"}, {} if value is None else {name: value}, problems)[0]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("short", Kind.TEXT),
        ("long", Kind.AREA),
        ("on", Kind.DATE),
        ("votes", Kind.NUMBER),
        ("agreed", Kind.SELECT),
        ("lead", Kind.SELECT),
        ("others", Kind.CHECKS),
        ("who", Kind.SELECT),
        ("into", Kind.SELECT),
        ("reason", Kind.SELECT),
        ("kind", Kind.SELECT),
        ("names", Kind.LINES),
    ],
)
def test_the_control_fits_the_field(definition: Definition, name: str, kind: Kind) -> None:
    assert widget(definition, name).kind is kind


def test_what_can_be_chosen_is_named_for_readers(definition: Definition) -> None:
    def titles(name: str) -> list[str]:
        return [option.title for option in widget(definition, name).options]

    assert [option.value for option in widget(definition, "reason").options] == ["R01", "R02"]
    assert titles("reason") == ["代码R01", "代码R02"]
    assert titles("lead") == ["works处", "\u3000canteen处", "\u3000plant处"]
    assert titles("who") == ["丁", "乙（plant处）"]
    assert titles("into") == ["第2号 食堂"]
    assert titles("agreed") == ["是", "否"]


def test_what_was_typed_stands_there_again_with_its_error(definition: Definition) -> None:
    wrong = widget(definition, "others", ["plant", "x"], FieldProblem(path="others.1", text=Text("没有此单位", "none")))
    assert [option.value for option in wrong.options if option.is_chosen] == ["plant"]
    assert wrong.error == "没有此单位"
    assert widget(definition, "agreed", False).values == ("false",)
    assert widget(definition, "votes", 3).value == "3"


def test_limits_help_and_privacy_are_told(definition: Definition) -> None:
    votes, text, who = (widget(definition, name) for name in ("votes", "long", "who"))
    assert (votes.minimum, votes.maximum, text.max_length, text.help) == (0, 9, 5000, "写清楚")
    assert (who.privacy, text.privacy) == ("个人信息", None)
    assert (text.is_wide, votes.is_wide) == (True, False)


@pytest.mark.parametrize(
    ("name", "sent", "value"),
    [
        ("short", [" 原样 "], " 原样 "),
        ("on", [" 2026-03-02 "], "2026-03-02"),
        ("votes", ["7"], 7),
        ("votes", ["-0"], 0),
        ("votes", ["seven"], "seven"),
        ("votes", ["1.5"], "1.5"),
        ("votes", ["9" * 400], "9" * 400),
        ("votes", ["9007199254740993"], "9007199254740993"),
        ("agreed", ["true"], True),
        ("agreed", ["false"], False),
        ("agreed", ["perhaps"], "perhaps"),
        ("lead", ["plant"], "plant"),
        ("others", ["plant", "canteen"], ["plant", "canteen"]),
        ("others", ["plant"], ["plant"]),
        ("names", ["甲\n 乙 \n\n"], ["甲", "乙"]),
    ],
)
def test_an_answer_becomes_the_value_a_command_takes(
    definition: Definition, name: str, sent: list[str], value: JsonValue
) -> None:
    form = filled(definition, {name: "optional"}, {f"f.{name}": sent})
    assert form == {name: value}
    assert type(form[name]) is type(value)


def test_an_empty_answer_is_none_and_the_forms_own_fields_are_no_answers(definition: Definition) -> None:
    posted = {"f.short": ["  "], "f.others": ["", ""], "key": ["k"], "version": ["3"]}
    assert filled(definition, {"short": "required", "others": "optional"}, posted) == {}


def test_an_answer_to_nothing_asked_goes_along_to_be_refused(definition: Definition) -> None:
    assert filled(definition, {}, {"f.lead": ["plant"], "f.nothing": ["x"]}) == {"lead": "plant", "nothing": "x"}
