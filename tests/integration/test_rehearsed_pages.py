"""Every command and example of the pages is run as it is printed, or the page says why it cannot be."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from api.edge import ApiSettings
from engine.definition.model import RetentionPart
from tests.support.command_line import CommandLine
from tests.support.documents import PROJECT, blocks, pages
from tests.support.house import open_house
from tests.support.rehearsed_pages import RUN, RUN_IN, rehearse, shell_in, unmarked
from tests.support.serving import serving
from web.app import create_site

HOW_TO = PROJECT / "docs" / "how-to"
TUTORIAL = PROJECT / "docs" / "tutorial"
NOT_RUN = {
    # By page, how many blocks no test runs; each says why in its fence.
    "README.md": 1,
    "README.en.md": 1,
    "CONTRIBUTING.md": 2,
    "docs/how-to/city.md": 1,
    "docs/how-to/papers.md": 1,
    "docs/tutorial/first-proposal.md": 1,
    "docs/tutorial/first-proposal.en.md": 1,
}
ELSEWHERE = "https://banjie.union.example.cn"
SETTLED = {
    # What the settings of a page come to, once the page has been run: asked of the code that reads them at start.
    "notices.md": (
        "from runtime.channels import configured, outlets; outlets(Settings()); print(*configured(Settings()))",
        "mail wecom dingtalk feishu webhook\n",
    ),
    "oidc.md": (
        "from runtime.provider import provider_of; print(provider_of(Settings()).issuer)",
        "https://sso.union.example.cn/realms/works\n",
    ),
    "witness.md": (
        "from runtime.witness.configured import witness_keys; print([key.name for key in witness_keys(Settings())])",
        "['union.example.cn/w1']\n",
    ),
}
RUN_HERE = (
    "feeds.md",
    "notices.md",
    "oidc.md",
    "overdue.md",
    "pages.md",
    "papers.md",
    "privacy.md",
    "simulate.md",
    "witness.md",
)


def to_be_run(page: Path) -> list[str]:
    """Return the languages of the blocks that this module is to run."""
    return [
        block.language
        for block in blocks(page.read_text("utf-8"))
        if block.language in RUN and block.not_run is None and not block.info.startswith(RUN_IN)
    ]


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a server with an open register, and the token of a union office there."""
    with (
        open_house(f"sqlite:///{tmp_path}/served.db") as house,
        serving(create_site(house.desk, ApiSettings(version="0.1.0", database="test", register_open=True))) as served,
    ):
        yield served, house.token("shen")


def test_every_block_of_a_page_says_what_becomes_of_it() -> None:
    found = {
        f"{page.relative_to(PROJECT)}:{block.line}"
        for page in pages()
        for block in blocks(page.read_text("utf-8"))
        if unmarked(block)
    }
    assert found == set()


def test_so_many_blocks_are_not_run_and_each_says_why() -> None:
    counted: dict[str, int] = {}
    for page in pages():
        for block in blocks(page.read_text("utf-8")):
            if block.not_run is not None:
                assert re.search(r"[\u4e00-\u9fff].* · [a-z]", block.not_run), f"{page}:{block.line}"
                counted[str(page.relative_to(PROJECT))] = counted.get(str(page.relative_to(PROJECT)), 0) + 1
    assert counted == NOT_RUN


def test_what_another_test_runs_is_run_there() -> None:
    there = [
        (page, block.info.removeprefix(RUN_IN).strip())
        for page in pages()
        for block in blocks(page.read_text("utf-8"))
        if block.info.startswith(RUN_IN)
    ]
    assert len(there) == 1
    for page, test in there:
        assert f'"{page.name}"' in (PROJECT / test).read_text("utf-8"), test


def test_every_page_with_something_to_run_is_run_here() -> None:
    run = {page for page in pages() if to_be_run(page)}
    tutorials = {TUTORIAL / "first-proposal.md", TUTORIAL / "first-proposal.en.md"}
    assert run == {HOW_TO / name for name in RUN_HERE} | tutorials


