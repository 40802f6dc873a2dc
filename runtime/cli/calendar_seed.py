"""Writes calendar files from the ``holidays`` library: a first version of a notice, and the statutory days to come.

The library is a seed, never asked at run time: its later years are a guess, so a year it has no notice for is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from importlib.metadata import version
from itertools import groupby

from engine.errors import NotFound
from engine.text import Text

_ONE_DAY = timedelta(days=1)
_SATURDAY = 6
_IN_LIEU = Text("调休放假", "Day off in lieu")
# The library's words, and ours where they differ. The eve is part of the Spring Festival.
_NAMES = {
    "元旦": Text("元旦", "New Year's Day"),
    "农历除夕": Text("春节", "Spring Festival"),
    "春节": Text("春节", "Spring Festival"),
    "清明节": Text("清明节", "Qingming Festival"),
    "劳动节": Text("劳动节", "Labour Day"),
    "端午节": Text("端午节", "Dragon Boat Festival"),
    "中秋节": Text("中秋节", "Mid-Autumn Festival"),
    "国庆节": Text("国庆节", "National Day"),
}


def seed_notice_text(year: int) -> str:
    """Return the YAML of a notice for ``year``; ``NotFound`` when the library knows no notice of that year.

    Document number and date of issue are left to who compares the file with the document.
    """
    # Imported here, because it takes 0.6 s and only the seed needs it.
    from holidays.utils import country_holidays

    off = dict(country_holidays("CN", years=year, language="zh_CN"))
    foreign = dict(country_holidays("CN", years=year, language="en_US"))
    # The set keeps stray days of other years. No notice was ever without a make-up day; a guessed year has none.
    worked = sorted(day for day in country_holidays("CN", years=year).weekend_workdays if day.year == year)
    if not worked:
        raise NotFound(
            Text(f"holidays 库中没有 {year} 年的放假通知", f"The holidays library knows no notice for {year}"),
            year=year,
        )
    spans = [
        (_span_name(days, off, foreign), days[0], days[-1])
        for days in _stretches(_days_off(year, off, frozenset(worked)))
        if any(day in off for day in days)
    ]
    lines = [
        f"# Seeded from the holidays library {version('holidays')}; compare with the notice, add number and date.",
        f"year: {year}",
        "title:",
        f"  zh: 国务院办公厅关于{year}年部分节假日安排的通知",
        f"  en: Notice of the General Office of the State Council on the holidays of {year}",
        *_holiday_lines(spans),
        "make_up_days:",
        *(f"  - {day}" for day in worked),
    ]
    return "\n".join(lines) + "\n"


def seed_statutory_text(first_year: int, last_year: int) -> str:
    """Return the YAML of the statutory days of these years, without make-up days and days in lieu: provisional."""
    # Imported here, because it takes 0.6 s and only the seed needs it.
    from holidays.utils import country_holidays

    years = range(first_year, last_year + 1)
    off = dict(country_holidays("CN", years=years, language="zh_CN", observed=False))
    foreign = dict(country_holidays("CN", years=years, language="en_US", observed=False))
    # Named one by one before they are put together, so that two festivals side by side stay two.
    named = [(day, _joined(_festivals(day, off, foreign))) for day in sorted(off) if day.year in years]
    spans: list[tuple[Text, date, date]] = []
    for day, name in named:
        if spans and spans[-1][0] == name and spans[-1][2] + _ONE_DAY == day:
            spans[-1] = (name, spans[-1][1], day)
        else:
            spans.append((name, day, day))
    lines = [
        f"# Statutory days of {first_year}-{last_year}, generated from the holidays library {version('holidays')}.",
        "# They hold until the notice of the year is imported. A notice also places days in lieu and make-up days.",
        "provisional: true",
        "source:",
        "  zh: 全国年节及纪念日放假办法（2024年修订）",
        "  en: Regulation on Public Holidays for National Annual Festivals and Memorial Days (2024)",
        *_holiday_lines(spans),
    ]
    return "\n".join(lines) + "\n"


def _days_off(year: int, off: Mapping[date, str], worked: frozenset[date]) -> Iterable[date]:
    day = date(year, 1, 1)
    while day.year == year:
        if day in off or (day.isoweekday() >= _SATURDAY and day not in worked):
            yield day
        day += _ONE_DAY


def _stretches(days: Iterable[date]) -> Iterable[Sequence[date]]:
    """Cut ascending days into runs of consecutive ones."""
    numbered = enumerate(days)
    for _, run in groupby(numbered, key=lambda pair: pair[1].toordinal() - pair[0]):
        yield [day for _, day in run]


def _span_name(days: Sequence[date], off: Mapping[date, str], foreign: Mapping[date, str]) -> Text:
    """Join the festivals of a stretch, each once; days moved from a weekend have no name of their own."""
    statutory = [day for day in days if day in off and not off[day].startswith("休息日") and "补假" not in off[day]]
    return _joined([name for day in statutory for name in _festivals(day, off, foreign)] or [_IN_LIEU])


def _festivals(day: date, off: Mapping[date, str], foreign: Mapping[date, str]) -> Sequence[Text]:
    pairs = zip(off[day].split("; "), foreign[day].split("; "), strict=True)
    return [_NAMES.get(zh, Text(zh, en)) for zh, en in pairs]


def _joined(names: Iterable[Text]) -> Text:
    once = list(dict.fromkeys(names))
    return Text("、".join(name.zh for name in once), " and ".join(name.en for name in once))


def _holiday_lines(spans: Iterable[tuple[Text, date, date]]) -> Iterable[str]:
    yield "holidays:"
    for name, from_on, until_on in spans:
        yield f"  - name: {{zh: {_quoted(name.zh)}, en: {_quoted(name.en)}}}"
        yield f"    from: {from_on}"
        if until_on != from_on:
            yield f"    until: {until_on}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
