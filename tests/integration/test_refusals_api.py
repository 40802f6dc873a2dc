"""What the API answers to whom it refuses, word for word: the status, the stable code, and the Chinese text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.access.passwords import hash_password, secret_hash
from engine.case.identity import PersonId, UnitId
from engine.service.account_writes import OpenLogin, SetPassword
from engine.service.plain import AddGrant
from runtime.jobs.leases import LeasedJobs
from tests.support.accounts import OWN, browser, log_in
from tests.support.house import PASSWORD, ROOT, House, client_of, open_house
from tests.support.strangers import FILED_AT

JSON: Final = {"Content-Type": "application/json"}
MULTIPART: Final = {"Content-Type": "multipart/form-data; boundary=XX"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that is refused, and what is answered. ``typed`` is the body, ``said`` how the title begins."""

    path: str
    said: str
    status: int
    code: str
    typed: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def body(typed: bytes, said: str, status: int, code: str) -> Asked:
    return Asked(path="/api/cases", typed=typed, said=said, status=status, code=code, headers=JSON)


def part(disposition: bytes, content: bytes = b"x") -> bytes:
    return b"--XX\r\nContent-Disposition: form-data; " + disposition + b"\r\n\r\n" + content + b"\r\n"


def upload(typed: bytes, said: str, status: int, code: str) -> Asked:
    return Asked(path="/api/uploads", typed=typed, said=said, status=status, code=code, headers=MULTIPART)


REFUSED: Final = (
    # ------------------------------------------------------------------------------------------- bytes that are no text
    body(b'"\xff"', "内容不是有效的 UTF-8", 400, "unreadable"),
    body(b"{", "内容不是有效的 JSON", 400, "unreadable"),
    body(b'{"a": 1, "a": 2}', "同一对象内有重复的名称", 400, "unreadable"),
    body(b'["\\u0000"]', "含有不允许的控制字符 U+0000，请删去后再提交", 422, "input_refused"),
    body(b'["' + b"x" * 100_001 + b'"]', "文字不得超过 100000 个字符", 422, "input_refused"),
    body(b"[9007199254740992]", "数字超出允许范围（±2^53），请改用文字", 422, "input_refused"),
    body(b"[1.5]", "不接受小数，请用整数或文字", 422, "input_refused"),
    body(b"[NaN]", "不接受 NaN", 422, "input_refused"),
    body(b"[" * 21 + b"]" * 21, "嵌套不得超过 20 层", 422, "input_refused"),
    body(b"{}", "请求内容不符合接口要求", 422, "body_invalid"),
    body(b" " * 1_048_577, "内容不得超过 1024 KiB", 413, "body_too_large"),
    # ------------------------------------------------------------------------------------------------------- addresses
    Asked(
        path="/api/cases?text=%FF",
        said="地址或表单中有无法识别的字符（不是有效的 UTF-8）",
        status=400,
        code="unreadable",
    ),
    Asked(path="/api/cases/%FF", said="地址中有无法识别的字符（不是有效的 UTF-8）", status=400, code="unreadable"),
    Asked(path="/api/cases?text=" + "x" * 9_000, said="地址过长，请从首页重新进入", status=400, code="unreadable"),
    Asked(path="/api/cases?" + "a=1&" * 201, said="最多 200 个字段", status=422, code="input_refused"),
    Asked(path="/api/nothing", said="没有这个页面或接口", status=404, code="address_not_found"),
    Asked(path="/api/cases/a/transitions", said="该地址不支持这种请求", status=405, code="method_not_allowed"),
    # ------------------------------------------------------------------------------------------------------ parameters
    Asked(
        path="/api/figures/proposal?as_of=soon",
        said="as_of 应为日期或时间，例如 2026-09-15 或 2026-09-15T14:00:00+08:00（2000 至 2100 年）",
        status=422,
        code="input_refused",
    ),
    Asked(
        path="/api/figures/proposal?as_of=2026-09-15T14:00:00",
        said="as_of 缺少时区，例如 2026-09-15T14:00:00+08:00",
        status=422,
        code="input_refused",
    ),
    Asked(
        path="/api/figures/proposal?period=soon",
        said="period 应为 2026、2026-03 或 s:届次",
        status=422,
        code="input_refused",
    ),
    Asked(path="/api/figures/proposal?period=s:none", said="没有这个届次", status=422, code="input_refused"),
    Asked(
        path="/api/figures/proposal?audience=all",
        said="audience 只能是 official 或 mine",
        status=422,
        code="input_refused",
    ),
    Asked(
        path="/api/figures/proposal?by=person",
        said="by 只能是 unit、category、month 或 session",
        status=422,
        code="input_refused",
    ),
    Asked(
        path="/api/calendar/due?start=2026-09-30&within=15+days&roll=up",
        said="roll 只能是 none、next 或 previous",
        status=422,
        code="input_refused",
    ),
    # --------------------------------------------------------------------------------------------------------- uploads
    upload(part(b'name="note"') + b"--XX--\r\n", "填写有误：file", 422, "form_invalid"),
    upload(part(b'name="a"') * 201, "最多 200 个字段", 422, "input_refused"),
    upload(part(b'filename="a.jpg"'), "上传的内容不是有效的表单", 400, "unreadable"),
    upload(
        b"".join(part(b'name="file"; filename="%d.exe"' % n) for n in range(21)),
        "一次最多上传 20 个附件",
        422,
        "input_refused",
    ),
    # --------------------------------------------------------------------------------------- what a token cannot be for
    Asked(
        path="/api/me/tokens",
        typed=b"{}",
        headers=JSON,
        said="账号事项须本人登录后办理",
        status=403,
        code="not_permitted",
    ),
    Asked(
        path="/api/cases/a/erasures",
        typed=b"{}",
        headers=JSON,
        said="申请和批准删除须本人登录后办理",
        status=403,
        code="not_permitted",
    ),
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('refused') / 'banjie.db'}") as house:
        for role in ("system_administrator", "security_administrator"):
            grant = GrantRow(root=ROOT, person=PersonId("luo"), role=role, unit=UnitId("works"))
            house.desk.office.write([AddGrant(grant)])
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def told(answer: Response) -> tuple[int, str, str]:
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["code"], problem["title"]


