"""The page of calls for proposals: which is open, until when, and who may file by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.house import House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    """The call of the house runs from 8 December 2025 to 31 January 2026, a Saturday."""
    with open_house(any_database) as house:
        yield house


def page(house: House, login: str, at: datetime) -> str:
    house.clock.set(at)
    with client_of(house) as client:
        return client.get("/calls", headers=house.bearer(login)).text


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2025, 12, 5, 2, tzinfo=UTC), "2025年12月8日（周一） 开始征集"),
        # Wednesday 28 January: 29 and 30 are worked, the 31st is a Saturday.
        (datetime(2026, 1, 28, 2, tzinfo=UTC), "征集中，2026年1月31日（周六） 截止，还有 2 个工作日"),
        # Half past eleven in the evening of the last day in Shanghai.
        (datetime(2026, 1, 31, 15, 30, tzinfo=UTC), "征集中，2026年1月31日（周六） 截止，还有 0 个工作日"),
        (datetime(2026, 1, 31, 16, 0, tzinfo=UTC), "已于 2026年1月31日（周六） 截止"),
    ],
)
def test_a_call_is_open_on_both_its_days_as_shanghai_counts_them(house: House, at: datetime, said: str) -> None:
    assert said in page(house, "shi", at)


def test_a_delegate_files_while_the_call_is_open_and_nobody_after_it(house: House) -> None:
    within, after = datetime(2026, 1, 20, 2, tzinfo=UTC), datetime(2026, 2, 20, 2, tzinfo=UTC)
    assert 'href="/cases/new/proposal"' in page(house, "shi", within)
    assert 'href="/cases/new/proposal"' not in page(house, "luo", within)
    assert 'href="/cases/new/proposal"' not in page(house, "shi", after)


def test_the_board_is_counted_as_the_reader_sees_it(house: House) -> None:
    house.filed()
    at = datetime(2026, 1, 21, 2, tzinfo=UTC)
    assert "职代会提案（1 件）" in page(house, "shen", at)
    assert "件）" not in page(house, "luo", at)
