"""Every way to spoil a bundle, each a named class of mutation with the code of the finding it must lead to.

The attacker may hold the log's signing key (``resealed``): then everything is hashed, linked, sealed and signed again
around the change, and only the rule that is broken can show it.
"""

from __future__ import annotations

import base64
import copy
import dataclasses
import hashlib
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from engine.ledger.bundle import Anchor, bundle_bytes, bundle_files
from engine.ledger.merkle import Tree
from engine.ledger.notes import Checkpoint, signed_checkpoint
from engine.ledger.receipts import Receipt, issue, parse_receipt
from engine.ledger.tlog_proofs import parse_tlog_proof
from tests.support.bundles import (
    LEDGER,
    ORIGIN,
    PINNED,
    RECEIPTS,
    Body,
    Ledger,
    Sample,
    a_sample,
    checkpoint,
    leaf,
    plain,
    private_key,
    verifier_key,
)

Files = dict[str, bytes]


class Mutant(NamedTuple):
    """A spoiled bundle: the class of its mutation, its bytes, what is held against it, and the finding it must have.

    ``code`` is "" where the verifiers need only agree: the change may be of no consequence.
    """

    name: str
    data: bytes
    code: str
    receipts: tuple[str, ...] = ()
    anchors: tuple[bytes, ...] = ()
    keys: tuple[str, ...] = ()
    witnesses: tuple[str, ...] = ()
    files: tuple[tuple[str, str | None], ...] | None = None


def packed(files: Files, *, deflated: bool = False) -> bytes:
    """Return a zip file as the format wants it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def listed(files: Files) -> Files:
    """Return the files with a manifest that lists them as they are now, as an attacker would see to."""
    manifest = json.loads(files["manifest.jcs"])
    manifest["files"] = {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.jcs"
    }
    return {**files, "manifest.jcs": plain(manifest)}


def mutants(seed: int, rounds: int) -> Iterator[Mutant]:
    """Yield spoiled bundles: every class of mutation once a round, at random places."""
    for turn in range(rounds):
        dice = random.Random(f"{seed}/{turn}")
        sample = a_sample(dice.randrange(10**6), cases=dice.randint(1, 3))
        for make in (_zip_mutants, _file_mutants, _proof_mutants, _entry_mutants, _value_mutants, _outside_mutants):
            for mutant in make(sample, dice):
                yield mutant._replace(name=f"{turn}:{mutant.name}")


def _zip_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    whole = bundle_bytes(sample.bundle())
    files = bundle_files(sample.bundle())
    for number in range(8):
        at, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        yield Mutant(f"bit {number}", whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :], "")
    tail = len(whole) - dice.randrange(1, 400)
    yield Mutant("cut off", whole[: dice.randrange(len(whole))], "bad_zip")
    yield Mutant("bit at the end", whole[:tail] + bytes([whole[tail] ^ 0x55]) + whole[tail + 1 :], "")
    yield Mutant("something behind", whole + b"\0", "bad_zip")
    yield Mutant("something before", b"\0" + whole, "bad_zip")
    yield Mutant("nothing", b"", "bad_zip")
    yield Mutant("no zip", dice.randbytes(3000), "bad_zip")
    yield Mutant("empty zip", packed({}), "no_manifest")
    for name in ("../evil", "/etc/passwd", "a/b/c", "UPPER", "办结", "entries/", ".", "a\\b"):
        yield Mutant(f"path {name}", packed({**files, name: b"x"}), "bad_zip")
    yield Mutant("twice", _with_member(files, "keys.txt", b"x"), "bad_zip")
    yield Mutant("symlink", _with_member(files, "anchors/0099.note", b"/etc/passwd", mode=0o120777), "bad_zip")
    yield Mutant("comment", _with_member(files, "anchors/0099.note", b"x", comment=b"hello"), "bad_zip")
    yield Mutant("extra field", _with_member(files, "anchors/0099.note", b"x", extra=b"\1\0\0\0"), "bad_zip")
    yield Mutant("bomb", _deflated(b"\0" * (17 << 20), 17 << 20), "bad_zip")
    yield Mutant("bomb that lies", _deflated(b"\0" * (4 << 20), 100), "bad_zip")
    yield Mutant("less than said", _deflated(b"\0" * 100, 101), "bad_zip")
    yield Mutant("behind the stream", _deflated(b"\0" * 100, 100, behind=b"x"), "bad_zip")
    yield Mutant("half a stream", _deflated(b"\0" * 100_000, 100_000, cut=10), "bad_zip")


def _with_member(files: Files, name: str, data: bytes, mode: int = 0o100644, **parts: bytes) -> bytes:
    out = io.BytesIO(packed(files))
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.comment, info.extra = parts.get("comment", b""), parts.get("extra", b"")
    with zipfile.ZipFile(out, "a") as archive:
        archive.filelist = [*archive.filelist]
        archive.NameToInfo.pop(name, None)
        archive.writestr(info, data)
    return out.getvalue()


def _deflated(data: bytes, size: int, behind: bytes = b"", cut: int = 0) -> bytes:
    """Return a zip file of one member whose directory says this size, whatever is packed in it."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = machine.compress(data) + machine.flush()
    body = body[: len(body) - cut] + behind
    known = struct.pack("<5H3I2H", 20, 0, 8, 0, 33, zlib.crc32(data), len(body), size, 12, 0)
    local = b"PK\3\4" + known + b"manifest.jcs" + body
    central = b"PK\1\2\x14\0" + known + struct.pack("<3H2I", 0, 0, 0, 0, 0) + b"manifest.jcs"
    return local + central + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(central), len(local), 0)


