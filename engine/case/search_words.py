"""The tokens by which cases are searched: overlapping pairs of Chinese characters, other words and numbers whole.

Pure and without a dictionary, so that text and question can never be cut differently, and both databases hold the same
tokens. The database is handed tokens only, never what somebody typed. Where each pair begins is its position: the last
character before a word or a gap stands alone, and a phrase of tokens is a part of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.events import Event, EventType
from engine.case.secrecy import is_strict
from engine.definition.compiled import OPEN_PRIVACY, Definition
from engine.errors import InputRefused
from engine.text import Text

VERSION: Final = 1
"""Stands beside every case that was indexed. Whoever changes what ``tokens`` or ``document`` return raises it, and the
index is made anew."""
ASKED_CHARACTERS_MAX: Final = 200
ASKED_PHRASES_MAX: Final = 8
WORD_CHARACTERS_MAX: Final = 60
DOCUMENT_CHARACTERS_MAX: Final = 150_000
"""Characters of all tokens of one case: what PostgreSQL takes in one value, with room to spare."""

_HAN: Final = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN: Final = re.compile(rf"([{_HAN}]+)|([^\W_{_HAN}]+)")
_CHUNK: Final = re.compile(r"[^\W_]+")
_WORD_SIGN: Final = rf"[^\W_{_HAN}]"
_GAP: Final = r"[\W_]*"


class _Folds(dict[int, str]):
    """What each character counts as: full width and half width, capital and small are one. Lengths never change."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        folded = unicodedata.normalize("NFKC", sign).casefold()
        self[code] = folded if len(folded) == 1 else sign
        return self[code]


_FOLDS: Final = _Folds()


class Phrase(NamedTuple):
    """What of a question stands together: its tokens in a row, and the pattern that finds it in a folded text.

    Without tokens it is a single Chinese character, which no index is asked for.
    """

    tokens: tuple[str, ...]
    pattern: re.Pattern[str]


