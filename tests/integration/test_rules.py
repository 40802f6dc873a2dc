"""The rules of a folder are the same rules whether they were proved now or remembered."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.errors import DefinitionError
from runtime.rules import _remember, load_rules

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"


def hashes(folder: Path, cache: Path | None) -> dict[tuple[str, int], str]:
    book = load_rules(folder, cache=cache).rulebook()
    return {key: known for key, (_part, known) in (*book.workflows.items(), *book.lists.items())}


def test_what_is_remembered_has_the_hashes_of_what_was_proved(tmp_path: Path) -> None:
    proved = hashes(WORKFLOWS, None)
    first, second = hashes(WORKFLOWS, tmp_path), hashes(WORKFLOWS, tmp_path)
    assert len(list(tmp_path.glob("rules-*.json"))) == 1
    assert first == second == proved


def test_processes_that_begin_at_once_take_nothing_from_each_other(tmp_path: Path) -> None:
    rules = load_rules(WORKFLOWS)
    path = tmp_path / "cache" / "rules-1.json"
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _time: _remember(path, rules), range(24)))
    assert [one.name for one in path.parent.iterdir()] == ["rules-1.json"]
    assert len(json.loads(path.read_text(encoding="utf-8"))["workflows"]) == len(rules.workflows) > 0


def test_a_changed_file_is_proved_anew(tmp_path: Path) -> None:
    folder = shutil.copytree(WORKFLOWS, tmp_path / "workflows")
    before = hashes(folder, tmp_path / "cache")
    path = folder / "proposal" / "v1.yaml"
    path.write_text(path.read_text("utf-8").replace("value: 2}", "value: 3}", 1), encoding="utf-8")
    after = hashes(folder, tmp_path / "cache")
    assert after[("proposal", 1)] != before[("proposal", 1)]
    assert after[("grievance", 1)] == before[("grievance", 1)]


def test_a_wrong_folder_is_refused_and_not_remembered(tmp_path: Path) -> None:
    folder = shutil.copytree(WORKFLOWS, tmp_path / "workflows")
    path = folder / "proposal" / "v1.yaml"
    path.write_text(path.read_text("utf-8").replace("initial: draft", "initial: drafft", 1), encoding="utf-8")
    with pytest.raises(DefinitionError, match="problem"):
        load_rules(folder, cache=tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("rules-*.json"))


def test_the_texts_to_keep_are_kept_under_the_hash_they_have(tmp_path: Path) -> None:
    rules = load_rules(WORKFLOWS, cache=tmp_path)
    book = rules.rulebook()
    known = {known for _part, known in (*book.workflows.values(), *book.lists.values())}
    assert {text.content_hash for text in rules.to_keep} == known
