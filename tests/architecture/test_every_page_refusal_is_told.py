"""Every text by which a page says no — refused, wrong, too many, over, gone — is quoted in a test that meets it.

Texts of exceptions are looked after by ``test_every_error_is_told``; here it is those that ``web/texts*.py`` hold
by name. They are found by how templates show them, by what the code calls them, and by how their own names sound.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Final

import pytest

from tests.support.quoted import quoted
from web.texts import TEXTS

ROOT: Final = Path(__file__).parents[2]
WEB: Final = ROOT / "web"

# How a template marks what was refused, and what the code calls it.
ALARMING: Final = frozenset({"wrong", "error"})
NAMED: Final = frozenset({"message", "wrong", "refusal", "problem", "error", "missing", "finding"})
# A name with one of these parts sounds like a refusal; what only sounds so stands below, with what it is.
SOUNDS: Final = frozenset(
    ("changed", "cut", "failed", "forged", "gone", "homeless", "lost", "missing", "over", "refused", "unknown", "wrong")
)
SOUND_PAIRS: Final = frozenset(
    {("too", "many"), ("session", "over"), ("not", "offered"), ("no", "moves"), ("no", "unit")}
)
ONLY_SOUND: Final = {
    "absence_over": "where an absence stands",
    "act_refused": "the head of a result; its reason stands beside it",
    "admin_unit_over": "where a unit stands",
    "archive_over": "where a file of the archive stands",
    "changed_before": "the head of a column",
    "changed_field": "the head of a column",
    "changed_mine": "the head of a column",
    "changed_now": "the head of a column",
    "coverage_missing": "the title of a list",
    "coverage_nobody_missing": "that a list is empty, as it should be",
    "entry_changed": "what an entry of the timeline is",
    "fact_logins_failed": "what a fact of the ledger is",
    "fact_part_failed": "the name of a part of a fact",
    "fact_part_refused": "the name of a part of a fact",
    "grants_standing_over": "where a grant stands",
    "linked_gone": "that something was done",
    "next_over": "where a case stands",
    "receipt_gone": "that something was done",
    "receipt_gone_keep": "what to do with a receipt",
    "session_unknown": "a device without a name",
    "work_state_failed": "where a piece of work stands; its reason stands beside it",
}

# Refusals that neither a template nor a name gives away.
BY_MEANING: Final = frozenset(
    {
        "act_none_chosen",
        "act_none_offered",
        "anonymous_none",
        "behalf_none_here",
        "calendar_urgent",
        "factor_must",
        "filing_none",
        "login_help",
        "login_plain_http",
        "meeting_no_workflow",
        "merge_found_none",
        "mine_do_none",
        "password_must",
        "similar_none_help",
    }
)

JINJA: Final = re.compile(r"\{[{%#].*?[#%}]\}", re.DOTALL)
PLACE: Final = re.compile("\ue000([0-9]+)\ue001")
ASKED: Final = re.compile(r"\bt\(\s*'([a-z_0-9]+)'")
VOID: Final = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})


class _Alarms(HTMLParser):
    """Collects the texts that a template asks for inside elements which say that something is wrong."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._jinja: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(JINJA.sub(self._put_away, template))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: self._brought_back(value or "") for name, value in attrs}
        # A field is marked as wrong as a whole, with its label; only what stands below it says why.
        classes = set(re.findall(r"[a-z-]+", values.get("class", "")))
        says_no = "field" not in classes and bool(ALARMING & classes or values.get("role") == "alert")
        if tag not in VOID:
            self._open.append((tag, says_no))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(says_no for _tag, says_no in self._open):
            self.found.update(ASKED.findall(self._brought_back(data)))

    def _put_away(self, match: re.Match[str]) -> str:
        self._jinja.append(match[0])
        return f"\ue000{len(self._jinja) - 1}\ue001"

    def _brought_back(self, text: str) -> str:
        return PLACE.sub(lambda match: self._jinja[int(match[1])], text)


def _shown_as_alarms() -> set[str]:
    return {
        name for path in (WEB / "templates").glob("*.html") for name in _Alarms(path.read_text(encoding="utf-8")).found
    }


def _called_refusals() -> set[str]:
    return {
        name
        for path in WEB.rglob("*.py")
        if not path.name.startswith("texts")
        for name in _refusals_of(ast.parse(path.read_text(encoding="utf-8")))
    }


def _refusals_of(tree: ast.Module) -> Iterator[str]:
    """Yield the texts that a module binds to a name of a refusal, or takes out of TEXTS for an exception."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id="TEXTS"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.keyword(arg=str(arg), value=value) if arg in NAMED:
                yield from _asked_in(value)
            case ast.Assign(targets=[target], value=value) if _last_name(target) in NAMED:
                yield from _asked_in(value)
            case ast.FunctionDef(name=name) if NAMED & set(name.split("_")):
                yield from _asked_in(*(inner for inner in ast.walk(node) if isinstance(inner, ast.Return)))
            case _:
                pass


def _asked_in(*values: ast.AST) -> Iterator[str]:
    for value in values:
        for node in ast.walk(value):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "t" and node.args:
                yield from (
                    one.value
                    for one in ast.walk(node.args[0])
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value in TEXTS
                )


def _last_name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def _sounds_wrong(name: str) -> bool:
    parts = name.split("_")
    return bool(SOUNDS & set(parts) or SOUND_PAIRS & set(pairwise(parts)))


@cache
def _found() -> frozenset[str]:
    sounding = {name for name in TEXTS if _sounds_wrong(name)}
    return frozenset((_shown_as_alarms() | _called_refusals() | sounding | BY_MEANING) - ONLY_SOUND.keys())


def _fixed(text: str) -> str:
    """Return the longest part of a text that is always the same, without the marks at its ends."""
    return max(re.split(r"\{\w+\}", text), key=len).strip(" 。：，；（）“”、")


@pytest.mark.parametrize("name", sorted(_found()))
def test_what_a_page_says_when_it_says_no_is_quoted_in_a_test(name: str) -> None:
    fixed = _fixed(TEXTS[name].zh)

    assert fixed in quoted(), f"no test meets the refusal {name}: quote “{fixed}” where it is shown"


def test_what_only_sounds_like_a_refusal_is_still_there_and_still_sounds_so() -> None:
    assert [name for name in ONLY_SOUND if name not in TEXTS or not _sounds_wrong(name)] == []


def test_no_refusal_is_listed_that_is_found_anyway() -> None:
    sounding = {name for name in TEXTS if _sounds_wrong(name)}

    assert sorted(BY_MEANING & (_shown_as_alarms() | _called_refusals() | sounding)) == []


def test_a_template_s_alarm_is_found_by_class_and_by_role_but_not_the_label_of_a_wrong_field() -> None:
    template = (
        "<div class=\"field{% if errors.get('x') %} wrong{% endif %}\"><label>{{ t('label') }}</label>"
        "<p class=\"error\">{{ t('below') }}</p></div>"
        "<p class=\"message {{ 'wrong' if n > 1 else 'right' }}\">{{ t('many', n=n) }}<br>{{ t('more') }}</p>"
        "<section role=\"alert\"><p>{% if a %}{{ t('deep') }}{% endif %}</p></section><p>{{ t('calm') }}</p>"
    )

    assert _Alarms(template).found == {"below", "many", "more", "deep"}
