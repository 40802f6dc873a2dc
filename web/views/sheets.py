"""Sheets in a reader's words: the items with what is asked of them, for pages and for forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from engine.case.scope import table_rows
from engine.case.sheets import Asked, asked_items
from engine.definition.compiled import Definition
from engine.service.queries import CaseView, Json
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row of a sheet to be filled in: the item that it is for, what is asked of it, and what stood there so far."""

    code: str
    title: str
    asks: str
    held: Mapping[str, JsonValue]


def item_title(item: Asked) -> str:
    """Return an item with its code before it, as in the sheet."""
    return f"{item.code} {item.title}"


def asked_words(item: Asked, words: Words) -> str:
    """Return what an item must be: its limits, what it is the sum of, what it may not exceed; "" for nothing."""
    return words.listed(_asked(item, words))


def _asked(item: Asked, words: Words) -> Iterator[str]:
    if item.parts:
        yield words.t("sheet_is_sum", parts="+".join(item.parts))
    if item.at_most is not None:
        yield words.t("sheet_at_most", item=item.at_most)
    if item.least is not None and item.most is not None:
        yield words.t("sheet_between", least=item.least, most=item.most)
    elif item.least is not None:
        yield words.t("sheet_least", least=item.least)
    elif item.most is not None:
        yield words.t("sheet_most", most=item.most)


def rows_to_fill(definition: Definition, fields: Json, words: Words) -> dict[str, Sequence[SheetRow]]:
    """Return by the table that a unit answers in: one row for each item, with what stands there now."""
    found: dict[str, Sequence[SheetRow]] = {}
    for part in definition.workflow.sheets.values():
        if part.filled is not None:
            held = {str(row.get("code")): row for row in table_rows(fields.get(part.filled))}
            items = asked_items(fields.get(part.asked))
            found[part.filled] = [
                SheetRow(
                    code=item.code,
                    title=item_title(item),
                    asks=asked_words(item, words),
                    held=held.get(item.code, {}),
                )
                for item in items
            ]
    return found


def sheet_links(view: CaseView, words: Words) -> list[tuple[str, str]]:
    """Return the pages of the sheets of a case: address and title."""
    return [
        (f"/cases/{view.case.id}/sheets/{name}", words.t("sheet_link", title=words.say(part.title.text)))
        for name, part in view.definition.workflow.sheets.items()
    ]
