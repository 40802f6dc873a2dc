"""Official figures hold small numbers of confidential kinds back, one's own are of what one may see and marked so: by
API, page and command alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import JsonValue

from engine.case.commands import OpenCase
from engine.case.identity import UnitId
from engine.service.execute import Done
from tests.integration.test_confidential import FORM, Office, opened
from tests.support.accounts import browser, log_in
from tests.support.house import ROOT, client_of

NEXT_MONTH: Final = datetime(2026, 4, 2, 2, tzinfo=UTC)


def filed(office: Office, number: int, **form: JsonValue) -> None:
    """File a grievance as luo."""
    command = OpenCase(
        root=ROOT,
        actor=office.actor("luo"),
        key=f"key {number}",
        workflow="grievance",
        unit=UnitId("works"),
        form={**FORM, "confidentiality": "internal", **form},
    )
    (answer,) = office.house.desk.office.carry_out([command])
    assert isinstance(answer, Done), answer


def test_official_figures_print_no_small_numbers_and_ones_own_are_of_what_one_sees(any_database: str) -> None:
    with opened(any_database) as office, client_of(office.house) as client:
        filed(office, 9, accused_units=["safety"])
        # Official figures of confidential kinds are those of the end of a month.
        filed_at = office.house.clock.now()
        office.house.clock.set(NEXT_MONTH)
        few = client.get("/api/figures/grievance", headers=office.house.bearer("shen")).json()
        assert few["scope"]["cases"] == "<5"
        assert few["as_of"] == "2026-03-31T16:00:00.000000Z"
        office.house.clock.set(filed_at + timedelta(minutes=1))
        for number in range(2):
            filed(office, number, accused_units=["safety"])
        for number in range(3, 5):
            filed(office, number, category="pay")
        office.house.open("shi")
        early = client.get("/api/figures/grievance", headers=office.house.bearer("shen")).json()
        assert (early["scope"]["cases"], early["as_of"]) == (0, "2026-02-28T16:00:00.000000Z")
        office.house.clock.set(NEXT_MONTH)

        def asked(login: str, workflow: str, audience: str) -> dict[str, object]:
            answer = client.get(
                f"/api/figures/{workflow}?by=category&audience={audience}", headers=office.house.bearer(login)
            )
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        official = asked("shen", "grievance", "official")
        assert (official["audience"], official["suppressed"]) == ("official", True)
        assert official["scope"]["cases"] == 5  # type: ignore[index]  # plain JSON
        assert official == asked("jiao", "grievance", "official")
        counts = [one["numerator"] for one in official["measures"]]  # type: ignore[attr-defined]  # plain JSON
        assert not {1, 2, 3, 4} & set(counts)
        # A proposal is public: nothing is held back.
        assert asked("shen", "proposal", "official")["suppressed"] is False
        own = asked("shen", "grievance", "mine")
        assert (own["audience"], own["suppressed"], own["scope"]["cases"]) == ("mine", False, 5)  # type: ignore[index]  # plain JSON
        # Who is not to see a case does not find it in figures of their own.
        assert asked("jiao", "grievance", "mine")["scope"]["cases"] == 0  # type: ignore[index]  # plain JSON
        assert asked("luo", "grievance", "mine")["scope"]["cases"] == 5  # type: ignore[index]  # plain JSON
        wrong = client.get("/api/figures/grievance?audience=all", headers=office.house.bearer("shen"))
        assert wrong.status_code == 422


def test_the_page_says_for_whom_its_figures_are(sqlite_database: str) -> None:
    with opened(sqlite_database) as office, browser(office.house) as visitor:
        office.filed(confidentiality="internal")
        office.house.clock.set(NEXT_MONTH)
        assert log_in(visitor, "shen").status_code == 303
        official = visitor.get("/figures/grievance?by=category").text
        assert "按月末数字公布" in official
        assert "公布口径：全单位" in official
        assert "＜5" in official
        own = visitor.get("/figures/grievance?audience=mine").text
        assert "不得作为公布数据" in own
