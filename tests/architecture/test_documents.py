"""The pages of Markdown: every link and anchor leads somewhere, and the index names every page of docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.documents import PROJECT, blocks, dead_links, headings, links, pages
from tests.support.reference.commands import options_of_commands

DOCS = PROJECT / "docs"
INDEX = DOCS / "README.md"
KINDS = ("tutorial", "how-to", "reference", "explanation")


def relative(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def test_the_pages_are_found() -> None:
    assert {PROJECT / "README.md", INDEX, PROJECT / "workflows/proposal/README.md"} <= set(pages())


@pytest.mark.parametrize("sheet", pages(), ids=relative)
def test_every_link_and_anchor_of_a_page_leads_somewhere(sheet: Path) -> None:
    assert dead_links(sheet) == []


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    strange = tmp_path / "page.md"
    strange.write_text(
        "# One\n[here](#one) [gone](#two) [web](https://x.example) [file](none.md) `[code](no.md)`\n", "utf-8"
    )
    assert dead_links(strange) == ["2: #two", "2: none.md"]


def test_the_index_names_every_page_of_docs() -> None:
    named = {(DOCS / link.target.partition("#")[0]).resolve() for link in links(INDEX.read_text("utf-8"))}
    # Decisions have an index of their own, which names each of them.
    decisions = DOCS / "adr" / "README.md"
    own = {(decisions.parent / link.target).resolve() for link in links(decisions.read_text("utf-8"))}
    missing = {page for page in pages() if DOCS in page.parents and page != INDEX} - named - own
    assert sorted(map(relative, missing)) == []


def test_each_of_the_four_kinds_has_a_part_of_the_index_and_pages() -> None:
    text = INDEX.read_text("utf-8")
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [part.partition("\n")[0] for part in parts] == [
        "教程 · Tutorial",
        "怎么做 · How to",
        "手册 · Reference",
        "说明 · Explanation",
    ]
    for kind, part in zip(KINDS, parts, strict=True):
        linked = {link.target.partition("#")[0] for link in links(part)}
        there = {f"{kind}/{page.name}" for page in (DOCS / kind).glob("*.md")}
        assert there, kind
        assert there <= linked, kind


def test_every_row_of_the_index_is_in_both_languages() -> None:
    rows = [line for line in INDEX.read_text("utf-8").splitlines() if line.startswith("| [")]
    assert len(rows) >= 20
    for row in rows:
        _page, zh, en = (cell.strip() for cell in row.strip("|").split("|"))
        assert re.search(r"[\u4e00-\u9fff]", zh), row
        assert re.search(r"[a-z]", en), row
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"\([^)]*\)", "", en)), row


def test_the_front_pages_lead_to_the_index_and_to_each_other() -> None:
    for name, other in (("README.md", "README.en.md"), ("README.en.md", "README.md")):
        assert {"docs/README.md", other} <= {link.target for link in links((PROJECT / name).read_text("utf-8"))}, name


def test_both_front_pages_have_the_same_sections_commands_and_pages() -> None:
    chinese, english = ((PROJECT / name).read_text("utf-8") for name in ("README.md", "README.en.md"))
    levels = [[line.partition(" ")[0] for line in headings(text)] for text in (chinese, english)]
    assert levels[0] == levels[1]
    assert len(levels[0]) >= 10
    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in headings(chinese))
    assert not any(re.search(r"[\u4e00-\u9fff]", line) for line in headings(english)[1:])
    assert commands_of(chinese) == commands_of(english)
    # The tutorial has a page in each language; of other pages both lead to the same.
    led = [
        {link.target.partition("#")[0].replace(".en.md", ".md") for link in links(text)} for text in (chinese, english)
    ]
    assert led[0] == led[1]


def test_the_front_pages_name_every_procedure_and_commands_that_there_are() -> None:
    procedures = {path.parent.name for path in (PROJECT / "workflows").glob("*/v1.yaml")}
    known = set(re.findall(r"^## (banjie .+)$", (DOCS / "reference" / "commands.md").read_text("utf-8"), re.MULTILINE))
    for name in ("README.md", "README.en.md"):
        text = (PROJECT / name).read_text("utf-8")
        assert procedures == set(re.findall(r"\(workflows/(\w+)/README\.md\)", text)), name
        for command in commands_of(text):
            if command.startswith("banjie "):
                assert any(f"{command} ".startswith(f"{each} ") for each in known), command


def test_every_command_that_a_page_names_is_one_and_takes_the_options_it_is_given() -> None:
    known = options_of_commands()
    groups = {name.rpartition(" ")[0] for name in known} | {"banjie 命令", "banjie COMMAND"}
    wrong = []
    seen = 0
    for page in pages():
        for said in re.findall(r"`(banjie [^`\n]+)`", page.read_text("utf-8")):
            asked = re.sub(r"^banjie (?:--(?:database|lang) \S+ )*", "banjie ", said)
            name = max((each for each in known if f"{asked} ".startswith(f"{each} ")), key=len, default="")
            options = set(re.findall(r"--[a-z][a-z-]*", asked)) - {"--database", "--lang", "--help", "--version"}
            if not (options <= known[name] if name else asked.removesuffix(" --help") in groups):
                wrong.append(f"{relative(page)}: {said}")
            seen += 1
    assert wrong == []
    assert seen > 250


def test_every_address_that_a_page_sends_its_reader_to_is_one_of_the_site() -> None:
    sources = [path.read_text("utf-8") for folder in ("web", "api") for path in (PROJECT / folder).rglob("*.py")]
    there = {address for text in sources for address in re.findall(r'"(/[a-z0-9/.{}-]*)', text)}
    readers = [*(PROJECT / name for name in ("README.md", "README.en.md")), *(DOCS / "tutorial").glob("*.md")]
    named = {
        (relative(page), address)
        for page in [*readers, DOCS / "how-to" / "pages.md"]
        for address in re.findall(r"`(/[a-z/-]+)`", page.read_text("utf-8"))
    }
    assert len(named) > 30
    assert {each for each in named if each[1] not in there} == set()


def commands_of(text: str) -> list[str]:
    """Return the commands that a front page prints: those of its blocks, without remarks, and of its tables."""
    told = [
        line.partition("#")[0].strip()
        for block in blocks(text)
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    return told + re.findall(r"^\| [^|]+ \| `([^`]+)` \|$", text, re.MULTILINE)
