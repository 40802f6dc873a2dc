"""``banjie verify --receipt``: what its holder is told, in words and by exit code, also by what they kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.case.decide import key_hash
from engine.case.identity import CaseId
from engine.ledger.merkle import root_of
from engine.ledger.notes import Checkpoint
from engine.ledger.receipts import parse_receipt
from runtime.receipt_key import RECEIPTS_KEY, ReceiptKey
from runtime.settings import Settings
from runtime.signer.child import signer_folder
from runtime.signer.keeper import Keeper
from tests.support.command_line import Answered, CommandLine, command_line
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import behind_its_back, newest, sealed


@dataclass(frozen=True)
class Desk:
    """A sealed house with one case, its command line, and the key that signs its receipts."""

    house: House
    line: CommandLine
    case: CaseId
    key: ReceiptKey
    keeper: Keeper
    folder: Path

    def receipt(self, seq: int = 1, *, into: str = "receipt.txt", key: ReceiptKey | None = None) -> Path:
        """Write the receipt of an entry as its holder keeps it."""
        row = next(row for row in self.house.desk.reads.entries(ROOT, self.case) if row.seq == seq)
        return self.kept((key or self.key).receipt(ROOT, self.case, seq, row.hash).text, into)

    def kept(self, text: str, into: str = "receipt.txt") -> Path:
        path = self.folder / into
        path.write_text(text, "utf-8")
        return path

    def check(self, *arguments: str, typed: str = "") -> Answered:
        return self.line.run("--lang", "en", "verify", *arguments, typed=typed)

    def verdict(self, *arguments: str) -> tuple[str, int]:
        answered = self.line.run("verify", *arguments, "--json")
        (one,) = json.loads(answered.out)["receipts"]
        return one["verdict"], answered.code


@pytest.fixture
def desk(any_database: str, tmp_path: Path) -> Iterator[Desk]:
    settings = Settings(database_url=any_database, signer_folder=tmp_path / "signer")
    keeper = Keeper(signer_folder(settings))
    accounts = tmp_path / "keys" / "accounts.key"
    key = ReceiptKey(settings.model_copy(update={"accounts_key": accounts}))
    with open_house(any_database) as house:
        case = house.filed()
        sealed(house, keeper)
        line = command_line(any_database, signer_folder=str(tmp_path / "signer"), accounts_key=str(accounts))
        yield Desk(house, line, case, key, keeper, tmp_path)
    keeper.close()


def test_a_genuine_receipt_is_told_where_its_entry_is_sealed(desk: Desk) -> None:
    answered = desk.check("--receipt", str(desk.receipt(2)))
    assert answered.code == 0
    first, second = answered.out.splitlines()
    assert first == f"✓ receipt.txt: the entry stands in the ledger, not one byte changed: case {desk.case}, entry 2"
    assert "it is sealed as entry " in second
    assert f" of banjie/works/2026; checkpoint {newest(desk.house).n} shows it" in second
    assert "signature was not looked at" not in second
    zh = desk.line.run("verify", "--receipt", str(desk.receipt(2))).out
    assert "记录在账册中，一字未改" in zh
    assert f"检查点第 {newest(desk.house).n} 号包含它" in zh


def test_the_text_of_its_code_is_taken_pasted_and_in_a_file(desk: Desk) -> None:
    text = desk.receipt().read_text("utf-8")
    compact = parse_receipt(text).compact
    assert "\n" not in compact
    for pasted in (text, compact, f"\n  {compact}  \n", text.replace("\n", "\r\n"), "\ufeff" + text):
        assert desk.check("--receipt", "-", typed=pasted).code == 0, pasted
    assert desk.check("--receipt", str(desk.kept(compact, "code.txt"))).code == 0


def test_several_receipts_are_checked_one_after_the_other(desk: Desk) -> None:
    good, bad = desk.receipt(1), desk.kept(desk.key.receipt(ROOT, desk.case, 9, bytes(32)).text, "bad.txt")
    answered = desk.check("--receipt", str(good), "--receipt", str(bad))
    assert answered.code == 1
    assert answered.out.startswith("✓ receipt.txt")
    assert answered.err.startswith("✗ bad.txt: [R1]")


def test_an_entry_that_waits_to_be_sealed_is_there_and_said_to_be_in_no_checkpoint(desk: Desk) -> None:
    case = desk.house.open("shi")
    row = desk.house.desk.reads.entries(ROOT, case)[0]
    answered = desk.check("--receipt", str(desk.kept(desk.key.receipt(ROOT, case, 1, row.hash).text)))
    assert answered.code == 0
    assert "it is not sealed yet" in answered.out


@pytest.mark.parametrize(("seq", "digest"), [(9, None), (1, bytes(32)), (2, None)])
def test_a_genuine_receipt_of_what_the_ledger_does_not_hold_is_an_alarm(
    desk: Desk, seq: int, digest: bytes | None
) -> None:
    row = desk.house.desk.reads.entries(ROOT, desk.case)[0]
    path = desk.kept(desk.key.receipt(ROOT, desk.case, seq, digest or row.hash).text)
    assert desk.verdict("--receipt", str(path)) == ("changed", 1)
    assert "[R1]" in desk.check("--receipt", str(path)).err
    assert "tell the auditors" in desk.check("--receipt", str(path)).err


def test_an_entry_altered_in_the_database_betrays_itself(desk: Desk, any_database: str) -> None:
    path = desk.receipt()
    with behind_its_back(any_database) as change:
        change('UPDATE ledger_entry SET body = hash WHERE "case" = ? AND seq = 1', desk.case)
    assert desk.verdict("--receipt", str(path)) == ("changed", 1)


def test_a_forged_receipt_and_one_of_an_unknown_key_are_told_apart(desk: Desk) -> None:
    text = desk.receipt().read_text("utf-8")
    forged = desk.kept(text.replace("seq 1\n", "seq 2\n"), "forged.txt")
    assert desk.verdict("--receipt", str(forged)) == ("forged", 1)
    other = ReceiptKey(Settings(accounts_key=desk.folder / "other" / "accounts.key", ledger_origin="elsewhere"))
    path = desk.receipt(into="other.txt", key=other)
    assert desk.verdict("--receipt", str(path)) == ("unknown", 1)
    told = desk.check("--receipt", str(path)).err
    assert "none of the known keys of receipts" in told
    assert "the entry stands in the ledger" in told, "what the ledger says is told all the same"
    assert desk.verdict("--receipt", str(path), "--key", other.key.text) == ("true", 0)
    assert desk.verdict("--receipt", str(desk.receipt()), "--key", other.key.text) == ("unknown", 1)


def test_no_key_is_made_by_asking(desk: Desk) -> None:
    path = desk.receipt()
    file = desk.folder / "keys" / RECEIPTS_KEY
    file.unlink()
    assert desk.verdict("--receipt", str(path)) == ("unknown", 1)
    assert not file.exists()


def test_a_receipt_of_another_ledger_is_said_to_be_of_another(desk: Desk) -> None:
    path = desk.kept(desk.key.receipt(type(ROOT)("others"), desk.case, 1, bytes(32)).text)
    assert desk.verdict("--receipt", str(path)) == ("unknown", 1)
    assert "the ledger others, which is not in this database" in desk.check("--receipt", str(path)).err


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"\x89PNG\r\n\x1a\n\x00\xff", b"x" * 50_000, b"banjie-receipt-v1 a b c", None]
)
def test_what_is_no_receipt_is_refused_by_its_name(desk: Desk, content: bytes | None) -> None:
    path = desk.folder / "wrong.txt"
    if content is not None:
        path.write_bytes(content)
    answered = desk.check("--receipt", str(path))
    assert (answered.code, answered.out) == (1, "")
    assert "wrong.txt" in answered.err
    if content is not None and content.startswith(b"\x89PNG"):
        assert "scan it" in answered.err
        helps = "wrong.txt 不是文字：若是二维码图片，请先用手机扫描，再把得到的文字存成文件或粘贴进来"
        assert helps in desk.line.run("verify", "--receipt", str(path)).err


def test_what_was_pasted_is_called_standard_input_in_each_language(desk: Desk) -> None:
    good = desk.receipt().read_text("utf-8")
    assert desk.line.must("verify", "--receipt", "-", typed=good).startswith("✓ 标准输入：")
    assert desk.line.run("verify", "--receipt", "-", typed="x").err.startswith("✗ 标准输入：")
    assert desk.check("--receipt", "-", typed=good).out.startswith("✓ standard input: ")


# Deposits of anonymous people.


def test_a_deposit_that_was_entered_is_found_by_what_it_promised(desk: Desk) -> None:
    """The entry of a command carries its hash, which the receipt told before there was an entry."""
    desk.house.clock.set(datetime(2026, 1, 20, 4, tzinfo=UTC))
    case = desk.house.filed()
    for seq in (1, 2):
        row = desk.house.desk.reads.entries(ROOT, case)[seq - 1]
        command = json.loads(row.body)["command"]
        path = desk.kept(desk.key.deposit(ROOT, bytes.fromhex(command)).text)
        answered = desk.check("--receipt", str(path))
        assert answered.code == 0
        assert f"case {case}, entry {seq}" in answered.out


def test_a_deposit_that_is_nowhere_is_an_alarm_and_one_that_may_still_wait_is_told_to_wait(desk: Desk) -> None:
    from engine.service.deposit_ports import DepositRow
    from engine.service.plain import KeepDeposit

    path = desk.kept(desk.key.deposit(ROOT, bytes.fromhex(key_hash("never seen"))).text)
    assert desk.verdict("--receipt", str(path)) == ("changed", 1)
    assert "nothing waits to be entered" in desk.check("--receipt", str(path)).err
    desk.house.desk.office.write([KeepDeposit(DepositRow(ROOT, "d" * 32, "w" * 32, "sealed"))])
    assert desk.verdict("--receipt", str(path)) == ("later", 0)
    assert "is not on record yet" in desk.check("--receipt", str(path)).out


# Checkpoints that the holder has kept.


def test_a_checkpoint_of_ones_own_is_held_against_the_entry(desk: Desk, tmp_path: Path) -> None:
    early = tmp_path / "early.note"
    early.write_text(newest(desk.house).note, "utf-8")
    path = desk.receipt()
    told = desk.check("--receipt", str(path), "--anchor", str(early))
    assert told.code == 0
    assert "early.note shows it" in told.out
    desk.house.clock.set(desk.house.clock.now() + timedelta(minutes=1))
    case = desk.house.open("shi")
    sealed(desk.house, desk.keeper)
    row = desk.house.desk.reads.entries(ROOT, case)[0]
    later = desk.kept(desk.key.receipt(ROOT, case, 1, row.hash).text, "later.txt")
    told = desk.check("--receipt", str(later), "--anchor", str(early))
    assert (told.code, "early.note is older than the entry" in told.out) == (0, True)


def test_a_ledger_that_does_not_fit_the_kept_checkpoint_is_an_alarm(desk: Desk, tmp_path: Path) -> None:
    """Another root was signed under the same key: the holder's checkpoint and the ledger tell two histories."""
    point = Checkpoint(origin="banjie/works/2026", size=newest(desk.house).size, root=root_of([bytes(32)]))
    from engine.ledger.notes import signed_checkpoint

    forked = tmp_path / "forked.note"
    forked.write_bytes(signed_checkpoint(point, desk.keeper.key(point.origin), desk.keeper._key.sign).encoded())
    path = desk.receipt()
    assert desk.verdict("--receipt", str(path), "--anchor", str(forked)) == ("changed", 1)
    assert "[S3] forked.note does not fit the ledger" in desk.check("--receipt", str(path), "--anchor", str(forked)).err


