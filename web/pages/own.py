"""What people settle for themselves: how they are told, and who stands in while they are away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.own import end_own_absence, today_at
from engine.access.directory import Person
from engine.errors import BanjieError, FormInvalid
from engine.service.absences import AbsenceLine, Away, absence_of, absences
from engine.service.notice_ports import Preference
from engine.service.notice_words import CHANNELS, channel_title
from engine.service.notice_writes import RemovePreference, SetPreference
from engine.service.plain import AddDeputation
from engine.service.preferences import OwnChannel, Wish, known_channel, own_channels, preference_of, time_text
from web.forms.drafting import Resumed, resumed, sent, stamp_for
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.absences import absence_row
from web.words import Words

ABSENCE: Final = "/me/absence"
AWAY: Final = ("from_on", "until_on", "substitute", "note")
COLLEAGUES_MAX: Final = 200
OVER_SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What somebody typed that was refused, and why: by field, or as a whole."""

    typed: Mapping[str, str]
    error: BanjieError
    channel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelForm:
    """A channel on the page: what stands in its fields, and what is wrong there."""

    name: str
    title: str
    address_label: str
    address_kind: str
    configured: bool
    kept: str | None
    is_on: bool
    fields: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    message: str | None = None


def own_pages(shell: Shell) -> Pages:
    """Return the addresses of one's own settings."""
    router = Pages()
    edge = shell.edge
    office, reads = edge.desk.office, edge.desk.reads

    @router.get("/me")
    def me(_request: Request) -> Response:
        return RedirectResponse("/me/notices", status_code=303)

    @router.get("/me/notices")
    def show_channels(request: Request) -> Response:
        return _channels_page(shell, shell.visit(request))

    @router.post("/me/notices/{channel}")
    async def set_channel(request: Request, channel: str) -> Response:
        visit = await shell.visiting(request)
        posted = _first(await read_form(request))
        wish = Wish(
            address=posted.get("address", ""),
            active=posted.get("active") == "on",
            digest=posted.get("digest", "none"),
            quiet_from=posted.get("quiet_from", ""),
            quiet_until=posted.get("quiet_until", ""),
            language=posted.get("language", "zh"),
        )
        known_channel(channel, edge.settings.channels)
        try:
            preference = preference_of(visit.known.root, visit.known.person, channel, wish, edge.settings.channels)
        except BanjieError as error:
            refused = Refused(typed=posted, error=error, channel=channel)
            return await run_in_threadpool(_channels_page, shell, visit, refused)
        await run_in_threadpool(office.write, [SetPreference(preference)])
        return RedirectResponse(f"/me/notices?done=saved&channel={channel}#{channel}", status_code=303)

    @router.post("/me/notices/{channel}/forget")
    async def forget_channel(request: Request, channel: str) -> Response:
        visit = await shell.visiting(request)
        write = RemovePreference(visit.known.root, visit.known.person, channel)
        await run_in_threadpool(office.write, [write])
        return RedirectResponse(f"/me/notices?done=forgotten&channel={channel}", status_code=303)

    @router.get("/me/absence")
    def show_absences(request: Request) -> Response:
        visit = shell.visit(request)
        found = resumed(shell, visit, ABSENCE)
        return _absence_page(shell, visit) if found is None else _absence_page(shell, visit, going_on=found)

    @router.post("/me/absence")
    async def add_absence(request: Request) -> Response:
        visit = await shell.visiting(request)
        posted = _first(await read_form(request))
        away = Away(**{name: posted.get(name, "") for name in AWAY})

        def add() -> Response:
            try:
                absence = absence_of(reads, visit.known.root, visit.known.person, away, today_at(edge))
            except BanjieError as error:
                return _absence_page(shell, visit, Refused(typed=posted, error=error))
            office.write([AddDeputation(absence, by=visit.known.person)])
            sent(shell, visit, ABSENCE)
            return RedirectResponse("/me/absence?done=saved", status_code=303)

        return await run_in_threadpool(add)

    @router.post("/me/absence/{key}/end")
    async def end_absence(request: Request, key: str) -> Response:
        visit = await shell.visiting(request)
        await run_in_threadpool(end_own_absence, edge, visit.known, key)
        return RedirectResponse("/me/absence?done=ended", status_code=303)

    return router


