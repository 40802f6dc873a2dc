"""Files on the pages: sent along with a form, kept when it is refused, read again; and without a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.case.identity import CaseId, PersonId
from engine.service.filing.cabinet import Cabinet
from engine.service.ports import CaseFilter
from runtime.jobs.handlers import release_all
from tests.support.hostile_files import CANARY, pdf, photograph
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
PHOTO = photograph()
Files = list[tuple[str, tuple[str, bytes]]]


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as made:
        yield made


def new_proposal(client: TestClient, *files: tuple[str, bytes], key: str = "k1", **more: str) -> Response:
    fields = {f"f.{name}": str(value) for name, value in PROPOSAL.items()}
    sent: Files = [("f.attachments", file) for file in files]
    data = {"key": key, "unit": "works", "session": SESSION, **fields, **more}
    return client.post("/cases/new/proposal", headers=OWN, data=data, files=sent)


def case_of(answer: Response) -> CaseId:
    assert answer.status_code == 303, answer.text
    return CaseId(answer.headers["location"].partition("?")[0].removeprefix("/cases/"))


def test_a_photograph_is_sent_along_with_a_form_and_saved_again(client: TestClient, house: House) -> None:
    client.cookies.set("banjie", house.token("shi"))
    assert 'enctype="multipart/form-data"' in client.get("/cases/new/proposal").text
    case = case_of(new_proposal(client, ("食堂现场.png", PHOTO), ("说明.pdf", pdf())))
    page = client.get(f"/cases/{case}").text
    links = re.findall(rf'<a href="(/cases/{case}/files/[0-9a-f]{{32}})">([^<]+)</a>', page)
    assert [name for _link, name in dict(links).items()] == ["食堂现场.jpg", "说明.pdf"]
    answer = client.get(links[0][0])
    assert answer.content == PHOTO
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"


def test_a_form_without_files_is_as_ever(client: TestClient, house: House) -> None:
    client.cookies.set("banjie", house.token("shi"))
    case = case_of(new_proposal(client, ("", b"")))
    assert "/files/" not in client.get(f"/cases/{case}").text
    fields = {f"f.{name}": str(value) for name, value in PROPOSAL.items()}
    plain = client.post("/cases/new/proposal", headers=OWN, data={"key": "k2", "unit": "works", **fields})
    assert plain.status_code == 303


def test_a_refused_file_is_named_and_the_others_need_not_be_sent_again(client: TestClient, house: House) -> None:
    client.cookies.set("banjie", house.token("shi"))
    refused = new_proposal(client, ("照片.jpg", PHOTO), ("<b>宏.docm", b"MZ" + bytes(90)))
    assert refused.status_code == 422
    assert "“b宏”：不接受这种文件。可上传：" in refused.text
    assert "<b>宏" not in refused.text
    (kept,) = re.findall(r'name="f.attachments" value="([0-9a-f]{32})" checked> 照片.jpg', refused.text)
    case = case_of(new_proposal(client, key="k1", **{"f.attachments": kept}))
    assert f"/cases/{case}/files/{kept}" in client.get(f"/cases/{case}").text


def test_a_form_sent_twice_opens_one_case_with_its_file_once(client: TestClient, house: House) -> None:
    client.cookies.set("banjie", house.token("shi"))
    first, second = (case_of(new_proposal(client, ("照片.jpg", PHOTO))) for _ in range(2))
    assert first == second
    assert len(house.desk.queries.page(ROOT, house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now()),
                                       CaseFilter()).lines) == 1  # fmt: skip


def test_when_a_proposal_is_revised_its_files_stand_in_the_form_and_may_be_left_out(
    client: TestClient, house: House
) -> None:
    client.cookies.set("banjie", house.token("shi"))
    case = case_of(new_proposal(client, ("照片.jpg", PHOTO), ("说明.pdf", pdf()), **{"f.proposer_type": "delegation"}))
    cabinet, world = Cabinet(house.desk), house.desk.world(ROOT)
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    ids = [file.id for file in cabinet.files(ROOT, case, actor, world)]
    definition = house.desk.queries.case(ROOT, case, actor, world).definition
    moves = [name for name, part in definition.workflow.transitions.items() if "attachments" in part.form]
    assert moves == [], "no move of the proposal asks for its files again; when one does, this test is to be written"
    assert len(ids) == 2


def test_the_same_file_again_is_told_to_whoever_sends_it(client: TestClient, house: House) -> None:
    case = CaseId(_a_grievance(house))
    client.cookies.set("banjie", house.token("luo"))
    page = client.get(f"/cases/{case}").text
    assert 'name="f.addition_files" type="file" multiple' in page
    for n, told in ((1, False), (2, True)):
        answer = client.post(
            f"/cases/{case}/complete",
            headers=OWN,
            data={"key": f"k{n}", "f.content_addition": "见附件"},
            files=[("f.addition_files", ("条子.jpg", PHOTO))],
        )
        assert answer.status_code == 303, answer.text
        assert ("again=1" in answer.headers["location"]) is told
    shown = client.get(answer.headers["location"]).text
    assert "此文件已上传过" in shown
    refused = client.post(
        f"/cases/{case}/complete",
        headers=OWN,
        data={"key": "k3", "f.content_addition": "又见附件"},
        files=[("f.addition_files", ("x.svg", b"<svg onload=alert(1)>"))],
    )
    assert refused.status_code == 422
    assert "又见附件" in refused.text, "what was typed stays"
    assert "“x”：文件含有宏、脚本或可执行内容" in refused.text


def _a_grievance(house: House) -> str:
    """Return a grievance that somebody filed for themselves."""
    from engine.access.directory import GrantRow
    from engine.case.commands import OpenCase
    from engine.case.identity import UnitId
    from engine.service.execute import Done
    from engine.service.plain import AddGrant

    staff = GrantRow(root=ROOT, person=PersonId("luo"), role="staff", unit=UnitId("logistics"))
    house.desk.office.write([AddGrant(staff)])
    (answer,) = house.desk.office.carry_out(
        [
            OpenCase(
                root=ROOT,
                actor=house.desk.queries.actor(ROOT, PersonId("luo"), house.clock.now()),
                key="g",
                workflow="grievance",
                unit=UnitId("works"),
                form={"subject": "夜班排班不公", "channel": "letter", "content": "见排班表"},
            )
        ]
    )
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def test_somebody_without_a_name_sends_a_photograph_and_the_office_gets_it_without_its_place(
    client: TestClient, house: House
) -> None:
    page = client.get("/anonymous").text
    assert 'name="f.attachments" type="file"' in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    to = re.findall(r'name="to" value="([^"]+)"', page)[0]
    data = {"key": key, "to": to, "f.content": "堆放货物"}
    photo: Files = [("f.attachments", ("现场.jpg", PHOTO))]
    refused = client.post("/anonymous", headers=OWN, data=data, files=photo)
    assert refused.status_code == 422, "it has no subject yet"
    (kept,) = re.findall(r'name="f.attachments" value="([0-9a-f]{32})" checked> 现场.jpg', refused.text)
    whole = {**data, "f.subject": "仓库通道堵塞", "f.attachments": kept}
    sent = client.post("/anonymous", headers=OWN, data=whole, files=[("f.none", ("", b""))])
    assert sent.status_code == 200, sent.text

    (row,) = house.desk.reads.files(ROOT, [kept])
    assert row.case is None, "held until the release"
    house.clock.set(house.clock.now() + timedelta(hours=4))
    assert release_all_of(house) == 1
    (row,) = house.desk.reads.files(ROOT, [kept])
    assert (row.who, row.expires_at) == (None, None)
    case = CaseId(str(row.case))
    office = house.bearer("shen")
    (file,) = client.get(f"/api/cases/{case}/files", headers=office).json()["files"]
    assert file["copy"], "also the office gets the copy: nobody is to find out who it was"
    got = client.get(file["address"], headers=office).content
    assert CANARY.encode() in PHOTO
    assert CANARY.encode() not in got


def release_all_of(house: House) -> int:
    return release_all(house.desk).done
