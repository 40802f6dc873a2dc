"""What a log makes of what a witness answers, and that it speaks to nobody but the declared address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from engine.ledger.notes import KeyType, Note, Signature, VerifierKey, parse_note
from engine.service.sealing_witnesses import Trouble
from notifications.posting import Answer, NoAnswer, Poster
from runtime.settings import Settings
from runtime.witness.client import HttpWitness
from runtime.witness.configured import witness_keys, witnesses_of
from tests.support.hook_server import Reply, hook_server

KEY = VerifierKey(name="witness.example/w1", kind=KeyType.COSIGNATURE, public=bytes([7]) * 32)
OTHER = VerifierKey(name="other.example/w1", kind=KeyType.COSIGNATURE, public=bytes([8]) * 32)
NOTE = b"banjie/works/2026\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" + "— x AAAAAAA=\n".encode()
# The answer that c2sp.org/tlog-witness gives as an example: two witnesses, three lines.
EXAMPLE = """— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
"""  # noqa: E501 - as it is published


@dataclass
class Fixed:
    """Answers the same to everything and remembers what was asked."""

    answer: Answer | NoAnswer
    asked: list[tuple[str, bytes | None]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | NoAnswer:
        self.asked.append((url, body))
        return self.answer

    def get(self, url: str, headers: Mapping[str, str]) -> Answer | NoAnswer:
        self.asked.append((url, None))
        return self.answer


def told(answer: Answer | NoAnswer, key: VerifierKey = KEY) -> Signature | int | Trouble:
    return HttpWitness(key, "https://w.example/banjie/", cast(Poster, Fixed(answer))).add(3, [], NOTE)


def line_of(key: VerifierKey) -> str:
    return Signature(name=key.name, key_id=key.key_id, signature=bytes(72)).line


def test_the_request_goes_to_the_address_with_the_name_that_the_protocol_gives() -> None:
    fixed = Fixed(Answer(404, b""))
    witness = HttpWitness(KEY, "https://w.example/banjie/", cast(Poster, fixed))
    witness.add(3, [bytes(32)], NOTE)
    witness.newest("banjie/works/2026")
    place = "f81ada41764d7ef2"  # as sha256sum prints it
    (first, body), (second, _none) = fixed.asked
    assert first == "https://w.example/banjie/add-checkpoint"
    assert body == b"old 3\n" + b"A" * 43 + b"=\n\n" + NOTE
    assert second.startswith(f"https://w.example/banjie/{place}")
    assert second.endswith("/checkpoint")


def test_of_the_lines_answered_the_one_by_the_declared_key_is_taken() -> None:
    body = (EXAMPLE + line_of(KEY) + line_of(OTHER)).encode()
    taken = told(Answer(200, body))
    assert isinstance(taken, Signature)
    assert (taken.name, taken.key_id) == (KEY.name, KEY.key_id)
    assert told(Answer(200, EXAMPLE.encode())) is Trouble.NONSENSE, "a name alone makes no key"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(409, b"5\n"), 5),
        (Answer(409, b"0\n"), 0),
        (Answer(409, b"root hashes differ\n"), Trouble.FORKED),
        (Answer(409, None), Trouble.FORKED),
        (Answer(422, b"no proof"), Trouble.FORKED),
        (Answer(422, b"5\n"), Trouble.FORKED),
        (Answer(404, b"5\n"), Trouble.UNKNOWN),
        (Answer(403, b""), Trouble.UNKNOWN),
        (Answer(404, b""), Trouble.UNKNOWN),
        (Answer(400, b""), Trouble.NONSENSE),
        (Answer(301, b""), Trouble.NONSENSE),
        (Answer(204, b""), Trouble.NONSENSE),
        (Answer(500, b""), Trouble.AWAY),
        (Answer(503, None), Trouble.AWAY),
        (Answer(429, b""), Trouble.AWAY),
        (NoAnswer("connection failed", again=True), Trouble.AWAY),
        (NoAnswer("origin not allowed", again=False), Trouble.AWAY),
        (Answer(200, None), Trouble.NONSENSE),
        (Answer(200, b""), Trouble.NONSENSE),
        (Answer(200, b"\xff\xfe"), Trouble.NONSENSE),
        (Answer(200, "— a b\n".encode()), Trouble.NONSENSE),
        (Answer(200, line_of(OTHER).encode()), Trouble.NONSENSE),
        (Answer(200, line_of(KEY).rstrip().encode()), Trouble.NONSENSE),
    ],
)
def test_every_answer_has_a_meaning(answer: Answer | NoAnswer, expected: object) -> None:
    assert told(answer) == expected


@given(st.integers(0, 999), st.binary(max_size=200))
def test_whatever_is_answered_nothing_is_raised(status: int, body: bytes) -> None:
    taken = told(Answer(status, body))
    assert isinstance(taken, Signature | int | Trouble)


def test_the_newest_checkpoint_is_a_note_or_none_or_trouble() -> None:
    def shown(answer: Answer | NoAnswer) -> Note | Trouble | None:
        return HttpWitness(KEY, "http://w", cast(Poster, Fixed(answer))).newest("o")

    assert shown(Answer(200, NOTE)) == parse_note(NOTE)
    assert shown(Answer(404, b"")) is None
    assert shown(Answer(200, None)) is Trouble.NONSENSE
    assert shown(Answer(200, b"x")) is Trouble.NONSENSE
    assert shown(Answer(500, b"x")) is Trouble.AWAY
    assert shown(NoAnswer("timeout", again=True)) is Trouble.AWAY


def declared(*entries: str, internal: str = "") -> Settings:
    return Settings(witnesses=" ; ".join(entries), internal_origins=internal)


def test_witnesses_are_declared_by_address_and_key() -> None:
    settings = declared(f"https://w.example/banjie {KEY.text}", f"http://10.0.0.7:8397 {OTHER.text}")
    assert witness_keys(settings) == (KEY, OTHER)
    assert [one.key for one in witnesses_of(settings)] == [KEY, OTHER]
    assert witnesses_of(Settings()) == ()


@pytest.mark.parametrize(
    "entry",
    [
        "https://w.example",
        KEY.text,
        f"{KEY.text} https://w.example",
        f"ftp://w.example {KEY.text}",
        f"https://user:secret@w.example {KEY.text}",
        f"https:// {KEY.text}",
        f"https://w.example {KEY.text[:-1]}",
        f"https://w.example {VerifierKey(name='log', kind=KeyType.NOTE, public=bytes(32)).text}",
        f"https://w.example {KEY.text} more",
        f"https://a.example {KEY.text}; https://b.example {KEY.text}",
    ],
)
def test_a_declaration_written_otherwise_is_refused_by_the_name_of_its_variable(entry: str) -> None:
    with pytest.raises(InputRefused, match="BANJIE_WITNESSES") as refused:
        witnesses_of(declared(entry))
    assert "secret@" not in str(refused.value)


def test_an_address_inside_the_house_is_asked_only_when_it_is_named_so() -> None:
    with hook_server(Reply(status=409)) as hooks:
        entry = f"{hooks.origin} {KEY.text}"
        (closed,), (open_,) = witnesses_of(declared(entry)), witnesses_of(declared(entry, internal=hooks.origin))
        assert closed.add(0, [], NOTE) is Trouble.AWAY
        assert hooks.requests == []
        assert open_.add(0, [], NOTE) is Trouble.FORKED
        assert [request.path for request in hooks.requests] == ["/add-checkpoint"]


def test_a_redirect_is_followed_nowhere() -> None:
    with (
        hook_server() as inside,
        hook_server(Reply(status=307, headers={"Location": f"{inside.origin}/"})) as hooks,
    ):
        settings = declared(f"{hooks.origin} {KEY.text}", internal=f"{hooks.origin} {inside.origin}")
        (witness,) = witnesses_of(settings)
        assert witness.add(0, [], NOTE) is Trouble.NONSENSE
        assert inside.requests == []
