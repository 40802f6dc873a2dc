"""``banjie verify --receipt``: one receipt after the other held against the ledger, told in words for its holder."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from engine.errors import InputRefused
from engine.ledger.notes import opened, parse_note
from engine.ledger.receipts import RECEIPT_CHARACTERS_MAX, Receipt, parse_receipt
from engine.service.sealing_receipts import Held, Placed, ReceiptLook, Shows, look_at_receipt
from engine.text import Text

if TYPE_CHECKING:
    from engine.ledger.notes import VerifierKey
    from engine.ledger.receipts import SignedReceipt
    from engine.service.ports import Reads
    from engine.service.tree_findings import Anchor
    from engine.service.tree_walk import Key
    from runtime.cli.run import Run
    from runtime.settings import Settings

STANDARD_INPUT: Final = "-"


class Verdict(StrEnum):
    """What a receipt turns out to be; the first two are well."""

    TRUE = "true"
    LATER = "later"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    FORGED = "forged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A receipt that was looked at, and what is to be said of it, line by line."""

    name: Text
    signed: SignedReceipt
    verdict: Verdict
    told: tuple[Text, ...]

    @property
    def well(self) -> bool:
        return self.verdict in (Verdict.TRUE, Verdict.LATER)


def read_receipt(given: str) -> tuple[Text, SignedReceipt]:
    """Return what to call a receipt, and the receipt, from a file or from standard input.

    Raises:
        InputRefused: it cannot be read, or is none; a picture of its code is named as such.
    """
    file = Path(given).name
    name = Text("标准输入", "standard input") if given == STANDARD_INPUT else Text(file, file)
    try:
        raw = _bytes(given)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise InputRefused(Text(f"读不到回执 {given}", f"The receipt {given} cannot be read")) from error
    except UnicodeDecodeError as error:
        raise InputRefused(
            Text(
                f"{name.zh} 不是文字：若是二维码图片，请先用手机扫描，再把得到的文字存成文件或粘贴进来",
                f"{name.en} is no text: if it is a picture of the code, scan it and give the text that comes out",
            )
        ) from error
    try:
        return name, parse_receipt(text)
    except InputRefused as refusal:
        raise InputRefused(Text(f"{name.zh}：{refusal.text.zh}", f"{name.en}: {refusal.text.en}")) from refusal


def check_receipt(
    reads: Reads,
    name: Text,
    signed: SignedReceipt,
    *,
    keys: Sequence[VerifierKey],
    log_key: Key,
    anchors: Sequence[Anchor] = (),
) -> Checked:
    """Hold one receipt against the ledger and against checkpoints kept elsewhere.

    Args:
        reads: where the ledger is read.
        name: what the receipt is called.
        signed: the receipt.
        keys: those by which receipts of this house are signed.
        log_key: gives the key of an origin, by which checkpoints have to be signed.
        anchors: checkpoints that the holder has kept.
    """
    by_us = signed.signed_by(keys)
    if not by_us and any(key.made(signed.signature) for key in keys):
        return Checked(name=name, signed=signed, verdict=Verdict.FORGED, told=(_FORGED,))
    look = look_at_receipt(reads, signed.receipt, anchors)
    told, verdict = list(_told(signed, look)), _VERDICTS[look.held]
    if look.placed is not None:
        points = list(_points(look.placed, log_key))
        told += [text for text, _well in points]
        if not all(well for _text, well in points):
            told.append(_ALARM)
            verdict = Verdict.CHANGED
    if not by_us:
        told.insert(0, _no_key(signed))
        verdict = Verdict.UNKNOWN
    return Checked(name=name, signed=signed, verdict=verdict, told=tuple(told))


def tell(run: Run, checked: Sequence[Checked], *, as_json: bool) -> None:
    """Say what came out, and leave with 1 where a receipt is not well."""
    if as_json:
        run.terminal.json({"ok": all(one.well for one in checked), "receipts": [_json(one) for one in checked]})
    for one in () if as_json else checked:
        speak = run.terminal.say if one.well else run.terminal.complain
        sign = "✓" if one.well else "✗"
        first, *more = one.told
        speak(Text(f"{sign} {one.name.zh}：{first.zh}", f"{sign} {one.name.en}: {first.en}"))
        for text in more:
            speak(Text(f"  {text.zh}", f"  {text.en}"))
    if not all(one.well for one in checked):
        raise typer.Exit(1)


