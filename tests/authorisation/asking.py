"""Requests as the surfaces take them, with one field exchanged: the bodies and forms that each address understands."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.authorisation.fields import Kind, Place
from tests.authorisation.matrix import ABOVE, OWN, Address, Somebody
from tests.authorisation.things import KEY_OF_OWNER, NOTES, Estate, grievance

_GRIEVANCE: Final = {"subject": "测试事项", "channel": "letter", "content": "内容"}
_ON_BEHALF: Final = {"kind": "paper", "basis": "登记本第3页", "occurred_at": "2026-03-01", "person": "", "scan": ""}
_COMPLETION: Final = {"transition": "ask_completion", "form": {"completion_request": "请补正"}}
_PASSWORD: Final = "luling chaifan 7"
BODIES: Final[Mapping[str, Mapping[str, Any]]] = {
    "POST /cases": {"workflow": "grievance", "unit": OWN, "form": _GRIEVANCE},
    "POST /cases/{case_id}/transitions": _COMPLETION,
    "POST /transitions": {"transitions": [{"case": "{case_id}", **_COMPLETION}]},
    "POST /cases/{case_id}/erasures": {"paths": ["fields/petitioner_phone"], "basis": "consent"},
    "POST /cases/{case_id}/erasures/{erasure}/approval": {},
    "POST /notices/read": {"notices": ["none"]},
    "POST /notices/acknowledge": {"notices": ["none"]},
    "POST /me/absences": {"from_on": "2026-03-20", "until_on": "2026-03-20", "substitute": "mo"},
    "POST /accounts/{login}/slip": {"reset": False},
    "POST /grants": {"person": "extra-canteen", "role": "archivist", "unit": OWN},
    "POST /grants/end": {"person": "spare-canteen", "role": "handler", "unit": "canteen"},
    "POST /anonymous": {"workflow": "grievance", "unit": OWN, "form": {"subject": "测试事项", "content": "内容"}},
    "POST /anonymous/look": {"code": ""},
    "POST /anonymous/transitions": {"code": "", "transition": "write_message", "form": {"message": "请问"}},
}
"""What the API takes. ``{case_id}`` stands for a case of the asker's own."""
_FILED: Final = {f"f.{name}": value for name, value in _GRIEVANCE.items()}
_BASIS: Final = {f"on_behalf.{name}": value for name, value in _ON_BEHALF.items()}
FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "POST /cases/new/{workflow}": {"unit": OWN, "session": "", **_FILED},
    "POST /cases/new/{workflow}/on-behalf": {"unit": OWN, "session": "", **_FILED, **_BASIS},
    "POST /cases/{case_id}/{transition}": {"f.completion_request": "请补正"},
    "POST /cases/{case_id}/on-behalf/{move}": {"f.content_addition": "补充", **_BASIS},
    "POST /cases/{case_id}/erasure/ask": {"path": "fields/petitioner_phone", "basis": "consent"},
    "POST /cases/{case_id}/erasure/{erasure}/approve": {"sure": "yes"},
    "POST /me/absence": {"from_on": "2026-03-20", "until_on": "2026-03-20", "substitute": "mo"},
    "POST /accounts/slips": {"unit": OWN},
    "POST /accounts/{login}/reset": {"sure": "yes"},
    "POST /grants": {"person": "extra-canteen", "role": "archivist", "unit": OWN},
    "POST /grants/end": {"person": "spare-canteen", "role": "handler", "unit": "canteen", "sure": "yes"},
    "POST /activate": {"login": "mo", "password": _PASSWORD, "again": _PASSWORD},
    "POST /link/{secret}": {"password": _PASSWORD, "again": _PASSWORD},
    "POST /login/code": {"code": "000000"},
    "POST /anonymous": {"unit": OWN, "f.subject": "测试事项", "f.content": "内容"},
    "POST /anonymous/act": {"move": "write_message", "f.message": "请问"},
}
"""What the pages take beside their key."""
NOWHERE: Final = "019caccf000000000000000000000001"
"""The case of whoever sees none: no case, and none that is asked about."""
PATHS: Final[Mapping[str, str]] = {
    "workflow": "grievance",
    "name": "grievance",
    "transition": "ask_completion",
    "move": "complete",
    "channel": "mail",
    "person": "mo",
    "login": "mo",
    "key": "2026-03-12",
}
"""What stands in an address for what is not asked about; for all else 1."""


@dataclass(frozen=True)
class Question:
    """A field of the requests to an address, exchanged for what it names. ``measure`` is one that cases are taken."""

    address: Address
    place: Place
    name: str
    kind: Kind
    measure: str = ""

    @property
    def key_of_owner(self) -> str:
        """The key under which the owner has done something before: another one for each question."""
        return f"{KEY_OF_OWNER}-{re.sub(r'[^a-z]+', '-', str(self).lower())}"

    def __str__(self) -> str:
        return f"{'/api ' if self.address.is_api else ''}{self.address.name}: {self.place} {self.name}"