def test_the_example_of_retention_is_one_that_a_definition_takes() -> None:
    (text,) = [block.text for block in blocks((HOW_TO / "privacy.md").read_text("utf-8")) if block.language == "yaml"]
    said = YAML(typ="safe").load(text)
    assert RetentionPart.model_validate(said["retention"]).years("personal") == 5


@pytest.mark.parametrize("name", RUN_HERE)
def test_a_page_of_how_to_does_what_it_says(
    name: str, sample: CommandLine, server: tuple[str, str], tmp_path: Path
) -> None:
    address, token = server
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "workflows").symlink_to(PROJECT / "workflows")
    for folder in ("备份", "另一处", "演练"):
        (desk / folder).mkdir()
    replaced = {ELSEWHERE: address, " /备份": " 备份", " /另一处": " 另一处"} if name not in SETTLED else {}
    with shell_in(desk, BANJIE_DATABASE_URL=sample.database, BANJIE=address, TOKEN=token) as shell:
        assert rehearse(HOW_TO / name, shell, replaced) == len(to_be_run(HOW_TO / name))
        if name in SETTLED:
            asked, answer = SETTLED[name]
            assert shell.run(f'python -c "from runtime.settings import Settings; {asked}"\n') == answer


@pytest.mark.slow
def test_every_command_of_the_front_page_runs_on_the_sample_in_its_order(sample: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "deploy").symlink_to(PROJECT / "deploy")
    commands = re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", (PROJECT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 15
    with shell_in(tmp_path, BANJIE_DATABASE_URL=sample.database) as shell:
        told = {command: shell.run(f"{command}\n") for command in commands}
    due = told['banjie calendar due --start 2026-09-30 --within "15 working days" --why']
    # By the notice of 2026 the seven days from 1 October are off, and Saturday the 10th is worked.
    assert due.startswith("2026-10-27（周二）\n")
    assert "未发现问题" in told["banjie verify"]
    assert "未发现问题" in told["python3 deploy/verify/verify.py 001.zip"]


@pytest.mark.slow
def test_the_tutorial_takes_a_proposal_from_submission_to_evaluation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("deploy", ".venv"):
        (tmp_path / name).symlink_to(PROJECT / name)
    monkeypatch.chdir(tmp_path)
    page = TUTORIAL / "first-proposal.md"
    with shell_in(tmp_path) as shell:
        assert rehearse(page, shell, {"8000": str(free_port())}) == len(to_be_run(page)) >= 15


def test_the_tutorial_is_the_same_in_english() -> None:
    chinese, english = (
        [(block.language, block.info, block.text) for block in blocks((TUTORIAL / name).read_text("utf-8"))]
        for name in ("first-proposal.md", "first-proposal.en.md")
    )
    assert english == chinese


def test_what_is_shown_and_does_not_come_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\necho one\n```\n\n```text output\ntwo\n```\n", "utf-8")
    with shell_in(tmp_path) as shell, pytest.raises(AssertionError, match=r"page\.md:5"):
        rehearse(page, shell, {})


@pytest.mark.parametrize(
    ("line", "told"), [("1 / 0", ZeroDivisionError), ("for x in (1,):\n    y = x\nprint(y)", SyntaxError)]
)
def test_python_that_cannot_be_pasted_breaks_its_page_off(line: str, told: type[Exception], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```python\n{line}\n```\n", "utf-8")
    with shell_in(tmp_path) as shell, pytest.raises(told):
        rehearse(page, shell, {})


def test_what_python_prints_is_compared_as_it_is_typed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 6\nx * 7\n```\n\n```text output\n42\n```\n", "utf-8")
    with shell_in(tmp_path) as shell:
        assert rehearse(page, shell, {}) == 1


def test_a_command_that_fails_breaks_its_page_off(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\nfalse\necho later\n```\n", "utf-8")
    with shell_in(tmp_path) as shell, pytest.raises(AssertionError, match="broken off"):
        rehearse(page, shell, {})
