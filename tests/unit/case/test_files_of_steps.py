"""Which uploads a form may name, decided without any database: those of who asks, in time, once, or the case's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind
from engine.case.files import FILES_OF_STEP_MAX, KnownFile, could_be_files, taken_over, uploader_of, with_files
from engine.case.identity import CaseId, PersonId
from engine.definition.compiled import Definition
from engine.errors import FormInvalid
from tests.architecture.test_repository import PROJECT
from tests.support.builders import at
from tests.support.proved_rules import load_once
from tests.support.refusals import told

NOW = at("2026-03-02")
SHI = Actor(kind=ActorKind.PERSON, person=PersonId("shi"), veil=PersonId("veil-of-shi"))
CASE = CaseId("c" * 32)
ID = "a" * 32


@pytest.fixture(scope="module")
def definition() -> Definition:
    return load_once(PROJECT / "workflows").rulebook().for_new("proposal")


def known(id_: str = ID, /, **changed: object) -> dict[str, KnownFile]:
    described: dict[str, JsonValue] = {"id": id_, "sha256": "0" * 64, "size": 1, "name": "a.jpg", "type": "image/jpeg"}
    file = KnownFile(id=id_, described=described, who=uploader_of(SHI), expires_at=NOW + timedelta(hours=1))
    return {id_: file._replace(**changed)}  # type: ignore[arg-type]  # its own fields


def test_a_form_with_an_upload_holds_what_describes_it_and_takes_it_over(definition: Definition) -> None:
    form, taken = with_files(definition, {"attachments": [ID], "grounds": "x"}, known(), SHI, None, NOW)
    assert form == {"grounds": "x", "attachments": [dict(known()[ID].described)]}
    assert [(file.id, file.field) for file in taken] == [(ID, "attachments")]


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"who": "somebody"}, id="another's"),
        pytest.param({"who": "shi"}, id="under the name without the veil"),
        pytest.param({"expires_at": NOW}, id="over"),
        pytest.param({"expires_at": None}, id="without an end"),
        pytest.param({"case": CaseId("d" * 32), "path": "fields/attachments"}, id="another case's"),
        pytest.param({"case": CASE, "path": "fields/reply_files"}, id="another field's"),
        pytest.param({"case": CASE, "path": None}, id="taken a moment ago"),
    ],
)
def test_any_other_file_is_refused(definition: Definition, changed: dict[str, object]) -> None:
    with pytest.raises(FormInvalid):
        with_files(definition, {"attachments": [ID]}, known(ID, **changed), SHI, CASE, NOW)


def test_a_file_that_the_field_holds_already_is_kept_and_not_taken_again(definition: Definition) -> None:
    held = known(who=None, expires_at=None, case=CASE, path="fields/attachments")
    form, taken = with_files(definition, {"attachments": [ID]}, held, SHI, CASE, NOW)
    assert form["attachments"] == [dict(held[ID].described)]
    assert taken == ()


def test_what_an_earlier_command_of_the_batch_took_is_taken() -> None:
    after = taken_over(known(), {ID: CASE})
    assert (after[ID].case, after[ID].who, after[ID].expires_at) == (CASE, None, None)
    assert taken_over(known(), {"b" * 32: CASE}) == known()


def test_the_same_file_is_not_given_twice(definition: Definition) -> None:
    with told(FormInvalid, "同一附件填了两次"):
        with_files(definition, {"attachments": [ID, ID]}, known(), SHI, CASE, NOW)


def test_no_more_files_go_with_a_step_than_may(definition: Definition) -> None:
    ids = [f"{number:032x}" for number in range(FILES_OF_STEP_MAX + 1)]
    all_known = {id_: known(id_)[id_] for id_ in ids}
    half = FILES_OF_STEP_MAX // 2
    form: dict[str, JsonValue] = {"attachments": [*ids[:half]], "reply_files": [*ids[half:]]}
    with told(FormInvalid, "一次最多提交 20 个附件"):
        with_files(definition, form, all_known, SHI, CASE, NOW)


def test_only_lists_of_ids_are_looked_up() -> None:
    form = {"a": ID, "b": [ID, "x", 3], "c": [ID.upper()], "d": {"e": [ID]}}
    assert list(could_be_files(form)) == [ID]  # type: ignore[arg-type]  # forms hold such values
