"""The site as a server runs it: the database opened for writing, the local socket and a worker for jobs beside it,
and all let go of again.

``banjie serve`` uses it for one process; a process server loads ``runtime.asgi:create_app`` as a factory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version

from fastapi import FastAPI

from api.edge import ApiSettings
from engine.errors import StorageUnavailable
from runtime.channels import configured
from runtime.clock import Clock, WallClock
from runtime.jobs.handlers import product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.worker import Worker, working
from runtime.settings import Settings
from runtime.socket import SocketServer, socket_path
from runtime.wiring import Opened, clock_of, open_desk
from web.app import create_site


@contextmanager
def serving(settings: Settings, clock: Clock) -> Iterator[tuple[Opened, FastAPI]]:
    """Open the database as its writer and give the site on it; afterwards everything taken is carried out first.

    Raises:
        StorageUnavailable: the database cannot be opened, or another process writes the same SQLite file.
        DefinitionError: the rules are wrong.
    """
    path = settings.sqlite_path
    with ExitStack() as closing:
        opened = open_desk(settings, clock=clock)
        closing.callback(opened.close)
        if opened.store.writes is None:
            raise StorageUnavailable
        if path is not None:
            # Closed before the committer is: whoever asks on the socket last is still answered.
            closing.callback(SocketServer(socket_path(path), opened.desk.office).close)
        jobs = LeasedJobs.open(settings.database_url, clock)
        closing.callback(jobs.close)
        closing.enter_context(working(Worker(jobs, product_registry(opened, jobs, settings), clock)))
        yield opened, create_site(opened.desk, _api_settings(settings, clock), jobs)


def create_app() -> FastAPI:
    """Return the site for a process server, by the settings of the environment; what it opens ends with it."""
    settings = Settings()
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


def _api_settings(settings: Settings, clock: Clock) -> ApiSettings:
    return ApiSettings(
        version=version("banjie"),
        database="postgresql" if settings.sqlite_path is None else "sqlite",
        set_clock=None if isinstance(clock, WallClock) else clock.now(),
        channels=configured(settings),
    )
