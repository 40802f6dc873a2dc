"""Every kind of control as it stands in a page: labelled, and everything said about it found by who does not see it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.errors import FieldProblem
from engine.text import Text
from web.forms.moves import error_links
from web.forms.widgets import Kind, Option, Widget, errors_by_field
from web.shell import FOLDER
from web.words import Words

ZH = Words("zh")
PLAIN = Widget(
    name="x",
    title="理由",
    help="写清楚",
    kind=Kind.AREA,
    is_required=True,
    values=("已写",),
    options=(Option(value="a", title="甲", is_chosen=True), Option(value="b", title="乙", is_chosen=False)),
    max_length=60,
    minimum=1,
    maximum=9,
    privacy="个人信息",
    error="理由太短",
)

GROUPS = (Kind.CHECKS, Kind.TABLE)
"""What is no single control but several under one legend."""


class Tags(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def ids(self) -> list[str]:
        return [held["id"] for _tag, held in self.tags if "id" in held]


def shown(widget: Widget) -> str:
    if widget.kind is Kind.TABLE:
        widget = replace(widget, rows=((replace(PLAIN, name="x.0.a", kind=Kind.TEXT, error=None),),))
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source = "{% import 'parts.html' as parts %}{{ parts.widget(w, 'move', t) }}"
    return environment.from_string(source).render(w=widget, t=ZH.t)


@pytest.mark.parametrize("kind", list(Kind))
def test_all_that_is_said_about_a_control_is_linked_to_it_and_stands_there_once(kind: Kind) -> None:
    found = Tags(shown(replace(PLAIN, kind=kind)))
    ids = found.ids()
    assert len(ids) == len(set(ids))
    (control,) = [held for _tag, held in found.tags if held.get("id") == "move-x"]
    described = control["aria-describedby"].split()
    assert described[0] == "move-x-error", "what is wrong is said first"
    assert set(described) == set(ids) - {"move-x"}
    assert "move-x-help" in described


@pytest.mark.parametrize("kind", list(Kind))
def test_every_control_has_a_name_of_its_own(kind: Kind) -> None:
    markup = shown(replace(PLAIN, kind=kind))
    label = "<legend>理由" if kind in GROUPS else '<label for="move-x">理由'
    assert label in markup
    assert ("required" in markup, "必填" in markup) == (True, True)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in GROUPS])
def test_a_control_that_is_wrong_says_so_itself(kind: Kind) -> None:
    (control,) = [held for _tag, held in Tags(shown(replace(PLAIN, kind=kind))).tags if held.get("id") == "move-x"]
    assert control["aria-invalid"] == "true"
    right = Tags(shown(replace(PLAIN, kind=kind, error=None)))
    assert not any("aria-invalid" in held for _tag, held in right.tags)


@pytest.mark.parametrize("kind", GROUPS)
def test_a_group_can_be_gone_to_from_the_list_of_errors(kind: Kind) -> None:
    (group,) = [held for tag, held in Tags(shown(replace(PLAIN, kind=kind))).tags if tag == "fieldset"]
    assert (group["id"], group["tabindex"]) == ("move-x", "-1")


@pytest.mark.parametrize(
    ("widget", "said"),
    [
        (replace(PLAIN, values=("一二三",)), "3/60 字"),
        (replace(PLAIN, values=()), "最多 60 字"),
        (replace(PLAIN, kind=Kind.TEXT, values=("𠮷",)), "1/60 字"),
        (replace(PLAIN, kind=Kind.NUMBER), "1 至 9"),
        (replace(PLAIN, kind=Kind.NUMBER, maximum=None), "不小于 1"),
        (replace(PLAIN, kind=Kind.NUMBER, minimum=None), "不大于 9"),
    ],
)
def test_how_much_fits_is_said_beside_the_control(widget: Widget, said: str) -> None:
    (hint,) = re.findall(r'<p class="hint[^"]*" id="move-x-limit"[^>]*>([^<]*)</p>', shown(widget))
    assert hint == said


def test_a_control_without_limits_says_nothing_of_them() -> None:
    for kind in Kind:
        free = replace(PLAIN, kind=kind, max_length=None, minimum=None, maximum=None)
        assert "move-x-limit" not in shown(free), kind


def test_everything_that_is_wrong_with_a_field_is_said_and_each_thing_once() -> None:
    problems = [
        FieldProblem(path="names.0", text=Text("太长", "Too long")),
        FieldProblem(path="names.1", text=Text("太长", "Too long")),
        FieldProblem(path="names", text=Text("太多", "Too many")),
        FieldProblem(path="on", text=Text("不是日期", "No date")),
    ]
    assert errors_by_field(problems, ZH) == {"names": "太长；太多", "on": "不是日期"}
    assert errors_by_field(problems, Words("en")) == {"names": "Too long; Too many", "on": "No date"}


def test_on_top_of_a_form_stands_a_way_to_each_field_that_is_wrong() -> None:
    right = replace(PLAIN, name="fine", error=None)
    other = replace(PLAIN, name="y", title="日期", error="“日期”为必填项")
    links = error_links([PLAIN, right, other], "move", ZH, ["附件太大"])
    assert [(link.anchor, link.text) for link in links] == [
        ("move-x", "理由太短"),
        ("move-y", "“日期”为必填项"),
        (None, "附件太大"),
    ]
    short = error_links([replace(PLAIN, error="太短")], "move", ZH)
    assert [link.text for link in short] == ["理由：太短"]
