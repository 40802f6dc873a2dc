"""The two offline verifiers on the same bundles: good ones, and every class of mutation that a bundle can suffer.

``MUTATION_ROUNDS`` makes the campaign larger: each round spoils another ledger in every way.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.verify.verify import FINDINGS, check_bundle
from engine.ledger.bundle import bundle_bytes
from tests.support.bundle_mutations import Mutant, mutants
from tests.support.bundles import WITNESS, a_sample
from tests.support.bundles_beside import beside, files_of

PROJECT = Path(__file__).parents[2]
SEED = os.environ.get("MUTATION_SEED", "1")
ROUNDS = int(os.environ.get("MUTATION_ROUNDS", "1"))
Report = dict[str, Any]


@pytest.fixture(scope="module")
def spoiled() -> list[Mutant]:
    return [*mutants(int(SEED), ROUNDS), *beside(int(SEED), ROUNDS)]


@pytest.fixture(scope="module")
def in_python(spoiled: list[Mutant]) -> list[Report]:
    return [by_python(mutant) for mutant in spoiled]


def anchors_of(mutant: Mutant) -> dict[str, bytes]:
    return {f"anchor#{number}": note for number, note in enumerate(mutant.anchors, start=1)}


def by_python(mutant: Mutant) -> Report:
    return check_bundle(
        mutant.data,
        keys=mutant.keys,
        receipts=mutant.receipts,
        anchors=anchors_of(mutant),
        witnesses=mutant.witnesses,
        files=mutant.files,
    )


def by_node(spoiled: Sequence[Mutant], folder: Path) -> list[Report]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the second verifier cannot run here")
    jobs = folder / "jobs"
    with jobs.open("w") as out:
        for number, mutant in enumerate(spoiled):
            file = folder / f"{number}.zip"
            file.write_bytes(mutant.data)
            anchors = {name: base64.b64encode(data).decode() for name, data in anchors_of(mutant).items()}
            job = {
                "file": str(file),
                "keys": mutant.keys,
                "receipts": mutant.receipts,
                "anchors": anchors,
                "witnesses": mutant.witnesses,
                "files": mutant.files,
            }
            out.write(json.dumps(job) + "\n")
    driver, verifier = PROJECT / "tests/support/verify_many.mjs", PROJECT / "deploy/verify/verify.mjs"
    ran = subprocess.run([node, driver, verifier, jobs], capture_output=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def codes(report: Report) -> set[str]:
    return {finding["code"] for finding in report["findings"]}


def test_there_are_enough_mutations_and_no_class_is_missing(spoiled: list[Mutant]) -> None:
    assert len(spoiled) >= 300
    assert {mutant.code for mutant in spoiled} - {""} == FINDINGS.keys()


def test_every_mutation_leads_to_its_finding(spoiled: list[Mutant], in_python: list[Report]) -> None:
    missed = {
        mutant.name: (mutant.code, sorted(codes(report)))
        for mutant, report in zip(spoiled, in_python, strict=True)
        if mutant.code and mutant.code not in codes(report)
    }
    assert missed == {}


def test_what_only_a_sealed_rule_can_show_is_shown_by_it_alone(spoiled: list[Mutant], in_python: list[Report]) -> None:
    """A change made with the log's key breaks nothing but what it is about: the tree, the signatures still hold."""
    seals = {"bad_zip", "changed_file", "not_included", "bad_signature", "no_proof", "same_index", "forked"}
    cross = [
        (mutant.name, codes(report) & seals)
        for mutant, report in zip(spoiled, in_python, strict=True)
        if mutant.code in {"bad_shape", "not_canonical", "wrong_target", "wrong_verdict", "earlier", "not_opened"}
    ]
    assert len(cross) > 50
    assert [one for one in cross if one[1]] == []


def test_a_flipped_bit_is_found_unless_every_file_is_still_the_same(
    spoiled: list[Mutant], in_python: list[Report]
) -> None:
    """Dates and attributes of the members mean nothing; all else does."""
    flipped = [(mutant, report) for mutant, report in zip(spoiled, in_python, strict=True) if ":bit " in mutant.name]
    assert len(flipped) >= 8
    for mutant, report in flipped:
        if report["ok"]:
            with zipfile.ZipFile(io.BytesIO(mutant.data)) as archive:
                listed = json.loads(archive.read("manifest.jcs"))["files"]
                assert {
                    name: hashlib.sha256(archive.read(name)).hexdigest()
                    for name in archive.namelist()
                    if name != "manifest.jcs"
                } == listed


def test_both_verifiers_give_the_same_report(
    spoiled: list[Mutant], in_python: list[Report], tmp_path_factory: pytest.TempPathFactory
) -> None:
    in_node = by_node(spoiled, tmp_path_factory.mktemp("bundles"))

    assert len(in_node) == len(spoiled)
    differing = {
        mutant.name: (python, node)
        for mutant, python, node in zip(spoiled, in_python, in_node, strict=True)
        if python != node
    }
    assert differing == {}


def test_good_bundles_are_clean_for_both(tmp_path: Path) -> None:
    """No false alarm: ledgers of every shape, with all receipts and checkpoints held against them."""
    good = []
    for seed in range(20):
        sample = a_sample(seed, cases=1 + seed % 5)
        anchors = tuple(sample.anchor(number) for number in range(len(sample.marks)))
        receipts, data = sample.receipts(), bundle_bytes(sample.bundle())
        whole = Mutant(str(seed), data, "", receipts, anchors, witnesses=(WITNESS.text,), files=files_of(sample))
        good.append(whole)

    for reports in ([by_python(mutant) for mutant in good], by_node(good, tmp_path)):
        assert Counter(report["ok"] for report in reports) == {True: 20}
        assert [report["findings"] for report in reports] == [[]] * 20
