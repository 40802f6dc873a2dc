"""One-time passwords by time, against the vectors that the RFCs publish."""

from __future__ import annotations

import pytest

from engine.access.totp import code_at, key_uri, new_totp_secret, secret_text, step_of

SECRET = b"12345678901234567890"

# RFC 4226, appendix D: the first ten values of a counter, six digits.
BY_COUNTER = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]

# RFC 6238, appendix B, the rows of SHA-1: seconds since 1970 and eight digits.
BY_TIME = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


def test_the_codes_are_those_of_rfc_4226() -> None:
    assert [code_at(SECRET, counter) for counter in range(10)] == BY_COUNTER


@pytest.mark.parametrize(("seconds", "code"), BY_TIME)
def test_the_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30, digits=8) == code
    assert step_of(SECRET, code[-6:], seconds) == seconds // 30


@pytest.mark.parametrize(("away", "found"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off_and_no_more(away: int, found: bool) -> None:
    # 1111111111 is one second into a step.
    assert (step_of(SECRET, "050471", 1111111111 + away) is not None) is found


@pytest.mark.parametrize("typed", ["", "05047", "0504710", "050472", "０５０４７１", "x" * 6])
def test_anything_else_is_no_code(typed: str) -> None:
    assert step_of(SECRET, typed, 1111111111) is None


def test_a_secret_has_160_bits_and_is_never_the_same() -> None:
    assert len(new_totp_secret()) == 20
    assert new_totp_secret() != new_totp_secret()
    # RFC 4648, section 10 vectors end in padding, which authenticators do without.
    assert secret_text(b"fooba") == "MZXW6YTB"
    assert secret_text(b"foob") == "MZXW6YQ"


def test_the_address_in_the_picture_hides_nothing_in_the_name() -> None:
    assert key_uri(SECRET, issuer="办结", account="a&secret=x").count("secret=") == 1
