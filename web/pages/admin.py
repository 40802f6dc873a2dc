"""The way into the administration of the house: what there is to look after, how the installation is, its channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.edge import Edge
from api.identity import Asker
from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.access.operators import is_operator
from engine.case.identity import UnitId
from engine.errors import BanjieError, InputRefused
from engine.service.housekeeping import Keeper, demand_keeper, keeps_house
from engine.service.looks import Look
from engine.service.notice_words import channel_title
from engine.text import Text
from web.pages.account import first
from web.routing import Pages
from web.shell import Shell, Visit

ADDRESS_MAX: Final = 254
DOORS: Final = {
    "units": "/admin/units",
    "people": "/admin/people",
    "accounts": "/accounts",
    "grants": "/grants",
    "delegations": "/admin/delegations",
    "logins": "/accounts/logins",
    "sessions": "/admin/sessions",
    "calendar": "/admin/calendar",
    "lists": "/admin/lists",
    "definitions": "/admin/definitions",
    "channels": "/admin/channels",
    "jobs": "/jobs",
    "health": "/admin/health",
}
"""The parts of the administration, each by its name in ``admin_<name>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One part of the administration: where it is, what it is called, what is done there."""

    address: str
    title: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    """What one question about the installation found; ``tone`` is ``done``, ``soon`` or ``late``."""

    tone: str
    standing: str
    text: str
    advice: str


def admin_pages(shell: Shell) -> Pages:
    """Return the addresses of the overview, of health and of the channels."""
    router = Pages()
    edge = shell.edge

    @router.get("/admin")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        return shell.page(visit, "admin.html", section="admin", doors=_doors(shell, visit))

    @router.get("/admin/health")
    def health(request: Request) -> Response:
        visit = shell.visit(request)
        demand_keeper(keeper_of(edge, visit.known))
        rows = [_look(look, visit) for look in edge.running_house().looks()]
        return shell.page(
            visit, "admin_health.html", section="admin", rows=rows, wrong=sum(row.tone != "done" for row in rows)
        )

    @router.get("/admin/channels")
    def channels(request: Request) -> Response:
        return _channels_page(shell, shell.visit(request))

    @router.post("/admin/channels")
    async def try_channel(request: Request) -> Response:
        visit = await shell.visiting(request)
        demand_person(visit.known)
        demand_keeper(keeper_of(edge, visit.known))
        posted = await read_form(request)
        typed = {name: first(posted, name).strip() for name in ("channel", "address")}

        def act() -> Response:
            try:
                if not typed["address"] or len(typed["address"]) > ADDRESS_MAX:
                    raise InputRefused(Text("请填写收件地址", "Say where the test goes to"))
                reason = edge.running_house().try_channel(typed["channel"], typed["address"], visit.words.language)
            except BanjieError as error:
                return _channels_page(shell, visit, typed, error)
            return _channels_page(shell, visit, typed, refused=reason)

        return await run_in_threadpool(act)

    return router


def keeper_of(edge: Edge, asker: Asker) -> Keeper:
    """Return the asker as somebody who may look after the house."""
    return Keeper(root=asker.root, person=asker.person, actor=asker.actor, staff=edge.settings.accounts.staff)


def _doors(shell: Shell, visit: Visit) -> list[Door]:
    """Return the parts of the administration that are open to the visitor."""
    asker, staff = visit.known, shell.edge.settings.accounts.staff
    keeps = keeps_house(asker.actor, asker.root, staff)
    cares = staff.looks_after_some(asker.actor) or staff.ends_tokens(asker.actor, UnitId(asker.root))
    runs = shell.edge.jobs is not None and is_operator(asker.actor, asker.root)
    house = keeps and shell.edge.house is not None
    is_open = {
        "units": keeps,
        "people": keeps,
        "accounts": cares,
        "grants": staff.reads_some_grants(asker.actor),
        "delegations": staff.reads_some_grants(asker.actor),
        "logins": staff.ends_tokens(asker.actor, UnitId(asker.root)),
        "sessions": keeps,
        "calendar": house,
        "lists": keeps,
        "definitions": house,
        "channels": house,
        "jobs": runs,
        "health": house,
    }
    t = visit.words.t
    return [
        Door(address=address, title=t(f"admin_{name}"), note=t(f"admin_{name}_note"))
        for name, address in DOORS.items()
        if is_open[name]
    ]


def _look(look: Look, visit: Visit) -> LookRow:
    words = visit.words
    tone = "done" if look.well else "late" if look.fatal else "soon"
    return LookRow(
        tone=tone,
        standing=words.t(f"admin_look_{tone}"),
        text=words.say(look.text),
        advice="" if look.advice is None else words.say(look.advice),
    )


def _channels_page(
    shell: Shell,
    visit: Visit,
    typed: Mapping[str, str] | None = None,
    error: BanjieError | None = None,
    *,
    refused: str | None = None,
) -> Response:
    """Return the page; with ``typed`` a test was asked for, which an ``error`` or the other side (why) ``refused``."""
    demand_keeper(keeper_of(shell.edge, visit.known))
    words = visit.words
    titles = {name: words.say(channel_title(name)) for name in shell.edge.running_house().channels()}
    message = wrong = None
    if error is not None:
        wrong = words.say(error.text)
    elif typed is not None:
        title, address = titles[typed["channel"]], typed["address"]
        if refused is None:
            message = words.t("admin_channel_sent", channel=title, address=address)
        else:
            wrong = words.t("admin_channel_failed", channel=title, reason=refused)
    return shell.page(
        visit,
        "admin_channels.html",
        section="admin",
        status=200 if error is None else status_of(error),
        channels=list(titles.items()),
        typed=typed or {"channel": "", "address": ""},
        message=message,
        wrong=wrong,
    )
