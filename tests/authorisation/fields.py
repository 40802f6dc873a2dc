"""What every field of every request names, in one table: a field that does not stand here fails the test.

Fields of the API come from its OpenAPI document; those of pages from ``PAGE_FIELDS``, which is held against templates
and sources. Written by hand, from what each address is for: the scan replaces what names something of somebody's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

_TRIED: Final = "item. side. count. unit. parameter. guard. class. to."
PROJECT: Final = Path(__file__).resolve().parents[2]


class Kind(StrEnum):
    """What a field names. Whose things the first ones are decides: anybody else is answered as if they were not there.

    UNIT and PERSON are known to everybody who is logged in; what counts is what one may do with them. KEY is what
    somebody made up for a request, CURSOR where a list goes on. The others name nothing of anybody's: SHARED things of
    the whole house, WITHIN a place in what another field names, FORM the fields of a definition, PLAIN no thing at all.
    """

    CASE = "case"
    FILE = "file"
    NOTICE = "notice"
    ERASURE = "erasure"
    LOGIN_SESSION = "login session"
    TOKEN = "token"
    ABSENCE = "absence"
    ACCOUNT = "account"
    GRANTEE = "grantee"
    JOB = "job"
    SECRET = "secret"
    UNIT = "unit"
    PERSON = "person"
    KEY = "key"
    CURSOR = "cursor"
    SHARED = "shared"
    WITHIN = "within"
    FORM = "form"
    PLAIN = "plain"


HIDDEN: Final = frozenset(
    {
        Kind.CASE,
        Kind.FILE,
        Kind.NOTICE,
        Kind.ERASURE,
        Kind.LOGIN_SESSION,
        Kind.TOKEN,
        Kind.ABSENCE,
        Kind.ACCOUNT,
        Kind.GRANTEE,
        Kind.JOB,
        Kind.SECRET,
    }
)
SCANNED: Final = HIDDEN | {Kind.UNIT, Kind.PERSON, Kind.KEY, Kind.CURSOR}


class Place(StrEnum):
    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"
    BODY = "body"
    FORM = "form"


@dataclass(frozen=True)
class Field:
    """A field of the requests to an address; within a body its name is a path, as ``transitions.case``."""

    address: str
    place: Place
    name: str
    is_api: bool

    def __str__(self) -> str:
        return f"{'/api ' if self.is_api else ''}{self.address}: {self.place} {self.name}"

    @property
    def kind(self) -> Kind | None:
        """What it names, None where nobody has said so: only names that mean one thing everywhere stand in KINDS."""
        return AT.get((self.address, self.name)) or KINDS.get(self.name)


def _each(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


KINDS: Final[Mapping[str, Kind]] = {
    **_each(Kind.CASE, "case_id case cases other transitions.case confirmed.case"),
    **_each(Kind.FILE, "file_id"),
    **_each(Kind.ERASURE, "erasure"),
    **_each(Kind.NOTICE, "notice notices"),
    **_each(Kind.UNIT, "unit listed.unit"),
    **_each(Kind.PERSON, "person substitute on_behalf.person"),
    **_each(Kind.KEY, "Idempotency-Key transitions.key"),
    **_each(Kind.CURSOR, "after"),
    **_each(Kind.SECRET, "authorization banjie banjie-known ticket secret draft_of"),
    **_each(Kind.SHARED, "workflow listed.workflow role congress_session session root to of"),
    **_each(Kind.WITHIN, "seq"),
    **_each(Kind.FORM, "form transitions.form f. p."),
    **_each(Kind.PLAIN, "transition transitions.transition move measure channel category state phase scope rung limit"),
    **_each(
        Kind.PLAIN, "children before within within_days near_working_days days all show as_of by audience start roll"
    ),
    **_each(Kind.PLAIN, "expected_version transitions.expected_version version on_behalf.kind on_behalf.basis basis"),
    **_each(
        Kind.PLAIN, "on_behalf.occurred_at on_behalf.scan unread_only waiting done lang next find sure paths path file"
    ),
    **_each(
        Kind.PLAIN, "address active digest quiet_from quiet_until language from_on until_on note old password again"
    ),
    **_each(Kind.PLAIN, "title access parts reset receipt unit_code unit_name q username"),
    **_each(Kind.PLAIN, "theme print back order level text"),
    **_each(Kind.PLAIN, "period part kind since until behalf system size seed subject group"),
    **_each(Kind.PLAIN, "name_en term meeting call_opens_on call_closes_on opens_on closes_on reply_due_on year"),
    **_each(Kind.PLAIN, "changes shown show definition reason zh. en. until. new. new_zh. new_en. new_until."),
    **_each(Kind.PERSON, "principal"),
    **_each(Kind.UNIT, "under"),
    **_each(Kind.CASE, "at into last apart"),
    **_each(Kind.PLAIN, "view order narrowed did begin outcome on"),
    **_each(Kind.UNIT, "parent successor"),
    # ``one`` and ``case`` of the list of what waits name a case and a move in one word: tests/integration/test_mine.py.
    **_each(Kind.PLAIN, "when whose one below which anew"),
    **_each(Kind.UNIT, "handled"),
    **_each(Kind.PERSON, "handler"),
    **_each(Kind.PLAIN, "draft quiet listed"),
    # A piece of long work is there for who asked for it alone: tests/integration/test_web_work.py.
    **_each(Kind.PLAIN, "work work_id everything filter count"),
    **_each(Kind.PLAIN, "listed.scope listed.near_working_days listed.rung listed.text"),
    **_each(Kind.PLAIN, "confirmed.expected_version confirmed"),
}
AT: Final[Mapping[tuple[str, str], Kind]] = {
    **{(f"{method} /me/sessions/{{number}}{more}", "number"): Kind.LOGIN_SESSION
       for method, more in (("DELETE", ""), ("POST", "/end"))},
    **{(f"{method} /{whose}/tokens/{{number}}{more}", "number"): Kind.TOKEN
       for method, more in (("DELETE", ""), ("POST", "/end")) for whose in ("me", "accounts")},
    ("POST /jobs/{number}/run", "number"): Kind.JOB,
    ("DELETE /me/absences/{key}", "key"): Kind.ABSENCE,
    ("POST /me/absence/{key}/end", "key"): Kind.ABSENCE,
    **{(f"POST /accounts/{{login}}/{what}", "login"): Kind.ACCOUNT for what in ("slip", "reset", "second-factor")},
    ("GET /grants/{person}", "person"): Kind.GRANTEE,
    ("GET /grants", "person"): Kind.GRANTEE,
    ("GET /grants/history", "person"): Kind.GRANTEE,
    ("POST /grants/end", "person"): Kind.GRANTEE,
    ("GET /workflows/{name}", "name"): Kind.SHARED,
    ("GET /admin/lists/{name}", "name"): Kind.SHARED,
    # A code, and no case.
    **{("GET /admin/lists/{name}", name): Kind.PLAIN for name in ("text", "after")},
    ("GET /admin/lists/{name}/codes.{kind}", "name"): Kind.SHARED,
    ("GET /admin/lists/{name}/codes.{kind}", "kind"): Kind.PLAIN,
    **{(f"POST /admin/lists/{{name}}/{what}", "name"): Kind.SHARED for what in ("preview", "file", "publish")},
    **{(f"POST /admin/definitions/{what}", "name"): Kind.PLAIN for what in ("preview", "withdraw")},
    ("POST /admin/delegations/{person}/{key}/end", "person"): Kind.GRANTEE,
    ("POST /admin/delegations/{person}/{key}/end", "key"): Kind.WITHIN,
    ("GET /admin/units", "text"): Kind.PLAIN,
    ("GET /accounts/logins", "text"): Kind.PLAIN,
    ("GET /cases/export.{kind}", "kind"): Kind.PLAIN,
    ("GET /overdue/export.{kind}", "kind"): Kind.PLAIN,
    **{(f"GET {path}.{{kind}}", "kind"): Kind.PLAIN for path in ("/accounts", "/grants", "/supervise/{part}")},
    ("GET /supervise/{part}.{kind}", "part"): Kind.PLAIN,
    ("GET /board/export.{kind}", "kind"): Kind.PLAIN,
    ("GET /long-work/{work_id}/skipped.{kind}", "kind"): Kind.PLAIN,
    # Registers are seen by who brought or took them alone: tests/integration/test_web_registers.py.
    ("GET /registers/out/{mark}", "mark"): Kind.PLAIN,
    # Papers are given to who asked for them alone: tests/integration/test_papers_out.py.
    ("GET /cases/papers/{mark}", "mark"): Kind.PLAIN,
    ("POST /cases/papers", "wanted"): Kind.PLAIN,
    ("GET /registers/{work_id}/refused.{kind}", "kind"): Kind.PLAIN,
    ("GET /archive/export.{kind}", "kind"): Kind.PLAIN,
    ("GET /cases/{case_id}/papers/{paper}.{kind}", "kind"): Kind.PLAIN,
    ("GET /cases/{case_id}/dossier.{kind}", "kind"): Kind.PLAIN,
    ("GET /cases/{case_id}/papers/{paper}.{kind}", "paper"): Kind.PLAIN,
    ("POST /registers", "file"): Kind.PLAIN,
    **{(f"POST /admin/{what}", "name"): Kind.PLAIN for what in ("units", "people", "sessions", "definitions")},
    ("POST /admin/units", "code"): Kind.PLAIN,
    **{(f"GET /audit{more}", "number"): Kind.PLAIN for more in ("", ".{kind}")},
    **{("GET /figures/{workflow}/cases", name): Kind.PLAIN for name in ("number", "of")},
    # What is tried out is named by the definition.
    **{("GET /figures/{workflow}/try", name): Kind.PLAIN for name in _TRIED.split()},
    # A coverage, and the key of a line of its roster, of which everybody is told theirs.
    **{("GET /coverage/{name}" + more, "name"): Kind.SHARED for more in ("", "/export.{kind}")},
    **{("GET /coverage/{name}", name): Kind.PLAIN for name in ("after", "covered")},
    ("GET /coverage/{name}/export.{kind}", "kind"): Kind.PLAIN,
    # The name of a sheet is the definition's; a case of a workflow without one says that it has none.
    **{("GET /cases/{case_id}/sheets/{name}" + more, "name"): Kind.PLAIN for more in ("", "/export.{kind}")},
    ("GET /cases/{case_id}/sheets/{name}", "whole"): Kind.PLAIN,
    # The same of a poll, whose answers are codes of the definition.
    **{(f"{method} /cases/{{case_id}}/polls/{{name}}", "name"): Kind.PLAIN for method in ("GET", "POST")},
    **{("POST /cases/{case_id}/polls/{name}", name): Kind.PLAIN for name in ("answers", "a.", "sure")},
    ("GET /cases/{case_id}/sheets/{name}/export.{kind}", "kind"): Kind.PLAIN,
    ("POST /admin/people", "login"): Kind.PLAIN,
    ("GET /admin/people", "text"): Kind.PLAIN,
    **{(f"POST /admin/{what}", "notice"): Kind.PLAIN for what in ("calendar", "calendar/preview")},
    ("GET /ledger/checkpoints/{n}", "n"): Kind.SHARED,
    # What was published is everybody's, and what was not does not exist there: tests/integration/test_web_register.py.
    ("GET /register/{published}", "published"): Kind.SHARED,
    ("GET /open311/v2/requests/{published}.json", "published"): Kind.SHARED,
    # Codes of the feed of the register, which name a workflow and its category.
    **{("GET /open311/v2/requests.json", name): Kind.PLAIN
       for name in ("service_code", "status", "start_date", "end_date", "page", "page_size")},
    **{(f"GET /open311/v2/{what}.json", "jurisdiction_id"): Kind.SHARED
       for what in ("services", "requests", "requests/{published}")},
    ("GET /similar", "subject"): Kind.PLAIN,
    **{
        (f"GET {path}", "text"): Kind.PLAIN
        for path in ("/cases", "/accounts", "/grants", "/grants/{person}", "/search", "/similar")
    },
    ("GET /feeds/{token}/deadlines.ics", "token"): Kind.SECRET,
    **{(f"POST {path}", "code"): Kind.SECRET
       for path in ("/anonymous/look", "/anonymous/transitions", "/anonymous/act", "/activate")},
    # A code of an authenticator opens nothing by itself.
    **{(f"POST {path}", "code"): Kind.PLAIN
       for path in ("/login/code", "/me/second-factor", "/me/second-factor/remove")},
    # Who one says that one is, at the door: told apart by nothing (see the tests of the login).
    **{(f"{method} {path}", "login"): Kind.PLAIN
       for method, path in (("POST", "/login"), ("GET", "/activate"), ("POST", "/activate"),
                            ("POST", "/link/{secret}"))},
    ("POST /link/{secret}", "name"): Kind.PLAIN,
    **{(f"POST {path}", "key"): Kind.KEY
       for path in ("/cases/new/{workflow}/look", "/cases/new/{workflow}/edit", "/cases/new/{workflow}",
                    "/cases/new/{workflow}/on-behalf", "/cases/{case_id}/{transition}",
                    "/cases/{case_id}/on-behalf/{move}", "/cases/{case_id}/erasure/ask", "/drafts", "/overdue/act",
                    "/board/act", "/mine/do", "/meeting/{case_id}/{outcome}", "/merge/{case_id}/{move}",
                    "/registers", "/registers/out", "/cases/papers",
                    "/anonymous", "/anonymous/check", "/anonymous/edit",
                    "/anonymous/act")},
}  # fmt: skip
FORMATS: Final[Mapping[str, Kind]] = {
    "case": Kind.CASE,
    "file": Kind.FILE,
    "person": Kind.PERSON,
    "unit": Kind.UNIT,
    "rung": Kind.WITHIN,
    "date": Kind.PLAIN,
    "date-time": Kind.PLAIN,
}
"""What the formats of the fields of definitions name."""
HEADERS: Final[Mapping[str, Kind]] = {
    "authorization": Kind.SECRET,
    "idempotency-key": Kind.KEY,
    **_each(Kind.PLAIN, "accept-language content-disposition content-length content-type host origin sec-fetch-site"),
    **_each(Kind.PLAIN, "cache-control If-None-Match"),
    "user-agent": Kind.PLAIN,
    "accept-encoding": Kind.PLAIN,
}
COOKIES: Final[Mapping[str, Kind]] = {"banjie": Kind.SECRET, "banjie-known": Kind.SECRET}

_BASIS: Final = "on_behalf.person on_behalf.kind on_behalf.basis on_behalf.occurred_at on_behalf.scan"
# Beside these every page takes lang. ``f.`` and ``p.`` stand for the fields of a definition.
_FIGURES: Final = "as_of unit category period by audience subject"
_SESSION_DAYS: Final = "call_opens_on call_closes_on opens_on closes_on reply_due_on"
_BOARD: Final = "workflow session view order state unit category q"
_MANY: Final = "everything filter count work of"
_MEETING: Final = "workflow session category narrowed done"
_OVERDUE: Final = "within days workflow unit rung handled below handler q"
PAGE_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    # address: the names in its query, the names in its form
    "GET /": ("", ""),
    "GET /login": ("next done", ""),
    "POST /login": ("", "login password next"),
    "POST /login/code": ("", "ticket code next"),
    "GET /notices": ("show after done", ""),
    "GET /cases/{case_id}/polls/{name}": ("done", ""),
    "POST /cases/{case_id}/polls/{name}": ("", "sure a."),
    "POST /notices/read": ("", "notice show after"),
    "POST /notices/acknowledge": ("", "notice show after"),
    "GET /cases/new/{workflow}": ("level draft", ""),
    "POST /cases/new/{workflow}/look": ("", "key unit session find draft_of f. p."),
    "POST /cases/new/{workflow}/edit": ("", "key unit session find draft_of f. p."),
    "GET /register": ("of workflow session category q after", ""),
    "GET /register/{published}": ("of", ""),
    "GET /open311/v2/services.json": ("jurisdiction_id", ""),
    "GET /open311/v2/requests.json": (
        "jurisdiction_id service_code status start_date end_date page page_size",
        "",
    ),
    "GET /open311/v2/requests/{published}.json": ("jurisdiction_id", ""),
    "GET /archive": ("workflow session year category unit q after", ""),
    "GET /archive/export.{kind}": ("workflow session year category unit q", ""),
    "GET /registers": ("workflow session unit year", ""),
    "GET /registers/template.xlsx": ("workflow", ""),
    "POST /registers": ("", "key workflow session unit file"),
    "POST /registers/out": ("", "key workflow session year"),
    "POST /registers/{work_id}": ("", ""),
    "POST /cases/new/{workflow}": ("", "key unit session find draft_of f. p."),
    "POST /cases/new/{workflow}/on-behalf": ("", f"key unit session draft_of f. {_BASIS}"),
    "GET /cases": ("workflow state phase session category unit q order after", ""),
    "GET /cases/export.{kind}": ("workflow state phase session category unit q order", ""),
    "POST /cases/papers": ("workflow state phase session category unit q order", "key wanted kind"),
    "GET /cases/{case_id}": ("done again seq draft move apart", ""),
    "POST /cases/{case_id}/{transition}": ("", "key version text find draft_of f. p."),
    "POST /cases/{case_id}/on-behalf/{move}": ("", f"key draft_of f. {_BASIS}"),
    "GET /cases/{case_id}/erasure": ("done seq draft", ""),
    "POST /cases/{case_id}/erasure/ask": ("", "key path basis draft_of"),
    "POST /cases/{case_id}/erasure/{erasure}/approve": ("", "sure"),
    "GET /cases/{case_id}/slip/{seq}": ("done", ""),
    "POST /receipts": ("", "receipt"),
    "GET /mine": ("when workflow unit whose q after all did", ""),
    "GET /mine/print": ("when workflow unit whose q", ""),
    "POST /mine/do": ("one", "key move case version confirmed draft_of"),
    "GET /mine/do": ("draft", ""),
    "GET /mine/{case_id}/extension": ("move days", ""),
    "GET /supervise": ("unit anew", ""),
    "GET /supervise/{part}.{kind}": ("unit anew", ""),
    "GET /supervise/ladders": ("unit rung after anew", ""),
    "GET /supervise/promises": ("unit which after anew", ""),
    "GET /supervise/transfers": ("unit anew", ""),
    "GET /overdue": (f"{_OVERDUE} after all", ""),
    "GET /overdue/export.{kind}": (_OVERDUE, ""),
    "GET /overdue/act": (f"case measure draft everything work of {_OVERDUE}", ""),
    "POST /overdue/act": (f"{_OVERDUE} again", f"key case other confirmed measure version draft_of f. {_MANY}"),
    "GET /board": (f"{_BOARD} after all", ""),
    "GET /board/export.{kind}": (_BOARD, ""),
    "GET /board/counts": (_BOARD, ""),
    "GET /board/act": (f"case measure draft everything work of {_BOARD}", ""),
    "POST /board/act": (f"{_BOARD} again", f"key case other confirmed measure version draft_of f. {_MANY}"),
    "GET /long-work/{work_id}": ("show after", ""),
    "GET /meeting": (f"{_MEETING} at last did draft move apart", ""),
    "GET /meeting/minutes": (f"{_MEETING} on", ""),
    "POST /meeting/{case_id}/{outcome}": (_MEETING, "key version begin draft_of f."),
    "GET /merge/{case_id}": (f"{_MEETING} back q into draft move", ""),
    "POST /merge/{case_id}/{move}": (f"{_MEETING} back q into", "key version begin draft_of f."),
    "GET /assign/{case_id}": ("unit", ""),
    "GET /audit": ("number person kind move role since until behalf system after", ""),
    "GET /audit.{kind}": ("number person kind move role since until behalf system after", ""),
    "GET /audit/process": ("workflow session unit since until state", ""),
    "GET /audit/process.{kind}": ("workflow session unit since until state", ""),
    "GET /audit/sample": ("workflow session unit since until state size seed digest", ""),
    "POST /audit/sample": ("", "workflow session unit since until state size seed"),
    "GET /audit/sample.{kind}": ("workflow session unit since until state size seed", ""),
    "GET /figures": (_FIGURES, ""),
    "GET /figures/{workflow}": (_FIGURES, ""),
    "GET /figures/{workflow}/cases": (f"{_FIGURES} group of number", ""),
    "GET /figures/{workflow}/{part}.{kind}": (_FIGURES, ""),
    "GET /figures/{workflow}/report.{kind}": (f"{_FIGURES} session", ""),
    "GET /figures/{workflow}/table.{kind}": (f"{_FIGURES} session", ""),
    "GET /figures/{workflow}/try": (_TRIED, ""),
    "GET /coverage": ("year unit anew", ""),
    "GET /coverage/{name}": ("year unit which after anew", ""),
    "GET /coverage/{name}/export.{kind}": ("year unit which", ""),
    "GET /me/cases": ("after", ""),
    "GET /drafts": ("done", ""),
    "POST /drafts": ("quiet", "draft_of key unit session version f. p."),
    "POST /drafts/discard": ("", "draft_of listed"),
    "GET /cases/new/{workflow}/on-behalf": ("draft", ""),
    "GET /cases/{case_id}/on-behalf/{move}": ("draft", ""),
    "GET /me/notices": ("channel done", ""),
    "POST /me/notices/{channel}": ("", "address active digest quiet_from quiet_until language"),
    "GET /me/absence": ("done draft", ""),
    "POST /me/absence": ("", "from_on until_on substitute note draft_of"),
    "GET /me/password": ("done", ""),
    "POST /me/password": ("", "old password again"),
    "GET /me/second-factor": ("done", ""),
    "POST /me/second-factor": ("", "code"),
    "POST /me/second-factor/remove": ("", "password code"),
    "GET /me/sessions": ("done", ""),
    "GET /me/tokens": ("done", ""),
    "POST /me/tokens/feed": ("", ""),
    "GET /feeds/{token}/deadlines.ics": ("", ""),
    "POST /me/tokens": ("", "title access parts days"),
    "GET /accounts": ("unit text show after done", ""),
    "GET /accounts.{kind}": ("unit text show", ""),
    "POST /accounts/slips": ("", "unit"),
    "POST /accounts/{login}/reset": ("", "sure"),
    "GET /accounts/tokens": ("done", ""),
    "GET /grants": ("unit text done draft", ""),
    "GET /grants.{kind}": ("unit text", ""),
    "GET /grants/{person}": ("unit text done", ""),
    "POST /grants": ("", "person role unit from_on until_on draft_of"),
    "POST /grants/end": ("", "person role unit from_on sure"),
    "GET /activate": ("login", ""),
    "POST /activate": ("", "login code password again"),
    "POST /link/{secret}": ("", "login name unit_code unit_name password again"),
    "GET /jobs": ("state done", ""),
    "POST /jobs/{number}/run": ("", "state"),
    "POST /admin/channels": ("", "channel address"),
    "POST /similar/{workflow}": ("", "f."),
    "GET /cases/{case_id}/similar": ("apart", ""),
    "POST /cases/{case_id}/similar/{other}/dismiss": ("", "back"),
    "POST /cases/{case_id}/similar/{other}/again": ("", "back"),
    "GET /admin/definitions": ("done", ""),
    "POST /admin/definitions/preview": ("", "name definition"),
    "POST /admin/definitions/publish": ("", "definition reason"),
    "POST /admin/definitions/withdraw": ("", "name version reason"),
    "GET /admin/lists": ("done", ""),
    "GET /admin/lists/{name}": ("text after draft", ""),
    "POST /admin/lists/{name}/preview": (
        "",
        "version shown zh. en. until. new. new_zh. new_en. new_until. draft_of",
    ),
    "POST /admin/lists/{name}/file": ("", "file"),
    "POST /admin/lists/{name}/publish": ("", "changes reason draft_of"),
    "GET /admin/delegations": ("done after draft", ""),
    "POST /admin/delegations": ("", "principal substitute from_on until_on note draft_of"),
    "GET /accounts/logins": ("text after", ""),
    "GET /accounts/logins/{person}": ("done", ""),
    "POST /accounts/logins/{person}/end": ("", "sure"),
    "GET /admin/units": ("done draft text under after", ""),
    "POST /admin/units": ("", "unit code name name_en parent from_on until_on successor draft_of"),
    "GET /admin/people": ("unit text after done draft", ""),
    "POST /admin/people": ("", "person login name unit active draft_of"),
    "GET /admin/sessions": ("done draft", ""),
    "POST /admin/sessions": ("", f"unit term meeting name name_en draft_of {_SESSION_DAYS}"),
    "GET /admin/calendar": ("year done draft", ""),
    "POST /admin/calendar": ("", "notice draft_of"),
    "POST /admin/calendar/preview": ("", "notice draft_of"),
    "POST /admin/definitions": ("", "name definition"),
    "GET /anonymous": ("to", ""),
    "POST /anonymous": ("", "key to unit f."),
    "POST /anonymous/check": ("", "key to unit f."),
    "POST /anonymous/edit": ("", "key to unit f."),
    "POST /anonymous/look": ("", "code"),
    "POST /anonymous/act": ("", "key code move f."),
    "POST /appearance": ("", "back theme print"),
}
NO_FIELDS: Final = frozenset(
    {
        "POST /logout",
        "POST /long-work/{work_id}/stop",
        "POST /me/notices/{channel}/forget",
        "POST /me/absence/{key}/end",
        "POST /admin/delegations/{person}/{key}/end",
        "POST /me/sessions/{number}/end",
        "POST /me/sessions/end-others",
        "POST /me/tokens/{number}/end",
        "POST /accounts/{login}/second-factor",
        "POST /accounts/tokens/{number}/end",
    }
)
"""Pages that take a form and read nothing of it."""


def api_fields(description: Mapping[str, Any]) -> Iterator[Field]:
    """Yield every field that the OpenAPI document names, as ``api`` addresses stand in the rules."""
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            address = f"{method.upper()} {path.removeprefix('/api')}"
            for part in operation.get("parameters", ()):
                yield Field(address, Place(part["in"]), part["name"], is_api=True)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name in _leaves(content.get("schema", {})):
                    yield Field(address, Place.BODY, name, is_api=True)
            yield Field(address, Place.HEADER, "authorization", is_api=True)


def page_fields(addresses: Iterable[str]) -> Iterator[Field]:
    """Yield every field of the pages at these addresses."""
    for address in addresses:
        for name in re.findall(r"\{(\w+)\}", address):
            yield Field(address, Place.PATH, name, is_api=False)
        query, form = PAGE_FIELDS.get(address, ("", ""))
        for name in query.split():
            yield Field(address, Place.QUERY, name, is_api=False)
        for name in form.split():
            yield Field(address, Place.FORM, name, is_api=False)
        yield Field(address, Place.COOKIE, "banjie", is_api=False)


def undeclared_pages(addresses: Iterable[str]) -> list[str]:
    """Return the pages that take a form and of which nobody has said what stands in it."""
    return [one for one in addresses if one.startswith("POST ") and one not in PAGE_FIELDS and one not in NO_FIELDS]


def names_in_sources() -> dict[str, set[str]]:
    """Return the names that pages and API ask of queries, forms, headers and cookies, wherever a source says them."""
    found: dict[str, set[str]] = {"header": set(), "cookie": set(), "field": set()}
    for folder in ("web", "api"):
        for path in sorted((PROJECT / folder).rglob("*.py")):
            for place, name in _asked(ast.parse(path.read_text(encoding="utf-8"))):
                found[place].add(name)
    for template in sorted((PROJECT / "web/templates").glob("*.html")):
        controls = re.findall(r"<(?:input|select|textarea|button)\b[^>]*>", template.read_text(encoding="utf-8"))
        names = (match[1] for control in controls if (match := re.search(r'\bname="([^"]+)"', control)))
        found["field"] |= {name.partition("{{")[0] for name in names} - {""}
    return found


def _leaves(schema: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield the path of every leaf of a body, through lists and through what may be left out."""
    for choice in schema.get("anyOf", ()):
        yield from _leaves(choice, before)
    if "items" in schema:
        yield from _leaves(schema["items"], before)
    for name, part in schema.get("properties", {}).items():
        below = list(dict.fromkeys(_leaves(part, f"{before}{name}.")))
        yield from below or (f"{before}{name}",)


_HOLDERS: Final = {"headers": "header", "cookies": "cookie", "query_params": "field", "params": "field",
                   "posted": "field", "form": "field", "fields": "field"}  # fmt: skip


def _asked(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield where a name is asked for, and the name: ``posted.get("key")``, ``first(form, "code")`` and their like."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        called, last = node.func, node.args[-1 if isinstance(node.func, ast.Name) else 0]
        if not isinstance(last, ast.Constant) or not isinstance(last.value, str):
            continue
        if isinstance(called, ast.Attribute) and called.attr in ("get", "getlist"):
            holder = called.value
            name = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
            if name in _HOLDERS:
                yield _HOLDERS[name], last.value
        elif isinstance(called, ast.Name) and called.id in ("first", "_first"):
            yield "field", last.value