class Marked(NamedTuple):
    """A piece of a text, and whether it is what was looked for."""

    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody looks for: a case has to hold every phrase of it."""

    phrases: tuple[Phrase, ...]

    @property
    def asked(self) -> tuple[tuple[str, ...], ...]:
        """The tokens of each phrase that the index is asked for."""
        return tuple(phrase.tokens for phrase in self.phrases if phrase.tokens)

    def holds_in(self, texts: Sequence[str]) -> bool:
        """Return whether each phrase stands in one of these texts."""
        folded = [fold(text) for text in texts]
        return all(any(phrase.pattern.search(text) for text in folded) for phrase in self.phrases)


def fold(text: str) -> str:
    """Return a text as it is compared; character for character, so that places in it are places in the text.

    >>> fold("ＡＢ１２ ８0元")
    'ab12 80元'
    """
    return text.translate(_FOLDS)


def tokens(text: str) -> list[str]:
    """Return the tokens of a text in their order.

    >>> tokens("食堂排队久，第12号窗口")
    ['食堂', '堂排', '排队', '队久', '久', '第', '12', '号窗', '窗口', '口']
    """
    found: list[str] = []
    for han, word in _RUN.findall(fold(text)):
        if han:
            found.extend(map("".join, pairwise(han)))
            found.append(han[-1])
        else:
            found.append(word[:WORD_CHARACTERS_MAX])
    return found


def question(typed: str) -> Question:
    """Return what somebody looks for: whatever stands between gaps is a phrase.

    >>> [phrase.tokens for phrase in question("夜班食堂 12").phrases]
    [('夜班', '班食', '食堂'), ('12',)]

    Raises:
        InputRefused: it is too long, or holds nothing that can be looked for.
    """
    if len(typed) > ASKED_CHARACTERS_MAX:
        raise InputRefused(_TOO_LONG)
    phrases = tuple(dict.fromkeys(_phrase(chunk) for chunk in _CHUNK.findall(fold(typed))))
    if len(phrases) > ASKED_PHRASES_MAX:
        raise InputRefused(_TOO_MANY)
    if not any(phrase.tokens for phrase in phrases):
        raise InputRefused(_TOO_SHORT)
    return Question(phrases=phrases)


def search_texts(case: Case, definition: Definition) -> Mapping[str, str]:
    """Return the texts of a case that are searched, by field: those that may stand in a row of the database, no codes
    and no ids. Of a case under a strict level only what it is called by."""
    names = known_by(definition) if is_strict(case, definition) else search_fields(definition)
    data = case.data
    return {name: text for name in names if name in data and (text := _text_of(data[name]))}


def document(case: Case, definition: Definition) -> str:
    """Return the tokens of a case for the index, with spaces between them; "" if there is nothing to look for."""
    return joined(search_texts(case, definition).values())


def rewords(event: Event, definition: Definition) -> bool:
    """Return whether an event can have changed what a case is found by."""
    return (
        event.type is EventType.OPENED
        or event.erasure is not None
        or event.migration is not None
        or not event.fields.keys().isdisjoint(_found_by(definition))
    )


@lru_cache(maxsize=256)
def _found_by(definition: Definition) -> frozenset[str]:
    return frozenset((*search_fields(definition), *definition.strict_codes))


def joined(texts: Iterable[str]) -> str:
    """Return the tokens of texts with spaces between them, as many as an index takes."""
    words = " ".join(" ".join(tokens(text)) for text in texts)
    if len(words) > DOCUMENT_CHARACTERS_MAX:
        words = words[:DOCUMENT_CHARACTERS_MAX].rpartition(" ")[0]
    return words


@lru_cache(maxsize=256)
def search_fields(definition: Definition) -> tuple[str, ...]:
    """Return the fields that hold words and are public or internal, the subject and the numbers first."""
    first = known_by(definition)
    others = (
        name
        for name, part in definition.workflow.fields.items()
        if part.privacy in OPEN_PRIVACY and part.list is None and _holds_words(part.json_schema) and name not in first
    )
    return (*first, *others)


@lru_cache(maxsize=256)
def known_by(definition: Definition) -> tuple[str, ...]:
    """Return the fields that a case is called by in lists, as far as they are public or internal."""
    workflow = definition.workflow
    named = dict.fromkeys((workflow.subject_field, *workflow.number_fields))
    return tuple(name for name in named if name in workflow.fields and workflow.fields[name].privacy in OPEN_PRIVACY)


def marked(text: str, asked: Question, *, around: int) -> tuple[Marked, ...]:
    """Return a piece of a text with what was looked for marked, so many characters before and behind the first hit.

    Nothing where the text holds none of it. What is left out is shown by "…".

    >>> marked("建议延长食堂供餐时间", question("食堂"), around=2)
    (Marked(text='…延长', is_hit=False), Marked(text='食堂', is_hit=True), Marked(text='供餐…', is_hit=False))
    """
    folded = fold(text)
    hits = sorted(hit.span() for phrase in asked.phrases for hit in phrase.pattern.finditer(folded))
    if not hits:
        return ()
    begin, end = max(0, hits[0][0] - around), min(len(text), hits[0][1] + around)
    pieces: list[Marked] = []
    at = begin
    for start, stop in hits:
        if start < at or stop > end:
            continue
        if start > at:
            pieces.append(Marked(text[at:start], False))
        pieces.append(Marked(text[start:stop], True))
        at = stop
    if at < end:
        pieces.append(Marked(text[at:end], False))
    return _with_ends(pieces, cut_before=begin > 0, cut_behind=end < len(text))


def _with_ends(pieces: list[Marked], *, cut_before: bool, cut_behind: bool) -> tuple[Marked, ...]:
    if cut_before:
        first = pieces[0]
        pieces[:1] = [Marked("…", False), first] if first.is_hit else [Marked(f"…{first.text}", False)]
    if cut_behind:
        last = pieces[-1]
        pieces[-1:] = [last, Marked("…", False)] if last.is_hit else [Marked(f"{last.text}…", False)]
    return tuple(pieces)


def _phrase(chunk: str) -> Phrase:
    found: list[str] = []
    patterns: list[str] = []
    runs = _RUN.findall(chunk)
    for place, (han, word) in enumerate(runs):
        if word:
            found.append(word[:WORD_CHARACTERS_MAX])
            patterns.append(rf"(?<!{_WORD_SIGN}){re.escape(word)}(?!{_WORD_SIGN})")
            continue
        patterns.append(re.escape(han))
        # Before a word the last character stands alone in the text as well; at the end of a phrase it may not.
        pairs = len(han) if place + 1 < len(runs) else len(han) - 1
        found.extend(han[at : at + 2] for at in range(pairs))
    return Phrase(tuple(found), re.compile(_GAP.join(patterns)))


def _holds_words(schema: Mapping[str, JsonValue]) -> bool:
    """Return whether a value is text that somebody wrote: no date, no id, no hash."""
    items = schema.get("items")
    if schema.get("type") == "array" and isinstance(items, dict):
        return _holds_words(items)
    return schema.get("type") == "string" and not schema.keys() & {"format", "enum", "const", "pattern"}


def _text_of(value: JsonValue) -> str:
    if isinstance(value, list):
        return "\n".join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else ""


_TOO_LONG: Final = Text(
    f"检索内容不能超过{ASKED_CHARACTERS_MAX}字，请只留下最要紧的词",
    f"A search takes {ASKED_CHARACTERS_MAX} characters at most; keep the words that matter",
)
_TOO_MANY: Final = Text(
    f"一次最多检索{ASKED_PHRASES_MAX}个词，请去掉几个",
    f"A search takes {ASKED_PHRASES_MAX} words at most; leave some out",
)
_TOO_SHORT: Final = Text(
    "请至少输入两个连在一起的汉字，或一个完整的英文词、数字",
    "Type at least two Chinese characters that stand together, or a whole word or number",
)
