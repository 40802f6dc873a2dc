"""Forms that are kept while they are written: their stamps, where a draft is taken up again, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
_NOT_KEPT: Final = frozenset({STAMP, "find"})
_MOVE: Final = re.compile(r"/cases/(?!new/)([^/]+)/([^/]+)")


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
    """
    move = _MOVE.fullmatch(form)
    path = form if move is None else f"/cases/{move[1]}"
    if why is None:
        return path
    return f"{path}?{urlencode({'draft': why} if move is None else {'draft': why, 'move': move[2]})}"


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
