"""Banjie as several processes of one machine: PostgreSQL, the signer, two servers behind a proxy and two workers.

    python -m deploy.cluster data/cluster            # starts all and keeps them going; Ctrl-C ends them
    python -m deploy.cluster data/cluster --prove 30 # kills them one by one meanwhile and looks for what was lost

What ends by itself is started again. Everything listens on the loopback only; data, keys, files and logs stand in the
folder, and starting again goes on with them.
"""

from __future__ import annotations

import argparse
import os
import pwd
import secrets
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from deploy.packages import PROJECT, find_postgres
from deploy.proxy import Proxy

AGAIN_SECONDS: Final = 0.3
START_SECONDS: Final = 60
END_SECONDS: Final = 20
POSTGRES_SETTINGS: Final = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
max_connections = 200
restart_after_crash = on
"""


class NotStartedError(Exception):
    """A part did not come up; the message says which, and where its log stands."""


@dataclass(slots=True)
class Part:
    """One process: what starts it, as whom, and where it writes its log."""

    name: str
    command: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    user: pwd.struct_passwd | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Start it; its log goes on."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=None if self.user is None else self.user.pw_uid,
                group=None if self.user is None else self.user.pw_gid,
                extra_groups=None if self.user is None else [],
            )
        self.starts += 1

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, number: int) -> None:
        """Send it a signal, by its id."""
        if self.is_running and self.process is not None:
            self.process.send_signal(number)


@dataclass(slots=True)
class Cluster:
    """All processes over one folder. ``environment`` goes to each of ours, as which workflows there are; ``program`` is
    what Python runs for each. With ``on_sqlite`` there is one server on a file, which does the workers' jobs."""

    folder: Path
    port: int = 0
    servers: int = 2
    workers: int = 2
    environment: Mapping[str, str] = field(default_factory=dict)
    program: Sequence[str] = ("-m", "runtime.cli.main")
    on_sqlite: bool = False
    parts: dict[str, Part] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)
    _keeper: threading.Thread | None = None
    _proxy: Proxy | None = None

    @property
    def address(self) -> str:
        """Where the proxy answers."""
        assert self._proxy is not None, "the cluster runs"
        return f"http://127.0.0.1:{self._proxy.port}"

    @property
    def database_url(self) -> str:
        if self.on_sqlite:
            return f"sqlite:///{self.folder.absolute() / 'banjie.db'}"
        return f"postgresql://postgres@/banjie?host={self._sockets}"

    @property
    def settings(self) -> dict[str, str]:
        """The settings that every process of ours is given, as environment variables."""
        keys = self.folder / "keys"
        return {
            "BANJIE_DATABASE_URL": self.database_url,
            "BANJIE_KEYS": str(keys / "keys.db"),
            "BANJIE_EPOCH_KEYS": str(keys / "epoch.keys"),
            "BANJIE_ACCOUNTS_KEY": str(keys / "accounts.key"),
            "BANJIE_FILES": str(self.folder / "files"),
            "BANJIE_CACHE": str(self.folder / "cache"),
            "BANJIE_SIGNER": f"tcp://127.0.0.1:{self._signer_port}",
            "BANJIE_SIGNER_TOKEN": self._token,
            **self.environment,
        }

    def start(self) -> None:
        """Start everything, each once what it needs answers.

        Raises:
            NotStartedError: a part did not come up in time.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.on_sqlite:
            self._make_database()
            self._start("postgres", self._server_command(), user=_owner())
            self._until("postgres", self._has_database)
        self._start("signer", self._banjie("signer", "--folder", self.folder / "signer", "--listen",
                                           self.settings["BANJIE_SIGNER"]))  # fmt: skip
        self._until("signer", lambda: _answers(self._signer_port))
        ports = _free_ports(1 if self.on_sqlite else self.servers)
        for number, port in enumerate(ports, start=1):
            # One after the other: the first makes tables and keys.
            self._start(f"server {number}", self._banjie("serve", "--port", str(port)))
            self._until(f"server {number}", partial(_answers, port))
        for number in range(1, 1 if self.on_sqlite else self.workers + 1):
            self._start(f"worker {number}", self._banjie("work"))
        self._proxy = Proxy(self.port, ports)
        self._keeper = threading.Thread(target=self._keep_going, name="keeper", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End everything in good order, each by its id: first who asks, then who answers."""
        self._ending.set()
        if self._keeper is not None:
            self._keeper.join()
        if self._proxy is not None:
            self._proxy.close()
        for part in reversed(self.parts.values()):
            part.end(signal.SIGINT if part.name == "postgres" else signal.SIGTERM)
            if part.process is not None:
                with suppress(subprocess.TimeoutExpired):
                    part.process.wait(END_SECONDS)
                part.end(signal.SIGKILL)
                part.process.wait()

    def _start(self, name: str, command: Sequence[str | Path], user: pwd.struct_passwd | None = None) -> None:
        log = self.folder / f"{name.replace(' ', '-')}.log"
        self.parts[name] = Part(name, command, log, {} if user is not None else self.settings, user)
        self.parts[name].start()

    def _until(self, name: str, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if time.monotonic() > deadline:
                self.stop()
                raise NotStartedError(f"{name}: {self.parts[name].log}")
            if not self.parts[name].is_running:
                time.sleep(AGAIN_SECONDS)
                self.parts[name].start()
            time.sleep(0.05)

    def _keep_going(self) -> None:
        """Start again whatever has ended."""
        while not self._ending.wait(AGAIN_SECONDS):
            for part in self.parts.values():
                if not part.is_running and not self._ending.is_set():
                    part.start()

    def _banjie(self, *command: str | Path) -> list[str | Path]:
        return [sys.executable, *self.program, *command]

    # PostgreSQL. It refuses to be run by root: then it runs as its own user.

    @property
    def _data(self) -> Path:
        return self.folder / "postgres"

    @property
    def _sockets(self) -> Path:
        return self.folder.absolute() / "sockets"

    @property
    def _programs(self) -> Path:
        found = find_postgres()
        if found is None:
            raise NotStartedError("PostgreSQL is not installed: deploy/packages.txt names the package")
        return found

    def _make_database(self) -> None:
        owner = _owner()
        if owner is not None and (closed := _closed_to(owner, self.folder.absolute())):
            raise NotStartedError(f"{owner.pw_name}, who owns the database, may not enter {closed}: chmod o+x")
        for folder in (self._data, self._sockets):
            if not folder.exists():
                # Whoever reaches the socket is the database's own user: nobody else on this machine may.
                folder.mkdir(mode=0o700)
                if owner is not None:
                    os.chown(folder, owner.pw_uid, owner.pw_gid)
        if not (self._data / "PG_VERSION").exists():
            command: list[str | Path] = [self._programs / "initdb", "--pgdata", self._data, "--username=postgres",
                                         "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]  # fmt: skip
            done = subprocess.run(
                command,
                cwd="/",
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                user=None if owner is None else owner.pw_uid,
                group=None if owner is None else owner.pw_gid,
                extra_groups=None if owner is None else [],
            )
            if done.returncode:
                raise NotStartedError(f"initdb: {done.stdout.strip()}")
            with (self._data / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(POSTGRES_SETTINGS.format(sockets=self._sockets))

    def _server_command(self) -> list[str | Path]:
        return [self._programs / "postgres", "-D", self._data.absolute()]

    def _has_database(self) -> bool:
        """Return whether the server answers; the database is made where it is not there."""
        import psycopg
        from psycopg import errors

        try:
            with psycopg.connect(
                f"postgresql://postgres@/postgres?host={self._sockets}", autocommit=True
            ) as connection:
                with suppress(errors.DuplicateDatabase):
                    connection.execute("CREATE DATABASE banjie TEMPLATE template0")
                return True
        except psycopg.OperationalError:
            return False

    # What stays the same from one start to the next, as other processes have been told it.

    @property
    def _token(self) -> str:
        return _kept(self.folder / "signer.token", lambda: secrets.token_urlsafe(24))

    @property
    def _signer_port(self) -> int:
        return int(_kept(self.folder / "signer.port", lambda: str(_free_ports(1)[0])))


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return what a small file says; what is not there is made."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(make(), encoding="ascii")
    return path.read_text(encoding="ascii")


def _owner() -> pwd.struct_passwd | None:
    """Return the account that PostgreSQL runs as: None, our own, unless we are root."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]


def _closed_to(account: pwd.struct_passwd, folder: Path) -> Path | None:
    """Return the first folder above this one, or this one, that others than its owner may not enter."""
    for one in (*reversed(folder.parents), folder):
        found = one.stat()
        if found.st_uid != account.pw_uid and not found.st_mode & stat.S_IXOTH:
            return one
    return None


def _free_ports(count: int) -> list[int]:
    with_sockets = [socket.socket() for _number in range(count)]
    for one in with_sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in with_sockets]
    for one in with_sockets:
        one.close()
    return ports


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def main() -> None:
    """Start the cluster and keep it going until told to end, or until it was proved."""
    parser = argparse.ArgumentParser(prog="deploy.cluster", description="Banjie as several processes of one machine")
    parser.add_argument("folder", type=Path, help="where data, keys, files and logs stand")
    parser.add_argument("--port", type=int, default=8000, help="of the proxy; 0 takes a free one")
    parser.add_argument("--servers", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--prove", type=int, metavar="KILLS", help="kill so often, and look for what was lost")
    options = parser.parse_args()
    if options.prove is not None:
        from benchmarks.killing import prove

        sys.exit(prove(options.folder, options.servers, options.workers, options.prove))
    cluster = Cluster(options.folder, options.port, options.servers, options.workers)
    try:
        cluster.start()
        sys.stdout.write(f"{cluster.address}\n")
        for part in cluster.parts.values():
            sys.stdout.write(f"  {part.name}: {part.log}\n")
        sys.stdout.write("Ctrl-C ends all of them.\n")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    except NotStartedError as error:
        sys.exit(f"did not start: {error}")
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
