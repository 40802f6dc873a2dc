"""Bundles that are wrong only beside something else: an erasure beside a hold, a checkpoint beside a witness whom the
auditor named, entries beside the files that were handed over with them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from engine.ledger.bundle import Opening, bundle_bytes, bundle_files
from tests.support.bundle_mutations import Mutant, listed, packed, put, resealed
from tests.support.bundles import (
    DEFINITION,
    MINUTES,
    ORIGIN,
    PINNED,
    WITNESS,
    Body,
    Ledger,
    Sample,
    a_sample,
    checkpoint,
    commitment,
    paper,
    private_key,
    verifier_key,
)

Files = tuple[tuple[str, str | None], ...]
STRANGER = dataclasses.replace(WITNESS, public=private_key("nobody").public_key().public_bytes_raw())
"""A witness who has the name of one who cosigned, and another key."""


def beside(seed: int, rounds: int) -> Iterator[Mutant]:
    """Yield bundles of these kinds, every one once a round."""
    for turn in range(rounds):
        dice = random.Random(f"beside {seed}/{turn}")
        sample = a_sample(dice.randrange(10**6), cases=dice.randint(1, 3))
        for make in (held_mutants, witness_mutants, file_mutants, definition_mutants, migration_mutants):
            for mutant in make(sample):
                yield mutant._replace(name=f"{turn}:{mutant.name}")


def files_of(sample: Sample) -> Files:
    """Return name and hash of every file that the entries of a sample name."""
    contents = [MINUTES, *(paper(number) for number in range(len(sample.cases) + 1))]
    return tuple((f"{number}.txt", digest(content)) for number, content in enumerate(contents))


def digest(content: bytes) -> str:
    """Return the hash by which a file is named."""
    return hashlib.sha256(content).hexdigest()


def held_mutants(sample: Sample) -> Iterator[Mutant]:
    """Erasures that a hold should have stopped, or that came before the case had ended; and lawful ones like them.

    The case was held from its second entry on and its last move lifted that; the erasure comes after it.
    """
    for name, ledger, code in held_ledgers(sample):
        yield Mutant(f"held: {name}", bundle_bytes(sample.bundle(ledger)), code)


def held_ledgers(sample: Sample) -> Iterator[tuple[str, Ledger, str]]:
    """Yield each of them with a name and the finding it must have, "" for none of the two."""
    case = sample.cases[0]
    erasure = sample.length(case)
    last = erasure - 1

    def changed(seq: int, change: Callable[[Body], Any], of: Sample = sample) -> Ledger:
        return resealed(of, case, seq, change)

    def then(ledger: Ledger, seq: int, change: Callable[[Body], Any]) -> Ledger:
        return changed(seq, change, dataclasses.replace(sample, ledger=ledger))

    def unlifted(body: Body) -> None:
        del body["pub"]["legal_hold"]

    def emptied(body: Body) -> None:
        unlifted(body)
        body["unset"] = ["legal_hold"]

    back = put(to="draft", guards=[["complete", True], ["returned", True]])
    held = changed(last, put("pub", legal_hold=True))
    draft = changed(last, back)
    yield "said again", held, "erased_while_held"
    yield "never lifted", changed(last, unlifted), "erased_while_held"
    yield "held in other words", changed(last, put("pub", legal_hold="true")), ""
    yield "emptied", changed(last, emptied), ""
    yield "after a copy came back", then(held, erasure, put("erased", basis="restored")), ""
    for value, opened, code in [(True, True, "erased_while_held"), (False, True, ""), (True, False, "")]:
        hidden, opening = _hidden(sample, value)
        ledger = changed(last, hidden)
        ledger.openings += [opening] if opened else []
        yield f"behind a commitment: {value}, opened: {opened}", ledger, code
    yield "begun anew", draft, "erased_too_early"
    yield "begun anew, what is personal", then(draft, erasure, _erasing("fields/contact")), ""
    yield "begun anew, who it is", then(draft, erasure, _erasing("people/P1")), "erased_too_early"
    yield "begun anew, two of them", then(draft, erasure, _erasing("fields/contact", "note")), "erased_too_early"
    old = then(then(draft, erasure, _erasing("fields/contact")), erasure, put("erased", basis="retention"))
    yield "begun anew, for its age", old, "erased_too_early"
    yield "begun anew, came back", then(draft, erasure, put("erased", basis="restored")), ""
    yield "by the engine while held", then(held, erasure, _by_the_engine), "erased_while_held"


def definition_mutants(sample: Sample) -> Iterator[Mutant]:
    """Bundles whose first case is pinned to a text that says something odd of states, fields or the hold."""
    parts: list[tuple[dict[str, Any], str]] = [
        ({"states": {"draft": 1}}, "bad_definition"), ({"states": []}, "bad_definition"),
        ({"states": {"draft": {"phase": 7}}}, "bad_definition"), ({"fields": ["text"]}, "bad_definition"),
        ({"fields": {"text": {"privacy": None}}}, "bad_definition"), ({"retention": None}, "bad_definition"),
        ({"fields": {"text": {"schema": "file"}}}, "bad_definition"), ({"retention": {}}, "bad_definition"),
        ({"retention": {"hold": ["legal_hold"]}}, "bad_definition"), ({"retention": {"hold": "__proto__"}}, ""),
        ({"retention": {"hold": "constructor"}}, ""), ({"states": {}}, "erased_too_early"), ({"fields": {}}, ""),
        ({"fields": {"papers": {"schema": {"items": [{"format": "file"}]}}}}, ""),
        ({"fields": {"toString": {"schema": {"items": {"format": "file"}}}}}, ""),
        ({"fields": {"papers": {"schema": {"items": None}}}}, ""),
        ({"fields": {"text": {"schema": {"items": {"format": "file"}}}}}, ""),
        ({"fields": {"text": {"privacy": "personal"}}, "states": {"closed": {"phase": "active"}}}, ""),
    ]  # fmt: skip
    for wrong, code in parts:
        text = json.dumps({**DEFINITION, **wrong}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        pinned = digest(text)
        ledger = resealed(sample, sample.cases[0], 1, put("opening", definition=f"sha256:{pinned}"))
        files = listed({**bundle_files(sample.bundle(ledger)), f"workflow/{pinned}.json": text})
        yield Mutant(f"definition with {wrong!r:.60}", packed(files), code, files=files_of(sample))


def migration_mutants(sample: Sample) -> Iterator[Mutant]:
    """Bundles whose first case goes on under another version, as it may and in every way in which it may not.

    The note before the last move becomes the migration; of a merged case the un-merge does, and the note un-merges.
    """
    case = sample.cases[0]
    kinds = [json.loads(raw) for raw in sample.ledger.chains[case]]
    noted = next(seq for seq, body in enumerate(kinds, start=1) if body["type"] == "noted")
    unmerged = next(seq for seq, body in enumerate(kinds, start=1) if body.get("transition") == "unmerge")
    first = {"version": 1, "definition": PINNED}

    def goes(version: dict[str, Any] | None = None, **parts: Any) -> Callable[[Body], None]:
        def change(body: Body) -> None:
            for name in ("transition", "role", "merge", "to", "erased"):
                body.pop(name, None)
            told = {"version": 2, "definition": SAME, "lists": {}, "reason": "主席团决定", **(version or {})}
            body.update({"type": "migrated", "migration": told, **parts})

        return change

    def packed_with(*changes: tuple[int, Callable[[Body], Any]]) -> bytes:
        of = sample
        for seq, change in changes:
            of = dataclasses.replace(sample, ledger=resealed(of, case, seq, change))
        texts = {f"workflow/{name.removeprefix('sha256:')}.json": text for name, text in LATER.items()}
        return packed(listed({**bundle_files(sample.bundle(of.ledger)), **texts}))

    renamed = {"definition": CALLED_OTHERWISE}
    ways: list[tuple[str, Callable[[Body], None], str]] = [
        ("as it may", goes(), ""),
        ("a state renamed", goes(renamed, to="on_file"), ""),
        ("a state not renamed", goes(renamed), "wrong_migration"),
        ("to a state of the old version", goes(renamed, to="filed"), "wrong_migration"),
        ("to an end", goes(to="closed"), "wrong_migration"),
        ("by the engine", goes(actor="system"), "wrong_migration"),
        ("to the same version", goes(first), "wrong_migration"),
        ("under another number", goes({"version": 3}), "other_workflow"),
        ("to another workflow", goes({"definition": ANOTHER}), "other_workflow"),
        ("to a text that is not there", goes({"definition": "sha256:" + "0" * 64}), "no_definition"),
        ("with a state to be resumed", goes(resume="filed"), "wrong_migration"),
        ("with a value", goes(pub={"text": "x"}), "bad_shape"),
        ("without a reason", goes({"reason": ""}), "bad_shape"),
    ]
    for name, change, code in ways:
        yield Mutant(f"migrated {name}", packed_with((noted, change)), code)
    parted = put(type="fired", transition="unmerge", role="union_office", to="on_file", merge="")
    for resumed, code in [
        ({"resume": "on_file"}, ""),
        ({}, "wrong_migration"),
        ({"resume": "closed"}, "wrong_migration"),
    ]:
        data = packed_with((unmerged, goes(renamed, **resumed)), (noted, parted))
        yield Mutant(f"migrated while merged {resumed}", data, code)
    ended = packed_with((sample.length(case), goes()))
    yield Mutant("migrated after the end", ended, "wrong_migration")


def _text_of(**changes: Any) -> tuple[str, bytes]:
    """Return hash and text of the sample's definition with changes."""
    text = json.dumps({**DEFINITION, **changes}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return f"sha256:{digest(text)}", text


def _called_otherwise() -> tuple[str, bytes]:
    changed = json.loads(json.dumps(DEFINITION).replace('"filed"', '"on_file"'))
    return _text_of(**{**changed, "version": 2})


SAME, _SAME = _text_of(version=2)
CALLED_OTHERWISE, _OTHERWISE = _called_otherwise()
ANOTHER, _ANOTHER = _text_of(version=2, name="grievance")
LATER = {SAME: _SAME, CALLED_OTHERWISE: _OTHERWISE, ANOTHER: _ANOTHER}
"""Later versions by their hashes: one that says the same, one whose state is called otherwise, one of another name."""


def _hidden(sample: Sample, value: bool) -> tuple[Callable[[Body], None], Opening]:
    """Return what puts the hold of the last move behind a commitment, and what opens that."""
    case = sample.cases[0]
    entry = str(json.loads(sample.ledger.chains[case][-2])["id"])
    opening = Opening(entry=entry, path="fields/legal_hold", salt=bytes(range(32)), value=value)

    def change(body: Body) -> None:
        del body["pub"]["legal_hold"]
        body["priv"] = {opening.path: commitment(case, entry, opening.path, value, opening.salt)}

    return change, opening


def _erasing(*paths: str) -> Callable[[Body], None]:
    return lambda body: body["erased"]["values"][0].update(paths=list(paths))


def _by_the_engine(body: Body) -> None:
    for part in ("role", "approver", "approver_role"):
        body.pop(part, None)
        body["erased"].pop(part, None)
    body["actor"] = "system"
    body["erased"]["basis"] = "retention"


def witness_mutants(sample: Sample) -> Iterator[Mutant]:
    """Bundles held against a witness whom the auditor named: without its cosignature nothing shows that it saw them."""
    bundle, tree = sample.bundle(), sample.ledger.tree()
    whole = bundle_bytes(bundle)
    alone = bundle_bytes(dataclasses.replace(bundle, checkpoint=checkpoint(tree, tree.size, None)))
    unknown = bundle_bytes(dataclasses.replace(bundle, keys=bundle.keys[:2]))
    log = verifier_key(ORIGIN).text
    yield Mutant("witness: cosigned", whole, "", witnesses=(WITNESS.text,))
    yield Mutant("witness: cosigned, and not in keys.txt", unknown, "", witnesses=(WITNESS.text, WITNESS.text))
    yield Mutant("witness: named beside another key", whole, "unpinned_key", keys=(log,), witnesses=(WITNESS.text,))
    yield Mutant("witness: did not cosign", alone, "unwitnessed", witnesses=(WITNESS.text,))
    yield Mutant("witness: not asked for", alone, "")
    yield Mutant("witness: another of that name", whole, "unwitnessed", witnesses=(STRANGER.text,))
    yield Mutant("witness: one of two", whole, "unwitnessed", witnesses=(WITNESS.text, STRANGER.text))
    yield Mutant("witness: a key of another type", whole, "unwitnessed", witnesses=(log,))
    yield Mutant("witness: no key", whole, "unwitnessed", witnesses=("x", ""))


def file_mutants(sample: Sample) -> Iterator[Mutant]:
    """Bundles held against files: whole, missing, damaged, exchanged, foreign, unreadable."""
    bundle, good = sample.bundle(), files_of(sample)
    whole = bundle_bytes(bundle)
    (first, _first), *others = good
    foreign = digest(b"something else")

    def held(name: str, code: str, files: Files, data: bytes = whole) -> Mutant:
        return Mutant(f"files: {name}", data, code, files=files)

    yield held("all there", "", good)
    yield held("twice under other names", "", (*good, *((f"copy {name}", one) for name, one in good)))
    yield held("none", "file_missing", ())
    yield held("one missing", "file_missing", tuple(others))
    yield held("one damaged", "file_stray", ((first, foreign), *others))
    yield held("one exchanged for another", "file_missing", ((first, good[1][1]), *others))
    yield held("one too many", "file_stray", (*good, ("办结\u202e.txt", foreign)))
    yield held("one unreadable", "file_unread", (*good, ("a\x1b[2J", None)))
    closed = [one for one in bundle.openings if one.path != "fields/papers"]
    unread = bundle_bytes(dataclasses.replace(bundle, openings=closed))
    yield held("of a field that is not opened", "file_stray", good, unread)
    yield held("of what stands in the open", "", good[:1], unread)
    odd_lists: list[Any] = [
        [{"id": "x", "sha256": foreign}], [{"id": "0" * 32}], ["0" * 32], "0" * 32, [[]], {"id": "0" * 32},
    ]  # fmt: skip
    for wrong in odd_lists:
        odd = resealed(sample, sample.cases[0], sample.length(sample.cases[0]) - 1, put("pub", minutes=wrong))
        yield held(f"described as {wrong!r:.30}", "", good, bundle_bytes(sample.bundle(odd)))
