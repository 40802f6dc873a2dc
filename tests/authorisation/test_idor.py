"""An id of what somebody may not know of does what an id of nothing does, in every field of every request.

Sampled by a seed; ``make campaign --only idor`` asks all of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.authorisation import fields
from tests.authorisation.fields import (
    COOKIES,
    FORMATS,
    HEADERS,
    PAGE_FIELDS,
    Kind,
    names_in_sources,
    undeclared_pages,
)
from tests.authorisation.forms import formats_of, scan_forms
from tests.authorisation.idor import declared_fields, pairs, questions, scanning, some_of
from tests.authorisation.matrix import WORKFLOWS
from tests.authorisation.seeded_idor import BUGS, finds
from tests.authorisation.things import Estate, furnished
from tests.support.proved_rules import load_once

SAMPLE = 300
SEED = 20260303


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """One estate for all that leaves it as it was."""
    with furnished(f"sqlite:///{tmp_path_factory.mktemp('estate') / 'banjie.db'}") as estate:
        yield estate


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """One for the bugs: each takes away things of its own kind only."""
    with furnished(f"sqlite:///{tmp_path_factory.mktemp('spoilt') / 'banjie.db'}") as estate:
        yield estate


def test_every_field_says_what_it_names(estate: Estate) -> None:
    assert [str(each) for each in declared_fields(estate) if each.kind is None] == [], "declare them in fields.py"
    pages = [address.name for address in estate.addresses if not address.is_api]
    assert undeclared_pages(pages) == [], "say in PAGE_FIELDS what these pages read"
    assert sorted(PAGE_FIELDS.keys() - set(pages)) == []


def test_a_field_that_nobody_has_declared_is_found(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: of a name that is new nothing is known, in the API or on a page."""
    known = {name: kind for name, kind in fields.KINDS.items() if name not in ("substitute", "transitions.case")}
    monkeypatch.setattr(fields, "KINDS", known)
    assert [str(each) for each in declared_fields(estate) if each.kind is None] == [
        "/api POST /transitions: body transitions.case",
        "/api POST /me/absences: body substitute",
        "POST /me/absence: form substitute",
        "POST /admin/delegations: form substitute",
    ]


def test_every_name_that_a_source_asks_for_stands_in_the_table() -> None:
    found = names_in_sources()
    declared = {name for query, form in PAGE_FIELDS.values() for name in (*query.split(), *form.split())}
    declared |= {"lang", "username", "case", "to", "key", "v"}
    whole = {name.rstrip(".") for name in declared}
    unknown = {
        name
        for name in found["field"]
        if name.rstrip(".") not in whole and not any(each.startswith(name) for each in declared if name.endswith("."))
    }
    assert unknown == set(), "say in PAGE_FIELDS where they belong"
    assert found["header"] <= HEADERS.keys()
    assert found["cookie"] <= COOKIES.keys()
    assert {"case", "code", "notice", "ticket", "f.", "version."} <= found["field"]


def test_every_format_of_a_definition_says_what_it_names() -> None:
    rules = load_once(WORKFLOWS).rulebook()
    found = {written for name in rules.names() for _field, written in formats_of(rules.for_new(name))}
    assert found <= FORMATS.keys()
    assert {"case", "file", "person", "unit"} <= found


def test_an_id_of_what_is_hidden_does_what_an_id_of_nothing_does(estate: Estate) -> None:
    with scanning(estate) as scan:
        scan.run(some_of(pairs(estate, questions(estate)), SAMPLE, SEED))
        assert scan.findings == []
        assert scan.asked.keys() >= {Kind.CASE, Kind.FILE, Kind.NOTICE, Kind.ERASURE, Kind.TOKEN, Kind.ACCOUNT}


def test_a_form_that_names_what_is_hidden_is_answered_as_one_that_names_nothing(estate: Estate) -> None:
    with scanning(estate) as scan:
        assert scan_forms(scan) > 10
        assert scan.findings == []
        assert scan.asked.keys() >= {Kind.CASE, Kind.FILE}


def test_an_upload_is_told_nothing_of_a_case_that_its_sender_may_not_see(estate: Estate) -> None:
    """The case holds the very content that is uploaded."""
    every = (each for each in pairs(estate, questions(estate)) if "POST /uploads: body case" in str(each[0]))
    asked = [each for each in every if each[2].name == "sibling"][:3]
    with scanning(estate) as scan:
        assert scan.run(asked).findings == []
        assert scan.requests == 2 * len(asked) == 6


@pytest.mark.parametrize("seed", [1])
def test_the_scan_finds_nothing_on_postgresql_either(postgres_database: str, seed: int) -> None:
    with furnished(postgres_database) as estate, scanning(estate) as scan:
        scan.run(some_of(pairs(estate, questions(estate)), 0, seed)[:: len(Kind)])
        assert scan.findings == []
        assert scan.requests > 10


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_bugs_put_in_on_purpose_are_found(spoilt: Estate, bug: str) -> None:
    assert finds(spoilt, bug, SEED)
