"""The offline verifier as an auditor uses it: the command, what it prints, its exit code; and that it stands alone."""

from __future__ import annotations

import ast
import copy
import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.verify import verify
from deploy.verify.verify import main
from engine.ledger import shape
from engine.ledger.bundle import BundleEntry, Opening, bundle_bytes
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.merkle import Tree
from engine.ledger.streams import FACTS
from engine.service.case_rows import case_from
from tests.support.bundle_mutations import PARTS
from tests.support.bundles import KEYS, ORIGIN, RECEIPTS, WITNESS, Sample, a_sample, checkpoint, leaf, verifier_key
from tests.support.ledgers import ROOT, SEALER, Registry, a_full_life, small_rules

LOG_KEY = verifier_key(ORIGIN).text


@pytest.fixture(scope="module")
def sample() -> Sample:
    return a_sample(3)


@pytest.fixture
def bundle(sample: Sample, tmp_path: Path) -> str:
    return kept(tmp_path / "bundle.zip", bundle_bytes(sample.bundle()))


def kept(path: Path, data: bytes | str) -> str:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def test_a_good_bundle_ends_with_nought_and_shows_what_to_compare(
    bundle: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([bundle]) == 0
    out = capfd.readouterr().out
    assert "未发现问题 / nothing wrong was found" in out
    assert all(key.fingerprint in out for _role, key in KEYS)
    assert "回执" in out
    assert "newest entries" in out


def test_a_finding_is_printed_with_its_rule_in_both_languages(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    entries = [entry for entry in sample.bundle().entries if entry.seq != 3]
    broken = dataclasses.replace(sample.bundle(), entries=entries)

    assert main([kept(tmp_path / "broken.zip", bundle_bytes(broken))]) == 1
    out = capfd.readouterr().out
    assert "C1  entries/0000" in out
    assert "序号不连续" in out
    assert "seq does not go on here" in out


def test_json_says_the_same_for_programs(bundle: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([bundle, "--json"]) == 0
    report = json.loads(capfd.readouterr().out)
    assert (report["ok"], report["findings"], report["bundle"]["cases"]) == (True, [], 3)


def test_receipts_are_given_as_files_or_as_text(sample: Sample, bundle: str, tmp_path: Path) -> None:
    receipt, deposit = sample.receipts()

    assert main([bundle, "--receipt", kept(tmp_path / "r.txt", receipt), "--receipt", deposit]) == 0
    assert main([bundle, "--receipt", receipt.replace("seq ", "seq 1")]) == 1
    assert main([bundle, "--receipt", str(tmp_path / "not-there.txt")]) == 1


def test_a_checkpoint_the_auditor_kept_is_held_against_the_bundle(sample: Sample, bundle: str, tmp_path: Path) -> None:
    fork = checkpoint(Tree([bytes(32)] * 5), 5, None).encoded()

    assert main([bundle, "--anchor", kept(tmp_path / "a.note", sample.anchor())]) == 0
    assert main([bundle, "--anchor", kept(tmp_path / "b.note", fork)]) == 1


def test_two_checkpoints_are_compared_without_a_bundle(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    tree = sample.ledger.tree()
    a = kept(tmp_path / "a.note", checkpoint(tree, 5, None).encoded())
    b = kept(tmp_path / "b.note", checkpoint(tree, 5, 1_800_000_000).encoded())
    fork = kept(tmp_path / "fork.note", checkpoint(Tree([bytes(32)] * 5), 5, None).encoded())
    larger = kept(tmp_path / "larger.note", checkpoint(tree, 7, None).encoded())

    def compared(*words: str) -> tuple[int, list[str]]:
        done = main(["--consistency", *words, "--json"])
        return done, [finding["code"] for finding in json.loads(capfd.readouterr().out)["findings"]]

    assert compared(a, b, "--key", LOG_KEY) == (0, [])
    assert compared(a, fork, "--key", LOG_KEY) == (1, ["forked"])
    assert compared(a, larger, "--key", LOG_KEY) == (1, ["no_consistency"])
    assert compared(a, b) == (1, ["unsigned", "unsigned", "no_log_key"])


def test_two_checkpoints_of_other_sizes_are_compared_through_a_bundle(
    sample: Sample, bundle: str, tmp_path: Path
) -> None:
    tree = sample.ledger.tree()
    first, second = (kept(tmp_path / f"{number}.note", sample.anchor(number)) for number in (0, 1))
    fork = kept(tmp_path / "fork.note", checkpoint(Tree([b"x" * 32] * tree.size), sample.marks[1][0], None).encoded())

    assert main([bundle, "--consistency", first, second]) == 0
    assert main([bundle, "--consistency", first, fork]) == 1


def test_a_pinned_key_is_the_only_one_trusted(bundle: str, sample: Sample, tmp_path: Path) -> None:
    receipt = kept(tmp_path / "r.txt", sample.receipts()[0])

    assert main([bundle, "--key", LOG_KEY, "--key", RECEIPTS.text, "--receipt", receipt]) == 0
    assert main([bundle, "--key", verifier_key("mallory").text]) == 1


def test_a_witness_the_auditor_names_counts_although_the_bundle_does_not_name_it(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Otherwise who makes the bundle could silence the witness by leaving its key out."""
    ledger = copy.deepcopy(sample.ledger)
    ledger.at -= 40_000
    silent = dataclasses.replace(sample.bundle(ledger), keys=KEYS[:2])
    path = kept(tmp_path / "silent.zip", bundle_bytes(silent))
    keys = [word for key in (LOG_KEY, RECEIPTS.text, WITNESS.text) for word in ("--key", key)]

    assert main([path, "--json"]) == 0
    capfd.readouterr()
    assert main([path, *keys, "--json"]) == 1
    assert {finding["rule"] for finding in json.loads(capfd.readouterr().out)["findings"]} == {"T1"}


@pytest.mark.parametrize("words", [[], ["a", "b"], ["--consistency", "one"], ["--no-such-option", "x"]])
def test_a_command_that_asks_nothing_is_refused(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2


def test_what_cannot_be_read_ends_with_two(bundle: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing.zip")]) == 2
    assert main([str(tmp_path)]) == 2
    assert main([bundle, "--anchor", str(tmp_path / "nothing.note")]) == 2
    assert main([bundle, "--key", "no key"]) == 2
    assert "无法读取 / cannot be read" in capfd.readouterr().err


def test_what_a_bundle_says_cannot_command_the_terminal(
    sample: Sample, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hostile = dataclasses.replace(sample.bundle(), tool="\x1b[2J\u202eevil")

    assert main([kept(tmp_path / "hostile.zip", bundle_bytes(hostile))]) == 0
    out = capfd.readouterr().out
    assert "?[2J?evil" in out
    assert "\x1b" not in out


def test_only_the_first_thousand_findings_are_listed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sample = a_sample(4, cases=1)
    one = sample.bundle().entries[0]
    entries = [BundleEntry(chain="c", seq=seq, body=b"[]", index=one.index, proof=one.proof) for seq in range(1100)]
    many = dataclasses.replace(sample.bundle(), entries=entries, openings=(), erased=())

    assert main([kept(tmp_path / "many.zip", bundle_bytes(many)), "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert (len(report["findings"]), report["truncated"]) == (1000, True)


def test_it_runs_alone_from_any_folder(bundle: str, tmp_path: Path) -> None:
    """As an auditor has it: one file, copied somewhere, with nothing of this project in reach."""
    alone = tmp_path / "elsewhere" / "verify.py"
    alone.parent.mkdir()
    alone.write_bytes(Path(verify.__file__).read_bytes())
    ran = subprocess.run([sys.executable, "-I", alone, bundle], cwd=alone.parent, capture_output=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert "未发现问题" in ran.stdout.decode()


def test_it_imports_nothing_but_the_standard_library_and_the_signature_library() -> None:
    tree = ast.parse(Path(verify.__file__).read_text())
    named = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    tops = {name.split(".")[0] for name in named}

    assert tops - sys.stdlib_module_names == {"cryptography"}
    assert tops.isdisjoint({"socket", "urllib", "http", "ssl", "asyncio", "subprocess", "pickle", "zipfile"})


def test_both_verifiers_know_every_code_in_the_same_words() -> None:
    """The table stands in each file, as each must be whole."""
    source = (Path(verify.__file__).parent / "verify.mjs").read_text()
    for code, words in verify.FINDINGS.items():
        row = ", ".join(json.dumps(word, ensure_ascii=False) for word in words)
        assert f"  {code}: [{row}],\n" in source
    assert len(re.findall(r'^  \w+: \["[A-Z]\d"', source, re.MULTILINE)) == len(verify.FINDINGS)


def test_the_verifier_knows_every_part_that_an_entry_may_have() -> None:
    """A part that is new to entries of cases must be told to both verifiers, or honest bundles would be found wrong."""
    of_cases = {kind: parts for kind, parts in shape._BY_TYPE.items() if kind not in FACTS}

    assert of_cases.keys() == verify.BY_TYPE.keys()
    for kind, (required, optional) in of_cases.items():
        assert verify.BY_TYPE[kind][0] == set(required)
        assert verify.BY_TYPE[kind][1] - set(required) == set(optional) - set(required)
    assert set(shape._ALWAYS) == verify.ALWAYS
    assert verify.ALWAYS | PARTS.keys() == verify.PARTS.keys()


def test_a_ledger_that_the_engine_wrote_is_clean(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The whole way: real commands, real entries and commitments, real definitions."""
    registry = Registry(small_rules())
    whole = a_full_life(registry)
    registry.open()
    tables, rules = registry.tables, registry.rules
    files = tables.case_files(ROOT, list(tables.kept_ids(ROOT)))
    entries = [(file.case, row.seq, row.body) for file in files for row in file.entries]
    tree = Tree([leaf(body) for _case, _seq, body in entries])
    definitions = {
        known: json.dumps(
            part.model_dump(mode="json", by_alias=True, exclude_unset=True),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for part, known in rules.workflows.values()
    }
    ids = {(file.case, row.seq): parse_canonical(row.body) for file in files for row in file.entries}
    openings = []
    for file in files:
        for private in file.privates:
            body = ids[file.case, private.seq]
            assert isinstance(body, dict)
            value = SEALER.open(str(body["id"]), private.path, private.key, private.ciphertext)
            assert value is not None
            openings.append(Opening(entry=str(body["id"]), path=private.path, salt=value.salt, value=value.value))
    bundle = dataclasses.replace(
        a_sample(0).bundle(),
        ledger=str(ROOT),
        checkpoint=checkpoint(tree, tree.size, None),
        entries=[
            BundleEntry(chain=case, seq=seq, body=body, index=index, proof=tree.inclusion(index))
            for index, (case, seq, body) in enumerate(entries)
        ],
        definitions=definitions,
        openings=openings,
        erased=(),
        anchors=(),
        excerpts=(),
    )

    assert case_from(tables.cases[whole]).seq > 10
    assert len(openings) > 5
    assert canonical(ids[whole, 1]) in [entry.body for entry in bundle.entries]
    code = main([kept(tmp_path / "real.zip", bundle_bytes(bundle)), "--json"])
    assert json.loads(capfd.readouterr().out)["findings"] == []
    assert code == 0
