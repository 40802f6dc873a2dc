"""Persons in forms: chosen from a list where they are few, else typed; what is unclear is asked back, and kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader

from engine.access.directory import Person, Surroundings, Unit
from engine.case.forms import Asked
from engine.case.identity import PersonId, RootId, UnitId
from engine.definition.compiled import Definition
from engine.service.account_ports import Account
from engine.text import Text
from tests.support.builders import a_definition_with, a_rulebook
from web.forms.people import LISTED_MAX, PeopleTyped, Roster, people_typed, with_people
from web.forms.widgets import Choices, FormMaker, Kind, Widget
from web.words import Words

FIELDS = """
who: {title: {zh: 代表, en: Who}, privacy: personal, schema: {type: string, format: person}}
team:
  title: {zh: 成员, en: Team}
  privacy: internal
  schema: {type: array, items: {type: string, format: person}}
on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
"""
TEMPLATES = Path(__file__).resolve().parents[3] / "web/templates"
ROOT = RootId("works")
ASKED: Asked = {"who": "optional", "team": "optional", "on": "optional"}


def unit(id_: str, title: str, above: str | None = "works") -> Unit:
    parent = None if above is None else UnitId(above)
    return Unit(root=ROOT, id=UnitId(id_), parent=parent, code=f"C-{id_}", title=Text(title, id_.title()))


SURROUNDINGS = Surroundings(
    root=ROOT,
    epoch=1,
    units={
        one.id: one
        for one in (
            unit("works", "总厂", None),
            unit("plant", "一车间"),
            unit("line", "甲线", "plant"),
            unit("mess", "食堂"),
        )
    },
    sessions={},
)


def person(id_: str, name: str, where: str = "plant", *, login: str | None = None, active: bool = True) -> Person:
    return Person(root=ROOT, id=PersonId(id_), name=name, unit=UnitId(where), login=login, active=active)


FEW = (
    person("z1", "张伟", "line"),
    person("z2", "张伟", "mess", login="zhangwei2"),
    person("w", "王小明", login="wang"),
    person("b", "李强（女）", "mess"),
    person("gone", "钱进", active=False),
)


@dataclass(slots=True)
class Reads:
    """A house, and the most rows that any question of it was answered with."""

    people: Sequence[Person]
    most: int = field(default=0)

    def _told(self, found: Sequence[Person], limit: int) -> Sequence[Person]:
        self.most = max(self.most, len(found[:limit]))
        return found[:limit]

    def active_people(self, root: RootId, *, unit: UnitId | None = None, limit: int) -> Sequence[Person]:
        return self._told([one for one in self.people if one.active], limit)

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]:
        return {one.id: one for one in self.people if one.id in persons}

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        found = [one for one in self.people if one.active and one.name in names]
        return self._told([one for one in found if units is None or one.unit in units], limit)

    def people_with(
        self, root: RootId, text: str, *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        found = [one for one in self.people if one.active and text in one.name]
        return self._told([one for one in found if units is None or one.unit in units], limit)

    def account(self, login: str) -> Account | None:
        found = next((one for one in self.people if one.active and one.login == login), None)
        return None if found is None else Account(ROOT, found.id, login, found.name, None)


@pytest.fixture(scope="module")
def definition() -> Definition:
    return a_rulebook(a_definition_with(fields=FIELDS)).for_new("errand")


@pytest.fixture
def reads() -> Reads:
    return Reads(FEW)


def roster(reads: Reads, *recused: str) -> Roster:
    return Roster(reads=reads, root=ROOT, surroundings=SURROUNDINGS, recused=frozenset(recused))


def looked_up(definition: Definition, reads: Reads, *recused: str, **posted: str | list[str]) -> PeopleTyped:
    form = {name.replace("_", ".", 1): [text] if isinstance(text, str) else text for name, text in posted.items()}
    return people_typed(definition, ASKED, form, roster(reads, *recused))


def said(typed: PeopleTyped) -> list[str]:
    return [problem.text.zh for problem in typed.problems]


def shown(
    definition: Definition,
    reads: Reads,
    *recused: str,
    name: str = "who",
    typed: PeopleTyped | None = None,
    **values: str,
) -> Widget:
    choices = with_people(
        Choices(surroundings=SURROUNDINGS), definition, [name], [values], roster(reads, *recused), typed
    )
    maker = FormMaker(words=Words("zh"), definition=definition, choices=choices)
    return maker.widgets({name: "optional"}, values, () if typed is None else typed.problems)[0]


def crowd(number: int) -> Reads:
    return Reads([person(f"p{n}", f"职工{n}") for n in range(number)])


def test_one_person_is_chosen_from_a_list_up_to_the_limit_and_typed_beyond_it(definition: Definition) -> None:
    few, many = crowd(LISTED_MAX), crowd(LISTED_MAX + 1)
    assert (LISTED_MAX, shown(definition, few).kind, len(shown(definition, few).options)) == (200, Kind.SELECT, 200)
    assert (shown(definition, many).kind, shown(definition, many).options) == (Kind.PERSON, ())
    assert many.most == 201


def test_whoever_stands_in_the_form_is_shown_chosen_however_many_there_are(definition: Definition) -> None:
    widget = shown(definition, crowd(300), who="p7")
    assert [(one.title, one.is_chosen) for one in widget.options] == [("职工7（一车间）", True)]
    assert shown(definition, crowd(300), "p7", who="p7").options == (), "but nobody who is recused"
    assert widget.described("f") == "f-who-how"
    assert widget.is_wide


def test_a_form_that_asks_for_nobody_reads_nobody(definition: Definition, reads: Reads) -> None:
    shown(definition, reads, name="on")
    shown(definition, reads, name="team")
    assert reads.most == 0


@pytest.mark.parametrize("text", ["王小明", " wang ", "w", "王小明（一车间）", "王小明(总厂)", "wang（C-plant）"])
def test_a_name_a_login_or_an_id_names_one_person(definition: Definition, reads: Reads, text: str) -> None:
    typed = looked_up(definition, reads, p_who=text)
    assert (typed.posted, typed.is_open, typed.refusal) == ({"f.who": ["w"]}, False, None)


@pytest.mark.parametrize(
    ("text", "who"), [("张伟（一车间）", "z1"), ("张伟 (mess)", ""), ("张伟（Mess）", "z2"), ("李强（女）", "b")]
)
def test_namesakes_are_told_apart_by_unit_and_a_name_may_hold_brackets(
    definition: Definition, reads: Reads, text: str, who: str
) -> None:
    assert looked_up(definition, reads, p_who=text).posted.get("f.who", []) == [who] * bool(who)


def test_of_namesakes_one_is_chosen_and_what_was_typed_stays(definition: Definition, reads: Reads) -> None:
    typed = looked_up(definition, reads, p_who="张伟")
    assert said(typed) == ["有 2 位“张伟”，请勾选或者写明单位"]
    many = Reads([*FEW, *crowd(300).people])
    widget = shown(definition, many, typed=typed)
    assert [one.title for one in widget.options] == ["张伟（甲线）", "张伟（食堂）"]
    assert (widget.typed, widget.error) == ("张伟", "有 2 位“张伟”，请勾选或者写明单位")
    assert not any(one.is_chosen for one in widget.options)
    chosen = looked_up(definition, reads, p_who="张伟", f_who="z2")
    assert (chosen.posted, chosen.is_open) == ({"f.who": ["z2"]}, False)


def test_a_name_that_is_typed_takes_the_place_of_who_was_chosen(definition: Definition, reads: Reads) -> None:
    assert looked_up(definition, reads, p_who="王小明", f_who="z1").posted == {"f.who": ["w"]}
    unclear = looked_up(definition, reads, p_who="查无此人", f_who="z1")
    assert (unclear.posted, said(unclear)) == ({"f.who": ["z1"]}, ["没有叫“查无此人”的人员"])


def test_a_part_of_a_name_offers_whoever_has_it(definition: Definition, reads: Reads) -> None:
    typed = looked_up(definition, reads, p_who="小明")
    assert [one.id for one in typed.candidates["who"]] == ["w"]
    assert said(typed) == ["没有叫“小明”的人员"]
    assert looked_up(definition, reads, p_who="小明", f_who="w").posted == {"f.who": ["w"]}


def test_who_has_left_and_who_is_recused_is_not_named(definition: Definition, reads: Reads) -> None:
    assert said(looked_up(definition, reads, p_who="钱进")) == ["没有叫“钱进”的人员"]
    assert said(looked_up(definition, reads, "w", p_who="王小明")) == ["“王小明”应当回避本件，请另写他人"]
    assert looked_up(definition, reads, "z1", p_who="张伟").posted == {"f.who": ["z2"]}, "the other one may be"
    assert looked_up(definition, reads, "w", p_team="王小明").posted == {"f.team": ["w"]}, "as in naming who is recused"


def test_several_are_ticked_of_what_is_unclear_and_find_looks_again(definition: Definition, reads: Reads) -> None:
    typed = looked_up(definition, reads, p_team="王小明\n张伟")
    assert (typed.posted, typed.left) == ({"f.team": ["w"]}, {"team": "张伟"})
    ticked = looked_up(definition, reads, p_team="张伟", f_team=["w", "z2"])
    assert (ticked.posted, ticked.is_open) == ({"f.team": ["w", "z2"]}, False)
    again = people_typed(
        definition, ASKED, {"p.team": ["张伟"], "f.team": ["w", "z2"], "find": ["team"]}, roster(reads)
    )
    assert (again.left, again.only_find, again.is_open) == ({"team": "张伟"}, True, True)


def test_more_namesakes_than_are_shown_ask_for_the_unit(definition: Definition) -> None:
    reads = Reads([person(f"p{n}", "张伟", "mess" if n == 30 else "plant") for n in range(31)])
    typed = looked_up(definition, reads, p_who="张伟")
    assert said(typed) == ["叫“张伟”的超过 20 位，请写明单位"]
    assert (len(typed.candidates["who"]), reads.most) == (20, 21)
    assert looked_up(definition, reads, p_who="张伟（食堂）").posted == {"f.who": ["p30"]}


def test_of_many_names_the_first_fifty_are_looked_up_and_the_others_kept(definition: Definition) -> None:
    reads = crowd(60)
    typed = looked_up(definition, reads, p_team="\n".join(f"职工{n}" for n in range(52)))
    assert (len(typed.posted["f.team"]), typed.left) == (50, {"team": "职工50\n职工51"})
    assert said(typed) == ["一次最多查找 50 个姓名，其余的已保留，请再提交一次"]


def test_the_page_offers_radio_buttons_and_nobody_where_nobody_need_be_named(
    definition: Definition, reads: Reads
) -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    macro = environment.get_template("parts.html").module.widget  # type: ignore[attr-defined]  # a macro of the template
    many = Reads([*FEW, *crowd(300).people])
    widget = shown(definition, many, typed=looked_up(definition, reads, p_who="张伟"))
    html = str(macro(widget, "move", Words("zh").t))
    assert re.findall(r'type="radio" name="f.who" value="(\w*)"', html) == ["z1", "z2", ""]
    assert '<input id="move-who" name="p.who" type="text" value="张伟"' in html
    assert 'aria-describedby="move-who-error move-who-how"' in html
    required = str(macro(replace(widget, is_required=True), "move", Words("zh").t))
    assert re.findall(r'type="radio" name="f.who" value="(\w*)"', required) == ["z1", "z2"]
