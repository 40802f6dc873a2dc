"""The request to a witness is read and written to the byte, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputRefused
from runtime.witness.wire import Addition, parse_addition, parse_size, written_size
from tests.support.refusals import told

# The example of c2sp.org/tlog-witness
EXAMPLE = (
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    "— example.com/behind-the-sofa "
    "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n"
).encode()
HASH = b"KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


def test_the_example_of_the_specification_is_read_and_written_again() -> None:
    read = parse_addition(EXAMPLE)
    assert (read.old, len(read.proof)) == (20852014, 4)
    assert read.proof[0].hex().startswith("3e544d0abc07a6a8")
    assert read.note.startswith(b"example.com/behind-the-sofa\n20852163\n")
    assert read.encoded() == EXAMPLE


def test_a_request_without_a_proof_has_an_empty_line_after_the_old_size() -> None:
    assert Addition(old=0, proof=(), note=b"x\n").encoded() == b"old 0\n\nx\n"
    assert parse_addition(b"old 0\n\nx\n") == Addition(old=0, proof=(), note=b"x\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 0\nx\n",
        b"old\n\nx",
        b"0\n\nx",
        b"old 00\n\nx",
        b"old 01\n\nx",
        b"old -1\n\nx",
        b"old +1\n\nx",
        b"old 1.0\n\nx",
        b"old 1e3\n\nx",
        b"old  1\n\nx",
        b"old 1 \n\nx",
        b"OLD 1\n\nx",
        b" old 1\n\nx",
        b"old 1\r\n\r\nx",
        "old \u0661\n\nx".encode(),
        b"old " + b"9" * 30 + b"\n\nx",
        b"old 1\nAAAA\n\nx",
        b"old 1\n" + HASH[:-2] + b"\n\nx",
        b"old 1\n" + HASH.rstrip() + b" \n\nx",
        b"old 1\n" + HASH.replace(b"=", b"") + b"\nx",
        b"old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx",
        b"old 1\n\xff\xfe\n\nx",
        b"old 1\n" + HASH * 64 + b"\nx",
    ],
)
def test_whatever_is_written_otherwise_is_refused(body: bytes) -> None:
    with told(InputRefused, "请求体应为：old 大小、证明各行、空行、检查点"):
        parse_addition(body)


def test_as_many_lines_as_the_protocol_allows_are_taken() -> None:
    assert len(parse_addition(b"old 1\n" + HASH * 63 + b"\nx").proof) == 63


@given(st.binary(max_size=300))
def test_whatever_bytes_come_are_a_request_or_refused(data: bytes) -> None:
    for body in (data, b"old 1\n" + data):
        try:
            read = parse_addition(body)
        except InputRefused:
            continue
        assert read.encoded() == body


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b"0\n", 0),
        (b"50\n", 50),
        (b"50", None),
        (b"050\n", None),
        (b"", None),
        (b"\n", None),
        (b"-1\n", None),
        (b"5\n\n", None),
        (b"5 \n", None),
        (b"9" * 40 + b"\n", None),
        (None, None),
    ],
)
def test_a_size_is_one_line_of_decimal_digits(body: bytes | None, size: int | None) -> None:
    assert parse_size(body) == size
    assert size is None or written_size(size) == body