def test_a_checkpoint_that_the_ledgers_key_did_not_sign_is_worth_nothing(desk: Desk, tmp_path: Path) -> None:
    stranger = Keeper(tmp_path / "stranger")
    point = Checkpoint(origin="banjie/works/2026", size=1, root=bytes(32))
    file = tmp_path / "stranger.note"
    file.write_text(stranger.sign(point, ()), "utf-8")
    stranger.close()
    told = desk.check("--receipt", str(desk.receipt()), "--anchor", str(file))
    assert (told.code, "[S1] stranger.note" in told.err) == (1, True)


def test_a_stored_checkpoint_that_was_rewritten_is_an_alarm(desk: Desk, any_database: str) -> None:
    with behind_its_back(any_database) as change:
        change("UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE idx = 1) WHERE idx = 2")
    told = desk.check("--receipt", str(desk.receipt()))
    assert (told.code, "[S3] checkpoint 1 does not fit the ledger" in told.err) == (1, True)


def test_two_keys_of_the_ledger_are_one_too_many(desk: Desk) -> None:
    log = desk.keeper.key("banjie/works/2026").text
    assert desk.check("--receipt", str(desk.receipt()), "--key", log).code == 0
    refused = desk.check("--key", log, "--key", log.replace("/2026", "/2026"))
    assert (refused.code, "Give one verifier key" in refused.err) == (1, True)
    assert "账册的验证密钥只能给一把" in desk.line.run("verify", "--key", log, "--key", log).err