def _file_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    files = bundle_files(sample.bundle())
    manifest = json.loads(files["manifest.jcs"])

    def pick(start: str) -> str:
        return dice.choice([name for name in files if name.startswith(start)])

    def changed(name: str) -> bytes:
        data = files[name]
        at = dice.randrange(len(data)) if data else 0
        return data[:at] + bytes([(data[at] + dice.randint(1, 255)) % 256]) + data[at + 1 :]

    def without(*names: str) -> Files:
        return {name: data for name, data in files.items() if name not in names}

    entry, proof, anchor = pick("entries/"), pick("proofs/"), pick("anchors/")
    for name in (entry, proof, anchor, "openings.jcs", "erased.jcs", "consistency.jcs", pick("workflow/"), "keys.txt"):
        kind = name.split("/")[0]
        yield Mutant(f"{kind} changed", packed({**files, name: changed(name)}), "changed_file")
        yield Mutant(f"{kind} missing", packed(without(name)), "missing_file")
        yield Mutant(f"{kind} changed and listed", packed(listed({**files, name: changed(name)})), "")
        yield Mutant(f"{kind} missing and not listed", packed(listed(without(name))), "")
    yield Mutant("deflated", packed(files, deflated=True), "")
    yield Mutant("other order", packed(dict(reversed(files.items()))), "")
    yield Mutant("entry left out", packed(listed(without(entry))), "unknown_file")
    yield Mutant("proof left out", packed(listed(without(proof))), "no_proof")
    yield Mutant("definition left out", packed(listed(without(pick("workflow/")))), "no_definition")
    yield Mutant("keys left out", packed(listed(without("keys.txt"))), "bad_keys")
    yield Mutant("unlisted", packed({**files, "anchors/0099.note": b"x"}), "unlisted_file")
    yield Mutant("unknown", packed(listed({**files, "readme.txt": b"x"})), "unknown_file")
    yield Mutant("no manifest", packed(without("manifest.jcs")), "no_manifest")
    all_of = [name for name in files if name.startswith(("entries/", "proofs/"))]
    yield Mutant("no entries", packed(listed(without(*all_of))), "no_entries")
    for field, wrong in [
        ("v", 2), ("v", True), ("kind", "zip"), ("size", 0), ("size", -1), ("size", 2**53), ("root", "0f"),
        ("made_at", "2026-02-29T00:00:00.000000Z"), ("made_at", "now"), ("excerpts", [1]), ("files", []),
        ("files", {"keys.txt": 1}), ("ledger", ""), ("origin", 7), ("more", 1), ("__proto__", {}),
    ]:  # fmt: skip
        data = plain({**manifest, field: wrong})
        yield Mutant(f"manifest {field}={wrong!r:.20}", packed({**files, "manifest.jcs": data}), "bad_manifest")
    for hostile in HOSTILE_JSON:
        yield Mutant(f"manifest {hostile!r:.20}", packed({**files, "manifest.jcs": hostile}), "bad_manifest")
    for field, wrong, code in [
        ("size", manifest["size"] + 1, "other_checkpoint"),
        ("root", "ab" * 32, "other_checkpoint"),
        ("ledger", "1f" * 16, "other_ledger"),
        ("origin", "another.example", "other_origin"),
        ("excerpts", [sample.cases[0]], "excerpt_of_case"),
        ("excerpts", [], "gap"),
    ]:
        data = plain({**manifest, field: wrong})
        yield Mutant(f"manifest of another {field}", packed({**files, "manifest.jcs": data}), code)
    keys = files["keys.txt"].decode()
    for name, text, code in [
        ("no log key", keys.replace("log ", "# log "), "no_log_key"),
        ("other role", keys.replace("log ", "boss "), "bad_keys"),
        ("log key as witness", keys.replace("log ", "witness "), "bad_keys"),
        ("other log key", f"log {verifier_key(ORIGIN + '/x').text}\n", "unsigned"),
        ("same name, other key", f"log {_same_name()}\n", "unsigned"),
        ("words", keys + "log a b c\n", "bad_keys"),
        ("not text", "\udcff", "bad_keys"),
        ("a mark of byte order", "\ufeff" + keys, "bad_keys"),
    ]:
        data = text.encode(errors="surrogateescape")
        yield Mutant(f"keys: {name}", packed(listed({**files, "keys.txt": data})), code)


