"""Instants and dates as clients write them in addresses."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api.instants import date_from, instant_from, start_from
from engine.errors import InputRefused


def test_a_date_stands_for_its_end_or_for_its_beginning_in_shanghai() -> None:
    assert instant_from("2026-09-15", "as_of") == datetime(2026, 9, 15, 16, tzinfo=UTC)
    assert start_from("2026-09-15", "start") == datetime(2026, 9, 14, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-09-15T14:00:00+08:00", "2026-09-15T14:00:00 08:00", "2026-09-15T06:00:00Z", "2026-09-15 06:00+00:00"]
)
def test_an_instant_is_read_even_where_the_address_lost_its_plus(text: str) -> None:
    assert instant_from(text, "as_of") == datetime(2026, 9, 15, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-02-30", "2026-9-1", "1999-12-31", "2101-01-01", "9999-12-31T23:59:59Z", "2026-09-15T14:00:00"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        instant_from(text, "as_of")


def test_a_date_is_a_date() -> None:
    assert date_from("2026-09-15", "on") == date(2026, 9, 15)
