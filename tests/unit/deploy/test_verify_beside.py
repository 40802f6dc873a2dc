"""What an auditor holds beside a bundle: a witness whom they trust, the files that came with it; and holds that should
have stopped an erasure."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.verify import verify
from deploy.verify.verify import check_bundle, main
from engine.ledger.bundle import bundle_bytes
from tests.support.bundles import MINUTES, ORIGIN, WITNESS, Sample, a_sample, checkpoint, paper, verifier_key
from tests.support.bundles_beside import STRANGER, digest, files_of, held_ledgers

OF_HOLDS = {"erased_while_held", "erased_too_early"}
HELD = [(name, code) for name, _ledger, code in held_ledgers(a_sample(11))]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return a_sample(11)


@pytest.fixture(scope="module")
def whole(sample: Sample) -> bytes:
    return bundle_bytes(sample.bundle())


def codes(report: dict[str, Any]) -> set[str]:
    return {str(finding["code"]) for finding in report["findings"]}


def handed_over(sample: Sample, folder: Path) -> Path:
    """Return a folder with the bundle, and beside it one with all files that it names."""
    (folder / "bundle.zip").write_bytes(bundle_bytes(sample.bundle()))
    files = folder / "files"
    files.mkdir()
    for number, content in enumerate([MINUTES, *(paper(number) for number in range(len(sample.cases) + 1))]):
        (files / f"材料{number}.txt").write_bytes(content)
    return files


@pytest.mark.parametrize(("name", "code"), HELD, ids=[name for name, _code in HELD])
def test_an_erasure_is_judged_by_the_hold_and_the_state_before_it(sample: Sample, name: str, code: str) -> None:
    (ledger,) = [ledger for other, ledger, _code in held_ledgers(sample) if other == name]
    report = check_bundle(bundle_bytes(sample.bundle(ledger)))
    assert codes(report) & OF_HOLDS == ({code} if code else set())
    where = {str(one["where"]) for one in report["findings"] if one["code"] in OF_HOLDS}
    number = sorted((chain, seq) for chain, seq in sample.ledger.sealed).index(
        (sample.cases[0], sample.length(sample.cases[0]))
    )
    assert where <= {f"entries/{number + 1:06}.jcs"}


def test_a_witness_whom_the_auditor_names_must_have_cosigned(sample: Sample, whole: bytes) -> None:
    assert codes(check_bundle(whole, witnesses=[WITNESS.text])) == set()
    report = check_bundle(whole, witnesses=[WITNESS.text, STRANGER.text])
    assert [(one["code"], one["where"]) for one in report["findings"]] == [("unwitnessed", "witness#2")]
    tree = sample.ledger.tree()
    alone = dataclasses.replace(sample.bundle(), checkpoint=checkpoint(tree, tree.size, None))
    assert codes(check_bundle(bundle_bytes(alone))) == set()
    assert codes(check_bundle(bundle_bytes(alone), witnesses=[WITNESS.text])) == {"unwitnessed"}


def test_a_witness_named_leaves_the_other_keys_of_the_bundle_trusted(sample: Sample, whole: bytes) -> None:
    receipts = list(sample.receipts())
    assert codes(check_bundle(whole, witnesses=[WITNESS.text], receipts=receipts)) == set()
    assert codes(check_bundle(whole, keys=[WITNESS.text])) >= {"no_log_key"}


def test_two_checkpoints_are_held_against_a_witness_without_a_bundle(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tree, log = sample.ledger.tree(), verifier_key(ORIGIN).text
    (tmp_path / "seen.note").write_bytes(checkpoint(tree, 5, 1_800_000_000).encoded())
    (tmp_path / "unseen.note").write_bytes(checkpoint(tree, 5, None).encoded())

    def compared(*names: str) -> list[tuple[str, str]]:
        pair = [str(tmp_path / name) for name in names]
        main(["--consistency", *pair, "--key", log, "--witness", WITNESS.text, "--json"])
        return [(one["code"], one["where"]) for one in json.loads(capfd.readouterr().out)["findings"]]

    assert compared("seen.note", "seen.note") == []
    assert compared("seen.note", "unseen.note") == [("unwitnessed", "consistency#2")]


def test_the_files_handed_over_are_those_that_the_entries_name(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    files = handed_over(sample, tmp_path)
    bundle = str(tmp_path / "bundle.zip")
    assert main([bundle, "--files", str(files)]) == 0
    assert f"附件 / files {len(sample.cases) + 2}" in capfd.readouterr().out

    (files / "材料0.txt").write_bytes(MINUTES + b" ")
    (files / "材料1.txt").unlink()
    assert main([bundle, "--files", str(files), "--json"]) == 1
    found = json.loads(capfd.readouterr().out)["findings"]
    assert {one["rule"] for one in found} == {"F1"}
    assert [one["where"] for one in found if one["code"] == "file_stray"] == ["files/材料0.txt"]
    missing = {one["where"].partition("#")[2] for one in found if one["code"] == "file_missing"}
    assert missing == {digest(MINUTES)[:32], digest(paper(0))[:32]}


def test_the_entry_is_named_whose_file_is_missing(sample: Sample, whole: bytes) -> None:
    gone = digest(paper(1))
    left = [(name, one) for name, one in files_of(sample) if one != gone]
    report = check_bundle(whole, files=left)
    (finding,) = report["findings"]
    entries = sorted(chain for chain, _seq in sample.ledger.sealed)
    first = next(chain for chain in sample.ledger.chains if chain != sample.stream)
    assert finding["where"] == f"entries/{entries.index(first) + 1:06}.jcs#{gone[:32]}"
    assert (finding["rule"], finding["code"]) == ("F1", "file_missing")


def test_what_is_no_plain_file_is_not_read(sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A pipe would keep the reader waiting for ever, and a link could lead anywhere."""
    files = handed_over(sample, tmp_path)
    os.mkfifo(files / "pipe")
    (files / "link").symlink_to(files / "材料0.txt")
    (files / "folder").mkdir()
    assert main([str(tmp_path / "bundle.zip"), "--files", str(files), "--json"]) == 1
    found = json.loads(capfd.readouterr().out)["findings"]
    assert [(one["code"], one["where"]) for one in found] == [
        ("file_unread", f"files/{name}") for name in ("folder", "link", "pipe")
    ]


def test_a_folder_that_is_not_there_ends_with_two(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handed_over(sample, tmp_path)
    assert main([str(tmp_path / "bundle.zip"), "--files", str(tmp_path / "nowhere")]) == 2
    assert main([str(tmp_path / "bundle.zip"), "--witness", verifier_key(ORIGIN).text]) == 2
    assert "无法读取 / cannot be read" in capfd.readouterr().err
    with pytest.raises(SystemExit):
        main(["--consistency", "a", "b", "--files", str(tmp_path)])


def test_the_second_verifier_reads_the_same_folder_alike(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the second verifier cannot run here")
    files = handed_over(sample, tmp_path)
    (files / "材料1.txt").unlink()
    os.mkfifo(files / "pipe")
    with (Path(os.fsdecode(os.fsencode(files) + b"/\xff\xfe.txt"))).open("wb") as odd:
        odd.write(b"x")
    words = [str(tmp_path / "bundle.zip"), "--files", str(files), "--witness", STRANGER.text, "--json"]
    assert main(words) == 1
    in_python = json.loads(capfd.readouterr().out)
    script = Path(verify.__file__).with_name("verify.mjs")
    ran = subprocess.run([node, script, *words], capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert json.loads(ran.stdout) == in_python
    assert codes(in_python) == {"unwitnessed", "file_missing", "file_stray", "file_unread"}