def _same_name() -> str:
    return dataclasses.replace(verifier_key(ORIGIN), public=verifier_key("somebody").public).text


HOSTILE_JSON = [
    b"", b"\xff", b"{}", b"[]", b"null", b"7", b"1e3", b"NaN", b'"\\ud800"', b"\xef\xbb\xbf{}", b'{"a":1,"a":1}',
    b"[" * 100_000, b'{"a":' * 5000, b'{"a":9007199254740993}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":-0}',
    b'{"a":1.0}', b'{"a": 1}', b'{"b":1,"a":1}', b'{"a":"\\u0041"}', b'{"a":"\\/"}', b'{"a":"\x01"}', b'{"a":"\x7f"}',
    b'{"__proto__":{"v":1}}', b'{"constructor":1}', b"[" * 21 + b"]" * 21, b'{"a":"\\uD83D\\uDE00"}',
    b'{"a":"\\ud800"}', b'{"\\udfff":1}',
]  # fmt: skip


def _proof_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    bundle = sample.bundle()
    files = bundle_files(bundle)
    names = sorted(name for name in files if name.startswith("proofs/"))
    name, other = dice.sample(names, 2)
    proof, point = parse_tlog_proof(files[name]), bundle.checkpoint
    text, entry = files[name].decode(), name.replace("proofs", "entries").replace("tlog-proof", "jcs")

    def with_proof(data: bytes | str) -> bytes:
        return packed(listed({**files, name: data.encode() if isinstance(data, str) else data}))

    at = dice.randrange(len(proof.hashes))
    flipped = bytes([proof.hashes[at][0] ^ 1]) + proof.hashes[at][1:]
    hashes = (*proof.hashes[:at], flipped, *proof.hashes[at + 1 :])
    moved = dataclasses.replace(proof, index=proof.index ^ (1 << dice.randrange(3)))
    for title, changed in [
        ("hash flipped", dataclasses.replace(proof, hashes=hashes)),
        ("hash missing", dataclasses.replace(proof, hashes=proof.hashes[1:])),
        ("top hash missing", dataclasses.replace(proof, hashes=proof.hashes[:-1])),
        ("hash too many", dataclasses.replace(proof, hashes=(*proof.hashes, flipped))),
        ("hash too many below", dataclasses.replace(proof, hashes=(flipped, *proof.hashes))),
        ("other index", moved),
        ("index beyond the tree", dataclasses.replace(proof, index=proof.index + 64)),
    ]:
        yield Mutant(title, with_proof(changed.encoded()), "not_included")
    for title, wrong in [
        ("no header", text.replace("c2sp", "C2SP", 1)),
        ("padded index", text.replace("index ", "index 0", 1)),
        ("negative index", text.replace("index ", "index -", 1)),
        ("huge index", text.replace("index ", "index 9" + "9" * 16, 1)),
        ("no index", text.replace("index ", "", 1)),
        ("no blank line", text.replace("\n\n", "\n", 1).replace("\n\n", "\n", 1)),
        ("short hash", text.replace("\n\n", "\nAAAA\n\n", 1)),
        ("bad base64", text.replace("\n\n", "\n" + "=" * 44 + "\n\n", 1)),
        ("not ascii", text.replace("index", "办结", 1)),
        ("extra that is no base64", text.replace("index", "extra !\nindex", 1)),
    ]:
        yield Mutant(title, with_proof(wrong), "bad_proof")
    yield Mutant("extra data", with_proof(text.replace("index", "extra AAAA\nindex", 1)), "")
    yield Mutant("another's proof", with_proof(files[other]), "not_included")
    swapped = {**files, name: files[other], other: files[name]}
    yield Mutant("two proofs changed round", packed(listed(swapped)), "not_included")
    both = {**files, other: files[name], entry.replace(name[7:13], other[7:13]): files[entry]}
    yield Mutant("the same entry twice", packed(listed(both)), "same_index")
    note = point.encoded().decode()
    signature = base64.b64encode(b"xxxx" + bytes(64)).decode()
    unknown = note + f"— stranger.example {signature}\n"
    yield Mutant("a stranger's signature too", with_proof(text.replace(note, unknown)), "")
    for title, wrong, code in [
        ("signature broken", _broken(note, 0), "bad_signature"),
        ("cosignature broken", _broken(note, 1), "bad_signature"),
        ("a stranger's signature alone", unknown.replace("\n— " + ORIGIN, "\n— x" + ORIGIN), "unsigned"),
        ("checkpoint edited", note.replace(f"\n{sample.ledger.tree().size}\n", "\n1000\n"), "bad_signature"),
        ("no signature", note.split("— ")[0], "bad_note"),
        ("four lines", note.replace("\n\n", "\nextension\n\n", 1), "bad_note"),
        ("no number", note.replace("\n", "\n+", 1), "bad_note"),
        ("carriage returns", note.replace("\n", "\r\n"), "bad_note"),
        ("too many signatures", note + f"— s.example {signature}\n" * 101, "bad_note"),
        ("a large note", note + f"— s.example {base64.b64encode(bytes(60_000)).decode()}\n", "bad_note"),
        ("bad name", note + f"— a+b {signature}\n", "bad_note"),
        ("wide space in a name", note + f"— a\u3000b {signature}\n", "bad_note"),
    ]:
        yield Mutant(f"checkpoint: {title}", with_proof(text.replace(note, wrong)), code)
    tree = sample.ledger.tree()
    short = checkpoint(tree, tree.size - 1, None).encoded().decode()
    yield Mutant("an older checkpoint", with_proof(text.replace(note, short)), "other_checkpoint")
    foreign = checkpoint(tree, tree.size, None, origin="x.example").encoded().decode()
    yield Mutant("a checkpoint of another log", with_proof(text.replace(note, foreign)), "other_origin")
    mallory = checkpoint(tree, tree.size, None, signer="mallory").encoded().decode()
    yield Mutant("a checkpoint by another key", with_proof(text.replace(note, mallory)), "unsigned")


