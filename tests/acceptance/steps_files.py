"""The sentences about files: uploaded, taken over by a step, and read as they came or as a copy."""

from __future__ import annotations

from datetime import timedelta

from pydantic import JsonValue
from pytest_bdd import given, then, when

from engine.access.disclosure import disclosed
from engine.case.codec import microseconds
from engine.case.files import described_files, uploader_of
from engine.ledger.commitments import NullSealer
from engine.service.file_ports import FileRow
from engine.service.filing.cabinet import UPLOAD_HOURS
from engine.service.known_files import FileSecret, seal_file
from tests.acceptance.steps_common import FORM, KIND, case_of, form_of, sentence
from tests.acceptance.steps_secrecy import _sees
from tests.support.cast import ROOT
from tests.support.hall import Hall
from tests.support.lives import CALLED
from tests.support.wording import file_id, named

MANY = tuple(f"照片{number}.jpg" for number in range(1, 22))


@given(sentence(r"(?P<who>[^“”，]+)已上传“(?P<name>[^“”]+)”"))
def _uploaded(hall: Hall, who: str, name: str) -> None:
    keep_upload(hall, who, name)


@given(sentence(r"(?P<who>[^“”，]+)已上传二十一张照片"))
def _many_uploaded(hall: Hall, who: str) -> None:
    for name in MANY:
        keep_upload(hall, who, name)


@when(sentence(r"提案人提出提案“(?P<name>[^“”]+)”，附件为这二十一张照片"))
def _many_named(hall: Hall, name: str) -> None:
    with hall.asking():
        hall.open("提案人", "proposal", name, {"attachments": [file_id(one) for one in MANY]})


def keep_upload(hall: Hall, who: str, name: str) -> None:
    """Keep an upload as the cabinet would, without any content."""
    id_ = file_id(name)
    described: dict[str, JsonValue] = {"id": id_, "name": name, "sha256": "0" * 64, "size": 1, "type": "image/jpeg"}
    sealed = seal_file(NullSealer(), id_, FileSecret(described=described, content_key=bytes(32)))
    hall.tables.attachments[id_] = FileRow(
        root=ROOT,
        id=id_,
        case=None,
        seq=None,
        path=None,
        who=uploader_of(hall.cast.actor(who)),
        expires_at=microseconds(hall.now + timedelta(hours=UPLOAD_HOURS)),
        mark=None,
        key=sealed.key,
        sealed=sealed.ciphertexts[0],
        address="0" * 32,
    )


@given(sentence(rf"(?P<who>[^“”，]+)提出(?P<kind>{KIND})“(?P<name>[^“”]+)”{FORM}"))
def _opened(hall: Hall, who: str, kind: str, name: str, form: str) -> None:
    workflow = CALLED[kind]
    answer = hall.open(
        who, workflow, name, form_of(hall, workflow, list(hall.definition(workflow).workflow.opening), form)
    )
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"


@then(sentence(r"“(?P<name>[^“”]+)”归入CASE的“(?P<title>[^“”]+)”"))
def _taken(hall: Hall, name: str, case: str, title: str) -> None:
    found = hall.case(case_of(hall, case))
    field = named(title, hall.definition(found.workflow).workflow.fields)
    row = hall.tables.attachments[file_id(name)]
    assert (row.case, row.path) == (found.id, f"fields/{field}")
    assert (row.who, row.expires_at) == (None, None), "nothing says any more who uploaded it, and when"


@then(sentence(r"(?P<who>[^“”，]+?)能看到CASE的“(?P<title>[^“”]+)”，看到的是(?P<what>原件|副本)"))
def _read(hall: Hall, who: str, case: str, title: str, what: str) -> None:
    found = hall.case(case_of(hall, case))
    definition = hall.definition(found.workflow)
    actor = hall.cast.actor(who)
    known = disclosed(found, definition, actor, hall.cast.surroundings().tree)
    field = named(title, definition.workflow.fields)
    assert _sees(hall, who, found)
    assert field in known.fields
    assert field in found.sealed or list(described_files(found.data[field]))
    assert known.originals is (what == "原件")