def known_receipt_keys(settings: Settings, given: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Return the keys of receipts that were given, else our own where its file stands here; none is made."""
    from runtime.receipt_key import RECEIPTS_KEY, ReceiptKey

    if given:
        return list(given)
    there = settings.accounts_key_file.with_name(RECEIPTS_KEY).is_file()
    return [ReceiptKey(settings).key] if there else []


_VERDICTS: Final = {
    Held.HERE: Verdict.TRUE,
    Held.WAITS: Verdict.LATER,
    Held.ELSEWHERE: Verdict.UNKNOWN,
    Held.CHANGED: Verdict.CHANGED,
}
_FORGED: Final = Text(
    "签名不成立：这不是本系统出具的回执，或其文字被改动过",
    "the signature does not hold: this house did not give the receipt, or somebody changed its words",
)
_ALARM: Final = Text("请立即告知审计人员，并保存好回执", "tell the auditors at once, and keep the receipt")


def _bytes(given: str) -> bytes:
    limit = 4 * RECEIPT_CHARACTERS_MAX + 1
    if given == STANDARD_INPUT:
        return sys.stdin.buffer.read(limit)
    with Path(given).open("rb") as file:
        return file.read(limit)


def _no_key(signed: SignedReceipt) -> Text:
    name = signed.signature.name
    return Text(
        f"无法确认出具者：签名用的是密钥 {name}，不在已知的回执密钥之中；请用 --key 给出报告上印的回执密钥",
        f"who gave it cannot be told: it is signed with the key {name}, which is none of the known keys of receipts; "
        "give the one that reports print with --key",
    )


def _told(signed: SignedReceipt, look: ReceiptLook) -> Iterator[Text]:
    """Yield what the ledger says to a receipt, the most important first."""
    receipt, entry = signed.receipt, look.entry
    match look.held:
        case Held.ELSEWHERE:
            yield Text(
                f"回执属于账册 {receipt.ledger}，不在这个数据库中",
                f"the receipt is of the ledger {receipt.ledger}, which is not in this database",
            )
        case Held.CHANGED if isinstance(receipt, Receipt):
            where = f"{receipt.case} #{receipt.seq}"
            yield Text(
                f"[R1] 账册中没有这条记录，或记录已被改动（事项 {where}）",
                f"[R1] the ledger has no such entry, or another one (case {where})",
            )
            yield _ALARM
        case Held.CHANGED:
            yield Text(
                "[R1] 这次提交既不在账册中，也没有待登记的内容",
                "[R1] the submission is not in the ledger, and nothing waits to be entered",
            )
            yield _ALARM
        case Held.WAITS:
            yield Text(
                "提交已收到，尚未登记：每四小时整点登记一次。过了下一个整点仍如此的，请告知审计人员",
                "the submission was taken and is not on record yet: that happens every four hours. If it is still so "
                "after the next boundary, tell the auditors",
            )
        case Held.HERE:
            assert entry is not None, "it is here"
            yield Text(
                f"记录在账册中，一字未改：事项 {entry.case} 第 {entry.seq} 条",
                f"the entry stands in the ledger, not one byte changed: case {entry.case}, entry {entry.seq}",
            )
            if look.placed is None:
                yield Text(
                    "尚未封存，没有检查点包含它；请过几分钟再核对",
                    "it is not sealed yet, and no checkpoint covers it; look again in a few minutes",
                )


def _points(placed: Placed, log_key: Key) -> Iterator[tuple[Text, bool]]:
    """Yield what each checkpoint says of the entry, first the ledger's own, and whether that is well."""
    key = log_key(placed.tree.origin)
    row = placed.checkpoint
    if row is None or placed.shown is Shows.NOT_YET:
        told = Text("已排入账册，尚无检查点包含它", "it has its place in the tree, and no checkpoint covers it yet")
        yield told, True
    else:
        name = Text(f"检查点第 {row.n} 号", f"checkpoint {row.n}")
        origin, place = placed.tree.origin, placed.index + 1
        told = Text(f"已封存为 {origin} 第 {place} 条，", f"it is sealed as entry {place} of {origin}; ")
        said, well = _point(name, row.note.encode(), placed.shown, key)
        yield Text(told.zh + said.zh, told.en + said.en), well
    for anchor, shows in placed.anchors:
        name = Text(f"所给的 {anchor.name} ", f"{anchor.name}")
        yield _point(name, anchor.note.encoded(), shows, key)


def _point(name: Text, note: bytes, shows: Shows, key: VerifierKey | None) -> tuple[Text, bool]:
    """Return what one checkpoint says of the entry; a signature that does not hold makes it worthless."""
    if key is not None:
        try:
            opened(parse_note(note), [key])
        except InputRefused as refusal:
            told = Text(f"[S1] {name.zh}：{refusal.text.zh}", f"[S1] {name.en}: {refusal.text.en}")
            return told, False
    unseen = Text("", "") if key is not None else Text("（未核对其签名）", " (its signature was not looked at)")
    match shows:
        case Shows.IT:
            return Text(f"{name.zh}包含它{unseen.zh}", f"{name.en} shows it{unseen.en}"), True
        case Shows.NOT_YET:
            return Text(f"{name.zh}早于这条记录{unseen.zh}", f"{name.en} is older than the entry{unseen.en}"), True
        case Shows.ANOTHER:
            return (
                Text(
                    f"[S3] {name.zh}与账册不符：账册在签出以后被改写",
                    f"[S3] {name.en} does not fit the ledger, which was rewritten since",
                ),
                False,
            )


def _json(one: Checked) -> dict[str, object]:
    receipt = dict(one.signed.receipt.fields)
    return {
        "name": one.name.en,
        "verdict": str(one.verdict),
        **receipt,
        "text": [{"zh": text.zh, "en": text.en} for text in one.told],
    }
