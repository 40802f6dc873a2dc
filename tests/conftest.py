"""What every test may ask for: databases on both engines, and the rules of a test session. No builders, no fakes."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings
from sqlalchemy import make_url

from engine.storage import upgrade
from tests.support.demanded import SkipsAreFailures, browser_tests_last, ci_is_on, mark_by_fixtures
from tests.support.in_memory import folders_in_memory
from tests.support.made_once import REAL, file_copied, made_once
from tests.support.measured import import_ours, is_measured, unmeasured
from tests.support.postgres import (
    PostgresMissingError,
    create_database,
    drop_database,
    shared_server,
    stop_shared_server,
)
from tests.support.proved_rules import compiled_once, load_once
from tests.support.quick_passwords import hash_quickly
from tests.support.sparing import ASKED_BY, Sparing
from tests.support.together import scheduler

SESSION_FOLDER = "BANJIE_TESTS_SESSION_FOLDER"

# Two busy cores make a single example late, never wrong; in CI the same examples are drawn every time.
settings.register_profile("tests", deadline=None, derandomize=ci_is_on(), print_blob=True)
settings.load_profile("tests")


def is_test_worker(config: pytest.Config) -> bool:
    """Tell whether this process is one of several that pytest-xdist started."""
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the person's own settings out of the tests and make the folder that all test workers share."""
    if not is_test_worker(config):
        for name in [name for name in os.environ if name.startswith("BANJIE_")]:
            del os.environ[name]
        folders_in_memory()
        os.environ[SESSION_FOLDER] = tempfile.mkdtemp(prefix="banjie-tests-")
        # What processes of the tests have proved of the rules, the next one need not.
        os.environ["BANJIE_CACHE"] = str(Path(os.environ[SESSION_FOLDER]) / "cache")
    # What a session of thousands of tests keeps is gone through at every turn; seldom turns save a sixth of its time.
    gc.set_threshold(50_000, 20, 100)
    patch = pytest.MonkeyPatch()
    for module in ("runtime.wiring", "runtime.running_rules"):
        patch.setattr(f"{module}.load_rules", load_once)
    compiled_once(patch)
    migrations = made_once(REAL)
    patch.setattr(upgrade, "run_migrations", migrations)
    patch.setattr(upgrade, "_upgrade_sqlite", file_copied(upgrade._upgrade_sqlite, migrations))
    hash_quickly(patch)
    if ASKED_BY in os.environ:
        config.pluginmanager.register(Sparing(Path(os.environ[ASKED_BY])), "sparing")
    if ci_is_on():
        config.pluginmanager.register(SkipsAreFailures(), "skips-are-failures")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a test worker write down what it has covered before it says that it is done: after that it has ten seconds
    to end, which a busy machine may not give it."""
    measured = Coverage.current()
    if is_test_worker(session.config) and measured is not None:
        measured.save()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the session started; here and not in a test worker, because a worker may crash."""
    if not is_test_worker(config) and SESSION_FOLDER in os.environ:
        folder = Path(os.environ.pop(SESSION_FOLDER))
        stop_shared_server(folder)
        shutil.rmtree(folder)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Measure what our modules do when they are imported, and nothing else of the collection, which takes long."""
    if not is_test_worker(session.config) or Coverage.current() is None:
        return (yield)
    import_ours()
    with unmeasured():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL or the browser, before ``-m`` selects; browser tests come last."""
    mark_by_fixtures(items)
    browser_tests_last(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Do not measure the coverage of tests that only repeat what others run, nor of what is made ready for them."""
    if is_measured(item.nodeid) or ASKED_BY in os.environ:
        return (yield)
    with unmeasured():
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Keep on one worker what belongs together."""
    return scheduler(config, log)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of the maintenance database of a PostgreSQL server, one server per session; skips without one."""
    try:
        return shared_server(Path(os.environ[SESSION_FOLDER])).url
    except PostgresMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgres_tables(postgres_url: str) -> Iterator[str]:
    """The name of a PostgreSQL database that has all tables and nothing in them, to be copied."""
    url = create_database(postgres_url)
    upgrade.upgrade(url)
    yield make_url(url).database or ""
    drop_database(postgres_url, url)


@pytest.fixture
def postgres_database(
    postgres_url: str, postgres_tables: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in its tables, made for this test and dropped after it; its keys
    are the test's. Tests of migrations have it without tables."""
    monkeypatch.setenv("BANJIE_KEYS", str(tmp_path / "keys" / "keys.db"))
    monkeypatch.setenv("BANJIE_EPOCH_KEYS", str(tmp_path / "keys" / "epoch.keys"))
    url = create_database(postgres_url, template="template0" if upgrade.run_migrations is REAL else postgres_tables)
    yield url
    drop_database(postgres_url, url)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The URL of a SQLite database that does not exist yet, in a folder of this test's own."""
    return f"sqlite:///{tmp_path / 'banjie.db'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_database(request: pytest.FixtureRequest) -> str:
    """The URL of a database with nothing in it; the test runs once on SQLite and once on PostgreSQL."""
    return str(request.getfixturevalue(f"{request.param}_database"))
