"""A witness as a log asks it over HTTP: one request, bounded in time and size, to the declared address and no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from engine.errors import InputRefused
from engine.ledger.notes import Note, Signature, VerifierKey, parse_note
from engine.service.sealing_witnesses import Trouble
from runtime.witness.wire import ADD, CHECKPOINT, Addition, parse_size, place_of

if TYPE_CHECKING:
    from notifications.posting import Answer, NoAnswer, Poster

_TROUBLES: Final = {403: Trouble.UNKNOWN, 404: Trouble.UNKNOWN, 409: Trouble.FORKED, 422: Trouble.FORKED}
_TRIED_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpWitness:
    """Implements ``Witness``. What it has cosigned last is never remembered here: the witness says so itself."""

    def __init__(self, key: VerifierKey, address: str, poster: Poster) -> None:
        self._key = key
        self._address = address.rstrip("/")
        self._poster = poster

    @property
    def key(self) -> VerifierKey:
        return self._key

    def add(self, old: int, proof: Sequence[bytes], note: bytes) -> Signature | int | Trouble:
        body = Addition(old=old, proof=tuple(proof), note=note).encoded()
        answer = self._poster.post(f"{self._address}/{ADD}", body, {"Content-Type": "text/plain; charset=utf-8"})
        status, told = _taken(answer)
        if status == 409 and (size := parse_size(told)) is not None:
            return size
        if status != 200:
            return _trouble(status)
        return self._signature(told)

    def newest(self, origin: str) -> Note | Trouble | None:
        answer = self._poster.get(f"{self._address}/{place_of(origin)}/{CHECKPOINT}", {})
        status, told = _taken(answer)
        if status == 404:
            return None
        if status != 200 or told is None:
            return Trouble.NONSENSE if status == 200 else _trouble(status)
        try:
            return parse_note(told)
        except InputRefused:
            return Trouble.NONSENSE

    def _signature(self, told: bytes | None) -> Signature | Trouble:
        """Return the line of ours among those answered; a witness may have several keys, and add others."""
        try:
            lines = parse_note(b"\n\n" + (told or b"")).signatures
        except InputRefused:
            return Trouble.NONSENSE
        return next((one for one in lines if self._key.made(one)), Trouble.NONSENSE)


def _taken(answer: Answer | NoAnswer) -> tuple[int, bytes | None]:
    """Return status and body, (0, None) where nothing was answered."""
    from notifications.posting import Answer

    return (answer.status, answer.body) if isinstance(answer, Answer) else (0, None)


def _trouble(status: int) -> Trouble:
    if status == 0 or status in _TRIED_AGAIN:
        return Trouble.AWAY
    return _TROUBLES.get(status, Trouble.NONSENSE)
