"""Verifies a bundle (证据包) of a Banjie ledger offline: one file, the Python standard library and ``cryptography``.

It was written from the description in README.md beside it, shares no code with what it verifies, opens no network
connection and writes nothing. Whatever a bundle holds ends in a finding, never in an exception.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZIP_BYTES_MAX = 256 << 20
FILE_BYTES_MAX = 16 << 20
UNPACKED_BYTES_MAX = 512 << 20
FINDINGS_MAX = 1000
DEPTH_MAX = 20
DEFINITION_DEPTH_MAX = 64
NOTE_BYTES_MAX = 64 << 10
RECEIPT_BYTES_MAX = 4096
SIGNATURES_MAX = 100
INTEGER_MAX = 2**53 - 1
TOLERANCE_SECONDS = 300
ROUNDED_SECONDS = 4 * 3600  # what anonymous people send is dated to such a boundary, and may be entered late

# Every finding by its code: the rule it breaks, and what it says. verify.mjs has the same table.
FINDINGS: dict[str, tuple[str, str, str]] = {
    "bad_zip": ("B1", "不是合格的证据包文件", "not a well-formed bundle file"),
    "no_manifest": ("B2", "没有清单 manifest.jcs", "there is no manifest.jcs"),
    "unlisted_file": ("B2", "清单中没有这个文件", "the manifest does not list this file"),
    "missing_file": ("B2", "缺少清单所列的文件", "a file that the manifest lists is missing"),
    "changed_file": ("B2", "文件内容与清单不符", "the file is not the one the manifest lists"),
    "unknown_file": ("B2", "证据包中不应有这个文件", "a bundle has no such file"),
    "bad_manifest": ("B3", "清单形式不对", "the manifest has a wrong form"),
    "bad_openings": ("B3", "openings.jcs 形式不对", "openings.jcs has a wrong form"),
    "bad_erased": ("B3", "erased.jcs 形式不对", "erased.jcs has a wrong form"),
    "bad_consistency": ("B3", "consistency.jcs 形式不对", "consistency.jcs has a wrong form"),
    "no_entries": ("B3", "证据包中没有账目", "the bundle holds no entries"),
    "not_canonical": ("E1", "不是规范字节（RFC 8785）", "not the canonical bytes of an object (RFC 8785)"),
    "other_ledger": ("E3", "属于另一本账册", "it belongs to another ledger"),
    "bad_shape": ("E4", "条目的内容不合规定形式", "the parts of the entry are not those its type has"),
    "same_id": ("E4", "两条账目编号相同", "two entries have the same id"),
    "gap": ("C1", "序号不连续：有账目缺失或重复", "seq does not go on here: an entry is missing or repeated"),
    "excerpt_of_case": ("C1", "只有系统账可以摘录，事项须完整", "only streams may be excerpts, a case must be whole"),
    "not_linked": ("C2", "没有接在前一条之后", "prev is not the hash of the entry before"),
    "no_definition": ("C3", "缺少所依据的流程文本", "the pinned definition is not in the bundle"),
    "other_definition": ("C3", "流程文本与账目所载哈希不符", "the definition is not the one that is pinned"),
    "bad_definition": ("C3", "流程文本无法读取", "the definition cannot be read"),
    "earlier": ("C3", "时间早于前一条", "it is earlier than the entry before"),
    "opening": ("C3", "第一条且只有第一条是立项", "the first entry opens the case, and no other does"),
    "other_workflow": ("C3", "流程名称或版本与所依据的文本不符", "name or version are not those of the definition"),
    "wrong_initial": ("C3", "立项后的状态不是流程的起始状态", "the case does not begin in the initial state"),
    "no_transition": ("C3", "流程中没有这一流转", "the definition has no such transition"),
    "wrong_state": ("C3", "在这一状态不能作此流转", "this transition does not leave the state the case is in"),
    "wrong_role": ("C3", "这一角色不能作此流转", "this role may not make this transition"),
    "wrong_verdict": ("C3", "条件的结论与流程不符", "the verdicts of the guards do not allow this"),
    "wrong_target": ("C3", "转到的状态与流程不符", "the transition does not lead there"),
    "bad_keys": ("S1", "keys.txt 缺失或形式不对", "keys.txt is missing or has a wrong form"),
    "no_log_key": ("S1", "没有可信的账册密钥", "there is no trusted key of the log"),
    "unpinned_key": ("S1", "密钥不在您所给的密钥之中", "the key is none of those you named"),
    "bad_note": ("S1", "不是签名的检查点", "not a signed checkpoint"),
    "other_origin": ("S1", "检查点出自另一账册", "the checkpoint is of another log"),
    "bad_signature": ("S1", "签名不成立", "a signature does not hold"),
    "unsigned": ("S1", "没有账册密钥的签名", "the key of the log did not sign it"),
    "unwitnessed": ("S1", "没有您所给见证人的联署", "the witness you named did not cosign it"),
    "shrunk": ("S2", "账册比这一检查点时更小", "the log has fewer entries than at this checkpoint"),
    "forked": ("S3", "账册在这一检查点之后被改写", "the log was rewritten since this checkpoint"),
    "no_consistency": ("S3", "证据包中没有从这一检查点起的一致性证明", "the bundle proves nothing for this checkpoint"),
    "no_proof": ("S4", "条目没有包含证明", "the entry has no inclusion proof"),
    "bad_proof": ("S4", "包含证明形式不对", "the inclusion proof has a wrong form"),
    "other_checkpoint": ("S4", "证明所附的不是本证据包的检查点", "the proof leads to another checkpoint"),
    "not_included": ("S4", "条目不在检查点的树中", "the entry is not in the tree of the checkpoint"),
    "same_index": ("S4", "两条账目在树中位置相同", "two entries claim the same place in the tree"),
    "wrong_migration": ("C3", "不能这样改按另一版本办理", "the case could not go on like this under another version"),
    "unlawful_erasure": ("C3", "删除未经有权人员办理和批准", "nobody who may erase has made and approved this erasure"),
    "erased_while_held": ("C3", "保全期间删除了内容", "something was erased while the case was held"),
    "erased_too_early": ("C3", "尚未办结即删除了内容", "something was erased before the case had ended"),
    "not_erased": ("V1", "没有相应的删除记录", "no entry says that this was erased"),
    "erased_and_open": ("V2", "已删除的内容又出现", "what was erased is still given"),
    "not_opened": ("V4", "原值与所作承诺不符", "the value does not open its commitment"),
    "wrong_erasure": ("V5", "所删除的内容并不存在", "no entry before this one committed to what it erased"),
    "stray_opening": ("V6", "没有任何条目承诺这一原值", "no entry commits to this value"),
    "stray_erasure": ("V6", "所称删除的内容并不存在", "nothing of this kind was there to be erased"),
    "bad_receipt": ("R1", "不是回执，或回执不完整", "this is no receipt, or not all of it"),
    "receipt_unsigned": ("R1", "回执不是由回执密钥签发的", "the receipt key did not sign this receipt"),
    "receipt_other_ledger": ("R1", "回执属于另一本账册", "the receipt is of another ledger"),
    "receipt_missing": ("R1", "回执所载的条目不在证据包中", "the entry of the receipt is not in the bundle"),
    "receipt_differs": ("R1", "条目与回执所载不符", "the entry is not the one the receipt was given for"),
    "file_missing": (
        "F1",
        "所给文件中没有账目所载的附件，或其内容已变",
        "its file is not among those given, or was changed",
    ),
    "file_stray": ("F1", "没有账目载有内容如此的附件", "no entry that is opened here names a file with this content"),
    "file_unread": ("F1", "不是普通文件，或无法读取", "this is no plain file, or it cannot be read"),
    "outside_bracket": ("T1", "登记时间与检查点的见证时间不符", "it was not recorded when it says, as witnesses show"),
}

Json = Any  # what JSON holds is not known before it was looked at
Opened = Mapping[tuple[str, str], Json]  # by entry id and path the values that open a commitment
Given = Sequence[tuple[str, str | None]]  # name and SHA-256 of files; None for what cannot be read


class Key(NamedTuple):
    """A verifier key: what it is for, its name, its id, its type (1 or 4) and the 32 bytes of the key."""

    role: str
    name: str
    key_id: bytes
    kind: int
    public: bytes
    text: str


class Point(NamedTuple):
    """A checkpoint whose signatures hold, the seconds after 1970 at which witnesses say they saw it, and their keys."""

    origin: str
    size: int
    root: bytes
    seen_at: tuple[int, ...]
    witnesses: tuple[str, ...]


class Entry(NamedTuple):
    """An entry whose bytes are canonical: its file, what it says, its leaf hash; ``whole`` if its shape is right."""

    file: str
    body: Json
    leaf: bytes
    whole: bool


@dataclass
class Report:
    """What was found, and what the bundle says of itself."""

    found: set[tuple[str, str]] = field(default_factory=set)
    about: dict[str, Json] | None = None
    keys: list[Key] = field(default_factory=list)

    def add(self, code: str, where: str) -> None:
        """Note a finding; the same one counts once."""
        self.found.add((code, where))

    def as_json(self) -> dict[str, Json]:
        """Return the report as verify.mjs gives it too."""
        rows = sorted((FINDINGS[code][0], where, code) for code, where in self.found)
        return {
            "v": 1,
            "ok": not rows,
            "bundle": self.about,
            "keys": [{"role": key.role, "key": key.text, "fingerprint": fingerprint(key.text)} for key in self.keys],
            "findings": [
                {"rule": rule, "where": where, "code": code, "zh": FINDINGS[code][1], "en": FINDINGS[code][2]}
                for rule, where, code in rows[:FINDINGS_MAX]
            ],
            "truncated": len(rows) > FINDINGS_MAX,
        }


# ------------------------------------------------------------------------------------------------- the zip file


class Refused(Exception):
    """Bytes that are not what they should be."""


def unzipped(data: bytes) -> dict[str, bytes]:
    """Return the members by name. Only the plainest zip files pass: members one after the other from the first byte,
    stored or deflated, no extra fields, no comments, no encryption, safe names, nothing between or behind."""
    if not 22 <= len(data) <= ZIP_BYTES_MAX:
        raise Refused
    magic, disk, start, here, count, size, at, comment = struct.unpack("<4s4H2IH", data[-22:])
    if magic != b"PK\x05\x06" or disk or start or here != count or comment or at + size != len(data) - 22:
        raise Refused
    files: dict[str, bytes] = {}
    next_local, end, total = 0, at, 0
    for _ in range(count):
        head = data[at : at + 46]
        if len(head) < 46 or at + 46 > len(data) - 22:
            raise Refused
        (magic, _made, _need, flags, method, _time, _date, crc, packed, unpacked, name_length, extra, comment, disk,
         _inner, outer, local) = struct.unpack("<4s6H3I5H2I", head)  # fmt: skip
        raw = data[at + 46 : at + 46 + name_length]
        at += 46 + name_length
        name = raw.decode("ascii", "replace")
        if magic != b"PK\x01\x02" or flags not in (0, 0x800) or method not in (0, 8) or extra or comment or disk:
            raise Refused
        if (outer >> 16) & 0o170000 not in (0, 0o100000) or local != next_local or not SAFE_NAME.fullmatch(name):
            raise Refused
        if len(raw) != name_length or name in files or unpacked > FILE_BYTES_MAX:
            raise Refused
        head = data[local : local + 30 + name_length]
        body = data[local + 30 + name_length : local + 30 + name_length + packed]
        next_local = local + 30 + name_length + packed
        if next_local > end or len(head) < 30:
            raise Refused
        same = struct.pack("<HH", flags, method), struct.pack("<3I2H", crc, packed, unpacked, name_length, 0) + raw
        if (head[:4], head[6:10], head[14:]) != (b"PK\x03\x04", *same):
            raise Refused
        files[name] = _inflated(body, unpacked) if method else body
        total += unpacked
        if len(files[name]) != unpacked or zlib.crc32(files[name]) != crc or total > UNPACKED_BYTES_MAX:
            raise Refused
    if next_local != end or at != len(data) - 22:
        raise Refused
    return files


SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,100}(/[a-z0-9][a-z0-9._-]{0,100})?")


def _inflated(packed: bytes, size: int) -> bytes:
    machine = zlib.decompressobj(-15)
    try:
        data = machine.decompress(packed, size + 1)
    except zlib.error as error:
        raise Refused from error
    if not machine.eof or machine.unused_data or machine.unconsumed_tail:
        raise Refused
    return data


# ------------------------------------------------------------------------------------- canonical JSON and its leaves


def canonical(value: Json) -> bytes:
    """Return the RFC 8785 bytes of a value that ``well_formed`` accepts."""
    ordered = value if _ascii_keys(value) else _by_utf16(value)
    try:
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), sort_keys=ordered is value).encode()
    except UnicodeEncodeError as error:
        raise Refused from error


def _ascii_keys(value: Json) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _ascii_keys(item) for key, item in value.items())
    return all(map(_ascii_keys, value)) if isinstance(value, list) else True


def _by_utf16(value: Json) -> Json:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _by_utf16(value[key]) for key in keys}
    return [_by_utf16(item) for item in value] if isinstance(value, list) else value


def well_formed(value: Json, depth: int = 1) -> bool:
    """Say whether a value holds only objects, arrays, texts, booleans and countable integers, not too deep."""
    kind = type(value)
    if kind is str or kind is bool:
        return True
    if kind is int:
        return cast(bool, -INTEGER_MAX <= value <= INTEGER_MAX)
    if kind is dict:
        return depth <= DEPTH_MAX and all(well_formed(item, depth + 1) for item in value.values())
    return kind is list and depth <= DEPTH_MAX and all(well_formed(item, depth + 1) for item in value)


def _no_number(_text: str) -> Json:
    raise ValueError


def parsed(data: bytes) -> Json:
    """Return the value of canonical bytes."""
    try:
        value = json.loads(data.decode(), parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused from error
    if not well_formed(value) or canonical(value) != data:
        raise Refused
    return value


def seconds(text: str) -> int:
    """Return the seconds after 1970 of an instant of the ledger, its fraction left out."""
    found = INSTANT.fullmatch(text)
    if found is None:
        raise Refused
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1]:
        raise Refused
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 + sum(lengths[: month - 1]) + day - 1 - 719_162
    return ((days * 24 + hour) * 60 + minute) * 60 + second


INSTANT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])\.[0-9]{6}Z")

# ------------------------------------------------------------------------------------------------- the form of entries

_ROLE = ("one", "lead", "co_handler")
_CLOCK = {
    "name": "text", "state": ("one", "running", "suspended", "met", "cancelled"), "started_at": "instant",
    "term": "text", "promised_on": "day", "nominal_on": "day", "due_on": "day", "due_at": "instant",
    "calendar": "string", "provisional?": "true", "suspensions?": ["days"], "extensions?": ["count"],
    "cap_on?": "day", "ended_at?": "instant", "rungs?": ["text"], "withdrawn?": ["text"], "rung_at?": "instant",
    "unwatched?": "true",
}  # fmt: skip
_PARTY = {"role": "text", "who": "pseudonym", "via?": "text"}
PARTS: dict[str, Json] = {
    "v": "version", "ledger": "text", "case": "text", "seq": "count", "prev": "hash", "id": "id", "type": "text",
    "at": "instant", "actor": "actor", "by": "text", "acting_for": "pseudonym", "role": "text", "unit": "text",
    "command": "hash", "stated": {"occurred_at": "instant", "basis": "text"},
    "behalf": {"kind": ("one", "paper", "telephone", "visit"), "who?": "pseudonym", "scan?": "hash"},
    "opening": {
        "root": "text", "workflow": "text", "version": "count", "definition": "text", "lists": ("map", "text"),
        "calendar": "string", "unit": "text", "congress_session?": "text", "parent?": "text", "child_role?": _ROLE,
        "batch?": "count",
    },
    "transition": "text", "to": "text", "guards": [("tuple", "text", "bool")],
    "cause": {"case": "text", "transition": "text"}, "pub": ("map", "any"), "unset": ["text"], "joined": [_PARTY],
    "left": [_PARTY], "clocks": [_CLOCK], "merge": "string", "resume": "text", "merged_from": ["text"],
    "children": [{"case": "text", "workflow": "text", "role": _ROLE, "unit": "text", "batch": "count"}],
    "linked": ["text"], "published": "true", "notices": ["text"], "rungs": [("tuple", "text", "text")],
    "withdrawn": [("tuple", "text", "text")], "priv": ("map", "hash"),
    "erased": {
        "basis": ("one", "purpose", "retention", "consent", "unlawful", "law", "restored"),
        "values": [{"entry": "id", "seq": "count", "key": "string", "paths": ["text"]}],
        "approver?": "pseudonym", "approver_role?": "text",
    },
    "migration": {"version": "count", "definition": "text", "lists": ("map", "text"), "reason": "text"},
}  # fmt: skip
ALWAYS = {"v", "ledger", "case", "seq", "prev", "id", "type", "at", "actor"}
_WHO = {"acting_for", "command", "stated", "priv"}
_CHANGES = {
    "joined", "left", "clocks", "merged_from", "linked", "published", "notices", "rungs", "withdrawn", "pub", "unset",
}  # fmt: skip
_MOVES = _WHO | _CHANGES | {"role", "unit", "cause", "children", "merge", "resume"}
BY_TYPE: dict[str, tuple[set[str], set[str]]] = {
    "opened": ({"opening", "to"}, _MOVES | {"behalf"}),
    "fired": ({"transition", "role"}, _MOVES | {"to", "guards", "behalf"}),
    "changed": (set(), _WHO | _CHANGES | {"cause"}),
    "noted": (set(), _WHO),
    "erased": ({"erased"}, _WHO | {"role", "unit"}),
    "migrated": ({"migration"}, _WHO | {"to", "resume", "clocks"}),
}
_PATTERNS = {
    "hash": re.compile(r"[0-9a-f]{64}"),
    "id": re.compile(r"[0-9a-f]{32}"),
    "pseudonym": re.compile(r"P[1-9][0-9]{0,8}"),
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "actor": re.compile(r"system|import|person|P[1-9][0-9]{0,8}"),
}
_FACT = re.compile(r"[a-z][a-z_]{0,40}")


def fits(value: Json, form: Json) -> bool:
    """Say whether a value has a form: the name of a leaf, {part: form}, [form of each item], or a tuple:
    one of these texts, a map to, an object with at least these parts, or a list of exactly these."""
    if isinstance(form, str):
        return _leaf(value, form)
    if isinstance(form, list):
        return type(value) is list and all(fits(item, form[0]) for item in value)
    if isinstance(form, dict):
        if type(value) is not dict or not all(_named(name, form) for name in value):
            return False
        return all(
            fits(value[name.removesuffix("?")], part) if name.removesuffix("?") in value else name.endswith("?")
            for name, part in form.items()
        )
    tag, *rest = form
    if tag == "one":
        return type(value) is str and value in rest
    if tag == "map":
        return type(value) is dict and all(fits(item, rest[0]) for item in value.values())
    if tag == "with":
        return type(value) is dict and fits({name: value[name] for name in value if _named(name, rest[0])}, rest[0])
    return type(value) is list and len(value) == len(rest) and all(map(fits, value, rest))


def _named(name: str, form: Mapping[str, Json]) -> bool:
    return (name in form and not name.endswith("?")) or f"{name}?" in form


def _leaf(value: Json, form: str) -> bool:
    match form:
        case "any":
            return True
        case "string":
            return type(value) is str
        case "text":
            return type(value) is str and value != ""
        case "count":
            return type(value) is int and 0 <= value <= INTEGER_MAX
        case "version":
            return type(value) is int and value == 1
        case "bool":
            return type(value) is bool
        case "true":
            return value is True
        case "days":
            return type(value) is list and 1 <= len(value) <= 2 and all(_leaf(day, "day") for day in value)
        case "instant":
            try:
                return type(value) is str and seconds(value) is not None
            except Refused:
                return False
    return type(value) is str and _PATTERNS[form].fullmatch(value) is not None


def is_stream(case: str) -> bool:
    """Say whether a chain is one of the engine's own and no case."""
    return case.startswith(("system:", "access:"))


