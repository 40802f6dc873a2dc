"""The daily mail of the checkpoint over a real SMTP server: who gets it, how often, what is recorded, and that what was
saved of it is an anchor for ``banjie verify``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.ledger.notes import parse_checkpoint, parse_note
from engine.service.anchoring import Anchored, anchorings
from engine.service.jobs import kind_title
from engine.service.plain import AddGrant
from engine.service.tree_findings import anchor_of
from engine.service.verify import verify
from notifications.checkpoint_mail import BEGIN, END
from runtime.cli.anchor_looks import anchor_looks
from runtime.clock import SetClock
from runtime.jobs.anchoring import ANCHOR
from runtime.jobs.port import JobFailed
from runtime.mailed_notes import note_in
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from tests.integration.test_tamper_scenarios import another_word, heads, rewrite, signing_with
from tests.support.command_line import command_line
from tests.support.hook_server import unused_port
from tests.support.house import ROOT, client_of
from tests.support.mail_server import Post, mail_server
from tests.support.post_house import PostHouse, open_post_house, text_of
from tests.support.sealing import behind_its_back, newest, sealed, tree_of

UPPER, DELEGATE, AUDITOR = "audit@upper.example.cn", "delegate@mail.example", "luo@union.example.cn"
DECLARED = f"{UPPER}; {DELEGATE} en"
EVENING = datetime(2026, 1, 20, 10, tzinfo=UTC)
"""18:00 in Shanghai."""
STREAM = CaseId("system:2026-01-20:901")


@dataclass
class Works:
    """A sealed house whose auditor and two people outside are mailed the checkpoint."""

    post: Post
    house: PostHouse
    keeper: Keeper

    def run(self) -> int:
        return self.house.registry.handlers[ANCHOR]("").done

    def seal(self) -> None:
        sealed(self.house.house, self.keeper)

    def at(self, at: datetime) -> None:
        self.house.clock.set(at)

    @property
    def told(self) -> list[Anchored]:
        return anchorings(self.house.house.desk.reads, ROOT, self.house.clock.now())

    @property
    def to(self) -> list[str]:
        return sorted(str(mail["To"]) for mail in self.post.taken)


def settings(post: Post, folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "mail_host": "127.0.0.1",
        "mail_port": post.port,
        "mail_security": "plain",
        "mail_from": "banjie@union.example.cn",
        "anchor_mail": DECLARED,
        "signer_folder": folder / "signer",
        **more,
    }


@contextmanager
def works(url: str, folder: Path, post: Post | None = None) -> Iterator[Works]:
    with mail_server(post or Post()) as taking, open_post_house(url, EVENING, **settings(taking, folder)) as house:
        grant = GrantRow(root=ROOT, person=PersonId("luo"), role="auditor", unit=UnitId("works"))
        house.house.desk.office.write([AddGrant(grant)])
        house.tell("luo", "mail", AUDITOR)
        house.house.filed()
        keeper = Keeper(folder / "signer")
        try:
            made = Works(taking, house, keeper)
            made.seal()
            yield made
        finally:
            keeper.close()


def note_of(mail: EmailMessage) -> str:
    """Return the note in the text of a mail, cut out by hand."""
    return text_of(mail).replace("\r\n", "\n").partition(f"{BEGIN}\n")[2].partition(f"{END}\n")[0]


def attached(mail: EmailMessage) -> tuple[str | None, bytes]:
    (file,) = mail.iter_attachments()
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return file.get_filename(), content


def test_auditors_and_those_declared_get_the_checkpoint_each_in_their_language(
    any_database: str, tmp_path: Path
) -> None:
    with works(any_database, tmp_path) as made:
        assert made.run() == 3
        note = newest(made.house.house)
        assert made.to == sorted([UPPER, DELEGATE, AUDITOR])
        root = parse_checkpoint(parse_note(note.note.encode()).text)
        key = made.keeper.key("banjie/works/2026").fingerprint
        for mail in made.post.taken:
            assert note_of(mail) == note.note
            assert attached(mail) == (f"checkpoint-{note.n}.note", note.note.encode())
            text = text_of(mail)
            assert str(root.size) in str(mail["Subject"])
            assert all(said in text for said in (root.origin, key, "banjie verify --anchor"))
        by_address = {str(mail["To"]): text_of(mail) for mail in made.post.taken}
        assert "根指纹：" in by_address[UPPER]
        assert "请妥善保存本邮件" in by_address[AUDITOR]
        assert "Root fingerprint: " in by_address[DELEGATE]
        assert "江岭重工" not in by_address[DELEGATE]


def test_it_goes_once_a_day_after_six_also_when_everything_starts_anew(any_database: str, tmp_path: Path) -> None:
    with works(any_database, tmp_path) as made:
        assert made.run() == 3
        assert made.run() == 0
        made.at(EVENING + timedelta(days=1) - timedelta(seconds=1))
        made.seal()
        assert made.run() == 0
        made.at(EVENING + timedelta(days=1))
        assert made.run() == 3
        first, second = (parse_checkpoint(parse_note(note_of(made.post.taken[at]).encode()).text) for at in (0, 3))
        assert first.size < second.size, "the second day's covers that the first was sent"
        more = settings(made.post, tmp_path)
    with mail_server(made.post):
        more["mail_port"] = made.post.port
        with open_post_house(any_database, EVENING + timedelta(days=1, hours=5), made=True, **more) as again:
            assert again.registry.handlers[ANCHOR]("").done == 0
            again.clock.set(EVENING + timedelta(days=2))
            assert again.registry.handlers[ANCHOR]("").done == 3
    assert len(made.post.taken) == 9
    assert len({str(mail["Message-ID"]) for mail in made.post.taken}) == 9


def test_that_it_was_sent_is_on_record_without_anybodys_address(any_database: str, tmp_path: Path) -> None:
    with works(any_database, tmp_path) as made:
        made.run()
        desk, row = made.house.house.desk, newest(made.house.house)
        (entry,) = desk.reads.entries(ROOT, STREAM)
        root = parse_checkpoint(parse_note(row.note.encode()).text).root
        assert json.loads(entry.body)["checkpoint_sent"] == {
            "way": "mail",
            "day": "2026-01-20",
            "checkpoint": row.n,
            "size": row.size,
            "root": root.hex(),
            "recipients": 3,
            "refused": 0,
            "left": 0,
        }
        assert b"@" not in entry.body
        assert verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings == ()
        (told,) = made.told
        assert (told.day, told.recipients, told.at) == (date(2026, 1, 20), 3, EVENING)


def test_nothing_is_sent_while_nothing_is_sealed(any_database: str, tmp_path: Path) -> None:
    with (
        mail_server(Post()) as post,
        open_post_house(any_database, EVENING, **settings(post, tmp_path)) as house,
    ):
        assert house.registry.handlers[ANCHOR]("").done == 0
        assert house.house.desk.reads.entries(ROOT, STREAM) == []
    assert post.taken == []


def test_without_mail_there_is_no_such_job_and_with_it_it_runs_every_hour(sqlite_database: str) -> None:
    with open_post_house(sqlite_database) as house:
        assert ANCHOR not in house.registry.handlers
    mail: dict[str, Any] = {
        "mail_host": "127.0.0.1",
        "mail_port": unused_port(),
        "mail_from": "banjie@union.example.cn",
    }
    with open_post_house(sqlite_database, made=True, **mail) as house:
        assert house.registry.intervals[ANCHOR] == timedelta(hours=1)
    assert kind_title(ANCHOR).zh == "寄送检查点"


def test_who_could_not_be_reached_gets_the_same_checkpoint_later_and_the_others_nothing_twice(
    any_database: str, tmp_path: Path
) -> None:
    with works(any_database, tmp_path, Post(recipients={UPPER: "451 later"})) as made:
        with pytest.raises(JobFailed, match=r"2 mails .* 1 are tried again, 0 were refused") as failed:
            made.run()
        assert not failed.value.permanent
        assert "@" not in failed.value.reason
        assert [(one.recipients, one.left) for one in made.told] == [(2, 1)]
        first = newest(made.house.house)
        made.at(EVENING + timedelta(hours=1))
        made.seal()
        assert newest(made.house.house).n > first.n
        made.post.recipients.clear()
        assert made.run() == 1
        assert made.to == sorted([UPPER, DELEGATE, AUDITOR])
        assert {note_of(mail) for mail in made.post.taken} == {first.note}
        assert [(one.recipients, one.left) for one in made.told] == [(3, 0)]
        assert made.run() == 0


def test_a_process_that_begins_anew_in_between_repeats_under_the_same_message_id(
    any_database: str, tmp_path: Path
) -> None:
    with works(any_database, tmp_path, Post(recipients={UPPER: "451 later"})) as made:
        with pytest.raises(JobFailed):
            made.run()
        more = settings(made.post, tmp_path)
    with mail_server(made.post):
        made.post.recipients.clear()
        more["mail_port"] = made.post.port
        with open_post_house(any_database, EVENING + timedelta(hours=1), made=True, **more) as again:
            assert again.registry.handlers[ANCHOR]("").done == 3
            told = anchorings(again.house.desk.reads, ROOT, again.clock.now())
            assert [(one.recipients, one.left) for one in told] == [(3, 0)]
    ids = [(str(mail["To"]), str(mail["Message-ID"])) for mail in made.post.taken]
    assert len(ids) == 5
    assert len(set(ids)) == 3, "what came twice came under one id"


def test_an_address_that_is_refused_for_good_is_counted_and_not_tried_again_that_day(
    any_database: str, tmp_path: Path
) -> None:
    with works(any_database, tmp_path, Post(recipients={UPPER: "550 no such box"})) as made:
        with pytest.raises(JobFailed) as failed:
            made.run()
        assert failed.value.permanent
        assert [(one.recipients, one.refused, one.left) for one in made.told] == [(2, 1, 0)]
        with client_of(made.house.house) as client:
            client.cookies.set("banjie", made.house.house.token("shen"))
            assert "1 人被对方邮箱拒收" in client.get("/ledger").text
        assert made.run() == 0
        assert len(made.post.taken) == 2


def test_a_server_that_is_away_leaves_no_record_and_the_mail_goes_when_it_is_back(
    any_database: str, tmp_path: Path
) -> None:
    with works(any_database, tmp_path, Post(sender_answer="421 busy")) as made:
        with pytest.raises(JobFailed, match=r"0 mails .* 3 are tried again"):
            made.run()
        assert made.told == []
        made.post.sender_answer = "250 OK"
        assert made.run() == 3


def saved_as(mail: EmailMessage) -> dict[str, bytes]:
    """Return what somebody may have saved of a mail: all of it, its text in several ways, the file that came along."""
    text = text_of(mail)
    return {
        "whole.eml": mail.as_bytes(),
        "text.txt": text.encode(),
        "windows.txt": b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        "gb.txt": text.encode("gb18030"),
        "utf16.txt": text.encode("utf-16"),
        "quoted.txt": "".join(f"> {line}\n" for line in text.splitlines()).encode(),
        "wrapped.txt": "\n".join(
            line[at : at + 60] for line in text.split("\n") for at in range(0, len(line) or 1, 60)
        ).encode(),
        "attached.note": attached(mail)[1],
    }


def test_what_is_saved_of_the_mail_is_an_anchor_for_verify(any_database: str, tmp_path: Path) -> None:
    with works(any_database, tmp_path) as made:
        made.run()
        made.house.house.open("shi")
        made.seal()
    banjie = command_line(any_database, signer_folder=str(tmp_path / "signer"), clock="2026-01-21T12:00:00+08:00")
    mail = made.post.taken[0]
    for name, content in saved_as(mail).items():
        kept = tmp_path / name
        kept.write_bytes(content)
        answered = banjie.run("verify", "--anchor", str(kept), "--json")
        assert (name, answered.code, answered.err) == (name, 0, "")
    # The root another: the signature does not hold, and it is not the ledger's history.
    root = parse_note(note_of(mail).encode()).text.splitlines()[2]
    forged = tmp_path / "forged.eml"
    forged.write_text(text_of(mail).replace(root, "A" * 43 + "="), "utf-8")
    found = banjie.run("verify", "--anchor", str(forged), "--json")
    assert found.code == 1
    assert {one["rule"] for one in found.json["findings"]} == {"S1", "S3"}


def test_history_rewritten_with_the_signing_key_is_found_by_who_kept_the_mail(
    any_database: str, tmp_path: Path
) -> None:
    """TS3 and TS4 of the threat model: all is made anew and signed, but for the record of the mail."""
    with works(any_database, tmp_path) as made, client_of(made.house.house) as client:
        house, keeper = made.house.house, made.keeper
        client.cookies.set("banjie", house.token("shen"))
        made.run()
        kept = anchor_of("mail.eml", note_in(made.post.taken[0].as_bytes()))
        before = {finding.rule for finding in tree_of(house, keeper.key, [kept]).findings}
        assert before == set()
        assert "寄出的与现在账册中的不一致" not in client.get("/ledger").text
        with behind_its_back(any_database) as change:
            rewrite(change, another_word)
            heads(change, signing_with(keeper))
        # Whoever forgets the record of the mail is told on by it, and by the page; who does not, by the mail alone.
        assert {finding.rule for finding in tree_of(house, keeper.key).findings} == {"S7"}
        assert {finding.rule for finding in tree_of(house, keeper.key, [kept]).findings} == {"S3", "S7"}
        page = client.get("/ledger").text
        assert "寄出的与现在账册中的不一致" in page
        assert "还没有任何检查点留存在外" in page


def test_the_page_says_what_is_anchored_and_what_is_not_yet(any_database: str, tmp_path: Path) -> None:
    with works(any_database, tmp_path) as made, client_of(made.house.house) as client:
        client.cookies.set("banjie", made.house.house.token("shen"))
        before = client.get("/ledger").text
        assert "还没有任何检查点留存在外" in before
        assert "最近一个月没有寄出过检查点" in before
        made.run()
        row = newest(made.house.house)
        said = f"第 {row.n} 号检查点（{row.size} 条）已在他人手中：已由邮件送达"
        after = client.get("/ledger").text
        assert said in after
        assert "已封存的记录都在其中" in after
        assert f'href="/ledger/checkpoints/{row.n}"' in after
        made.house.house.open("shi")
        made.seal()
        rest = newest(made.house.house).size - row.size
        assert rest >= 2, "what was opened, and that the mail went"
        assert f"其后封存的 {rest} 条记录还没有留存在外" in client.get("/ledger").text
        english = client.get("/ledger?lang=en").text
        assert f"{rest} entries sealed since are in nobody else" in english


def test_the_doctor_says_when_the_mail_does_not_go(sqlite_database: str, tmp_path: Path) -> None:
    with works(sqlite_database, tmp_path) as made:
        given = Settings(database_url=sqlite_database, **settings(made.post, tmp_path))

        def said(at: datetime, without: bool = False) -> list[tuple[str | None, str]]:
            looked = Settings(database_url=sqlite_database) if without else given
            looks = anchor_looks(looked, SetClock(at))
            return [(None if look.advice is None else look.advice.zh, look.text.zh) for look in looks]

        late = EVENING + timedelta(days=1, minutes=1)
        helps = (
            "启动 banjie serve（或 banjie work），在“任务”中查看原因；收件人见 BANJIE_ANCHOR_MAIL，"
            "审计人员须在个人通知设置中填写邮箱"
        )
        assert said(EVENING) == []
        assert said(late) == [(helps, "从未寄出过账册检查点")]
        assert said(late, without=True) == []
        made.run()
        sent = "最近寄出的账册检查点：2026-01-20，3 人"
        assert said(late) == [(None, sent)]
        assert said(EVENING + timedelta(days=2)) == [(helps, sent)]
