"""What stands on the pages on which a code list is changed: its codes a page at a time, and what a version changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from engine.definition.model import CodeList, ListItem
from engine.service.list_changes import CodeRow, RowProblem, differing, said_of
from web.words import Words

CODES_SHOWN: Final = 50
"""So many codes stand in one form, which brings three fields for each."""
LINES_OPEN: Final = 30
"""A longer group of changes is folded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A code in the form, as it was typed or as it is."""

    code: str
    zh: str
    en: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """The codes that a form shows, out of how many that were found; ``next`` is where they go on."""

    items: tuple[ListItem, ...]
    found: int
    text: str
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeGroup:
    """Changes of one kind, a sentence each."""

    title: str
    lines: tuple[str, ...]
    is_folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowLine:
    """What is wrong with a row; ``row`` is "" for what comes from no file."""

    row: str
    code: str
    text: str


def code_page(part: CodeList, asked: Mapping[str, str]) -> CodePage:
    """Return the codes that hold the ``text`` that is asked for, behind the code ``after``."""
    text, after = asked.get("text", "").strip()[:100], asked.get("after", "")
    plain = text.casefold()
    found = [
        item
        for item in part.items
        if plain in item.code.casefold() or plain in item.title.zh.casefold() or plain in item.title.en.casefold()
    ]
    begin = next((number + 1 for number, item in enumerate(found) if item.code == after), 0)
    shown = tuple(found[begin : begin + CODES_SHOWN])
    goes_on = begin + CODES_SHOWN < len(found)
    following = {"text": text, "after": shown[-1].code} if goes_on else None
    address = None if following is None else f"/admin/lists/{part.name}?{urlencode(following)}"
    return CodePage(items=shown, found=len(found), text=text, next=address)


def entries_of(newest: CodeList, base: CodeList, rows: Sequence[CodeRow]) -> list[EntryView]:
    """Return the codes of a form that was filled in: what was changed as it was typed, all else as it is by now."""
    known = {item.code: said_of(item) for item in newest.items}
    changed = {row.code: row for row in differing(base, rows) if not row.is_new}
    codes = [row.code for row in rows if row.code in known and not row.is_new]
    return [entry(known[code], changed.get(code)) for code in codes[:CODES_SHOWN]]


def entry(known: CodeRow, typed: CodeRow | None = None) -> EntryView:
    """Return a code in the form; what was not typed stands as it is."""
    parts = {
        part: getattr(known, part) if typed is None or getattr(typed, part) is None else getattr(typed, part)
        for part in ("zh", "en", "until")
    }
    return EntryView(code=known.code, **{part: said or "" for part, said in parts.items()})


def change_groups(before: CodeList, after: CodeList, words: Words) -> list[ChangeGroup]:
    """Return what a version of a list changes, by kind: what is new, what is called otherwise, what ends or goes on."""
    known = {item.code: item for item in before.items}
    came = [item for item in after.items if item.code not in known]
    both = [(known[item.code], item) for item in after.items if item.code in known]
    dated = [item for was, item in both if was.until_on != item.until_on] + [item for item in came if item.until_on]
    come = [words.t("list_come", title=_title(one, words), code=one.code) for one in came]
    renamed = [line for was, item in both for line in _renamed(was, item, words)]
    ends = [_ends(item, words) for item in dated if item.until_on is not None]
    goes_on = [_goes_on(item, words) for item in dated if item.until_on is None]
    groups = (
        (words.t("list_group_come", n=len(come)), come),
        (words.t("list_group_renamed", n=len(renamed)), renamed),
        (words.t("list_group_ends", n=len(ends)), ends),
        (words.t("list_group_goes_on", n=len(goes_on)), goes_on),
    )
    return [
        ChangeGroup(title=title, lines=tuple(lines), is_folded=len(lines) > LINES_OPEN)
        for title, lines in groups
        if lines
    ]


def row_lines(problems: Sequence[RowProblem], words: Words) -> list[RowLine]:
    """Return what is wrong with rows, as lines of a page."""
    return [
        RowLine(row="" if one.row is None else str(one.row), code=one.code, text=words.say(one.text))
        for one in problems
    ]


def _renamed(was: ListItem, item: ListItem, words: Words) -> Iterator[str]:
    if was.title.zh != item.title.zh:
        yield words.t("list_renamed", code=item.code, before=was.title.zh, after=item.title.zh)
    if was.title.en != item.title.en:
        yield words.t("list_renamed_en", code=item.code, before=was.title.en, after=item.title.en)


def _ends(item: ListItem, words: Words) -> str:
    day = "" if item.until_on is None else words.date(item.until_on)
    return words.t("list_ends", title=_title(item, words), code=item.code, day=day)


def _goes_on(item: ListItem, words: Words) -> str:
    return words.t("list_goes_on", title=_title(item, words), code=item.code)


def _title(item: ListItem, words: Words) -> str:
    return words.say(item.title.text)