def _broken(note: str, line: int) -> str:
    text, _, tail = note.rpartition("\n\n")
    lines = tail.splitlines()
    dash, name, encoded = lines[line].split(" ")
    raw = bytearray(base64.b64decode(encoded))
    raw[-10] ^= 4
    lines[line] = f"{dash} {name} {base64.b64encode(raw).decode()}"
    return f"{text}\n\n" + "".join(f"{one}\n" for one in lines)


def resealed(sample: Sample, chain: str, seq: int, change: Callable[[Body], Any], *, relink: bool = True) -> Ledger:
    """Return the ledger with one body changed and, with ``relink``, everything after it linked to it again.

    ``change`` edits the body or returns bytes in its stead.
    """
    ledger = copy.deepcopy(sample.ledger)
    bodies = ledger.chains[chain]
    body = json.loads(bodies[seq - 1])
    raw = change(body)
    bodies[seq - 1] = raw if isinstance(raw, bytes) else plain(body)
    for place in range(seq, len(bodies) if relink else seq):
        following = json.loads(bodies[place])
        following["prev"] = leaf(bodies[place - 1]).hex()
        bodies[place] = plain(following)
    return ledger


def put(part: str = "", /, **parts: Any) -> Callable[[Body], None]:
    """Return what sets parts of a body, or of the object in one of its parts."""
    return lambda body: (body[part] if part else body).update(parts)


def _put_clock(name: str, value: Any) -> Callable[[Body], None]:
    return lambda body: body["clocks"][0].update({name: value})


def _becomes(other: bytes | Body) -> Callable[[Body], bytes]:
    return lambda _body: other if isinstance(other, bytes) else plain(other)


