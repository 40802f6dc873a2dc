"""Forms that are kept while they are written: their stamps, where a draft is taken up again, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode

from engine.errors import BanjieError
from engine.service.drafts import DRAFT_DAYS, Draft, Drafts, stamp
from web.forms.moves import Keeping
from web.shell import Shell, Visit

STAMP: Final = "draft_of"
"""The field that says whose form it is, and of which address."""
OPEN, KEPT, ENDED = "open", "kept", "ended"
"""Why a page shows a draft: it was asked for, it was just kept, or it was kept as the session had ended."""
_WHY: Final = frozenset({OPEN, KEPT, ENDED})
_NOT_KEPT: Final = frozenset({STAMP, "find", "password", "old", "again", "ticket", "secret"})
"""What is no part of a draft; forms that ask for a secret carry no stamp, so that these never come at all."""
_PAGES: Final = (
    (re.compile(r"/cases/(?!new/)([^/]+)/([^/]+)"), "/cases/{}"),
    (re.compile(r"/cases/([^/]+)/erasure/ask()"), "/cases/{}/erasure"),
    (re.compile(r"/merge/([^/]+)/([^/]+)"), "/merge/{}"),
    (re.compile(r"/meeting/([^/]+)/([^/]+)"), "/meeting?at={}"),
)
"""Forms that stand on the page of something else: the address they are sent to, with case and move, and that page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A form that is gone on with: what was typed, as a browser would send it, and what is said above it."""

    fields: dict[str, list[str]]
    note: str

    def typed(self, names: Iterable[str]) -> dict[str, str]:
        """Return the one value of each control, "" for one that was left empty."""
        return {name: self.fields.get(name, [""])[0] for name in names}


def stamp_for(shell: Shell, visit: Visit, form: str) -> str:
    """Return the stamp of a form that is shown to the visitor."""
    asker = visit.known
    return stamp(shell.edge.desk.box, asker.root, asker.person, form, visit.now)


def keeping_of(shell: Shell, visit: Visit) -> Keeping:
    """Return what keeps the visitor's forms, with when each was kept last."""
    asker, words = visit.known, visit.words
    drafts = Drafts(shell.edge.desk).of(asker.root, asker.person)
    return Keeping(
        stamp=partial(stamp_for, shell, visit),
        kept={draft.form: words.short_instant(draft.kept_at) for draft in drafts},
    )


def draft_asked(shell: Shell, visit: Visit, form: str) -> Draft | None:
    """Return the visitor's draft of a form where the address of the page asks for it."""
    if visit.request.method != "GET" or visit.request.query_params.get("draft") not in _WHY:
        return None
    return Drafts(shell.edge.desk).one(visit.known.root, visit.known.person, form)


def resumed(shell: Shell, visit: Visit, form: str) -> Resumed | None:
    """Return what the visitor goes on with where the address of the page asks for the draft of a form."""
    draft = draft_asked(shell, visit, form)
    return None if draft is None else Resumed(fields=plain_fields(draft), note=note_of(visit, draft))


def note_of(visit: Visit, draft: Draft) -> str:
    """Return what is said above a form that a draft was filled into."""
    words, at = visit.words, visit.words.short_instant(draft.kept_at)
    match visit.request.query_params.get("draft"):
        case "ended":
            return words.t("draft_ended")
        case "kept":
            return words.t("draft_kept", at=at, days=DRAFT_DAYS)
        case _:
            return words.t("draft_open", at=at)


def page_of(form: str, why: str | None = None) -> str:
    """Return the page on which a form stands, filled from its draft where a reason is given.

    >>> page_of("/cases/new/proposal", "open"), page_of("/cases/c1/remind", "ended"), page_of("/cases/c1/remind")
    ('/cases/new/proposal?draft=open', '/cases/c1?draft=ended&move=remind', '/cases/c1')
    >>> page_of("/meeting/c1/file", "ended"), page_of("/merge/c1/merge", "open"), page_of("/cases/c1/erasure/ask")
    ('/meeting?at=c1&draft=ended&move=file', '/merge/c1?draft=open&move=merge', '/cases/c1/erasure')
    """
    found = next(((match, page) for pattern, page in _PAGES if (match := pattern.fullmatch(form))), None)
    path = form if found is None else found[1].format(found[0][1])
    if why is None:
        return path
    asked = {"draft": why} if found is None or not found[0][2] else {"draft": why, "move": found[0][2]}
    return f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}"


def typed_fields(posted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what of a posted form is kept: everything that was typed, with the key and the version it stood under."""
    return {
        name: kept
        for name, values in posted.items()
        if name not in _NOT_KEPT and (kept := [value for value in values if value])
    }


def plain_fields(draft: Draft) -> dict[str, list[str]]:
    """Return the fields of a draft as a browser would post them."""
    return {name: list(values) for name, values in draft.fields.items()}


def sent(shell: Shell, visit: Visit, form: str) -> None:
    """Take the draft of a form away that was sent; one that stays behind brings nothing about, as its key is used."""
    try:
        Drafts(shell.edge.desk).drop(visit.known.root, visit.known.person, form)
    except BanjieError:
        return
