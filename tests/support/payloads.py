"""Texts that would run as programs if a page forgot to write them as text, put into every field, and a browser that
looks at every page and takes down whatever ran or was stopped from running."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Dialog, Page
from pydantic import JsonValue

from engine.access.directory import Person, Unit
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.deposits import DepositBox
from engine.service.execute import Done
from engine.service.plain import AddPerson, AddUnit
from engine.service.strangers import entrance_of, file_anonymously
from engine.text import Text
from runtime.jobs.handlers import release_all, tell_all
from tests.support.house import ROOT, House

RUN: Final = "pwned=(self.pwned||0)+1"
PAYLOADS: Final = tuple(
    pattern.replace("RUN", RUN)
    for pattern in (
        "<script>RUN</script>",
        "<ScRiPt>RUN</sCrIpT>",
        "<script src=data:,RUN></script>",
        "<script/x>RUN</script>",
        '"><script>RUN</script>',
        "'><script>RUN</script>",
        "</title><script>RUN</script>",
        "</textarea><script>RUN</script>",
        "</style><script>RUN</script>",
        "</script><script>RUN</script>",
        "<!--><script>RUN</script>",
        "--><script>RUN</script>",
        "<![CDATA[<script>RUN</script>]]>",
        "<img src=x onerror=RUN>",
        "<img src=x onerror='RUN'>",
        '"><img src=x onerror=RUN>',
        "<img/src=x/onerror=RUN>",
        "<IMG SRC=x ONERROR=RUN>",
        "<img src onerror=RUN>",
        "<img src=x:x onerror=RUN//",
        "<svg onload=RUN>",
        "<svg><script>RUN</script>",
        "<svg><animate onbegin=RUN attributeName=x dur=1s>",
        "<svg/onload=RUN>",
        "<math><mtext><img src=x onerror=RUN>",
        "<body onload=RUN>",
        "<iframe srcdoc='<script>parent.RUN</script>'>",
        "<iframe src='javascript:parent.RUN'>",
        "<object data='javascript:RUN'>",
        "<embed src='javascript:RUN'>",
        "<a href='javascript:RUN' id=x autofocus onfocus=RUN>x</a>",
        "javascript:RUN",
        "<form action='javascript:RUN'><button autofocus onfocus=RUN>",
        "<input autofocus onfocus=RUN>",
        "<select autofocus onfocus=RUN>",
        "<textarea autofocus onfocus=RUN>",
        "<details open ontoggle=RUN>",
        "<video><source onerror=RUN>",
        "<video src=x onerror=RUN>",
        "<audio src=x onerror=RUN>",
        "<marquee onstart=RUN>",
        "<meta http-equiv=refresh content='0;url=javascript:RUN'>",
        "<base href='javascript:RUN//'>",
        "<link rel=stylesheet href='data:text/css,*{x:1}' onload=RUN>",
        "<style onload=RUN></style>",
        "<style>@import 'javascript:RUN'</style>",
        "<div style='background:url(javascript:RUN)'>",
        "<p onmouseover=RUN style='position:fixed;inset:0'>x",
        '" onfocus=RUN autofocus x="',
        "' onfocus=RUN autofocus x='",
        "` onfocus=RUN autofocus x=`",
        '" onmouseover=RUN style="position:fixed;inset:0',
        "{{ self.__init__ }}{{7*7}}<img src=x onerror=RUN>",
        "{% raw %}<img src=x onerror=RUN>{% endraw %}",
        "${RUN}<img src=x onerror=RUN>",
        "&lt;img src=x onerror=RUN&gt;",
        "&#60;img src=x onerror=RUN&#62;",
        "%3Cimg%20src=x%20onerror=RUN%3E",
        "＜img src=x onerror=RUN＞",
        "\u2028<img src=x onerror=RUN>\u2029",
    )
)
PROPOSAL_FIELDS: Final = ("subject", "grounds", "proposed_measures")
LISTEN: Final = """
window.cspReports = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.cspReports.push(event.violatedDirective + " " + event.blockedURI + " " + event.sample);
});
"""


@dataclass(slots=True)
class Looked:
    """What a browser met: how many pages, and everything that ran or was stopped by the policy."""

    pages: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Planted:
    """Where payloads stand: cases by id, and the query codes of anonymous ones."""

    cases: list[CaseId] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)


def plant(house: House, payloads: Sequence[str]) -> Planted:
    """Put each payload into every text that anybody may write: of cases, of messages, names of units and persons."""
    planted, count = Planted(), itertools.count()
    office = house.desk.office
    for number, payload in enumerate(payloads):
        unit = Unit(
            root=ROOT, id=UnitId(f"u{number}"), parent=UnitId(ROOT), code=f"u{number}", title=Text(payload, payload)
        )
        person = Person(root=ROOT, id=PersonId(f"x{number}"), name=payload, login=f"x{number}", unit=unit.id)
        office.write([AddUnit(unit), AddPerson(person)])
        form: dict[str, JsonValue] = {
            "subject": payload[:200], "content": payload, "demands": payload, "accused_persons": payload,
            "petitioner_name": payload[:60], "petitioner_post": payload[:60], "petitioner_address": payload,
            "petitioner_phone": payload[:40], "register_number": payload[:80], "channel": "letter",
            "confidentiality": "internal", "accused_people": [person.id], "accused_units": [unit.id],
        }  # fmt: skip
        case = _opened(house, "shen", "grievance", form, next(count))
        planted.cases.append(case)
        _fire(house, "shen", case, "answer_message", {"message_answer": payload}, next(count))
        _fire(house, "shen", case, "screen", {"brief": payload, "grievance_type": "claim"}, next(count))
        grounds = dict.fromkeys(PROPOSAL_FIELDS, payload[:200])
        planted.cases.append(_opened(house, "shi", "proposal", {**grounds, "category": "welfare"}, next(count)))
        entrance = entrance_of(house.desk, ROOT, "grievance", house.clock.now())
        told: dict[str, JsonValue] = {"subject": payload[:200], "content": payload, "accused_persons": payload}
        planted.codes.append(file_anonymously(house.desk, entrance, "works", told, f"anonymous {number}").code)
    house.clock.set(house.clock.now() + timedelta(hours=5))
    release_all(house.desk)
    for number, code in enumerate(planted.codes):
        box, (payload,) = DepositBox(house.desk), payloads[number : number + 1]
        box.act(ROOT, code, box.cases(ROOT, code)[0], "write_message", {"message": payload}, f"say {number}")
    tell_all(house.desk)
    return planted


def look_at_all(house: House, address: str, browser: Browser, planted: Planted) -> Looked:
    """Look at every page on which a text that was planted stands, as those who may read it."""
    looked = Looked()
    pages = ["/", "/cases", "/cases?workflow=grievance", "/overdue", "/overdue?within=250", "/notices", "/me/cases",
             "/cases/new/grievance", "/figures", "/accounts"]  # fmt: skip
    for login in ("shen", "shi"):
        with _visitor(browser, looked) as (context, page):
            context.add_cookies([{"name": "banjie", "value": house.token(login), "url": address}])
            for path in [*pages, *(f"/cases/{case}" for case in planted.cases)]:
                page.goto(f"{address}{path}")
                _note(page, looked, f"{login} {path}")
    with _visitor(browser, looked) as (_context, page):
        page.goto(f"{address}/anonymous")
        _note(page, looked, "a stranger /anonymous")
        for code in planted.codes:
            page.goto(f"{address}/anonymous/look")
            page.fill("#code", code)
            page.click("button.primary")
            _note(page, looked, "a stranger /anonymous/look")
    return looked


@contextmanager
def _visitor(browser: Browser, looked: Looked) -> Iterator[tuple[BrowserContext, Page]]:
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(LISTEN)
    page = context.new_page()

    def stop(dialog: Dialog) -> None:
        looked.findings.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", stop)
    try:
        yield context, page
    finally:
        context.close()


def _note(page: Page, looked: Looked, where: str) -> None:
    looked.pages += 1
    page.wait_for_load_state()
    shape = re.sub(r"[0-9a-f]{32}", "{case}", where)
    ran = page.evaluate("window.pwned || 0")
    if ran:
        looked.findings.append(f"{shape}: {ran} payloads ran")
    looked.findings += [f"{shape}: stopped {report}" for report in page.evaluate("window.cspReports")]


def _opened(house: House, login: str, workflow: str, form: dict[str, JsonValue], number: int) -> CaseId:
    command = OpenCase(
        root=ROOT,
        actor=house.desk.queries.actor(ROOT, PersonId(login), house.clock.now()),
        key=f"plant {number}",
        workflow=workflow,
        unit=UnitId("works"),
        form=form,
    )
    answer = house.desk.office.carry_out([command])[0]
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def _fire(house: House, login: str, case: CaseId, move: str, form: dict[str, JsonValue], number: int) -> None:
    command = FireTransition(
        root=ROOT,
        actor=house.desk.queries.actor(ROOT, PersonId(login), house.clock.now()),
        key=f"plant {number}",
        case=case,
        transition=move,
        form=form,
    )
    answer = house.desk.office.carry_out([command])[0]
    assert isinstance(answer, Done), answer