def _entry_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    """Entries changed by somebody who can sign: nothing is wrong but what the entries say."""
    case = sample.cases[0]

    def said(name: str, seq: int, code: str, change: Callable[[Body], Any], relink: bool = True) -> Mutant:
        return Mutant(name, bundle_bytes(sample.bundle(resealed(sample, case, seq, change, relink=relink))), code)

    def drop(name: str) -> Callable[[Body], Any]:
        return lambda body: body.pop(name) and None

    for name in ("v", "ledger", "case", "seq", "prev", "id", "type", "at", "actor", "opening", "to"):
        yield said(f"without {name}", 1, "bad_shape", drop(name))
    for name, wrong in [
        ("v", 2), ("v", True), ("seq", -1), ("seq", "1"), ("seq", True), ("prev", "0" * 63), ("prev", "G" * 64),
        ("id", "x"), ("type", "closed"), ("type", "constructor"), ("type", "swept"), ("at", "2026-02-30T00:00:00.0Z"),
        ("at", "2026-02-29T00:00:00.000000Z"), ("at", "0000-01-01T00:00:00.000000Z"), ("actor", "P0"), ("actor", 7),
        ("role", ""), ("command", "x"), ("priv", {"a": 1}), ("pub", []), ("unset", [""]), ("published", False),
        ("joined", [{"role": "r"}]), ("clocks", [{}]), ("more", 1), ("via?", 1), ("__proto__", 1), ("case", ""),
        ("stated", {"occurred_at": "x", "basis": "y"}), ("rungs", [["a"]]), ("children", [{}]), ("guards", []),
        ("opening", {}), ("merge", 1), ("toString", 1), ("ledger", 3),
    ]:  # fmt: skip
        yield said(f"{name}={wrong!r:.20}", 1, "bad_shape", put(**{name: wrong}))
    clocked = next(seq for seq, raw in enumerate(sample.ledger.chains[case], start=1) if "clocks" in json.loads(raw))
    for name, wrong in [("state", "late"), ("due_on", "soon"), ("provisional", False), ("term?", "x"), ("rungs", "x"),
                        ("suspensions", [[]]), ("extensions", [-1])]:  # fmt: skip
        yield said(f"clock {name}", clocked, "bad_shape", _put_clock(name, wrong))
    for hostile in HOSTILE_JSON:
        good_bytes = hostile in (b"{}", b'{"constructor":1}', b'{"__proto__":{"v":1}}', b'{"a":"\x7f"}')
        code = "bad_shape" if good_bytes else "not_canonical"
        yield said(f"entry {hostile!r:.20}", dice.randint(1, 3), code, _becomes(hostile), relink=False)
    kinds = {json.loads(raw)["type"]: seq for seq, raw in enumerate(sample.ledger.chains[case], start=1)}
    for name, value in PARTS.items():
        for kind, seq in kinds.items():
            yield said(f"{name} in {kind}", seq, "", put(**{name: value}))
    for levels, code in [(18, ""), (19, "not_canonical")]:
        yield said(f"{levels} lists", 2, code, put(pub={"x": json.loads("[" * levels + "]" * levels)}))
    last = sample.length(case)
    moves = {json.loads(raw)["transition"]: seq for seq, raw in enumerate(sample.ledger.chains[case], start=1)
             if "transition" in json.loads(raw)}  # fmt: skip
    by_telephone = next(seq for seq, raw in enumerate(sample.ledger.chains[case], 1) if "behalf" in json.loads(raw))
    yield said("as one's own", by_telephone, "wrong_role", drop("behalf"))
    yield said("on behalf in another role", by_telephone, "wrong_role", put(role="proposer"))
    yield said("on behalf by a stranger", by_telephone, "bad_shape", put(behalf={"kind": "rumour"}))
    filed, closed, unmerged = moves["file"], moves["review"], moves["unmerge"]
    yield said("other ledger", 2, "other_ledger", put(ledger="1f" * 16))
    yield said("other prev", 2, "not_linked", put(prev="ab" * 32))
    yield said("first with a prev", 1, "not_linked", put(prev="ab" * 32))
    yield said("changed and not linked again", dice.randint(1, last - 1), "not_linked", put(actor="P2"), relink=False)
    yield said("seq jumps", dice.randint(2, last), "gap", put(seq=99))
    yield said("seq again", 2, "gap", put(seq=1))
    yield said("seq from nought", 1, "gap", put(seq=0))
    yield said("moved to another case", last, "", put(case="7" * 32))
    yield said("same id", 2, "same_id", put(id=json.loads(sample.ledger.chains[case][0])["id"]))
    yield said("earlier", last, "earlier", put(at="2026-11-18T00:00:00.000000Z"))
    yield said("back-dated", last, "outside_bracket", put(at="2026-11-18T00:00:00.000000Z"))
    yield said("post-dated", 1, "outside_bracket", put(at="2027-11-18T00:00:00.000000Z"))
    yield said("opened later", 2, "opening", _becomes(_opened_again(sample, case)))
    pins: list[tuple[str, Any, str]] = [
        ("definition", "sha256:" + "0" * 64, "no_definition"), ("definition", "constructor", "no_definition"),
        ("workflow", "grievance", "other_workflow"), ("version", 2, "other_workflow"),
    ]  # fmt: skip
    for name, part, code in pins:
        yield said(f"pinned {name}", 1, code, put("opening", **{name: part}))
    yield said("wrong initial state", 1, "wrong_initial", put(to="filed"))
    yield said("no such transition", filed, "no_transition", put(transition="constructor"))
    yield said("from the wrong state", filed, "wrong_state", put(transition="unmerge"))
    yield said("in the wrong role", filed, "wrong_role", put(role="unit_head"))
    yield said("to the wrong state", filed, "wrong_target", put(to="closed"))
    yield said("nowhere", filed, "wrong_target", drop("to"))
    yield said("resumed elsewhere", unmerged, "wrong_target", put(to="draft"))
    for verdicts in ([], [["seconded", False]], [["asked", True]], [["seconded", True]] * 2):
        yield said(f"verdicts {verdicts}", filed, "wrong_verdict", put(guards=verdicts))
    for verdicts, code in [
        ([["complete", True]], "wrong_verdict"), ([["complete", True], ["returned", True]], "wrong_target"),
        ([["complete", False], ["returned", False]], "wrong_verdict"), ([["returned", False]], "wrong_verdict"),
    ]:  # fmt: skip
        yield said(f"verdicts of ways {verdicts}", closed, code, put(guards=verdicts))
    yield from _definition_mutants(sample, case)


