"""How passwords are kept."""

from __future__ import annotations

from argon2 import extract_parameters

from engine.access.passwords import hash_password, password_fits
from tests.support.quick_passwords import REAL, REAL_NOBODY


def test_passwords_are_hashed_as_rfc_9106_recommends_where_memory_is_short() -> None:
    """RFC 9106, section 4, second choice: three passes over 64 MiB in four lanes."""
    assert (REAL.time_cost, REAL.memory_cost, REAL.parallelism) == (3, 64 * 1024, 4)


def test_refusing_somebody_who_is_not_there_takes_as_much_work() -> None:
    there = extract_parameters(REAL.hash("nobody"))
    absent = extract_parameters(REAL_NOBODY)
    assert (absent.time_cost, absent.memory_cost, absent.parallelism, absent.type) == (
        there.time_cost,
        there.memory_cost,
        there.parallelism,
        there.type,
    )


def test_only_the_password_itself_fits_and_none_where_there_is_none() -> None:
    kept = hash_password("correct horse")
    assert password_fits("correct horse", kept)
    assert not password_fits("correct horse ", kept)
    assert not password_fits("nobody", None)
    assert not password_fits("correct horse", "no hash at all")
