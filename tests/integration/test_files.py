"""Files from the upload to what lies on the disk, on both databases: whose they are, who reads them, what is left."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx2 import Response
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, FormInvalid, TooBusy
from engine.service.execute import Done
from engine.service.filing import cabinet as cabinets
from engine.service.filing.cabinet import Cabinet
from engine.service.filing.folder import FileFolder
from runtime.jobs import clearing
from runtime.jobs.clearing import clear_over, clear_strays
from runtime.settings import Settings
from tests.support.hostile_files import CANARY, old_office, photograph
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house
from tests.support.keys import erased, files_holding, reopened
from tests.support.storage import all_rows, table

PHOTO = photograph()
NOTES = f"夜班名单 {CANARY}：张三、李四。".encode() * 4000


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as made:
        yield made


def sent(client: TestClient, house: House, login: str, data: bytes, *, key: str = "", name: str = "a.jpg",
         case: str = "") -> Response:  # fmt: skip
    headers = {**house.bearer(login), "Idempotency-Key": key or os.urandom(8).hex()}
    fields = {"case": case} if case else {}
    return client.post("/api/uploads", headers=headers, files={"file": (name, data)}, data=fields)


def uploaded(client: TestClient, house: House, login: str, data: bytes = PHOTO, *, name: str = "a.jpg") -> str:
    answer = sent(client, house, login, data, name=name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def opening(house: House, login: str, *files: str, key: str = "") -> OpenCase:
    form: dict[str, JsonValue] = {**PROPOSAL, "proposer_type": "delegation", "attachments": list[JsonValue](files)}
    return OpenCase(
        root=ROOT,
        actor=house.desk.queries.actor(ROOT, PersonId(login), house.clock.now()),
        key=key or os.urandom(8).hex(),
        workflow="proposal",
        unit=UnitId("works"),
        congress_session=SESSION,
        form=form,
    )


def refused(house: House, login: str, *files: str) -> BanjieError:
    (answer,) = house.desk.office.carry_out([opening(house, login, *files)])
    assert isinstance(answer, BanjieError)
    return answer


def assigned(house: House, case: CaseId, lead: str = "logistics") -> CaseId:
    """Have a proposal assigned, and return the part of the lead."""
    for login, move in (("shi", "submit"), ("zhai", "begin_review"), ("zhai", "file")):
        house.fire(login, case, move)
    house.fire("shen", case, "assign", {"lead": lead})
    (whole,) = house.desk.reads.cases(ROOT, [case])
    return whole.children[0].case


def contents(house: House) -> list[Path]:
    folder: FileFolder = house.desk.files
    return sorted(path for path in folder.path.rglob("*") if path.is_file())


def read(client: TestClient, house: House, login: str, case: str, id_: str) -> Response:
    return client.get(f"/api/cases/{case}/files/{id_}", headers=house.bearer(login))


def test_a_photograph_goes_from_the_proposer_to_the_handler_without_its_place(client: TestClient, house: House) -> None:
    answer = sent(client, house, "shi", PHOTO, name="C:\\photos\\食堂\u202egpj.exe").json()
    assert (answer["name"], answer["type"], answer["size"]) == ("食堂gpj.jpg", "image/jpeg", len(PHOTO))
    assert answer["sha256"] == hashlib.sha256(PHOTO).hexdigest()
    case = house.open("shi", {"attachments": [answer["id"]], "proposer_type": "delegation"})
    part = assigned(house, case)

    own = read(client, house, "shi", case, answer["id"])
    assert own.content == PHOTO
    listed = client.get(f"/api/cases/{part}/files", headers=house.bearer("wen")).json()["files"]
    assert [(file["field"], file["name"], file["copy"], file["sha256"]) for file in listed] == [
        ("brief_files", "食堂gpj.jpg", True, None)
    ]
    copy = read(client, house, "wen", part, answer["id"])
    assert copy.status_code == 200
    assert CANARY.encode() in PHOTO
    assert CANARY.encode() not in copy.content
    assert len(copy.content) == listed[0]["size"] == int(copy.headers["content-length"])


def test_a_file_is_sent_to_be_saved_and_never_to_be_shown(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi", name='食"堂\r\nX-Evil: 1.jpg')
    case = house.open("shi", {"attachments": [id_]})
    headers = client.get(
        f"/api/cases/{case}/files/{id_}", headers={**house.bearer("shi"), "Range": "bytes=0-3"}
    ).headers
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''%E9%A3%9F%E5%A0%82X-Evil%201.jpg"
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers.get_list("content-security-policy") == ["sandbox; default-src 'none'; frame-ancestors 'none'"]
    assert headers.get_list("cache-control") == ["private, no-store"]
    assert headers["accept-ranges"] == "none"
    assert "content-range" not in headers


def test_who_may_not_see_the_case_learns_nothing_of_its_files(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi")
    case = house.open("shi", {"attachments": [id_]})
    part = assigned(house, house.open("shi", {"attachments": [uploaded(client, house, "shi", NOTES, name="a.txt")],
                                              "proposer_type": "delegation"}))  # fmt: skip
    for login, where in (("jiao", case), ("luo", case), ("jiao", part), ("wen", case)):
        answer = read(client, house, login, where, id_)
        assert (answer.status_code, answer.json()["code"]) == (404, "case_not_found"), login
        assert client.get(f"/api/cases/{where}/files", headers=house.bearer(login)).status_code == 404
    # An id opens nothing in another case, not even to somebody who may read both.
    elsewhere = house.open("shi")
    assert read(client, house, "shi", elsewhere, id_).json()["code"] == "not_found"
    assert read(client, house, "shi", case, "0" * 32).json()["title"] == "没有这个附件"
    assert client.get(f"/api/cases/{case}/files/{id_}").status_code == 401
    assert client.get(f"/cases/{case}/files/{id_}").status_code == 303, "to the login"


def test_only_ones_own_upload_is_taken_over_and_only_once(client: TestClient, house: House) -> None:
    mine, other = uploaded(client, house, "shi"), uploaded(client, house, "zhai", NOTES, name="a.txt")
    guessed = f"{int(mine, 16) ^ 1:032x}"
    texts = {refused(house, "shi", id_).text for id_ in (other, guessed, "0" * 32)}
    assert isinstance(refused(house, "shi", mine, mine), FormInvalid), "twice in one form"
    house.open("shi", {"attachments": [mine]})
    texts.add(refused(house, "shi", mine).text)
    assert len(texts) == 1, "the answer does not tell why"
    for wrong in ("not-an-id", "../../etc/passwd", "A" * 32):
        assert isinstance(refused(house, "shi", wrong), FormInvalid)
    house.open("zhai", {"attachments": [other]})


def test_two_commands_of_one_batch_do_not_take_the_same_upload(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi")
    answers = house.desk.office.carry_out([opening(house, "shi", id_) for _ in range(3)])
    assert [isinstance(answer, Done) for answer in answers] == [True, False, False]


def test_a_command_sent_twice_is_carried_out_once(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi")
    first, second = (house.desk.office.carry_out([opening(house, "shi", id_, key="same")])[0] for _ in range(2))
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert second.repeated
    assert first.outcome == second.outcome


def test_an_upload_sent_twice_under_one_key_is_one_upload(client: TestClient, house: House) -> None:
    first, again = (sent(client, house, "shi", PHOTO, key="k1") for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    other = sent(client, house, "shi", NOTES, key="k1", name="a.txt")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert other.json()["title"] == "该幂等键已用于另一次上传"
    assert sent(client, house, "zhai", PHOTO, key="k1").json()["id"] != first.json()["id"], "a key is one person's"
    assert len(contents(house)) == 4, "an original and a copy each: nothing of what was given up is left"


def test_more_than_twenty_files_go_with_no_step(client: TestClient, house: House) -> None:
    ids = [uploaded(client, house, "shi", f"第{n}份".encode(), name=f"{n}.txt") for n in range(21)]
    assert isinstance(refused(house, "shi", *ids), FormInvalid)
    house.open("shi", {"attachments": list[JsonValue](ids[:20])})


def test_uploads_that_nobody_submits_fill_nothing_without_end(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cabinets, "WAITING_MAX", 2)
    for n in range(2):
        uploaded(client, house, "shi", f"第{n}份".encode(), name="a.txt")
    answer = sent(client, house, "shi", PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
    assert answer.json()["title"] == "您已上传而未提交的附件过多，请先提交"
    uploaded(client, house, "zhai")


def test_an_upload_that_no_step_takes_over_ends_after_a_day_and_leaves_nothing(any_database: str) -> None:
    with open_house(any_database):
        pass
    with reopened(any_database) as (opened, house), client_of(house) as client:
        id_ = uploaded(client, house, "shi", NOTES, name="a.txt")
        (key,) = (row.key for row in house.desk.reads.files(ROOT, [id_]))
        later(house, hours=23)
        assert clear_over(opened) == 0
        later(house, hours=1, minutes=1)
        assert isinstance(refused(house, "shi", id_), FormInvalid)
        assert clear_over(opened) == 0, "a step that was decided in time may still be written"
        later(house, hours=1)
        assert opened.keys.holds(key, "file")
        assert clear_over(opened) == 1
        assert not opened.keys.holds(key, "file")
        assert contents(house) == []
        assert house.desk.reads.files(ROOT, [id_]) == []
        assert clear_over(opened) == 0


def test_files_that_a_step_took_over_stay(any_database: str) -> None:
    with open_house(any_database):
        pass
    with reopened(any_database) as (opened, house), client_of(house) as client:
        id_ = uploaded(client, house, "shi")
        case = house.open("shi", {"attachments": [id_]})
        later(house, hours=24 * 30)
        monkey = clearing.STRAY_SECONDS
        assert clear_over(opened) == 0
        assert clear_strays(opened.desk) == 0
        assert monkey == 24 * 3600
        assert read(client, house, "shi", case, id_).content == PHOTO


def test_erasing_a_value_destroys_its_files(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database):
        pass
    with reopened(any_database) as (opened, house), client_of(house) as client:
        gone, kept = uploaded(client, house, "shi", NOTES, name="a.txt"), uploaded(client, house, "zhai")
        case = house.open("shi", {"attachments": [gone], "proposer_type": "delegation"})
        other = house.open("zhai", {"attachments": [kept]})
        house.fire("shi", case, "submit")
        house.fire("shi", case, "withdraw")
        (key,) = (row.key for row in house.desk.reads.files(ROOT, [gone]))
        copy = {path.name: path.read_bytes() for path in contents(house)}
        assert isinstance(erased(house, case, "fields/attachments"), Done)
        destroyed = read(client, house, "shi", case, gone)
        assert (destroyed.status_code, destroyed.json()["title"]) == (404, "没有这个附件")
        assert clear_over(opened) == 1
        assert not opened.keys.holds(key, "file")
        assert len(contents(house)) == 2, "the other case's original and copy"
        assert set(copy) > {path.name for path in contents(house)}
        assert read(client, house, "zhai", other, kept).content == PHOTO


def test_nothing_of_a_file_stands_in_the_clear_anywhere(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house, client_of(house) as client:
        id_ = uploaded(client, house, "shi", NOTES, name=f"名单{CANARY}.txt")
        assert files_holding(tmp_path, CANARY.encode()) == []
        house.open("shi", {"attachments": [id_]})
        assert files_holding(tmp_path / "files", CANARY.encode()) == []
        assert files_holding(tmp_path, "张三".encode()) == []
        assert "张三" not in str(all_rows(any_database))
        assert not [path for path in contents(house) if "名单" in path.name]
    rows = table(any_database, "SELECT sealed FROM attachment")
    assert rows
    assert CANARY.encode() not in bytes(rows[0][0])


def test_the_times_of_contents_say_no_more_than_four_hours(client: TestClient, house: House) -> None:
    uploaded(client, house, "shi")
    folder: FileFolder = house.desk.files
    for path in folder.path.rglob("*"):
        at = datetime.fromtimestamp(path.stat().st_mtime, tz=house.clock.now().tzinfo)
        assert (at.hour % 4, at.minute, at.second, at.microsecond) == (0, 0, 0, 0), path


def test_what_is_changed_on_the_disk_is_not_given_out(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi", NOTES, name="a.txt")
    case = house.open("shi", {"attachments": [id_]})
    (original,) = [path for path in contents(house) if not path.name.endswith(".s")]
    data = original.read_bytes()
    original.write_bytes(data[:-1])
    answer = read(client, house, "shi", case, id_)
    assert (answer.status_code, answer.json()["code"]) == (422, "file_damaged")
    original.unlink()
    assert read(client, house, "shi", case, id_).json()["code"] == "file_damaged"


def test_an_upload_that_is_cut_off_leaves_nothing(house: House, client: TestClient) -> None:
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    with ExitStack() as open_:
        open_.enter_context(Cabinet(house.desk).intake(ROOT, actor, "a.txt")).write(NOTES)
        assert len(contents(house)) == 1
        assert CANARY.encode() not in contents(house)[0].read_bytes()
    assert contents(house) == []
    for data in (PHOTO[:-200], b"<html>", b""):
        assert sent(client, house, "shi", data).status_code == 422
    assert contents(house) == []


def test_what_a_dead_writer_left_behind_is_taken_away_and_what_is_being_written_is_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    folder: FileFolder = house.desk.files
    dead = folder.path / "ab" / f"ab{'0' * 30}.part"
    stray = folder.path / "cd" / f"cd{'0' * 30}"
    for path in (dead, stray):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    with Cabinet(house.desk).intake(ROOT, actor, "a.txt") as intake:
        intake.write("在写".encode())
        assert clear_strays(house.desk) == 1
        assert not dead.exists()
        assert stray.exists(), "it may be of an upload whose row is about to be written"
        monkeypatch.setattr(clearing, "STRAY_SECONDS", -60)
        assert clear_strays(house.desk) == 1
        assert not stray.exists()
        intake.finish()
    assert len(contents(house)) == 2
    assert clear_strays(house.desk) == 0, "a row knows of it"


def test_a_full_disk_is_a_refusal(client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.service.filing import folder

    monkeypatch.setattr(folder, "FREE_BYTES_MIN", 1 << 62)
    answer = sent(client, house, "shi", PHOTO)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


def test_a_file_that_is_too_large_is_refused_before_it_is_whole(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cabinets, "FILE_BYTES_MAX", 100_000)
    answer = sent(client, house, "shi", NOTES, name="a.txt")
    assert (answer.status_code, answer.json()["code"]) == (422, "file_too_large")
    assert contents(house) == []


def test_the_same_file_in_the_same_case_is_known_again_and_in_no_other(client: TestClient, house: House) -> None:
    case = house.open("shi", {"attachments": [uploaded(client, house, "shi")], "proposer_type": "delegation"})
    other = house.open("shi")
    again = sent(client, house, "shi", PHOTO, case=case).json()
    assert (again["known"], again["note"]["zh"]) == (True, "此文件已上传过")
    assert sent(client, house, "shi", PHOTO, case=other).json()["known"] is False
    assert sent(client, house, "shi", NOTES, name="a.txt", case=case).json()["known"] is False
    # The part of the handler is another case, and the mark of the one is not the mark of the other.
    part = assigned(house, case)
    assert sent(client, house, "wen", PHOTO, case=part).json()["known"] is False
    hidden = sent(client, house, "jiao", PHOTO, case=case)
    assert (hidden.status_code, hidden.json()["known"]) == (201, False), "no more than of a case that there is not"
    marks = [row.mark for row in house.desk.reads.files(ROOT, [str(again["id"])])]
    assert marks == [None], "an upload that waits says nothing of any case"


def test_a_kind_without_a_copy_is_not_given_to_handlers_and_they_are_told_why(client: TestClient, house: House) -> None:
    id_ = uploaded(client, house, "shi", old_office("WordDocument"), name="a.doc")
    case = house.open("shi", {"attachments": [id_], "proposer_type": "delegation"})
    part = assigned(house, case)
    (listed,) = client.get(f"/api/cases/{part}/files", headers=house.bearer("wen")).json()["files"]
    assert listed["address"] is None
    assert "脱敏副本" in listed["note"]["zh"]
    withheld = read(client, house, "wen", part, id_)
    assert withheld.status_code == 404
    assert withheld.json()["title"] == (
        "此类文件无法去除作者、位置等信息，不向承办单位提供；需要时请工会办公室上传脱敏副本"
    )
    assert read(client, house, "shi", case, id_).status_code == 200


MULTIPART = "multipart/form-data; boundary=b"
FIELD = b'--b\r\nContent-Disposition: form-data; name="case"\r\n\r\n'
CUT_OFF = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx'


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=", b"", 415),
        (f"multipart/form-data; boundary={'b' * 71}", b"", 415),
        (MULTIPART, b"", 400),
        (MULTIPART, b"rubbish", 400),
        (MULTIPART, CUT_OFF, 400),
        (MULTIPART, b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n", 400),
        (MULTIPART, b"--b\r\nX-A: " + b"a" * 5000 + b"\r\n\r\nx\r\n--b--\r\n", 400),
        (MULTIPART, FIELD + b"x\r\n--b--\r\n", 422),
        (MULTIPART, FIELD + b"\xff\r\n--b--\r\n", 400),
        (MULTIPART, FIELD + b"\x00\r\n--b--\r\n", 422),
        (MULTIPART, FIELD + b"x" * 1_100_000 + b"\r\n--b--\r\n", 413),
        (MULTIPART, (FIELD + b"x\r\n") * 201 + b"--b--\r\n", 422),
    ],
)
def test_what_is_no_upload_is_refused(
    client: TestClient, house: House, content_type: str, body: bytes, status: int
) -> None:
    headers = {**house.bearer("shi"), "Idempotency-Key": "k", "Content-Type": content_type}
    answer = client.post("/api/uploads", headers=headers, content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert contents(house) == []


def test_an_upload_needs_a_login_and_a_key(client: TestClient, house: House) -> None:
    assert client.post("/api/uploads", files={"file": ("a.jpg", PHOTO)}).status_code == 401
    answer = client.post("/api/uploads", headers=house.bearer("shi"), files={"file": ("a.jpg", PHOTO)})
    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")
    two = [("file", ("a.jpg", PHOTO)), ("other", ("b.txt", NOTES))]
    headers = {**house.bearer("shi"), "Idempotency-Key": "k"}
    assert client.post("/api/uploads", headers=headers, files=two).status_code == 422


def test_too_many_uploads_at_once_are_told_to_come_again(house: House) -> None:
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    cabinet = Cabinet(house.desk)
    with ExitStack() as open_:
        for _ in range(cabinets.INTAKES_AT_ONCE):
            open_.enter_context(cabinet.intake(ROOT, actor, "a.txt"))
        with pytest.raises(TooBusy) as busy, cabinet.intake(ROOT, actor, "a.txt"):
            pass
        assert busy.value.text.zh == "上传过多，请稍后再试"
    assert contents(house) == []


def test_the_folder_stands_beside_the_database_or_where_it_is_said(tmp_path: Path) -> None:
    beside = Settings(database_url=f"sqlite:///{tmp_path}/x/banjie.db")
    assert beside.files_folder == tmp_path / "x" / "files"
    postgres = Settings(database_url="postgresql://host/db", keys=tmp_path / "keys" / "keys.db")
    assert postgres.files_folder == tmp_path / "files"
    assert Settings(database_url="postgresql://host/db", files=tmp_path / "f").files_folder == tmp_path / "f"


def later(house: House, **parts: float) -> None:
    house.clock.set(house.clock.now() + timedelta(**parts))
