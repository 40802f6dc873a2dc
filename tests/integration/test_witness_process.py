"""A witness as a process of its own on loopback, and the command line beside it: cosigned, verified, killed, forked."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.ledger.notes import parse_checkpoint, parse_note
from engine.service.sealing_witnesses import Trouble
from engine.storage.urls import sqlite_path
from runtime.witness.keeper import REFUSED, shown_key
from tests.support.command_line import PROJECT, CommandLine, command_line
from tests.support.jobs import waited_for
from tests.support.witnesses import NAME

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """A witness that listens; ``line`` is the command line of a house that has declared it."""

    folder: Path
    process: subprocess.Popen[str]
    line: CommandLine
    address: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(folder: Path, port: int, program: str = "") -> Iterator[subprocess.Popen[str]]:
    """Start a witness and wait till it says that it is there; ``program`` runs in its process before."""
    code = f"{program}\nimport sys\nfrom runtime.cli.main import main\nsys.argv = ['banjie', *sys.argv[1:]]\nmain()\n"
    words = ["--lang", "en", "witness", "serve", "--folder", str(folder), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BANJIE_")}
    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert f"is running at http://127.0.0.1:{port}" in process.stdout.readline()
            yield process
        finally:
            process.kill()


def declared(house: CommandLine, folder: Path, port: int) -> CommandLine:
    """Return the command line of a house that has declared the witness of a folder."""
    address = f"http://127.0.0.1:{port}"
    return command_line(house.database, witnesses=f"{address} {shown_key(folder).text}", internal_origins=address)


def log_key(house: CommandLine) -> str:
    """Seal for the first time, and return the key as it is handed to the operator of the witness."""
    house.must("seal")
    return house.must("signer", "--show-key").splitlines()[0]


@pytest.fixture
def running(house: CommandLine, tmp_path: Path) -> Iterator[Running]:
    folder, port = tmp_path / "witness", free_port()
    house.must("witness", "init", "--folder", str(folder), "--name", NAME, "--log", log_key(house))
    with listening(folder, port) as process:
        yield Running(folder, process, declared(house, folder, port), f"http://127.0.0.1:{port}")


def grown(line: CommandLine, code: str) -> None:
    """Put something more on record."""
    line.must("unit", "add", code, "--name", f"{code}部", "--parent", "JL")


def sizes(folder: Path) -> list[int]:
    return sorted(parse_checkpoint(parse_note(path.read_bytes()).text).size for path in (folder / "heads").iterdir())


def test_the_key_is_shown_as_it_was_made(house: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "w"
    made = house.must("--lang", "en", "witness", "init", "--folder", str(folder), "--name", NAME)
    assert "to be edited" in made
    shown = house.must("--lang", "en", "witness", "key", "--folder", str(folder)).splitlines()
    assert shown[0] == shown_key(folder).text
    assert shown[0].startswith(f"{NAME}+")
    assert shown[1].startswith("  fingerprint: ")
    for wrong in (["init", "--name", "a b"], ["init", "--name", "x", "--log", "nonsense"]):
        assert house.run("witness", wrong[0], "--folder", str(tmp_path / "no"), *wrong[1:]).code == 1
    refused = house.run("--lang", "en", "witness", "serve", "--folder", str(tmp_path / "no"))
    assert (refused.code, "banjie witness init" in refused.err) == (1, True)


def test_what_is_sealed_is_cosigned_and_every_surface_says_so(running: Running, tmp_path: Path) -> None:
    line = running.line
    grown(line, "A1")
    assert f"Cosigned by the witness {NAME}" in line.must("--lang", "en", "seal")
    told = line.run("seal", "--json").json[0]
    assert told["witnesses"] == [{"name": NAME, "cosigned": 0, "trouble": None}]
    assert sizes(running.folder) == [told["newest"]["size"]]
    verified = line.must("--lang", "en", "verify")
    assert f"Witness {NAME}: its cosignatures hold, up to checkpoint {told['newest']['n']}" in verified
    assert "not cosigned yet" not in verified
    said = line.run("verify", "--json").json
    assert (said["ok"], said["witnesses"][0]["checkpoint"]) == (True, told["newest"]["n"])
    assert f"Witness {NAME}: its cosignatures hold" in line.run("--lang", "en", "doctor").out


def test_a_witness_is_known_by_its_key_on_the_command_line_too(running: Running, house: CommandLine) -> None:
    """An auditor has the key and none of the settings."""
    running.line.must("seal")
    key = shown_key(running.folder).text
    assert "its cosignatures hold" in house.must("--lang", "en", "verify", "--witness", key)
    assert "1 more cosignature(s) were not looked at" in house.must("--lang", "en", "verify")
    assert house.run("verify", "--witness", log_key(house)).code == 1, "a key of the log is no witness's"
    another = house.run("verify", "--key", key)
    assert (another.code, "账册和回执的密钥用 --key 给出，见证的密钥用 --witness 给出" in another.err) == (1, True)
    path = sqlite_path(house.database)
    assert path is not None
    grown(house, "Z1")
    house.must("seal")
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE cosignature SET n = 2")
    found = house.run("--lang", "en", "verify", "--witness", key)
    assert found.code == 1
    assert "[S1] cosignature" in found.err
    assert "nothing is cosigned yet" in found.out


def test_a_witness_that_is_away_fails_nothing_and_is_told(running: Running) -> None:
    running.process.terminate()
    assert running.process.wait(PATIENCE_SECONDS) == 0
    sealed = running.line.run("--lang", "en", "seal")
    assert (sealed.code, f"Witness {NAME}: it cannot be reached" in sealed.err) == (0, True)
    verified = running.line.run("--lang", "en", "verify")
    assert (verified.code, f"Witness {NAME}: it cannot be reached" in verified.err) == (0, True)
    assert f"Witness {NAME}: nothing is cosigned yet" in verified.out
    doctor = running.line.run("--lang", "en", "doctor")
    assert (doctor.code, f"! Witness {NAME}: it cannot be reached" in doctor.out) == (0, True)


def test_a_running_server_has_its_checkpoints_cosigned_by_itself(running: Running) -> None:
    path = sqlite_path(running.line.database)
    assert path is not None

    def is_cosigned() -> bool:
        with closing(sqlite3.connect(path)) as file:
            newest = file.execute("SELECT max(n) FROM checkpoint").fetchone()[0]
            return bool(file.execute("SELECT 1 FROM cosignature WHERE n = ?", (newest,)).fetchone())

    assert not is_cosigned()
    with running.line.start("serve", "--port", "0") as server:
        try:
            assert waited_for(is_cosigned)
        finally:
            server.terminate()
            server.communicate(timeout=PATIENCE_SECONDS)
    assert "its cosignatures hold" in running.line.must("--lang", "en", "verify")


def test_a_wrong_declaration_is_named_by_every_command(house: CommandLine) -> None:
    wrong = command_line(house.database, witnesses="http://127.0.0.1:1 nonsense")
    for command in ("seal", "verify", "doctor", "work"):
        answered = wrong.run("--lang", "en", command)
        assert answered.code == 1
        assert "BANJIE_WITNESSES" in answered.out + answered.err
    served = wrong.apart("--lang", "en", "serve", "--port", "0")
    assert (served.code, "BANJIE_WITNESSES" in served.err) == (1, True)


def test_killed_between_its_write_and_its_answer_it_has_seen_what_it_has_seen(
    house: CommandLine, tmp_path: Path
) -> None:
    folder, port = tmp_path / "witness", free_port()
    house.must("witness", "init", "--folder", str(folder), "--name", NAME, "--log", log_key(house))
    line = declared(house, folder, port)
    dies = (
        "import os, signal\n"
        "from runtime.witness import keeper\n"
        "written = keeper.written\n"
        "def and_dies(path, data):\n"
        "    written(path, data)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "keeper.written = and_dies\n"
    )
    with listening(folder, port, dies) as process:
        assert line.run("seal", "--json").json[0]["witnesses"][0]["trouble"] == "away"
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    (seen,) = sizes(folder)
    grown(line, "A1")
    with listening(folder, port):
        told = line.run("seal", "--json").json[0]
    assert (told["witnesses"][0]["cosigned"], told["witnesses"][0]["trouble"]) == (1, None)
    assert told["newest"]["size"] > seen
    assert line.run("verify", "--json").json["witnesses"][0]["missing"] is None


@pytest.mark.slow
def test_ts14_of_two_histories_the_witness_cosigns_one_and_all_say_so_of_the_other(
    running: Running, house: CommandLine, tmp_path: Path
) -> None:
    """Somebody has the database, the signing key and all they want; they show one history to the witness."""
    path = sqlite_path(house.database)
    assert path is not None
    other = copied(path, tmp_path / "other")
    second = command_line(f"sqlite:///{other}", **without_prefix(running.line))
    grown(running.line, "A1")
    grown(second, "B1")
    assert running.line.run("seal", "--json").json[0]["witnesses"][0]["trouble"] is None
    refused = second.run("--lang", "en", "seal")
    assert (refused.code, f"✗ Witness {NAME}: it refuses: it has seen another history" in refused.err) == (0, True)
    assert second.run("seal", "--json").json[0]["witnesses"] == [
        {"name": NAME, "cosigned": 0, "trouble": str(Trouble.FORKED)}
    ]

    doctor = second.run("--lang", "en", "doctor")
    assert (doctor.code, f"✗ Witness {NAME}: it refuses" in doctor.out) == (1, True)
    verified = second.run("--lang", "en", "verify")
    assert verified.code == 1
    assert f"[S3] 见证 witness {NAME}: its root is not that of the ledger" in verified.err
    assert {one["rule"] for one in second.run("verify", "--json").json["findings"]} == {"S3"}

    # The honest one is told nothing of it; the witness has kept what proves it, which anybody can hold against it.
    assert running.line.run("verify").code == 0
    assert running.line.run("doctor").code == 0
    (evidence,) = (running.folder / REFUSED).iterdir()
    (head,) = (running.folder / "heads").iterdir()
    pair = running.line.run("--lang", "en", "verify", "--consistency", str(head), str(evidence))
    assert (pair.code, "two histories were shown" in pair.err) == (1, True)

    # Grown beyond what the witness has seen, it is refused by the proof.
    grown(second, "B2")
    assert second.run("seal", "--json").json[0]["witnesses"][0]["trouble"] == str(Trouble.FORKED)
    # And shown less than that, it is behind.
    grown(running.line, "A2")
    grown(running.line, "A3")
    running.line.must("seal")
    assert second.run("seal", "--json").json[0]["witnesses"][0]["trouble"] == str(Trouble.AHEAD)
    assert {one["rule"] for one in second.run("verify", "--json").json["findings"]} == {"S2"}
    assert "it has seen more entries" in second.run("--lang", "en", "doctor").out


def copied(path: Path, folder: Path) -> Path:
    """Copy a database with its keys and its signer, as an administrator could."""
    folder.mkdir()
    target = folder / path.name
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as file:
        source.backup(file)
    shutil.copytree(path.with_name(f"{path.name}.signer"), folder / f"{path.name}.signer")
    for name in ("keys", "accounts.key", "receipts.key"):
        known = path.with_name(name)
        if known.is_dir():
            shutil.copytree(known, folder / name)
        elif known.exists():
            shutil.copy(known, folder / name)
    return target


def without_prefix(line: CommandLine) -> dict[str, str]:
    return {name.removeprefix("BANJIE_").lower(): value for name, value in line.settings.items()}


def test_a_witness_that_is_not_the_declared_one_is_not_believed(
    running: Running, house: CommandLine, tmp_path: Path
) -> None:
    other = tmp_path / "w2"
    house.must("witness", "init", "--folder", str(other), "--name", NAME)
    line = command_line(
        house.database, witnesses=f"{running.address} {shown_key(other).text}", internal_origins=running.address
    )
    assert line.run("seal", "--json").json[0]["witnesses"][0]["trouble"] == str(Trouble.NONSENSE)
    running.line.must("seal")
    verified = line.run("--lang", "en", "verify")
    assert (verified.code, "its answer cannot be used" in verified.err) == (0, True)