def ask(estate: Estate, question: Question, who: Somebody | None, value: str | None) -> tuple[Any, list[str]]:
    """Send the request with a value in the field; return the answer, and what was sent in it that a page may repeat.

    Without a value it is a key that nobody has used.
    """
    sent = f"fresh-{random.getrandbits(80)}" if value is None else value
    headers = _headers(question, who, sent)
    path, case = _path(estate, question, who, sent)
    request: dict[str, Any] = {"headers": headers}
    if question.place is Place.QUERY:
        request["params"] = (
            {"measure": question.measure, question.name: sent} if question.measure else {question.name: sent}
        )
    if question.place is Place.COOKIE:
        headers["Cookie"] = f"{question.name}={sent}"
    method = question.address.method
    if question.address.name == "POST /uploads":
        request["files"] = {"file": ("notes.txt", NOTES)}
        request["data"] = {"case": sent} if question.name == "case" else {}
    elif method in ("POST", "PUT"):
        request.update(_content(question, sent, case))
    return estate.world.client.request(method, path, **request), [sent, headers["Idempotency-Key"]]


def _headers(question: Question, who: Somebody | None, sent: str) -> dict[str, str]:
    headers = {"Sec-Fetch-Site": "same-origin", "Idempotency-Key": f"scan-{random.getrandbits(80)}"}
    if who is not None:
        headers["Authorization"] = f"Bearer session-{who.login}"
    if question.place is Place.HEADER:
        headers[question.name.title()] = f"Bearer {sent}" if question.kind is Kind.SECRET else sent
    return headers


def _path(estate: Estate, question: Question, who: Somebody | None, sent: str) -> tuple[str, str]:
    """Return the address with everything in it, and the case it is about if it is about one of the asker's own."""
    own = None if who is None else estate.own_case(who)
    case = NOWHERE if own is None else own

    def part(found: re.Match[str]) -> str:
        if question.place is Place.PATH and found[1] == question.name:
            return sent
        if question.kind is Kind.KEY and found[1] in ("transition", "move"):
            return "archive"
        return case if found[1] == "case_id" else PATHS.get(found[1], "1")

    path = re.sub(r"\{(\w+)\}", part, question.address.template)
    return (f"/api{path}" if question.address.is_api else path), case


def _content(question: Question, sent: str, case: str) -> dict[str, Any]:
    """Return what the request carries."""
    if question.address.is_api:
        body: Any = copy.deepcopy(dict(BODIES.get(question.address.name, {})))
        if "transitions" in body:
            body["transitions"][0]["case"] = case
        if question.name.startswith("on_behalf."):
            body["on_behalf"] = dict(_ON_BEHALF)
        if question.address.name == "POST /overdue/measures":
            body.update(_measure(question, sent, case))
        if question.kind is Kind.KEY:
            _unmoved(body)
        if question.place is Place.BODY:
            _put(body, question.name, sent)
        if question.name == "person" and question.address.name == "POST /grants/end":
            body["unit"] = _unit_of(sent)
        if question.kind is Kind.KEY and question.address.name == "POST /cases":
            # What the owner has opened under such a key.
            body["unit"], body["form"] = "safety", grievance("own")
        return {"json": body}
    form: dict[str, str] = {"key": f"scan-{random.getrandbits(80)}", **FORMS.get(question.address.name, {})}
    if question.address.name == "POST /overdue/act":
        form.update({"measure": question.measure, "case": case, "confirmed": "1"})
        form.update({f"version.{one}": "1" for one in (case, sent)})
    if question.place is Place.FORM:
        form[question.name] = sent
    if question.name == "person" and question.address.name == "POST /grants/end":
        form["unit"] = _unit_of(sent)
    return {"data": form}


def _unit_of(login: str) -> str:
    """Return the unit in which somebody of the matrix holds a grant."""
    unit = login.rpartition("-")[2]
    return unit if unit in ABOVE else "safety"


def _unmoved(body: Any) -> None:
    """Let a body ask for a move that nobody makes: what is asked about is its key, and it is asked again."""
    for item in body.get("transitions", [body]):
        if "transition" in item:
            item["transition"] = "archive"


def _measure(question: Question, sent: str, case: str) -> dict[str, Any]:
    """Return the body of a measure: on what is listed, or on a case and, where that is asked, confirmed for it."""
    if question.name.startswith("listed."):
        return {"measure": question.measure, "listed": {"scope": "both"}}
    if question.name.startswith("confirmed."):
        confirmed = [{"case": sent, "expected_version": 1}]
        return {"measure": question.measure, "cases": [sent], "confirmed": confirmed}
    return {"measure": question.measure, "cases": [case]}


def _put(body: Any, name: str, value: str) -> None:
    """Put a value at a path of a body: into the first item of each list on the way, and as one where it is a list."""
    *above, last = name.split(".")
    for step in above:
        body = body[step]
        body = body[0] if isinstance(body, list) else body
    body[last] = [value] if isinstance(body.get(last), list) else value
