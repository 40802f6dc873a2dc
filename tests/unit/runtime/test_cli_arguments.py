"""What the command line makes of its arguments, and how it speaks."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from engine.errors import (
    BanjieError,
    CalendarEnds,
    CaseNotFound,
    DefinitionError,
    FieldProblem,
    FormInvalid,
    ImportRefused,
    InputRefused,
    Problem,
    StaleCase,
    StorageUnavailable,
)
from engine.text import Language, Text
from runtime.cli.main import brought_forward
from runtime.cli.run import day_given, instant_given
from runtime.cli.terminal import Terminal


@pytest.mark.parametrize(
    ("given", "arranged"),
    [
        (["check"], ["check"]),
        (["check", "--lang", "en"], ["--lang", "en", "check"]),
        (["user", "list", "--database=x.db", "--json"], ["--database=x.db", "user", "list", "--json"]),
        (["check", "--", "--lang"], ["check", "--", "--lang"]),
        (["check", "--lang"], ["--lang", "check"]),
        (["check", "--language", "en"], ["check", "--language", "en"]),
    ],
)
def test_options_for_all_commands_come_first(given: list[str], arranged: list[str]) -> None:
    assert brought_forward(given) == arranged


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-09-15", datetime(2026, 9, 15, 15, 59, 59, 999999, tzinfo=UTC)),
        ("2026-09-15T17:00", datetime(2026, 9, 15, 9, 0, tzinfo=UTC)),
        ("2026-09-15T17:00:30+00:00", datetime(2026, 9, 15, 17, 0, 30, tzinfo=UTC)),
        ("2026-09-15T17:00:30Z", datetime(2026, 9, 15, 17, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_day_means_its_end_and_an_instant_without_offset_is_of_shanghai(text: str, at: datetime) -> None:
    assert instant_given(text) == at


def test_what_is_no_day_is_refused() -> None:
    assert day_given(None) is None
    assert day_given("2026-02-28") == date(2026, 2, 28)
    for wrong in ("2026-02-29", "tomorrow", "28.2.2026"):
        with pytest.raises(InputRefused, match="no date"):
            day_given(wrong)
        with pytest.raises(InputRefused, match="no date"):
            instant_given(wrong)


PROBLEM = Problem(
    file="x.yaml", line=3, column=5, code="wrong", text=Text("有误", "Wrong"), remedy=Text("请改", "Correct it")
)
ROWS = [{"sheet": "units", "row": 5, "zh": "单位表第 5 行：请填写编码", "en": "units, row 5: the code is missing"}]


@pytest.mark.parametrize(
    ("refusal", "language", "told"),
    [
        (StorageUnavailable(), "zh", ["✗ 数据库暂不可用，请稍后再试", "banjie doctor"]),
        (StorageUnavailable(), "en", ["✗ The database is not available now", "→ Look at --database"]),
        (
            DefinitionError([PROBLEM]),
            "zh",
            ["✗ 发现 1 处问题", "  x.yaml:3:5 有误 → 请改", "→ 请改正后运行 banjie check"],
        ),
        (DefinitionError([PROBLEM]), "en", ["  x.yaml:3:5 Wrong → Correct it"]),
        (
            FormInvalid([FieldProblem(path="a.0", text=Text("太长", "too long"))]),
            "zh",
            ["✗ 填写有误：a.0", "  a.0: 太长"],
        ),
        (ImportRefused(Text("1 行有误", "1 row is wrong"), rows=ROWS), "en", ["  units, row 5: the code is missing"]),
        (CalendarEnds(2031), "zh", ["✗ 2031 年放假安排尚未公布或未录入", "→ 请录入该年放假通知"]),
        (CaseNotFound(), "en", ["✗ No such case", "→ Check the number"]),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    capsys: pytest.CaptureFixture[str], refusal: BanjieError, language: Language, told: list[str]
) -> None:
    Terminal(language).refuse(refusal)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [words for words in told if words not in printed.err] == []


def test_a_refusal_whose_text_says_what_to_do_gets_no_more_advice(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal("zh").refuse(StaleCase(expected=1, actual=2))
    assert capsys.readouterr().err.count("\n") == 1


def test_progress_is_not_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal("zh").progress(Text("导入", "Importing")) as progressed:
        progressed(1, 10)
    assert capsys.readouterr() == ("", "")


def test_progress_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Terminal("zh").progress(Text("导入", "Importing")) as progressed:
        progressed(7, 10)
    assert "导入" in capsys.readouterr().err


def test_a_table_that_goes_to_a_file_is_not_folded(capsys: pytest.CaptureFixture[str]) -> None:
    long = "很长的案由" * 60
    Terminal("zh").table((Text("案由", "Subject"), Text("件数", "Cases")), [(f"[b]{long}", "3")], right=(1,))
    printed = capsys.readouterr().out
    assert f"[b]{long}" in printed
    assert printed.splitlines()[0].split() == ["案由", "件数"]
