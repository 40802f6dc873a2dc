"""What a definition says for the pages is proved too: what is shown at once, what is a message, what is published."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import Problem

OPENING = "opening: {subject: required}\n"
FIELDS = "fields:\n"
CLOSE = "    from: [handled]\n    to: closed\n    by: [clerk]\n"
MANY = [f"more_{letter}" for letter in "abcdefgh"]


def field(name: str, privacy: str = "internal", kind: str = "string") -> str:
    return f"  {name}:\n    title: {{zh: 项, en: Item}}\n    privacy: {privacy}\n    schema: {{type: {kind}}}\n"


def test_what_a_form_shows_at_once_is_asked_at_the_opening(codes: Callable[..., list[str]]) -> None:
    assert codes((OPENING, OPENING + "opening_first: [nothing]\n")) == ["field_unknown"]
    asked = "opening: {subject: required, note: optional}\nopening_first: [note]\n"
    assert codes((OPENING, asked), (FIELDS, FIELDS + field("note"))) == []


def test_no_more_than_eight_fields_are_in_sight(problems: Callable[..., list[Problem]]) -> None:
    asked = f"opening: {{subject: required, {', '.join(f'{name}: optional' for name in MANY)}}}\n"
    first = f"opening_first: [{', '.join(MANY)}]\n"
    (problem,) = problems((OPENING, asked + first), (FIELDS, FIELDS + "".join(field(name) for name in MANY)))
    assert problem.code == "opening_too_long"
    assert problem.text.zh == "新建表单首屏有 9 项，最多 8 项"
    fewer = first.replace(", more_h", "")
    assert problems((OPENING, asked + fewer), (FIELDS, FIELDS + "".join(field(name) for name in MANY))) == []


def test_a_message_is_a_text(codes: Callable[..., list[str]]) -> None:
    said = "opening: {subject: required, note: optional}\nconversation: [note]\n"
    assert codes((OPENING, said), (FIELDS, FIELDS + field("note", kind="integer"))) == ["message_not_text"]
    assert codes((OPENING, said), (FIELDS, FIELDS + field("note"))) == []


def test_nothing_personal_is_published(codes: Callable[..., list[str]]) -> None:
    asked = "opening: {subject: required, note: optional}\n"
    shown = "    effects: [{do: publish, fields: [note]}]\n"
    for privacy, wrong in (("personal", ["published_too_much"]), ("internal", [])):
        edits = ((OPENING, asked), (FIELDS, FIELDS + field("note", privacy)), (CLOSE, CLOSE + shown))
        assert codes(*edits) == wrong
    unknown = "    effects: [{do: publish, fields: [nothing]}]\n"
    assert codes((CLOSE, CLOSE + unknown)) == ["field_unknown"]
