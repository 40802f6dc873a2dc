"""The signer is asked over a socket, by its owner or with a token; as a child it ends with its parent."""

from __future__ import annotations

import json
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import InputRefused, SealingStopped
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint
from runtime.settings import Settings
from runtime.signer.child import ChildSigner, signer_folder, signing, socket_of
from runtime.signer.keeper import Keeper
from runtime.signer.talk import LINE_BYTES_MAX, RemoteSigner, SignerServer
from tests.support.refusals import told

ORIGIN = "here/2026"
TREE = Tree([sha256(bytes([n])).digest() for n in range(20)])
TOKEN = "correct-horse-battery-staple"
WAIT_SECONDS = 60
NO_QUESTION = b"[]\n"


def at(size: int) -> Checkpoint:
    return Checkpoint(origin=ORIGIN, size=size, root=TREE.root(size))


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def listening(keeper: Keeper) -> Iterator[Path]:
    path = socket_of(keeper.folder)
    server = SignerServer(keeper, str(path))
    yield path
    server.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_over_the_socket_it_answers_as_it_would_itself(keeper: Keeper, listening: Path) -> None:
    remote = RemoteSigner(str(listening))
    assert remote.head(ORIGIN) is None
    assert remote.sign(at(4), ()) == keeper.sign(at(4), ())
    remote.sign(at(9), TREE.consistency(4, 9))
    assert remote.head(ORIGIN) == keeper.head(ORIGIN) == at(9)
    assert remote.key(ORIGIN) == keeper.key(ORIGIN)


def test_a_refusal_comes_over_in_both_languages(listening: Path) -> None:
    remote = RemoteSigner(str(listening))
    remote.sign(at(9), ())
    with pytest.raises(SealingStopped) as refused:
        remote.sign(at(4), ())
    assert "older back-up" in refused.value.text.en
    assert "旧备份" in refused.value.text.zh


def test_only_the_owner_may_open_the_socket_and_it_goes_with_the_server(keeper: Keeper) -> None:
    path = socket_of(keeper.folder)
    server = SignerServer(keeper, str(path))
    mode = path.stat().st_mode
    server.close()
    assert stat.S_ISSOCK(mode)
    assert mode & 0o077 == 0
    assert not path.exists()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        NO_QUESTION,
        b"null\n",
        b"\xff\xfe\n",
        b"{}\n",
        b'{"ask":"steal"}\n',
        b'{"ask":"key"}\n',
        b'{"ask":"key","origin":5}\n',
        b'{"ask":"key","origin":"a b"}\n',
        b'{"ask":"sign","checkpoint":"x","proof":[]}\n',
        b'{"ask":"sign","checkpoint":"here\\n1\\nAAAA\\n","proof":"x"}\n',
        json.dumps({"ask": "sign", "checkpoint": at(4).text, "proof": ["zz"]}).encode() + b"\n",
        json.dumps({"ask": "sign", "checkpoint": at(4).text, "proof": [5]}).encode() + b"\n",
        b"[" * 60_000 + b"\n",
        b"x" * (LINE_BYTES_MAX + 10) + b"\n",
    ],
)
def test_whatever_is_said_to_it_is_answered_with_a_refusal_and_nothing_is_signed(
    keeper: Keeper, listening: Path, line: bytes
) -> None:
    with RemoteSigner(str(listening)).connected() as connection:
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        answer = json.loads(connection.makefile("rb").readline())
    assert answer.keys() == {"refused"}
    assert all(isinstance(text, str) and text for text in answer["refused"])
    assert line != NO_QUESTION or answer["refused"][0] == "签名程序读不懂所问"
    assert keeper.heads() == []


def test_over_tcp_it_wants_a_token_and_a_loopback_address(keeper: Keeper) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    for wrong in ("tcp://192.0.2.1:9", "tcp://example.org:9", "tcp://127.0.0.1"):
        with pytest.raises(InputRefused):
            SignerServer(keeper, wrong, TOKEN)
    with pytest.raises(InputRefused, match="token"):
        SignerServer(keeper, address, "short")
    server = SignerServer(keeper, address, TOKEN)
    try:
        assert RemoteSigner(address, TOKEN).sign(at(3), ()) == keeper.sign(at(3), ())
        with told(SealingStopped, "签名程序不认识来者：口令不对"):
            RemoteSigner(address, "another-token-of-some-length").head(ORIGIN)
    finally:
        server.close()


@pytest.mark.parametrize("answer", [b"[]\n", b'{"refused":5}\n', b'{"refused":["zh"]}\n'])
def test_an_answer_that_is_none_is_said_to_be_none(tmp_path: Path, answer: bytes) -> None:
    address = str(tmp_path / "strange.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()

        def answered() -> None:
            connection, _peer = listener.accept()
            with connection:
                connection.makefile("rb").readline()
                connection.sendall(answer)

        thread = threading.Thread(target=answered)
        thread.start()
        with told(SealingStopped, f"签名程序（{address}）的回答无法理解；请检查该地址上运行的是不是 banjie signer"):
            RemoteSigner(address).head(ORIGIN)
        thread.join()


def test_where_nobody_listens_it_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SealingStopped, match="does not answer") as refused:
        RemoteSigner(str(tmp_path / "nobody.sock")).head(ORIGIN)
    assert refused.value.details == {"reached": False}


def test_a_child_signs_and_is_gone_after_the_block(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'banjie.db'}")
    folder = signer_folder(settings)
    assert folder == tmp_path / "banjie.db.signer"
    with signing(settings) as signer:
        first = signer.sign(at(4), ())
        assert signer.head(ORIGIN) == at(4)
    assert not socket_of(folder).exists()
    with signing(settings) as signer:
        assert signer.sign(at(4), ()) == first


def test_a_child_that_was_killed_is_started_again_and_remembers(tmp_path: Path) -> None:
    child = ChildSigner(tmp_path / "signer")
    try:
        child.sign(at(4), ())
        process = child._child
        assert process is not None
        process.kill()
        process.wait(WAIT_SECONDS)
        child.sign(at(9), TREE.consistency(4, 9))
        with pytest.raises(SealingStopped):
            child.sign(at(4), ())
    finally:
        child.close()


def test_two_processes_share_the_child_of_the_first(tmp_path: Path) -> None:
    first, second = ChildSigner(tmp_path / "signer"), ChildSigner(tmp_path / "signer")
    try:
        first.sign(at(4), ())
        second.start()
        assert second.head(ORIGIN) == at(4)
        first.close()
        assert second.sign(at(9), TREE.consistency(4, 9))
    finally:
        first.close()
        second.close()


def test_a_child_ends_when_its_parent_is_killed_and_is_told_nothing_of_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "signer"
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from runtime.signer.child import ChildSigner\n"
        "child = ChildSigner(Path(sys.argv[1]))\n"
        "child.head('here')\n"
        "print(child._child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        cwd=Path(__file__).parents[2],
        env={"BANJIE_DATABASE_URL": "sqlite:///secret.db", "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        environment = Path(f"/proc/{number}/environ")
        if environment.exists():
            assert b"BANJIE" not in environment.read_bytes()
        parent.kill()
    deadline = time.monotonic() + WAIT_SECONDS
    while socket_of(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not socket_of(folder).exists()
    Keeper(folder).close()


def test_an_operators_own_signer_is_named_by_the_settings(keeper: Keeper, listening: Path) -> None:
    with signing(Settings(signer=str(listening))) as signer:
        assert signer.sign(at(2), ()) == keeper.sign(at(2), ())
    assert listening.exists()
