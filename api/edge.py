"""What every route works with, in one value: the desk, the settings, who asks; and how a command is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from api.denials import Denials
from api.identity import Asker, Identities
from api.login import Logins
from api.oidc.settings import ProviderSettings
from engine.case.commands import Command
from engine.case.identity import RootId
from engine.errors import BanjieError, NotFound
from engine.ledger.notes import VerifierKey
from engine.ledger.receipts import SignedReceipt
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.house_door import HouseDoor
from engine.service.importing.own_maps import WORKFLOWS
from engine.service.jobs import Jobs
from engine.service.logins import AccountRules
from engine.service.world import World
from engine.text import Text


class ReceiptPen(Protocol):
    """Signs receipts with the application's own key (``runtime.receipt_key``)."""

    @property
    def key(self) -> VerifierKey:
        """The key by which receipts are verified."""

    def receipt(self, root: RootId, case: str, seq: int, digest: bytes) -> SignedReceipt:
        """Return the receipt of an entry, the same each time."""

    def deposit(self, root: RootId, command: bytes) -> SignedReceipt:
        """Return the receipt of an anonymous submission that is not on record yet; it names no instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """What the surfaces are told about the process they run in.

    ``database`` names the kind of database for ``/api/health``; ``set_clock`` is the instant a configured clock began
    at, which every page then says; ``https`` makes the login cookie one that travels under https only;
    ``openapi_for_all`` shows the description of the API without a login; ``channels`` are those by which this
    installation delivers, by the names of ``notifications``; ``accounts`` is what is asked of accounts; ``pages_url``
    is where the pages are reached, as it is printed on slips, "" for where they were asked for;
    ``small_installation`` lets one person belong to several administrations; ``provider`` is where people may log in
    instead, None for nowhere. ``log_key`` gives the key that
    signs the checkpoints of an origin, None where it is not known here; ``receipts`` signs receipts, None where this
    process gives none. ``witnesses`` are the keys of the hosts that are to cosign checkpoints.
    ``register_open`` shows the public register without a login. ``workflows`` is the folder whose workflows bring
    maps of registers along.
    """

    version: str
    database: str
    set_clock: datetime | None = None
    https: bool = False
    openapi_for_all: bool = False
    channels: tuple[str, ...] = ()
    accounts: AccountRules = field(default_factory=AccountRules)
    pages_url: str = ""
    small_installation: bool = False
    provider: ProviderSettings | None = None
    log_key: Callable[[str], VerifierKey | None] = lambda _origin: None
    receipts: ReceiptPen | None = None
    witnesses: tuple[VerifierKey, ...] = ()
    register_open: bool = False
    workflows: Path = WORKFLOWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The desk as HTTP reaches it; ``jobs`` and ``house`` are None where this process knows nothing of background jobs
    and of the installation."""

    desk: Desk
    settings: ApiSettings
    logins: Logins
    identities: Identities
    denials: Denials
    jobs: Jobs | None = None
    house: HouseDoor | None = None

    def world(self, asker: Asker) -> World:
        """Return the rules, the calendar and the units of the asker's organisation as they stand."""
        return self.desk.world(asker.root)

    def running_jobs(self) -> Jobs:
        """Return the background jobs; raises NotFound where there are none to look at."""
        if self.jobs is None:
            raise NotFound(Text("本服务没有接入后台任务", "This service knows of no background jobs"))
        return self.jobs

    def running_house(self) -> HouseDoor:
        """Return the installation; raises NotFound where there is none to look at."""
        if self.house is None:
            raise NotFound(Text("本服务没有接入系统管理", "This service knows nothing of the installation"))
        return self.house

    async def ask(self, command: Command) -> Done:
        """Have a command carried out and return what it led to, after its COMMIT; raises why not.

        The waiting is shielded: a client that hangs up takes nothing back.
        """
        answer = await asyncio.shield(self.desk.office.ask(command))
        if isinstance(answer, BanjieError):
            raise answer
        return answer


def make_edge(desk: Desk, settings: ApiSettings, jobs: Jobs | None = None, house: HouseDoor | None = None) -> Edge:
    """Return the edge of a desk, and of the background jobs and the installation beside it."""
    logins = Logins(desk, https=settings.https, rules=settings.accounts)
    identities = Identities(desk, cookie=logins.cookie, rules=settings.accounts)
    denials = Denials(desk=desk, identities=identities)
    return Edge(
        desk=desk, settings=settings, logins=logins, identities=identities, denials=denials, jobs=jobs, house=house
    )
