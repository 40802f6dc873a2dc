"""The door to YAML: what it reads, what it refuses, and that it knows where everything stood."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.loader import FILE_BYTES_MAX, content_hash, load_list, load_workflow, load_yaml
from engine.errors import DefinitionError, Problem

FIVE_STATES = Path(__file__).parents[2] / "data" / "definitions" / "five_states.yaml"
OUTCOMES = Path(__file__).parents[2] / "data" / "wrong_definitions" / "lists" / "outcomes.yaml"


def refused(raw: bytes) -> list[Problem]:
    with pytest.raises(DefinitionError) as caught:
        load_yaml(raw, "given.yaml")
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"),
        ("on", "on"),
        ("012", "012"),
        ("12:30:00", "12:30:00"),
        ("2026-11-21", "2026-11-21"),
        ("1_000", "1_000"),
        ("1e5", "1e5"),
        (".nan", ".nan"),
        ("17", 17),
        ("-3", -3),
        ("-9007199254740991", -9007199254740991),
        ("0.5", 0.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("'17'", "17"),
        ('"true"', "true"),
        ("|\n  true\n", "true\n"),
    ],
)
def test_a_plain_word_is_something_other_than_text_only_where_yaml_1_2_says_so(written: str, read: object) -> None:
    data, _ = load_yaml(f"key: {written}".encode())
    assert data == {"key": read}
    assert type(data["key"]) is type(read)


@pytest.mark.parametrize("number", ["9007199254740992", "-9007199254740992", "1" * 5000])
def test_a_number_that_json_cannot_hold_exactly_is_refused(number: str) -> None:
    assert [problem.code for problem in refused(f"key: {number}".encode())] == ["number_too_large"]


def test_every_key_and_value_is_known_by_line_and_column() -> None:
    _, positions = load_yaml("甲:\n  - 乙: 'x y'\n    丙: |\n      long\n      text\n".encode())
    assert positions.key(("甲", 0, "乙")) == (2, 5)
    assert positions.at(("甲", 0, "乙")) == (2, 9)
    assert positions.inside(("甲", 0, "乙"), 2) == (2, 11)
    assert positions.inside(("甲", 0, "丙"), 2) == (3, 8)
    assert positions.at(("甲",)) == (1, 1)
    assert positions.key(("甲", 0)) == (2, 5)
    assert positions.at(("甲", 0, "丁", "戊")) == (2, 5)
    assert positions.at(("己",)) == (1, 1)


def test_an_empty_file_is_nothing() -> None:
    data, positions = load_yaml(b"")
    assert data is None
    assert positions.at(("name",)) == (1, 1)


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert load_yaml(b"\xef\xbb\xbfname: x")[0] == {"name": "x"}


def test_bytes_that_are_not_utf8_are_refused_where_they_stand() -> None:
    (problem,) = refused(b"name: x\ntitle: \xb0\xec")
    assert (problem.code, problem.line, problem.column) == ("not_utf8", 2, 8)


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_refused() -> None:
    largest = b"key: x #" + b"c" * (FILE_BYTES_MAX - 8)
    assert load_yaml(largest)[0] == {"key": "x"}
    (problem,) = refused(largest + b"c")
    assert problem.code == "file_too_large"
    assert "256 KB" in problem.text.zh


def test_twenty_levels_are_read_and_the_next_one_is_refused() -> None:
    assert load_yaml(b"[" * 20 + b"]" * 20)[0] is not None
    (problem,) = refused(b"[" * 21 + b"]" * 21)
    assert (problem.code, problem.column) == ("nested_too_deep", 21)


def test_a_quarter_megabyte_of_brackets_is_refused_at_once() -> None:
    assert refused(b"[" * FILE_BYTES_MAX)[0].code == "nested_too_deep"


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert {problem.code for problem in refused(bomb.encode())} == {"alias_refused"}


def test_a_list_or_mapping_cannot_be_a_key() -> None:
    assert [problem.code for problem in refused(b"? [a, b]\n: 1\nc: 2\n")] == ["key_not_text"]


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\0"', '"\\x1b"', '"\\r"'])
def test_characters_that_no_text_may_hold_are_refused(text: str) -> None:
    assert refused(f"key: {text}".encode())[0].code == "character_refused"


def test_a_raw_control_character_is_refused_where_it_stands() -> None:
    (problem,) = refused(b"a: 1\nb: x\x01y\n")
    assert (problem.code, problem.line, problem.column) == ("yaml_wrong", 2, 5)


def test_a_syntax_error_is_told_with_its_place_in_chinese() -> None:
    (problem,) = refused("a: 1\nb: '没有写完\n".encode())
    assert problem.code == "yaml_wrong"
    assert "引号或括号没有成对" in problem.text.zh
    assert problem.line == 3


def test_a_syntax_error_without_a_translation_is_told_in_the_parsers_words() -> None:
    (problem,) = refused(b"a: b\n c: [")
    assert problem.code == "yaml_wrong"
    assert problem.text.zh != "YAML 格式有误："


def test_a_file_that_is_not_there_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_workflow(tmp_path / "none.yaml")
    (problem,) = caught.value.problems
    assert problem.code == "file_unreadable"
    assert problem.file == str(tmp_path / "none.yaml")


def test_a_file_that_holds_no_mapping_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "v1.yaml"
    file.write_text("- just\n- a list\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_workflow(file)
    assert [problem.code for problem in caught.value.problems] == ["type_wrong"]


def test_the_hash_stays_when_only_layout_comments_and_order_change(tmp_path: Path) -> None:
    file = tmp_path / "v1.yaml"
    lines = FIVE_STATES.read_text(encoding="utf-8").splitlines()
    moved = [line for line in lines if line.startswith("version")] + [
        line for line in lines if not line.startswith(("version", "#"))
    ]
    file.write_text("# otherwise\n" + "\n".join(moved) + "\n", encoding="utf-8")
    assert load_workflow(file).hash == load_workflow(FIVE_STATES).hash


def test_the_hash_changes_with_one_word(tmp_path: Path) -> None:
    file = tmp_path / "v1.yaml"
    file.write_text(FIVE_STATES.read_text(encoding="utf-8").replace("已办结", "已办"), encoding="utf-8")
    assert load_workflow(file).hash != load_workflow(FIVE_STATES).hash


def test_the_hash_of_the_plain_workflow_is_the_one_that_cases_were_pinned_to() -> None:
    loaded = load_workflow(FIVE_STATES)
    assert loaded.hash == "sha256:227a58954c3fb6c1b3cb3493f83bad5d433e44e314592b72129c2484e6a1aa8a"
    assert content_hash(loaded.part) == loaded.hash


def test_a_code_list_is_read_with_its_flags() -> None:
    loaded = load_list(OUTCOMES)
    item = loaded.part.item("A")
    assert item is not None
    assert item.title.zh == "已解决"
    assert item.flags == {"solved": True}
    assert loaded.part.item("B") is None
    assert loaded.hash.startswith("sha256:")


def test_the_same_text_is_parsed_once() -> None:
    assert load_workflow(FIVE_STATES).part is load_workflow(FIVE_STATES).part
