"""A register that names cases filed in the house: they are not made a second time, and others are imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.case.identity import SessionId, UnitId
from engine.service.importing.registers import import_register
from engine.service.importing.reports import ImportReport
from tests.support.house import ROOT, SESSION, House, open_house
from tests.support.registers import Rows, a_form, write_rows

MAP = Path(__file__).parents[2] / "workflows" / "proposal" / "import.yaml"


def run(house: House, folder: Path, rows: Rows, session: SessionId | None, *, dry_run: bool = False) -> ImportReport:
    path = folder / "register.csv"
    write_rows(path, rows)
    return import_register(
        house.desk, ROOT, path, "proposal", map_path=MAP, unit=UnitId(ROOT), session=session, dry_run=dry_run
    )


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_row_with_the_number_of_a_case_filed_here_is_refused(
    any_database: str, tmp_path: Path, dry_run: bool
) -> None:
    with open_house(any_database) as house:
        case = house.filed("shi")
        filed = house.desk.reads.cases(ROOT, [case])[0]
        number = str(filed.data["case_number"])
        mine = {**a_form(1), "提案号": number, "审查结果": "立案", "审查日期": "2025-12-01"}
        report = run(house, tmp_path, [mine, a_form(2)], SESSION, dry_run=dry_run)
        assert [(row.number, row.reason.zh) for row in report.refused] == [
            (
                2,
                f"编号“{number}”的事项已在本系统登记（现为“已立案”），不是由登记册导入的，不再重复建立；请在该事项上办理",
            )
        ]
        assert report.created == 1
        assert house.desk.reads.cases(ROOT, [case]) == [filed]
        # What a register brought is known by its key, as before, whatever its number.
        again = run(house, tmp_path, [mine, a_form(2)], SESSION, dry_run=dry_run)
        assert (len(again.refused), again.repeated) == (1, 0 if dry_run else 1)


def test_a_number_of_another_session_or_year_is_another_case(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        case = house.filed("shi")
        number = str(house.desk.reads.cases(ROOT, [case])[0].data["case_number"])
        mine = {**a_form(1), "提案号": number, "审查结果": "立案", "审查日期": "2025-12-01"}
        assert run(house, tmp_path, [mine], None, dry_run=True).refused == ()