def entry_fits(body: Mapping[str, Json]) -> bool:
    """Say whether an entry has the parts its type has, each of its form."""
    if not (body.keys() >= ALWAYS and all(fits(body[name], PARTS[name]) for name in ALWAYS)):
        return False
    kind = body["type"]
    if is_stream(body["case"]):
        told = body.get(kind)
        parts = isinstance(told, dict) and all(
            type(part) is str or (type(part) is int and part >= 0) or fits(part, ["string"]) for part in told.values()
        )
        named = _FACT.fullmatch(kind) is not None and kind not in PARTS and kind not in BY_TYPE
        return bool(named and parts and body.keys() <= ALWAYS | {kind, "by"} and _optional_by(body))
    if kind not in BY_TYPE:
        return False
    required, optional = BY_TYPE[kind]
    rest = body.keys() - ALWAYS
    return required <= rest <= required | optional and all(fits(body[name], PARTS[name]) for name in rest)


def _optional_by(body: Mapping[str, Json]) -> bool:
    return "by" not in body or fits(body["by"], "text")


# ------------------------------------------------------------------------------------------------- the tree


def _inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def included_root(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    """Return the root that an audit path leads to, by the definition of PATH in RFC 6962; uses the path up."""
    if size == 1:
        return leaf
    if not path:
        raise Refused
    sibling, left = path.pop(), _split(size)
    if index < left:
        return _inner(included_root(index, left, leaf, path), sibling)
    return _inner(sibling, included_root(index - left, size - left, leaf, path))


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the tree of ``new`` leaves begins with that of ``old`` leaves, by PROOF in RFC 6962."""
    if old == 0:
        return old_root == hashlib.sha256(b"").digest() and not proof
    path = list(proof)

    def roots(old: int, new: int, whole: bool) -> tuple[bytes, bytes]:
        if old == new and whole:
            return old_root, old_root
        if not path:
            raise Refused
        last = path.pop()
        if old == new:
            return last, last
        left = _split(new)
        if old <= left:
            first, second = roots(old, left, whole)
            return first, _inner(second, last)
        first, second = roots(old - left, new - left, False)
        return _inner(last, first), _inner(last, second)

    try:
        return 0 < old <= new and roots(old, new, True) == (old_root, new_root) and not path
    except Refused:
        return False


# ------------------------------------------------------------------------------------------------- notes and keys

_SPACES = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


def unbase64(text: str) -> bytes:
    """Return what base64 in its one proper form stands for."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused from error
    if base64.b64encode(raw).decode() != text:
        raise Refused
    return raw


def parsed_note(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """Return the text of a signed note, and name, key id and signature of each line under it."""
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise Refused from error
    text, blank, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not 1 <= len(lines) <= SIGNATURES_MAX or len(data) > NOTE_BYTES_MAX:
        raise Refused
    if _CONTROL.search(whole):
        raise Refused
    signatures = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        raw = unbase64(encoded)
        if dash != "—" or not 1 <= len(name) <= 255 or _SPACES.search(name) or len(raw) <= 4:
            raise Refused
        signatures.append((name, raw[:4], raw[4:]))
    return text + "\n", signatures


def parsed_key(role: str, text: str) -> Key:
    """Return a verifier key from how it is printed."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = unbase64(encoded)
    if not 1 <= len(name) <= 255 or _SPACES.search(name) or _CONTROL.search(name) or len(typed) != 33:
        raise Refused
    own_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    if own_id.hex() != key_id or typed[0] not in (1, 4) or (role == "witness") != (typed[0] == 4):
        raise Refused
    return Key(role, name, own_id, typed[0], typed[1:], text)


def fingerprint(key: str) -> str:
    """Return SHA-256 of a printed key in groups of four, as it stands in the congress report."""
    digits = hashlib.sha256(key.encode()).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, 64, 4))


def signed_by(key: Key, text: str, signature: bytes) -> int | None:
    """Return the time of a cosignature that holds, 0 for a plain signature that holds, None otherwise."""
    message, at = text.encode(), 0
    if key.kind == 4:
        if len(signature) != 72:
            return None
        at, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = f"cosignature/v1\ntime {at}\n".encode() + message
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return None
    return at if at <= INTEGER_MAX else None


# ------------------------------------------------------------------------------------------------- the verification


class Verifier:
    """One bundle, and whatever the auditor holds it against."""

    def __init__(self, report: Report, pinned: Sequence[str], witnesses: Sequence[str] = ()) -> None:
        self.report = report
        self.pinned = pinned
        self.witnesses = list(dict.fromkeys(witnesses))
        self.keys: list[Key] = []
        self.notes: dict[bytes, Point | None] = {}
        self.origin: str | None = None

    def key_file(self, data: bytes | None) -> None:
        """Read keys.txt and the keys that the auditor named; only keys that are trusted count from here on."""
        try:
            text = "" if data is None else data.decode()
            rows = [line.split(" ") for line in text.split("\n") if line and not line.startswith("#")]
            if data is None or any(len(row) != 2 or row[0] not in ("log", "receipt", "witness") for row in rows):
                raise Refused
            self.report.keys = [parsed_key(role, key) for role, key in rows]
        except (Refused, UnicodeDecodeError):
            self.report.add("bad_keys", "keys.txt")
        for key in self.report.keys:
            if not self.pinned or key.text in self.pinned:
                self.keys.append(key)
            elif key.role != "witness":
                self.report.add("unpinned_key", key.text)
        self._add(self.pinned, ["witness"])
        self._add(self.witnesses, ["witness"])
        if not any(key.role == "log" for key in self.keys):
            self.report.add("no_log_key", "keys.txt")

    def trust(self, keys: Iterable[str]) -> None:
        """Trust these keys without any bundle: each as the log's or a witness's, as its type says."""
        self._add(keys, ["log", "witness"])
        self._add(self.witnesses, ["witness"])
        if not any(key.role == "log" for key in self.keys):
            self.report.add("no_log_key", "keys.txt")

    def _add(self, keys: Iterable[str], roles: Sequence[str]) -> None:
        """Trust keys that are not known yet, each in the roles that its type allows."""
        known = {key.text for key in self.keys}
        for text in keys:
            for role in roles if text not in known else ():
                with suppress(Refused):
                    self.keys.append(parsed_key(role, text))

    def note(self, data: bytes, where: str) -> Point | None:
        """Return the checkpoint of a signed note, None when it is none; its findings are reported where first met."""
        if data not in self.notes:
            self.notes[data] = self._note(data, where)
        return self.notes[data]

    def _note(self, data: bytes, where: str) -> Point | None:
        try:
            text, signatures = parsed_note(data)
            origin, size, root, *rest = text.split("\n")
            if rest != [""] or not origin or not _SIZE.fullmatch(size) or int(size) > INTEGER_MAX:
                raise Refused
            digest = unbase64(root)
            if len(digest) != 32:
                raise Refused
        except (Refused, ValueError):
            self.report.add("bad_note", where)
            return None
        held, seen_at, witnesses = False, [], []
        for key in self.keys:
            for name, key_id, signature in signatures:
                if key.role == "receipt" or (name, key_id) != (key.name, key.key_id):
                    continue
                at = signed_by(key, text, signature)
                if at is None:
                    self.report.add("bad_signature", where)
                    return None
                if key.role == "witness":
                    seen_at.append(at)
                    witnesses.append(key.text)
                held = held or key.role == "log"
        if not held:
            self.report.add("unsigned", where)
            return None
        if self.origin is None:
            self.origin = origin
        if origin != self.origin:
            self.report.add("other_origin", where)
            return None
        return Point(origin, int(size), digest, tuple(seen_at), tuple(witnesses))

    def bundle(
        self, data: bytes, receipts: Sequence[str], anchors: Mapping[str, bytes], given: Given | None = None
    ) -> None:
        """Verify everything that a bundle shows, and hold against it what the auditor has: receipts, checkpoints,
        files."""
        try:
            files = unzipped(data)
        except Refused:
            return self.report.add("bad_zip", "")
        if "manifest.jcs" not in files:
            return self.report.add("no_manifest", "manifest.jcs")
        try:
            manifest = parsed(files["manifest.jcs"])
            if not fits(manifest, MANIFEST) or manifest["size"] < 1 or manifest["kind"] != "banjie-bundle":
                raise Refused
        except Refused:
            return self.report.add("bad_manifest", "manifest.jcs")
        self._listed(files, manifest["files"])
        self.origin = manifest["origin"]
        self.key_file(files.get("keys.txt"))
        head = (manifest["size"], bytes.fromhex(manifest["root"]))
        entries = list(self._entries(files, manifest["ledger"]))
        points = self._proofs(files, entries, head)
        self._witnessed(points)
        chains = self._chains(entries, set(manifest["excerpts"]))
        known = [entry for _file, entry, _leaf in entries if entry is not None]
        opened = self._values(files, known)
        named = self._moves(chains, files, opened)
        attached = _attached(known, named, opened)
        if given is not None:
            self._given(given, attached)
        kept = {name: files[name] for name in sorted(files) if name.startswith("anchors/")}
        points += self._anchors({**kept, **anchors}, head, self._consistency(files))
        self._brackets(entries, points)
        for number, text in enumerate(receipts, start=1):
            self._receipt(text, f"receipt#{number}", manifest["ledger"], entries)
        said = {name: manifest[name] for name in ("origin", "ledger", "size", "root", "made_at", "tool")}
        cases = sum(not is_stream(case) for case in chains)
        self.report.about = {**said, "entries": len(entries), "cases": cases, "files": len(attached)}
        return None

    def _witnessed(self, points: Iterable[tuple[int, Point]]) -> None:
        """Demand that every witness whom the auditor named cosigned the bundle's checkpoint."""
        seen = {key for _size, point in points for key in point.witnesses}
        for number, key in enumerate(self.witnesses, start=1):
            if key not in seen:
                self.report.add("unwitnessed", f"witness#{number}")

    def _given(self, given: Given, attached: Mapping[tuple[str, str], str]) -> None:
        """Hold files against those that entries name: each content must be one of theirs, and none may be missing."""
        named, there = {digest for digest, _id in attached}, {digest for _name, digest in given}
        for name, digest in given:
            if digest is None:
                self.report.add("file_unread", f"files/{name}")
            elif digest not in named:
                self.report.add("file_stray", f"files/{name}")
        for (digest, file_id), entry in attached.items():
            if digest not in there:
                self.report.add("file_missing", f"{entry}#{file_id}")

    def _listed(self, files: Mapping[str, bytes], listed: Mapping[str, str]) -> None:
        for name in files.keys() - {"manifest.jcs"}:
            if not KNOWN_FILE.fullmatch(name):
                self.report.add("unknown_file", name)
            if name not in listed:
                self.report.add("unlisted_file", name)
            elif hashlib.sha256(files[name]).hexdigest() != listed[name]:
                self.report.add("changed_file", name)
        for name in listed.keys() - files.keys():
            self.report.add("missing_file", name)

    def _entries(self, files: Mapping[str, bytes], ledger: str) -> Iterator[tuple[str, Entry | None, bytes]]:
        """Yield file, entry (None where it is not canonical) and leaf hash of every entry, in order of the files."""
        ids, names = set(), [name for name in sorted(files) if name.startswith("entries/")]
        if not names:
            self.report.add("no_entries", "")
        for name in names:
            leaf = hashlib.sha256(b"\x00" + files[name]).digest()
            try:
                body = parsed(files[name])
                if type(body) is not dict:
                    raise Refused
            except Refused:
                self.report.add("not_canonical", name)
                yield name, None, leaf
                continue
            whole = entry_fits(body)
            if not whole:
                self.report.add("bad_shape", name)
            elif body["ledger"] != ledger:
                self.report.add("other_ledger", name)
            if whole and body["id"] in ids:
                self.report.add("same_id", name)
            if whole:
                ids.add(body["id"])
            yield name, Entry(name, body, leaf, whole), leaf

    def _proofs(
        self, files: Mapping[str, bytes], entries: Sequence[tuple[str, Entry | None, bytes]], head: tuple[int, bytes]
    ) -> list[tuple[int, Point]]:
        """Check that every entry is in the tree; return the points met. Fills ``self.places``."""
        points: dict[bytes, Point] = {}
        self.places: dict[str, int] = {}
        proofs = {name: files[name] for name in sorted(files) if name.startswith("proofs/")}
        taken = set()
        for name, _entry, leaf in entries:
            where = f"proofs/{name.removeprefix('entries/').removesuffix('.jcs')}.tlog-proof"
            if where not in proofs:
                self.report.add("no_proof", name)
                continue
            top, blank, note = proofs.pop(where).partition(b"\n\n")
            try:
                index, path = _proof_head(top)
                if not blank:
                    raise Refused
            except Refused:
                self.report.add("bad_proof", where)
                continue
            point = self.note(note, where)
            if point is None:
                continue
            if (point.size, point.root) != head:
                self.report.add("other_checkpoint", where)
                continue
            points[note] = point
            try:
                held = index < point.size and included_root(index, point.size, leaf, path) == point.root and not path
            except Refused:
                held = False
            if not held:
                self.report.add("not_included", name)
                continue
            if index in taken:
                self.report.add("same_index", name)
            taken.add(index)
            self.places[name] = index
        for where in proofs:
            self.report.add("unknown_file", where)
        return [(point.size, point) for point in points.values()]

    def _chains(self, entries: Iterable[tuple[str, Entry | None, bytes]], excerpts: set[str]) -> dict[str, list[Entry]]:
        chains: dict[str, list[Entry]] = {}
        for _name, entry, _leaf in entries:
            if entry and all(fits(entry.body.get(name), PARTS[name]) for name in ("case", "seq", "prev")):
                chains.setdefault(entry.body["case"], []).append(entry)
        if any(not is_stream(case) for case in excerpts):
            self.report.add("excerpt_of_case", "manifest.jcs")
        for case, chain in chains.items():
            chain.sort(key=lambda entry: (entry.body["seq"], entry.file))
            excerpt = is_stream(case) and case in excerpts
            last: Entry | None = None
            for entry in chain:
                seq = entry.body["seq"]
                before = 0 if last is None else last.body["seq"]
                if seq <= before or (seq != before + 1 and not excerpt):
                    self.report.add("gap", entry.file)
                expected = "0" * 64 if seq == 1 else last.leaf.hex() if last is not None and seq == before + 1 else None
                if expected is not None and entry.body["prev"] != expected:
                    self.report.add("not_linked", entry.file)
                last = entry
        return chains

    def _moves(
        self, chains: Mapping[str, Sequence[Entry]], files: Mapping[str, bytes], opened: Opened
    ) -> dict[str, Sequence[str]]:
        """Follow every case through its definition, as far as its entries can be read; return the paths of its fields
        that hold files."""
        definitions: dict[str, tuple[str | None, Json]] = {}
        named: dict[str, Sequence[str]] = {}
        for case, chain in chains.items():
            last_at = ""
            state, resume, held = "", None, False
            rules: Json = None
            for number, entry in enumerate(chain):
                if not entry.whole:
                    break
                body = entry.body
                if body["at"] < last_at:
                    self.report.add("earlier", entry.file)
                last_at = body["at"]
                if is_stream(case):
                    continue
                if (body["type"] == "opened") != (number == 0):
                    self.report.add("opening", entry.file)
                    break
                was = rules
                if number == 0 or body["type"] == "migrated":
                    pinning = body["opening" if number == 0 else "migration"]
                    pinned = pinning["definition"]
                    if pinned not in definitions:
                        definitions[pinned] = _definition(pinned, files)
                    problem, rules = definitions[pinned]
                    if problem is not None:
                        self.report.add(problem, entry.file)
                        break
                    named[case] = sorted({*named.get(case, ()), *_file_fields(rules)})
                    workflow = pinning["workflow"] if was is None else was["name"]
                    if (workflow, pinning["version"]) != (rules["name"], rules["version"]):
                        self.report.add("other_workflow", entry.file)
                if number == 0:
                    if body["to"] != rules["initial"]:
                        self.report.add("wrong_initial", entry.file)
                elif body["type"] == "fired":
                    for problem in _move(body, state, resume, rules):
                        self.report.add(problem, entry.file)
                elif body["type"] == "erased":
                    for problem in _erasure(body, state, rules, held=held):
                        self.report.add(problem, entry.file)
                elif body["type"] == "migrated" and not _may_migrate(body, state, resume, was, rules):
                    self.report.add("wrong_migration", entry.file)
                held = _held(body, rules, opened, before=held)
                state = body.get("to", state)
                if "merge" in body:
                    resume = body.get("resume") if body["merge"] else None
                elif body["type"] == "migrated":
                    resume = body.get("resume", resume)
        return named

    def _values(self, files: Mapping[str, bytes], entries: Sequence[Entry]) -> Opened:
        """Check openings and erasures against the commitments of the entries; return the values that open theirs."""
        by_id = {entry.body["id"]: entry.body for entry in reversed(entries) if entry.whole}
        committed = {
            (entry_id, path): (body["case"], digest)
            for entry_id, body in by_id.items()
            for path, digest in body.get("priv", {}).items()
        }
        erased, opened = self._erased(entries, by_id), dict[tuple[str, str], Json]()
        for number, row in enumerate(self._rows(files, "openings.jcs", "bad_openings", OPENINGS), start=1):
            entry_id, path, salt, value = row
            where = f"openings.jcs#{number}"
            if (entry_id, path) in erased:
                self.report.add("erased_and_open", where)
            if (entry_id, path) not in committed:
                self.report.add("stray_opening", where)
                continue
            case, digest = committed[entry_id, path]
            message = b"banjie-field-v1\x00" + bytes.fromhex(salt) + canonical([case, entry_id, path, value])
            if hashlib.sha256(message).hexdigest() != digest:
                self.report.add("not_opened", where)
                continue
            opened[entry_id, path] = value
        for number, (entry_id, path, by) in enumerate(self._rows(files, "erased.jcs", "bad_erased", ERASED), start=1):
            where = f"erased.jcs#{number}"
            if (entry_id, path) not in committed:
                self.report.add("stray_erasure", where)
            if by not in erased.get((entry_id, path), ()):
                self.report.add("not_erased", where)
        return opened

    def _erased(self, entries: Sequence[Entry], by_id: Mapping[str, Json]) -> dict[tuple[str, str], set[str]]:
        """Return by entry and path the ids of the entries that say it was erased; each must have been there."""
        erased: dict[tuple[str, str], set[str]] = {}
        for entry in entries:
            if not entry.whole or entry.body["type"] != "erased":
                continue
            for one in entry.body["erased"]["values"]:
                there = by_id.get(one["entry"])
                if (
                    there is None
                    or (there["case"], there["seq"]) != (entry.body["case"], one["seq"])
                    or there["seq"] >= entry.body["seq"]
                    or not there.get("priv", {}).keys() >= set(one["paths"])
                ):
                    self.report.add("wrong_erasure", entry.file)
                for path in one["paths"]:
                    erased.setdefault((one["entry"], path), set()).add(entry.body["id"])
        return erased

    def _rows(self, files: Mapping[str, bytes], name: str, code: str, form: Json) -> list[Json]:
        try:
            value = parsed(files[name]) if name in files else None
        except Refused:
            value = None
        if value is None or not fits(value, form):
            self.report.add(code, name)
            return []
        return cast("list[Json]", value)

    def _consistency(self, files: Mapping[str, bytes]) -> dict[str, list[bytes]]:
        try:
            proofs = parsed(files.get("consistency.jcs", b""))
            if not fits(proofs, ("map", ["hash"])):
                raise Refused
        except Refused:
            self.report.add("bad_consistency", "consistency.jcs")
            return {}
        return {size: [bytes.fromhex(one) for one in proof] for size, proof in proofs.items()}

    def _anchors(
        self, anchors: Mapping[str, bytes], head: tuple[int, bytes], proofs: Mapping[str, Sequence[bytes]]
    ) -> list[tuple[int, Point]]:
        """Check that the tree of the bundle still begins with the tree of every earlier checkpoint."""
        points = []
        size, root = head
        for name, data in anchors.items():
            point = self.note(data, name)
            if point is None:
                continue
            points.append((point.size, point))
            if point.size > size:
                self.report.add("shrunk", name)
            elif point.size == size:
                if point.root != root:
                    self.report.add("forked", name)
            elif point.size > 0 and str(point.size) not in proofs:
                self.report.add("no_consistency", name)
            elif not consistent(point.size, point.root, size, root, proofs.get(str(point.size), [])):
                self.report.add("forked", name)
        return points

    def _brackets(
        self, entries: Iterable[tuple[str, Entry | None, bytes]], points: Sequence[tuple[int, Point]]
    ) -> None:
        """Hold the time of every entry against those at which witnesses saw the tree with it, and without it."""
        brackets = [(size, min(point.seen_at), max(point.seen_at)) for size, point in points if point.seen_at]
        for name, entry, _leaf in entries:
            if entry is None or not entry.whole or name not in self.places:
                continue
            at, index = seconds(entry.body["at"]), self.places[name]
            rounded = at % ROUNDED_SECONDS == 0 and entry.body["at"].endswith(".000000Z")
            earlier = TOLERANCE_SECONDS + (ROUNDED_SECONDS if rounded else 0)
            for size, first, last in brackets:
                if at > first + TOLERANCE_SECONDS if index < size else at < last - earlier:
                    self.report.add("outside_bracket", name)

    def _receipt(
        self, pasted: str, where: str, ledger: str, entries: Sequence[tuple[str, Entry | None, bytes]]
    ) -> None:
        try:
            text, fields, name, key_id, signature = parsed_receipt(pasted)
        except Refused:
            return self.report.add("bad_receipt", where)
        signers = [key for key in self.keys if key.role == "receipt" and (key.name, key.key_id) == (name, key_id)]
        if not any(signed_by(key, text, signature) is not None for key in signers):
            return self.report.add("receipt_unsigned", where)
        if fields["ledger"] != ledger:
            return self.report.add("receipt_other_ledger", where)
        bodies = [entry for _name, entry, _leaf in entries if entry is not None and entry.whole]
        if "command" in fields:
            held = [entry for entry in bodies if entry.body.get("command") == fields["command"]]
        else:
            place = fields["case"], int(fields["seq"])
            held = [entry for entry in bodies if (entry.body["case"], entry.body["seq"]) == place]
        if not held:
            return self.report.add("receipt_missing", where)
        if "hash" in fields and all(entry.leaf.hex() != fields["hash"] for entry in held):
            return self.report.add("receipt_differs", where)
        return None

    def compare(self, notes: Mapping[str, bytes]) -> None:
        """Compare two checkpoints without a bundle: of one size they have one root; otherwise a bundle must show it."""
        points = [self.note(data, name) for name, data in notes.items()]
        first, second = points[0], points[-1]
        if first is None or second is None:
            return
        name = list(notes)[-1]
        for where, point in zip(notes, points, strict=True):
            if point is not None and not set(self.witnesses) <= set(point.witnesses):
                self.report.add("unwitnessed", where)
        if first.size != second.size:
            self.report.add("no_consistency", name)
        elif first.root != second.root:
            self.report.add("forked", name)


MANIFEST = {
    "v": "version", "kind": "text", "tool": "text", "made_at": "instant", "origin": "text", "ledger": "text",
    "size": "count", "root": "hash", "excerpts": ["text"], "files": ("map", "hash"),
}  # fmt: skip
ATTACHED = ("with", {"id": "id", "sha256": "hash"})
OPENINGS = [("tuple", "id", "text", "hash", "any")]
ERASED = [("tuple", "id", "text", "id")]
KNOWN_FILE = re.compile(
    r"entries/[0-9]{6}\.jcs|proofs/[0-9]{6}\.tlog-proof|anchors/[0-9]{4}\.note|workflow/[0-9a-f]{64}\.json"
    r"|keys\.txt|openings\.jcs|erased\.jcs|consistency\.jcs"
)
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})")
_RECEIPT = re.compile(
    r"banjie-receipt-v1\nledger (?P<ledger>[!-~]{1,200})\ncase (?P<case>[!-~]{1,200})\nseq (?P<seq>[1-9][0-9]{0,15})\n"
    r"hash (?P<hash>[0-9a-f]{64})\n"
)
_DEPOSIT = re.compile(r"banjie-deposit-v1\nledger (?P<ledger>[!-~]{1,200})\ncommand (?P<command>[0-9a-f]{64})\n")


