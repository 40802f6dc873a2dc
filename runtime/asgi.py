"""The site as a server runs it: the database opened for writing, the local socket and a worker for jobs beside it,
and all let go of again.

``banjie serve`` uses it for one process; a process server loads ``runtime.asgi:create_app`` as a factory.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version

from fastapi import FastAPI

from api.edge import ApiSettings
from api.numbered import Numbered
from api.strangers import WithoutStrangers
from engine.access.staff_roles import STAFF_ROLES, load_staff_roles
from engine.errors import StorageUnavailable
from engine.service.logins import AccountRules
from runtime.channels import configured
from runtime.clock import Clock, WallClock
from runtime.demo.build import sample_accounts
from runtime.house import RunningHouse
from runtime.jobs.handlers import product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.sealing import with_sealing
from runtime.jobs.witnessing import with_witnesses
from runtime.jobs.worker import Worker, working
from runtime.metrics.house import HouseNumbers
from runtime.metrics.requests import Measured
from runtime.provider import provider_of
from runtime.receipt_key import ReceiptKey, announce
from runtime.request_log import Logged
from runtime.settings import Settings
from runtime.signer.child import known_key, signing
from runtime.socket import SocketServer, socket_path
from runtime.wiring import Opened, clock_of, open_desk
from runtime.witness.configured import witness_keys, witnesses_of
from web.app import create_site


@contextmanager
def serving(settings: Settings, clock: Clock) -> Iterator[tuple[Opened, FastAPI]]:
    """Open the database as its writer and give the site on it; afterwards everything taken is carried out first.

    Raises:
        StorageUnavailable: the database cannot be opened, or another process writes the same SQLite file.
        DefinitionError: the rules are wrong.
        InputRefused: a channel or a witness is configured wrongly.
    """
    path, witnesses = settings.sqlite_path, witnesses_of(settings)
    with ExitStack() as closing:
        opened = open_desk(settings, clock=clock)
        closing.callback(opened.close)
        if opened.store.writes is None:
            raise StorageUnavailable
        if path is not None:
            # Closed before the committer is: whoever asks on the socket last is still answered.
            closing.callback(SocketServer(socket_path(path), opened.desk.office).close)
        announce(opened.desk, ReceiptKey(settings))
        jobs = LeasedJobs.open(settings.database_url, clock)
        closing.callback(jobs.close)
        signer = closing.enter_context(signing(settings))
        registry = with_sealing(product_registry(opened, jobs, settings), opened.desk, signer, settings.ledger_origin)
        registry = with_witnesses(registry, opened.desk, jobs, witnesses)
        closing.enter_context(working(Worker(jobs, registry, clock)))
        house = RunningHouse(opened=opened, settings=settings, clock=clock, jobs=jobs)
        site = create_site(opened.desk, _api_settings(settings, clock), jobs, house)
        _measure(site, settings, opened, jobs)
        yield opened, site


def create_app() -> FastAPI:
    """Return the site for a process server, by the settings of the environment; what it opens ends with it."""
    settings = Settings()
    # A process server writes an access log unless it is told not to; about strangers it holds its peace.
    logging.getLogger("uvicorn.access").addFilter(WithoutStrangers())
    closing = ExitStack()
    _opened, site = closing.enter_context(serving(settings, clock_of(settings)))
    inner = site.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with closing:
            async with inner(app):
                yield

    site.router.lifespan_context = lifespan
    return site


def _measure(site: FastAPI, settings: Settings, opened: Opened, jobs: LeasedJobs) -> None:
    """Let the site number its requests, log them where that is asked for, and count them and answer ``/metrics`` where
    there is a token for that."""
    if settings.log_requests:
        site.add_middleware(Logged)
    token = settings.metrics_token.get_secret_value()
    if token:
        kind = "postgresql" if settings.sqlite_path is None else "sqlite"
        numbers = HouseNumbers(opened, jobs, version=version("banjie"), database=kind)
        site.add_middleware(Measured, token=token, families=numbers.families)
    # The last one stands before the others, whose lines are to carry the number too.
    site.add_middleware(Numbered)


def _api_settings(settings: Settings, clock: Clock) -> ApiSettings:
    return ApiSettings(
        version=version("banjie"),
        database="postgresql" if settings.sqlite_path is None else "sqlite",
        set_clock=None if isinstance(clock, WallClock) else clock.now(),
        channels=configured(settings),
        accounts=account_rules(settings),
        pages_url=settings.pages_url,
        https=settings.pages_url.startswith("https://"),
        small_installation=settings.small_installation,
        register_open=settings.register_open,
        workflows=settings.workflows,
        provider=provider_of(settings),
        log_key=known_key(settings),
        witnesses=witness_keys(settings),
        receipts=ReceiptKey(settings),
    )


def account_rules(settings: Settings) -> AccountRules:
    """Return what is asked of accounts. In the sample nobody must set up a second factor to look round."""
    is_sample = bool(sample_accounts(settings))
    return AccountRules(
        staff=load_staff_roles(settings.staff_roles or STAFF_ROLES),
        second_factor=settings.second_factor == "required" and not is_sample,
        idle_minutes=settings.staff_idle_minutes,
        login_hours=settings.login_hours,
    )