def _opened_again(sample: Sample, case: str) -> Body:
    first: Body = json.loads(sample.ledger.chains[case][0])
    second: Body = json.loads(sample.ledger.chains[case][1])
    return {**first, **{name: second[name] for name in ("seq", "prev", "id", "at")}}


def _definition_mutants(sample: Sample, case: str) -> Iterator[Mutant]:
    name = f"workflow/{PINNED.removeprefix('sha256:')}.json"
    files = bundle_files(sample.bundle())
    yield Mutant("other definition", packed(listed({**files, name: files[name] + b" "})), "other_definition")
    texts = [b"", b"{}", b"NaN", b"[" * 200_000, b"[" * 70 + b"]" * 70, b'{"name":1}', b'{"transitions":[]}', b"\xff"]
    wrongs: list[dict[str, Any]] = [
        {"from": "draft"}, {"guards": [{"use": "x"}]}, {"on_behalf": "union_office"}, {"stay": "no"},
        {"alternatives": [{}]}, {"effects": [1]}, {"by": None}, {"to": ""},
    ]  # fmt: skip
    for wrong in wrongs:
        odd = json.loads(files[name])
        odd["transitions"]["file"].update(wrong)
        texts.append(json.dumps(odd).encode())
    for text in texts:
        pinned = hashlib.sha256(text).hexdigest()
        ledger = resealed(sample, case, 1, put("opening", definition=f"sha256:{pinned}"))
        bundle = sample.bundle(ledger)
        with_text = listed({**bundle_files(bundle), f"workflow/{pinned}.json": text})
        yield Mutant(f"definition {text[:12]!r} {pinned[:4]}", packed(with_text), "bad_definition")


PARTS: dict[str, Any] = {
    "by": "P9", "acting_for": "P2", "role": "proposer", "unit": "U1", "command": "a" * 64,
    "stated": {"occurred_at": "2026-01-02T03:04:05.000000Z", "basis": "来信"}, "transition": "remark", "to": "draft",
    "behalf": {"kind": "paper", "who": "P1", "scan": "b" * 64}, "guards": [["seconded", True]],
    "cause": {"case": "c", "transition": "t"}, "pub": {"x": [1, {"y": ""}]}, "unset": ["x"],
    "joined": [{"role": "r", "who": "P1"}], "left": [{"role": "r", "who": "P123456789", "via": "v"}],
    "clocks": [], "merge": "", "resume": "draft", "merged_from": ["m"], "linked": ["l"], "published": True,
    "children": [{"case": "c", "workflow": "w", "role": "co_handler", "unit": "u", "batch": 0}], "notices": [],
    "rungs": [["a", "b"]], "withdrawn": [["a", "b"]], "priv": {"fields/x": "d" * 64}, "opening": {},
    "erased": {"basis": "law", "values": [], "approver": "P1", "approver_role": "r"},
    "migration": {"version": 2, "definition": "sha256:0", "lists": {"kinds": "sha256:1"}, "reason": "决定"},
}  # fmt: skip
"""What each part may hold beside what every entry has, so that both verifiers are seen to know it."""


def _erasure(**changes: Any) -> Callable[[Body], None]:
    return lambda body: body["erased"]["values"][0].update(changes)


