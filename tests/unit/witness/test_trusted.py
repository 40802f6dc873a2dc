"""The list of logs: a key to a line, with or without the years that follow; everything else is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputRefused
from engine.ledger.notes import KeyType, VerifierKey
from runtime.witness.trusted import read_trusted, trusted_file
from tests.support.refusals import told

A = VerifierKey(name="banjie/works/2026", kind=KeyType.NOTE, public=bytes([1]) * 32)
B = VerifierKey(name="banjie/works/2026", kind=KeyType.NOTE, public=bytes([2]) * 32)
C = VerifierKey(name="other.example/log", kind=KeyType.NOTE, public=bytes([3]) * 32)
W = VerifierKey(name="upper.example/2026", kind=KeyType.COSIGNATURE, public=bytes([4]) * 32)


def listed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "logs.txt"
    path.write_text(text, "utf-8")
    return path


def of(name: str, key: VerifierKey) -> VerifierKey:
    return VerifierKey(name=name, kind=KeyType.NOTE, public=key.public)


def test_a_key_is_trusted_for_the_origin_it_is_named_after_and_no_other(tmp_path: Path) -> None:
    trusted = read_trusted(listed(tmp_path, f"# a comment\n\n{A.text}\n{C.text}\n"))
    assert trusted.keys_of("banjie/works/2026") == (A,)
    assert trusted.keys_of("other.example/log") == (C,)
    for stranger in ("banjie/works/2027", "banjie/works", "banjie/works/2026x", "", "other.example/log/2027"):
        assert trusted.keys_of(stranger) == ()


def test_several_keys_of_one_origin_are_all_trusted(tmp_path: Path) -> None:
    assert read_trusted(listed(tmp_path, f"{A.text}\n{B.text}\n{A.text}\n")).keys_of(A.name) == (A, B)


def test_a_yearly_key_is_trusted_for_fifty_years_after_its_own(tmp_path: Path) -> None:
    trusted = read_trusted(listed(tmp_path, f"{A.text} yearly\n"))
    assert trusted.keys_of("banjie/works/2026") == (A,)
    assert trusted.keys_of("banjie/works/2027") == (of("banjie/works/2027", A),)
    assert trusted.keys_of("banjie/works/2076") == (of("banjie/works/2076", A),)
    for stranger in ("banjie/works/2025", "banjie/works/2077", "banjie/works/20271", "banjie/others/2027"):
        assert trusted.keys_of(stranger) == ()


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        A.text[:-1],
        W.text,
        f"{A.text} weekly",
        f"{A.text} yearly yearly",
        f"{C.text} yearly",
        f"{A.text} {B.text}",
    ],
)
def test_a_wrong_line_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = listed(tmp_path, f"{C.text}\n{line}\n{A.text}\n")
    with told(
        InputRefused,
        f"账册清单 {path} 第 2 行不对：每行写一把账册的验证密钥，名称以年份结尾的可加 yearly",
    ):
        read_trusted(path)


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with told(InputRefused, f"读不到账册清单 {tmp_path / 'nothing'}"):
        read_trusted(tmp_path / "nothing")
    (tmp_path / "logs.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(InputRefused, match="cannot be read"):
        read_trusted(tmp_path / "logs.txt")


def test_the_list_that_is_made_trusts_what_it_was_made_for_in_later_years_too(tmp_path: Path) -> None:
    trusted = read_trusted(listed(tmp_path, trusted_file([A, C])))
    assert trusted.keys_of("banjie/works/2030") == (of("banjie/works/2030", A),)
    assert trusted.keys_of(C.name) == (C,)
    assert read_trusted(listed(tmp_path, trusted_file([]))).keys_of(A.name) == ()
