"""Forms that come in when the session has ended: the words are kept for whom the form was shown to, and nobody else.

They are kept as a draft of that person, sealed, and not in the login page: whoever logs in next at the same machine
finds nothing of them there, and the way to them leads through a code of the second factor or the house's provider too.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from api.identity import unknown_asker
from api.multipart import Whose, uploads_of
from api.origin import demand_same_origin
from engine.errors import BanjieError, StorageError
from engine.service.drafts import Drafts, DraftTooLarge, Stamp, holds, stamp_of
from engine.service.filing.cabinet import Cabinet
from engine.service.filing.inspecting import FileRefused
from web.forms.drafting import ENDED, STAMP, page_of, typed_fields
from web.shell import Shell, page_language
from web.words import Words

KEEPER = "/drafts"
"""The address of ``web.pages.drafts`` that keeps a form by a button or in the background."""


async def after_the_end(shell: Shell, request: Request) -> Response | None:
    """Return the way to the login for a form whose words are kept, None for every other request without a session."""
    # One move by one button of a list: nothing was typed, and nothing ticked.
    if request.method != "POST" or "authorization" in request.headers or "one" in request.query_params:
        return None
    if request.scope["path"] == KEEPER and "quiet" in request.query_params:
        return PlainTextResponse(Words(page_language(request)).t("draft_session_over"), status_code=401)
    box = shell.edge.desk.box

    def nobody(fields: Mapping[str, list[str]]) -> Whose:
        """Let no file in: only a form that is ours is read to its end."""
        if stamp_of(box, _first(fields)) is None:
            raise unknown_asker()
        raise FileRefused("empty")

    try:
        demand_same_origin(request)
        posted = await uploads_of(request, Cabinet(shell.edge.desk), nobody)
    except BanjieError:
        return None
    stamped = stamp_of(box, _first(posted.fields))
    path = str(request.scope["path"])
    # A form may be looked at once more below its own address, before it is sent there.
    if stamped is None or not (path in (stamped.form, KEEPER) or path.startswith(f"{stamped.form}/")):
        return None
    following, done = await run_in_threadpool(_kept, shell, stamped, posted.fields)
    return RedirectResponse(f"/login?{urlencode({'next': following, 'done': done})}", status_code=303)


def _kept(shell: Shell, stamped: Stamp, fields: Mapping[str, list[str]]) -> tuple[str, str]:
    """Keep the words for whom the form was shown to; return where the way leads after the login, and what is said."""
    desk = shell.edge.desk
    person = desk.reads.persons(stamped.root, [stamped.person]).get(stamped.person)
    if person is None or not person.active or not holds(stamped, desk.office.now()):
        return page_of(stamped.form), "lost"
    try:
        draft = Drafts(desk).keep(stamped.root, stamped.person, stamped.form, typed_fields(fields))
    except (DraftTooLarge, StorageError):
        return page_of(stamped.form), "lost"
    return (page_of(stamped.form), "sent") if draft is None else (page_of(stamped.form, ENDED), "kept")


def _first(fields: Mapping[str, list[str]]) -> str:
    return fields.get(STAMP, [""])[0]