def _proof_head(top: bytes) -> tuple[int, list[bytes]]:
    try:
        header, *lines = top.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Refused from error
    if lines and lines[0].startswith("extra "):
        unbase64(lines.pop(0)[6:])
    found = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if header != "c2sp.org/tlog-proof@v1" or found is None or int(found[1]) > INTEGER_MAX or len(lines) > 64:
        raise Refused
    path = [unbase64(line) for line in lines]
    if any(len(one) != 32 for one in path):
        raise Refused
    return int(found[1]), path


def _definition(pinned: str, files: Mapping[str, bytes]) -> tuple[str | None, Json]:
    """Return what is wrong with the definition that is pinned, or None and the definition."""
    name = f"workflow/{pinned.removeprefix('sha256:')}.json"
    if not pinned.startswith("sha256:") or name not in files:
        return "no_definition", None
    if hashlib.sha256(files[name]).hexdigest() != pinned.removeprefix("sha256:"):
        return "other_definition", None
    try:
        rules = json.loads(files[name].decode(), parse_float=_whole, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return "bad_definition", None
    fitting = _shallow(rules, DEFINITION_DEPTH_MAX) and fits(rules, DEFINITION)
    return (None, rules) if fitting else ("bad_definition", None)


def _whole(text: str) -> float:
    """Return a number of a definition; 1.0 and 1 are the same there, as they are to most readers of JSON."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _shallow(value: Json, levels: int) -> bool:
    if not isinstance(value, list | dict):
        return True
    return levels > 0 and all(
        _shallow(item, levels - 1) for item in (value.values() if isinstance(value, dict) else value)
    )


_GUARDS = [("with", {"id": "text"})]
_TRANSITION = {
    "from": ["text"], "by": ["text"], "on_behalf?": ["text"], "to?": "text", "stay?": "bool", "guards?": _GUARDS,
    "effects?": [("with", {"do": "text"})], "alternatives?": [("with", {"to": "text", "guards?": _GUARDS})],
}  # fmt: skip
DEFINITION = (
    "with",
    {
        "name": "text",
        "version": "count",
        "initial": "text",
        "transitions": ("map", ("with", _TRANSITION)),
        "roles?": ("map", ("with", {"erases?": "bool"})),
        "states?": ("map", ("with", {"phase?": "text"})),
        "fields?": ("map", ("with", {"privacy?": "text", "schema?": ("with", {"items?": "any"})})),
        "retention?": ("with", {"hold": "text"}),
    },
)


def _move(body: Json, state: str, resume: str | None, rules: Json) -> Iterator[str]:
    """Yield what is wrong with a move, by the definition."""
    part = rules["transitions"].get(body["transition"])
    if part is None:
        yield "no_transition"
        return
    if state not in part["from"]:
        yield "wrong_state"
    if body["role"] not in (part.get("on_behalf", []) if "behalf" in body else part["by"]):
        yield "wrong_role"
    way = _way(part, body.get("guards", []))
    if way is None:
        yield "wrong_verdict"
        return
    if any(effect["do"] == "unmerge" for effect in part.get("effects", [])):
        target = resume
    elif part.get("alternatives"):
        target = part["alternatives"][way]["to"]
    else:
        target = None if part.get("stay") else part.get("to")
    if body.get("to") != target:
        yield "wrong_target"


def _way(part: Json, verdicts: Sequence[Json]) -> int | None:
    """Return which alternative the verdicts lead to (0 without any); None when they are not those of this move.

    All guards of the move hold. Alternatives are asked in order, each up to its first guard that does not hold; the one
    taken is the first whose guards all do. Nothing else is asked.
    """
    left = list(verdicts)

    def hold(guards: Sequence[Json]) -> bool:
        for guard in guards:
            if not left or left[0][0] != guard["id"]:
                raise Refused
            if not left.pop(0)[1]:
                return False
        return True

    ways = part.get("alternatives") or [{}]
    try:
        if not hold(part.get("guards", [])):
            return None
        taken = next((number for number, way in enumerate(ways) if hold(way.get("guards", []))), None)
    except Refused:
        return None
    return None if left else taken


def _lawful(body: Json, rules: Json) -> bool:
    """Say whether an erasure was made and approved by two people who may, or by the engine on a ground of its own."""
    told = body["erased"]
    if not body["actor"].startswith("P"):
        return told["basis"] in ("restored", "retention")
    may = {role for role, part in rules.get("roles", {}).items() if part.get("erases")}
    own = told.get("approver") in (None, body["actor"], body.get("acting_for"))
    return body.get("role") in may and told.get("approver_role") in may and not own


def _erasure(body: Json, state: str, rules: Json, *, held: bool) -> Iterator[str]:
    """Yield what is wrong with an erasure: who made it, a hold that stood, a case that still went on.

    What a restored copy brought back was erased before, and goes again whatever stands now.
    """
    told = body["erased"]
    if not _lawful(body, rules):
        yield "unlawful_erasure"
    if told["basis"] == "restored":
        return
    if held:
        yield "erased_while_held"
    paths = {path for one in told["values"] for path in one["paths"]}
    has_ended = rules.get("states", {}).get(state, {}).get("phase") == "final"
    if not has_ended and (told["basis"] == "retention" or not all(_is_personal(path, rules) for path in paths)):
        yield "erased_too_early"


def _may_migrate(body: Json, state: str, resume: str | None, was: Json, rules: Json) -> bool:
    """Say whether somebody could let a case go on under another version: it has not ended, does not end so, and its
    states are states there."""
    if not body["actor"].startswith("P") or was["version"] == rules["version"]:
        return False
    if was.get("states", {}).get(state, {}).get("phase") == "final" or ("resume" in body and resume is None):
        return False
    wanted = [body.get("to", state), *([] if resume is None else [body.get("resume", resume)])]
    states = rules.get("states", {})
    return all(name in states and states[name].get("phase") != "final" for name in wanted)


def _is_personal(path: str, rules: Json) -> bool:
    """Say whether a field may go before the case has ended."""
    if not path.startswith("fields/"):
        return False
    part = rules.get("fields", {}).get(path.removeprefix("fields/"), {})
    return part.get("privacy") in ("personal", "confidential")


def _held(body: Json, rules: Json, opened: Opened, *, before: bool) -> bool:
    """Say whether the case is held after an entry; a value that is not opened here shows no hold."""
    name = rules.get("retention", {}).get("hold")
    if name is None:
        return False
    path = f"fields/{name}"
    if path in body.get("priv", {}):
        return opened.get((body["id"], path)) is True
    if name in body.get("unset", []):
        return False
    if name in body.get("pub", {}):
        return body["pub"][name] is True
    return before and not any(path in one["paths"] for one in body.get("erased", {}).get("values", []))


def _file_fields(rules: Json) -> list[str]:
    """Return the names of the fields of a definition that hold files."""
    items = {name: part.get("schema", {}).get("items") for name, part in rules.get("fields", {}).items()}
    return sorted(name for name, item in items.items() if isinstance(item, dict) and item.get("format") == "file")


def _attached(
    entries: Iterable[Entry], fields: Mapping[str, Sequence[str]], opened: Opened
) -> dict[tuple[str, str], str]:
    """Return by hash and id every file that an entry names in the open or by an opening, with the first such entry."""
    found: dict[tuple[str, str], str] = {}
    for entry in entries:
        body = entry.body
        for name in fields.get(body["case"], ()) if entry.whole else ():
            for value in (body.get("pub", {}).get(name), opened.get((body["id"], f"fields/{name}"))):
                for item in value if isinstance(value, list) else ():
                    if fits(item, ATTACHED):
                        found.setdefault((item["sha256"], item["id"]), entry.file)
    return found


def parsed_receipt(pasted: str) -> tuple[str, dict[str, str], str, bytes, bytes]:
    """Return the signed text of a receipt in either form, its fields, and name, key id and signature under it."""
    text = pasted.replace("\r\n", "\n").strip(" \n")
    names = {8: ("ledger", "case", "seq", "hash"), 6: ("ledger", "command")}
    words = text.split(" ")
    if "\n" not in text and len(words) + 1 in names:
        *fields, key, raw = words[1:]
        lines = [words[0], *map(" ".join, zip(names[len(words) + 1], fields, strict=True))]
        text = "\n".join([*lines, "", f"— {key} {raw}"])
    try:
        data = (text + "\n").encode()
    except UnicodeEncodeError as error:
        raise Refused from error
    if len(data) > RECEIPT_BYTES_MAX:
        raise Refused
    signed, signatures = parsed_note(data)
    found = _RECEIPT.fullmatch(signed) or _DEPOSIT.fullmatch(signed)
    if found is None or len(signatures) != 1 or int(found.groupdict().get("seq", "1")) > INTEGER_MAX:
        raise Refused
    return signed, found.groupdict(), *signatures[0]


# ------------------------------------------------------------------------------------------------- the command

WHAT_IT_CANNOT_SHOW = """\
请核对：上列密钥指纹应与职代会报告、厂务公开栏所印一致；否则以上结论只说明证据包自身前后一致。
Compare the fingerprints above with those printed in the congress report: without that, all this shows is that the
bundle agrees with itself.
证据包不能说明：事项最新的账目是否被整段略去（请用回执 --receipt 核对），所记是否属实，流转条件的判断当时是否正确。
A bundle cannot show that the newest entries of a case were not left out (hold receipts against it), that what was
recorded was true, or that guards were answered rightly at the time.
"""


def shown(text: object) -> str:
    """Return a text that a terminal may be given."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def printed(report: dict[str, Json]) -> str:
    """Return the report for a reader."""
    lines = []
    about = report["bundle"]
    if about is not None:
        lines.append(f"账册 / log        {shown(about['origin'])} ({shown(about['ledger'])})")
        lines.append(f"检查点 / size     {about['size']}   {about['root']}")
        counts = f"{about['cases']}   账目 / entries {about['entries']}   附件 / files {about['files']}"
        lines.append(f"事项 / cases      {counts}")
        lines.append(f"制作 / made       {about['made_at']}   {shown(about['tool'])}")
    for key in report["keys"]:
        lines += [f"密钥 / key        {key['role']} {shown(key['key'])}", f"                  {key['fingerprint']}"]
    lines.append("")
    for one in report["findings"]:
        lines += [f"{one['rule']}  {shown(one['where'])}", f"    {one['zh']}", f"    {one['en']}"]
    if report["truncated"]:
        lines.append(f"……只列出前 {FINDINGS_MAX} 项 / only the first {FINDINGS_MAX} are listed")
    verdict = "未发现问题 / nothing wrong was found" if report["ok"] else "发现问题 / there are findings"
    return "\n".join([*lines, verdict, "", WHAT_IT_CANNOT_SHOW])


def check_bundle(
    data: bytes,
    *,
    keys: Sequence[str] = (),
    receipts: Sequence[str] = (),
    anchors: Mapping[str, bytes] | None = None,
    witnesses: Sequence[str] = (),
    files: Given | None = None,
) -> dict[str, Json]:
    """Return the report on a bundle, held against what the auditor has: receipts, checkpoints, witnesses, files."""
    report = Report()
    Verifier(report, keys, witnesses).bundle(data, receipts, anchors or {}, files)
    return report.as_json()


def compare_notes(pair: Mapping[str, bytes], keys: Sequence[str], witnesses: Sequence[str] = ()) -> dict[str, Json]:
    """Return the report on two checkpoints without a bundle."""
    report = Report()
    verifier = Verifier(report, keys, witnesses)
    verifier.trust(keys)
    verifier.compare(pair)
    return report.as_json()


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify what the command line names; return 0 when nothing is wrong, 1 with findings, 2 when nothing was read."""
    parser = argparse.ArgumentParser(prog="verify.py", description=__doc__)
    parser.add_argument("bundle", nargs="?", help="证据包 / the bundle")
    parser.add_argument("--key", action="append", default=[], help="可信的密钥，可多次 / a key you trust")
    parser.add_argument(
        "--witness", action="append", default=[], help="必须联署的见证人 / a witness's key, to be there"
    )
    parser.add_argument("--receipt", action="append", default=[], help="回执：文件或全文 / a receipt: file or text")
    parser.add_argument("--anchor", action="append", default=[], help="您先前收到的检查点 / a checkpoint you got")
    parser.add_argument("--files", metavar="FOLDER", help="核对文件夹中的附件 / check the files in this folder")
    parser.add_argument("--consistency", nargs=2, metavar=("A", "B"), help="比对两个检查点 / compare two checkpoints")
    parser.add_argument("--json", action="store_true", help="以 JSON 输出 / print JSON")
    options = parser.parse_args(arguments)
    if options.bundle is None and (options.consistency is None or options.files is not None):
        parser.error("请给出证据包或 --consistency / name a bundle, or use --consistency")
    try:
        for key in options.key:
            parsed_key("witness" if unbase64(key.split("+", 2)[-1])[:1] == b"\x04" else "log", key)
        for key in options.witness:
            parsed_key("witness", key)
        anchors = {f"anchor#{number}": _read(path) for number, path in enumerate(options.anchor, start=1)}
        pair = {f"consistency#{number}": _read(path) for number, path in enumerate(options.consistency or (), start=1)}
        receipts = [_receipt_text(one) for one in options.receipt]
        files = None if options.files is None else hashes_in(options.files)
        data = b"" if options.bundle is None else _read(options.bundle)
    except (OSError, ValueError, Refused) as error:
        print(f"无法读取 / cannot be read: {shown(error) or 'key'}", file=sys.stderr)
        return 2
    if options.bundle is None:
        result = compare_notes(pair, options.key, options.witness)
    else:
        notes = {**anchors, **pair}
        result = check_bundle(
            data, keys=options.key, receipts=receipts, anchors=notes, witnesses=options.witness, files=files
        )
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n" if options.json else printed(result)
    sys.stdout.buffer.write(text.encode())
    return 0 if result["ok"] else 1


def _read(path: str) -> bytes:
    """Return a file, or as much of it as shows that it is too large."""
    with Path(path).open("rb") as file:
        return file.read(ZIP_BYTES_MAX + 1)


def hashes_in(folder: str) -> list[tuple[str, str | None]]:
    """Return name and SHA-256 of what stands in a folder; None for what is no plain file or cannot be read."""
    with os.scandir(os.fsencode(folder)) as found:
        return [(one.name.decode("utf-8", "replace"), _hash_of(one)) for one in found]


def _hash_of(one: os.DirEntry[bytes]) -> str | None:
    try:
        if not one.is_file(follow_symlinks=False):
            return None  # a device or a pipe might never end, and a link leads elsewhere
        with Path(os.fsdecode(one.path)).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _receipt_text(given: str) -> str:
    """Return the receipt that is given as a file or as its text."""
    try:
        with Path(given).open("rb") as file:
            return file.read(RECEIPT_BYTES_MAX + 1).decode("utf-8", "replace")
    except (OSError, ValueError):
        return given


if __name__ == "__main__":
    sys.exit(main())