ERASURES: list[tuple[Callable[[Body], Any], str]] = [
    (put(role="proposer"), "unlawful_erasure"),
    (put(acting_for="P3"), "unlawful_erasure"),
    (put(actor="P3"), "unlawful_erasure"),
    (put(actor="system"), "unlawful_erasure"),
    (put("erased", approver_role="proposer"), "unlawful_erasure"),
    (lambda body: body["erased"].pop("approver") and None, "unlawful_erasure"),
    (_erasure(entry="0" * 32), "wrong_erasure"),
    (_erasure(seq=2), "wrong_erasure"),
    (_erasure(paths=["fields/none"]), "wrong_erasure"),
    (_erasure(paths=["constructor"]), "wrong_erasure"),
    (_erasure(paths=["fields/text", "note"]), "erased_and_open"),
    (_erasure(paths=["note"]), "not_erased"),
    (_erasure(paths="note"), "bad_shape"),
    (put("erased", basis="whim"), "bad_shape"),
    (lambda body: body["erased"].pop("basis") and None, "bad_shape"),
]


def _value_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    files = bundle_files(sample.bundle())
    openings, erased = json.loads(files["openings.jcs"]), json.loads(files["erased.jcs"])

    def rows(name: str, value: Any) -> bytes:
        return packed(listed({**files, name: value if isinstance(value, bytes) else plain(value)}))

    def with_opening(**parts: Any) -> bytes:
        changed = copy.deepcopy(openings)
        row = dice.randrange(len(changed))
        for at, value in parts.items():
            changed[row][int(at[1:])] = value
        return rows("openings.jcs", changed)

    yield Mutant("other value", with_opening(_3="another text"), "not_opened")
    yield Mutant("other salt", with_opening(_2="0" * 64), "not_opened")
    yield Mutant("other path", with_opening(_1="fields/other"), "stray_opening")
    yield Mutant("path of the language", with_opening(_1="constructor"), "stray_opening")
    yield Mutant("other entry", with_opening(_0="0" * 32), "stray_opening")
    yield Mutant("value too deep", with_opening(_3=json.loads("[" * 17 + "]" * 17)), "not_opened")
    yield Mutant("fewer openings", rows("openings.jcs", openings[1:]), "")
    shapes: list[Any] = [{}, [[1]], [["x", "y", "z", 1]], [[*openings[0], 1]], [[*openings[0][:2], "0f", 1]]]
    for wrong in shapes:
        yield Mutant(f"openings {wrong!r:.20}", rows("openings.jcs", wrong), "bad_openings")
    for hostile in HOSTILE_JSON:
        if hostile != b"[]":
            yield Mutant(f"openings {hostile!r:.20}", rows("openings.jcs", hostile), "bad_openings")
    [[entry, path, by]] = erased
    yield Mutant("erased by nobody", rows("erased.jcs", [[entry, path, "0" * 32]]), "not_erased")
    yield Mutant("erased by another entry", rows("erased.jcs", [[entry, path, entry]]), "not_erased")
    yield Mutant("another path erased", rows("erased.jcs", [[entry, "note", by]]), "not_erased")
    for parts, code in ERASURES:
        ledger = resealed(sample, sample.cases[0], sample.length(sample.cases[0]), parts)
        yield Mutant(f"erasure {code}", bundle_bytes(sample.bundle(ledger)), code)
    yield Mutant("erased what never was", rows("erased.jcs", [[entry, "fields/x", by]]), "stray_erasure")
    yield Mutant("erased and open", rows("openings.jcs", [*openings, [entry, path, "0" * 64, 1]]), "erased_and_open")
    shapes = [{}, [[1, 2, 3]], [[entry, path]]]
    for wrong in shapes:
        yield Mutant(f"erased {wrong!r:.20}", rows("erased.jcs", wrong), "bad_erased")
    proofs = json.loads(files["consistency.jcs"])
    size = next(iter(proofs))
    yield Mutant("consistency broken", rows("consistency.jcs", {**proofs, size: ["ab" * 32]}), "forked")
    yield Mutant("consistency empty", rows("consistency.jcs", {**proofs, size: []}), "forked")
    more = {**proofs, size: [*proofs[size], "ab" * 32]}
    yield Mutant("consistency too long", rows("consistency.jcs", more), "forked")
    yield Mutant("no consistency", rows("consistency.jcs", {}), "no_consistency")
    shapes = [[], {size: "x"}, {size: ["0f"]}]
    for wrong in shapes:
        yield Mutant(f"consistency {wrong!r:.20}", rows("consistency.jcs", wrong), "bad_consistency")


