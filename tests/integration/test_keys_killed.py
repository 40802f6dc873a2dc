"""Processes that work with one key file and are killed in the midst of it: whatever was sealed can be opened."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.errors import KeysUnavailable
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces
from runtime.keys.rotation import rotate
from runtime.keys.sealer import KeySealer
from tests.support.keys import ENTRY, places_in

COMMON = """
import sys
from pathlib import Path
from engine.ledger.commitments import PrivateValue
from runtime.keys.keyfile import KeyFile
from runtime.keys.places import KeyPlaces
from runtime.keys.sealer import KeySealer
places = KeyPlaces(keys=Path(sys.argv[1]), epochs=Path(sys.argv[2]))
"""
SEALING = (
    COMMON
    + """
sealer = KeySealer(places)
for number in range(1_000_000):
    sealed = sealer.seal("0" * 31 + "1", [PrivateValue("a", bytes(32), str(number))])
    print(sealed.key, sealed.ciphertexts[0].hex(), number, flush=True)
"""
)
ROTATING = (
    COMMON
    + """
import time
from runtime.keys.rotation import rotate
file = KeyFile.open(places)
while True:
    print(rotate(file, force=True).epoch, flush=True)
    time.sleep(0.05)  # nobody rotates without end: the others would wait past their ten seconds
"""
)


@contextmanager
def running(script: str, places: KeyPlaces) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", script, str(places.keys), str(places.epochs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """Return the next lines a process says."""
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


@pytest.mark.parametrize(("sealed", "rotated"), [(1, 1), (20, 2), (100, 1), (700, 3)])
def test_whatever_was_sealed_opens_after_everybody_was_killed(tmp_path: Path, sealed: int, rotated: int) -> None:
    places = places_in(tmp_path)
    said: list[str] = []
    with running(SEALING, places) as first, running(SEALING, places) as second, running(ROTATING, places) as third:
        said += lines(first, sealed)
        lines(third, rotated)
        said += lines(second, sealed)
    sealer = KeySealer(places)
    for line in said:
        key, ciphertext, number = line.split()
        opened = sealer.open(ENTRY, "a", key, bytes.fromhex(ciphertext))
        assert opened is not None
        assert opened.value == number
    assert len(said) == 2 * sealed
    assert rotate(KeyFile.open(places), force=True).epoch > rotated


def test_a_key_file_is_refused_rather_than_made_anew_beside_foreign_epoch_keys(tmp_path: Path) -> None:
    """Whoever restores one file and loses the other is told, at every start until it is there."""
    places = places_in(tmp_path)
    KeyFile.open(places).draw(1)
    places.epochs.unlink()
    for _start in range(2):
        with pytest.raises(KeysUnavailable):
            KeyFile.open(places)
    assert not places.epochs.exists()