def _channels_page(shell: Shell, visit: Visit, refused: Refused | None = None) -> Response:
    own = own_channels(shell.edge.desk.reads, visit.known.root, visit.known.person, shell.edge.settings.channels)
    named = visit.request.query_params.get("channel", "")
    done = {"saved": "channel_saved", "forgotten": "channel_forgotten"}.get(visit.request.query_params.get("done", ""))
    said = done is not None and named in CHANNELS and refused is None
    return shell.page(
        visit,
        "my_notices.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        channels=[_channel_form(channel, visit.words, refused) for channel in own],
        done=visit.words.t(done, title=visit.words.say(channel_title(named))) if said and done is not None else None,
    )


def _channel_form(own: OwnChannel, words: Words, refused: Refused | None) -> ChannelForm:
    kept = own.preference
    known = CHANNELS.get(own.name)
    here = refused if refused is not None and refused.channel == own.name else None
    return ChannelForm(
        name=own.name,
        title=words.say(channel_title(own.name)),
        address_label=own.name if known is None else words.say(known.address),
        address_kind="email" if own.name == "mail" else "text",
        configured=own.configured,
        kept=None if kept is None else kept.address,
        is_on=kept is not None and kept.active and own.configured,
        fields=_stored(kept, words) if here is None else here.typed,
        errors=_errors(here, words),
        message=None if here is None else words.say(here.error.text),
    )


def _stored(preference: Preference | None, words: Words) -> Mapping[str, str]:
    """Return what stands in the fields of a channel before anybody types."""
    if preference is None:
        return {"active": "on", "language": words.language, "digest": "none"}
    return {
        "address": preference.address,
        "active": "on" if preference.active else "",
        "digest": preference.digest,
        "quiet_from": time_text(preference.quiet_from),
        "quiet_until": time_text(preference.quiet_until),
        "language": preference.language,
    }


def _errors(refused: Refused | None, words: Words) -> Mapping[str, str]:
    if refused is None or not isinstance(refused.error, FormInvalid):
        return {}
    return {problem.path: words.say(problem.text) for problem in refused.error.fields}


def _absence_page(
    shell: Shell, visit: Visit, refused: Refused | None = None, going_on: Resumed | None = None
) -> Response:
    words, asker = visit.words, visit.known
    found = absences(shell.edge.desk.reads, asker.root, asker.person, today_at(shell.edge))
    over = [line for line in found.own if line.standing == "over"][:OVER_SHOWN]
    done = {"saved": "absence_saved", "ended": "absence_ended"}.get(visit.request.query_params.get("done", ""))
    return shell.page(
        visit,
        "my_absence.html",
        section="me",
        status=200 if refused is None else status_of(refused.error),
        fields=_typed_absence(shell, refused, going_on),
        note=None if going_on is None else going_on.note,
        draft_of=stamp_for(shell, visit, ABSENCE),
        errors=_errors(refused, words),
        message=None if refused is None else words.say(refused.error.text),
        colleagues=_colleagues(shell, visit),
        own=[absence_row(line, words, own=True) for line in (*_not_over(found.own), *over)],
        for_others=[absence_row(line, words, own=False) for line in found.for_others],
        done=words.t(done) if done is not None and refused is None else None,
    )


def _typed_absence(shell: Shell, refused: Refused | None, going_on: Resumed | None) -> Mapping[str, str]:
    if refused is not None:
        return refused.typed
    return {"from_on": today_at(shell.edge).isoformat()} if going_on is None else going_on.typed(AWAY)


def _not_over(lines: Sequence[AbsenceLine]) -> list[AbsenceLine]:
    return [line for line in lines if line.standing != "over"]


def _colleagues(shell: Shell, visit: Visit) -> list[Person]:
    """Return those of the reader's own unit, whom a substitute is looked for among first."""
    me = visit.person
    if me is None or me.unit is None:
        return []
    # One more than is shown, as the reader is among them.
    found = shell.edge.desk.reads.active_people(visit.known.root, unit=me.unit, limit=COLLEAGUES_MAX + 1)
    return [one for one in found if one.id != me.id][:COLLEAGUES_MAX]


def _first(posted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in posted.items()}
