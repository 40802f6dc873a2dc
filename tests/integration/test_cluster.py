"""Several processes over one PostgreSQL: any of them is killed, comes back, and nothing that was told is lost."""

from __future__ import annotations

import os
import pwd
import random
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.client_accounts import Six
from benchmarks.killing import ALL, BACKEND, a_cluster, killed
from deploy.cluster import _closed_to
from deploy.packages import find_postgres
from deploy.proxy import Proxy
from tests.support.demanded import ci_is_on


@pytest.fixture
def needs_postgres() -> None:
    if find_postgres() is None:
        assert not ci_is_on(), "CI has PostgreSQL"
        pytest.skip("PostgreSQL is not installed: deploy/packages.txt names the package")


class InTurn(random.Random):
    """Draws what is killed in turn."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(7)
        self._names = iter(names)

    def choice(self, seq):  # type: ignore[no-untyped-def]  # of whatever
        return next(self._names) if BACKEND in seq else super().choice(seq)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.usefixtures("needs_postgres")
def test_each_part_of_a_cluster_is_killed_once_and_nothing_is_lost(folder: Path) -> None:
    cluster = a_cluster(folder)
    parts = ["server 1", "worker 1", "signer", BACKEND, "server 2", "worker 2", "postgres", ALL]
    six, counts = killed(cluster, len(parts), InTurn(parts))
    assert six == Six(0, 0, 0, 0, 0, 0)
    assert [counts[f"kills of {name}"] for name in parts] == [1] * len(parts)
    assert counts["done"] > 50
    assert all(part.starts > 1 for part in cluster.parts.values())
    assert not any(part.is_running for part in cluster.parts.values())
    log = (cluster.folder / "server-1.log").read_text(encoding="utf-8")
    assert "Traceback" not in log


def test_where_no_server_answers_the_proxy_says_so_and_asks_to_come_again(tmp_path: Path) -> None:
    proxy = Proxy(0, [1])
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{proxy.port}/api/health", timeout=5)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == (503, "1")
        refused.value.close()
    finally:
        proxy.close()


def test_a_folder_that_the_database_cannot_enter_is_found(folder: Path) -> None:
    somebody = pwd.struct_passwd(("postgres", "x", os.geteuid() + 1, os.getegid() + 1, "", "/", "/bin/false"))
    (folder / "data").mkdir()
    assert _closed_to(somebody, folder / "data") is None
    folder.chmod(0o700)
    assert _closed_to(somebody, folder / "data") == folder
    owner = pwd.struct_passwd(("postgres", "x", os.geteuid(), os.getegid(), "", "/", "/bin/false"))
    assert _closed_to(owner, folder / "data") is None