def _outside_mutants(sample: Sample, dice: random.Random) -> Iterator[Mutant]:
    """Bundles that agree with themselves and are held against what the auditor has."""
    whole = bundle_bytes(sample.bundle())
    receipt, deposit = sample.receipts()
    case, last = sample.cases[0], sample.length(sample.cases[0])
    tree = sample.ledger.tree()
    log_key = verifier_key(ORIGIN).text
    yield Mutant("good", whole, "", (receipt, deposit), (sample.anchor(), sample.anchor(-1)))
    yield Mutant("good with keys", whole, "", (receipt,), (), (log_key, RECEIPTS.text))

    forged = resealed(sample, case, 1, lambda body: body.update(actor="P2"))
    forgery = sample.bundle(forged)
    yield Mutant("rewritten with the key", bundle_bytes(forgery), "forked", (), (sample.anchor(),))
    yield Mutant("rewritten, receipt kept", bundle_bytes(forgery), "receipt_differs", (receipt,))
    yield Mutant("rewritten, nothing kept", bundle_bytes(forgery), "")
    earlier = copy.deepcopy(sample.ledger)
    cut = sample.marks[1][0]
    for chain, seq in earlier.sealed[cut:]:
        del earlier.chains[chain][seq - 1 :]
    del earlier.sealed[cut:]
    erasure = dataclasses.replace(sample.bundle(earlier), erased=(), excerpts=())
    yield Mutant("an old copy restored", bundle_bytes(erasure), "shrunk", (), (sample.anchor(-1),))
    yield Mutant("an old copy and a receipt", bundle_bytes(erasure), "receipt_missing", (receipt,))
    bad_anchor = Anchor(note=checkpoint(Tree([bytes(32)] * 9), 9, None), consistency=())
    with_fork = dataclasses.replace(sample.bundle(), anchors=[bad_anchor])
    yield Mutant("an anchor of another history", bundle_bytes(with_fork), "forked")
    same_size = checkpoint(Tree([bytes(32)] * tree.size), tree.size, None).encoded()
    yield Mutant("a split view", whole, "forked", (), (same_size,))
    unproved = min(set(range(2, tree.size)) - {size for size, _seen_at in sample.marks})
    yield Mutant(
        "an anchor without a proof", whole, "no_consistency", (), (checkpoint(tree, unproved, None).encoded(),)
    )
    yield Mutant("the empty tree as anchor", whole, "", (), (checkpoint(tree, 0, None).encoded(),))
    yield Mutant("an anchor that is no note", whole, "bad_note", (), (dice.randbytes(50),))
    claim = Checkpoint(origin=ORIGIN, size=2 * tree.size, root=tree.root())
    larger = signed_checkpoint(claim, verifier_key(ORIGIN), private_key(ORIGIN).sign)
    with_claim = dataclasses.replace(sample.bundle(), checkpoint=larger, anchors=())
    yield Mutant("a larger size than there are leaves", bundle_bytes(with_claim), "not_included")
    late = checkpoint(tree, sample.marks[0][0], sample.ledger.at + 9000)
    early = checkpoint(tree, sample.marks[2][0], 1_700_000_000)
    yield Mutant("seen before it was written", whole, "outside_bracket", (), (early.encoded(),))
    yield Mutant("not seen when it was written", whole, "outside_bracket", (), (late.encoded(),))
    yield Mutant("other key pinned", whole, "unpinned_key", (), (), (verifier_key("somebody").text,))

    signed = parse_receipt(receipt)
    sign, body = private_key("zdh.example.org/receipts").sign, sample.ledger.chains[case][-1]
    foreign = issue(Receipt(ledger="1f" * 16, case=case, seq=last, hash=leaf(body)), RECEIPTS, sign)
    missing = issue(Receipt(ledger=LEDGER, case=case, seq=last + 1, hash=leaf(body)), RECEIPTS, sign)
    differs = issue(Receipt(ledger=LEDGER, case=case, seq=last, hash=bytes(32)), RECEIPTS, sign)
    mallory = dataclasses.replace(RECEIPTS, public=verifier_key("mallory").public)
    by_mallory = issue(signed.receipt, mallory, private_key("mallory").sign)
    for text, code in [
        (foreign.text, "receipt_other_ledger"), (missing.text, "receipt_missing"), (differs.compact, "receipt_differs"),
        (by_mallory.text, "receipt_unsigned"), (by_mallory.compact, "receipt_unsigned"), (deposit[:-9], "bad_receipt"),
        ("", "bad_receipt"), ("办结", "bad_receipt"), (receipt + receipt, "bad_receipt"), ("x" * 9000, "bad_receipt"),
        (receipt.replace("seq ", "seq 0"), "bad_receipt"), (receipt.replace("\n", "\r\n"), ""),
        (f"  {deposit} \n", ""), (deposit.replace(f"{1:064x}", f"{7:064x}"), "receipt_unsigned"),
        (receipt.replace("banjie-receipt-v1", "banjie-deposit-v1"), "bad_receipt"),
    ]:  # fmt: skip
        yield Mutant(f"receipt {text[:24]!r} {code}", whole, code, (text,))