@pytest.mark.parametrize("asked", REFUSED, ids=lambda asked: asked.said[:20])
def test_what_is_refused_is_told_by_status_code_and_reason(client: TestClient, house: House, asked: Asked) -> None:
    headers = {**house.bearer("luo"), **asked.headers, "Idempotency-Key": "refused"}
    method = "GET" if asked.typed is None else "POST"

    answer = client.request(method, asked.path, content=asked.typed, headers=headers)

    assert told(answer) == (asked.status, asked.code, asked.said)


def test_an_upload_that_is_no_file_says_so_at_its_field(client: TestClient, house: House) -> None:
    headers = {**house.bearer("luo"), "Idempotency-Key": "no-file"}

    answer = client.post("/api/uploads", files={"picture": ("a.txt", b"text")}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["fields"] == [{"path": "file", "message": "请上传一个文件，字段名为 file"}]


def test_a_body_says_what_it_is_and_a_post_carries_a_key(client: TestClient, house: House) -> None:
    luo = house.bearer("luo")

    plain = client.post(
        "/api/cases", content=b"{}", headers={**luo, "Idempotency-Key": "k", "Content-Type": "text/plain"}
    )
    keyless = client.post("/api/cases", json={}, headers=luo)

    assert told(plain) == (415, "media_type_refused", "请求内容的类型应为 application/json")
    assert told(keyless) == (400, "key_required", "缺少 Idempotency-Key 请求头（1 至 200 个可见 ASCII 字符）")


def test_who_is_not_logged_in_or_comes_from_another_site_is_told_so(client: TestClient, house: House) -> None:
    nobody = client.get("/api/cases")
    foreign = client.post(
        "/api/cases",
        json={},
        headers={"Cookie": f"banjie={house.token('luo')}", "Sec-Fetch-Site": "cross-site"},
    )

    assert told(nobody) == (401, "login_refused", "请先登录")
    assert told(foreign) == (403, "cross_site", "请求不是从本站页面发出的，已拒绝")


def test_a_token_for_reading_writes_nothing(client: TestClient, house: House) -> None:
    until = house.clock.now().replace(year=2027)
    opened = OpenLogin(
        token_hash=secret_hash("token-for-reading"),
        root=ROOT,
        person=PersonId("shi"),
        kind="token",
        title="read",
        at=house.clock.now(),
        expires_at=until,
        scope="read cases",
    )
    house.desk.office.write([opened])
    headers = {"Authorization": "Bearer token-for-reading", "Idempotency-Key": "k"}

    assert client.get("/api/cases", headers=headers).status_code == 200
    answer = client.post("/api/cases", json={}, headers=headers)
    assert told(answer) == (403, "scope_exceeded", "该令牌的授权范围不包括此操作")


def test_whose_account_is_unfinished_is_told_what_is_asked_first(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house:
        with browser(house, second_factor=True) as client:
            log_in(client, "shen")
            assert told(client.get("/api/cases")) == (403, "account_unfinished", "您的角色须使用动态验证码，请先绑定")
        with browser(house) as client:
            # Set by somebody else, so that its owner must set another.
            now = house.clock.now()
            house.desk.office.write([SetPassword(ROOT, PersonId("shi"), hash_password(PASSWORD), due_at=now)])
            log_in(client, "shi")
            assert told(client.get("/api/cases")) == (403, "account_unfinished", "请先修改密码")


def test_where_no_jobs_run_there_are_none_to_look_at_and_states_are_named(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house, closing(LeasedJobs.open(sqlite_database, house.clock)) as jobs:
        with client_of(house) as client:
            without = client.get("/api/jobs", headers=house.bearer("shen"))
        with client_of(house, jobs) as client:
            asleep = client.get("/api/jobs?state=asleep", headers=house.bearer("shen"))

    assert told(without) == (404, "not_found", "本服务没有接入后台任务")
    assert told(asleep) == (422, "input_refused", "state 只能是 waiting、running、failed、done、cancelled")


def test_a_grant_that_nobody_holds_cannot_be_ended(house: House) -> None:
    with browser(house) as client:
        log_in(client, "luo")
        answer = client.post(
            "/api/grants/end",
            json={"person": "shi", "role": "auditor", "unit": "works"},
            headers={**OWN, "Idempotency-Key": "k"},
        )

    assert told(answer) == (404, "not_found", "没有这项授权")


def test_a_stranger_says_to_which_organisation_and_floods_end_in_patience(sqlite_database: str) -> None:
    with open_house(sqlite_database, FILED_AT) as house, client_of(house) as client:

        def filed(number: int, root: str) -> Response:
            typed = {"workflow": "grievance", "root": root, "form": {"subject": "x", "content": str(number)}}
            return client.post("/api/anonymous", json=typed, headers={"Idempotency-Key": f"k{number}"})

        nowhere = filed(0, "nowhere")
        assert nowhere.json()["fields"] == [{"path": "root", "message": "请写明向哪个单位反映（root）"}]
        answers = [filed(number, ROOT) for number in range(1, 42)]
        assert {answer.status_code for answer in answers[:40]} == {201}
        assert told(answers[40]) == (429, "too_many", "来自此网络的提交过多，请稍后再试，或改用其他网络（如手机流量）")
        assert answers[40].headers["retry-after"] == "3600"
        wrong = [client.post("/api/anonymous/look", json={"code": "1" * 25}) for _ in range(61)]
        assert told(wrong[60]) == (429, "too_many", "查询码多次输入有误，请核对后再试；正确的查询码随时可用")
