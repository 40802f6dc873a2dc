"""Every form of the site either joins the drafts or stands here with the reason why it does not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

TEMPLATES: Final = sorted((Path(__file__).resolve().parents[3] / "web/templates").glob("*.html"))

NOTHING_TYPED: Final = "a button, a tick or a choice; nothing is typed that could be lost"
SECRET: Final = "asks for a password, a code or an address that holds a key: these are never kept"
STRANGER: Final = "no login, no person: nothing may be kept of whoever writes here"
ASKED: Final = "a question that changes nothing; its answer stands in an address or is asked again"
OF_A_FILE: Final = "the text of a file that its writer has, and larger than what is kept"
BALLOT: Final = "what somebody votes is kept nowhere but in the box"
SHORT: Final = "a few words of reason beside a button"
TOKEN: Final = "makes a token, which is shown once: nobody is to find half of one again"

NOT_KEPT: Final[dict[tuple[str, str], str]] = {
    ("accounts.html", "/accounts/slips"): NOTHING_TYPED,
    ("accounts.html", "/accounts/{}/reset"): NOTHING_TYPED,
    ("accounts.html", "/accounts/{}/second-factor"): NOTHING_TYPED,
    ("accounts_logins_of.html", "{}/end"): NOTHING_TYPED,
    ("accounts_tokens.html", "/accounts/tokens/{}/end"): NOTHING_TYPED,
    ("activate.html", "/activate"): SECRET,
    ("poll.html", "{}"): BALLOT,
    ("cases.html", "{}"): NOTHING_TYPED,
    ("admin_channels.html", "/admin/channels"): SECRET,
    ("admin_definitions.html", "/admin/definitions"): OF_A_FILE,
    ("admin_definitions.html", "/admin/definitions/withdraw"): SHORT,
    ("admin_delegations.html", "{}"): SHORT,
    ("admin_list.html", "/admin/lists/{}/file"): OF_A_FILE,
    ("admin_publish.html", "/admin/definitions/publish"): OF_A_FILE,
    ("anonymous.html", "{}#write"): STRANGER,
    ("anonymous_ask.html", "{}"): STRANGER,
    ("anonymous_check.html", "{}#write"): STRANGER,
    ("anonymous_look.html", "{}"): STRANGER,
    ("base.html", "/appearance"): NOTHING_TYPED,
    ("base.html", "/logout"): NOTHING_TYPED,
    ("draft_parts.html", "/drafts/discard"): "discards a draft; it carries the stamp by the macro beside it",
    ("erasure.html", "{}/erasure/{}/approve"): NOTHING_TYPED,
    ("grants.html", "/grants/end"): NOTHING_TYPED,
    ("inbox.html", "/notices/read"): NOTHING_TYPED,
    ("jobs.html", "/jobs/{}/run"): NOTHING_TYPED,
    ("link.html", "/link/{}"): SECRET,
    ("login.html", "/login"): SECRET,
    ("login_code.html", "/login/code"): SECRET,
    ("my_absence.html", "/me/absence/{}/end"): NOTHING_TYPED,
    ("my_linked_login.html", "/me/linked-login/remove"): SECRET,
    ("my_notices.html", "/me/notices/{}#{}"): SECRET,
    ("my_notices.html", "/me/notices/{}/forget"): NOTHING_TYPED,
    ("my_password.html", "/me/password"): SECRET,
    ("my_second_factor.html", "/me/second-factor"): SECRET,
    ("my_second_factor.html", "/me/second-factor/remove"): SECRET,
    ("my_sessions.html", "/me/sessions/{}/end"): NOTHING_TYPED,
    ("my_sessions.html", "/me/sessions/end-others"): NOTHING_TYPED,
    ("my_tokens.html", "/me/tokens"): TOKEN,
    ("my_tokens.html", "/me/tokens/feed"): NOTHING_TYPED,
    ("my_tokens.html", "/me/tokens/{}/end"): NOTHING_TYPED,
    ("new_look.html", "{}"): "carries the form it was sent from in hidden fields, its stamp among them",
    ("new_look.html", "{}/edit"): "carries the form it was sent from in hidden fields, its stamp among them",
    ("receipts.html", "/receipts"): ASKED,
    ("registers.html", "/registers"): OF_A_FILE,
    ("registers.html", "/registers/out"): NOTHING_TYPED,
    ("registers_preview.html", "{}"): NOTHING_TYPED,
    ("sample.html", "/audit/sample"): ASKED,
    ("similar.html", "{}"): ASKED,
    ("similar_panel.html", "{}"): NOTHING_TYPED,
    ("work.html", "{}/stop"): NOTHING_TYPED,
}
_FORM: Final = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_SECRET_CONTROL: Final = re.compile(r'type="password"|name="(?:password|old|again|ticket|secret|address)"')


def posted_forms(name: str, text: str) -> list[tuple[tuple[str, str], str]]:
    """Return the forms that are posted, by template and address with what is filled in left out, and what they hold."""
    found = []
    for tag, body in _FORM.findall(re.sub(r"\{%.*?%\}|\{#.*?#\}", "", text, flags=re.DOTALL)):
        if 'method="post"' in tag:
            action = re.search(r'action="([^"]*)"', re.sub(r"\{\{.*?\}\}", "{}", tag))
            assert action is not None, f"{name}: a form without its address"
            found.append(((name, action[1]), body))
    return found


FORMS: Final = [form for path in TEMPLATES for form in posted_forms(path.name, path.read_text("utf-8"))]


@pytest.mark.parametrize(("which", "body"), FORMS, ids=[f"{name} {action}" for (name, action), _body in FORMS])
def test_a_form_joins_the_drafts_or_says_why_not(which: tuple[str, str], body: str) -> None:
    joins = "keeping.stamp(" in body
    assert joins != (which in NOT_KEPT), f"{which} {'is kept and listed as not kept' if joins else 'is not kept: why?'}"
    if joins:
        assert _SECRET_CONTROL.search(body) is None, f"{which} would keep a secret"


def test_no_reason_stands_for_a_form_that_is_no_more() -> None:
    assert set(NOT_KEPT) <= {which for which, _body in FORMS}


def test_a_form_without_a_stamp_is_found_and_one_with_a_password_too() -> None:
    bare = posted_forms("x.html", '<form method="post" action="/x/{{ y }}#z" class="a"><input name="note"></form>')
    assert bare == [(("x.html", "/x/{}#z"), '<input name="note">')]
    assert _SECRET_CONTROL.search('<input type="password" name="p">')
    assert posted_forms("x.html", '<form method="get" action="/x"></form>') == []
