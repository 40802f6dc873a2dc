"""``banjie search``: how far the index is, and making it anew."""

from __future__ import annotations

import json

from tests.support.command_line import CommandLine


def test_the_index_is_shown_and_made_anew(sample: CommandLine) -> None:
    before = json.loads(sample.must("search", "--json"))
    assert before["cases"] > 20
    assert before["waiting"] == 0
    again = json.loads(sample.must("search", "--rebuild", "--json"))
    assert again == {"cases": before["cases"], "waiting": 0, "indexed_now": before["cases"]}
    told = sample.must("search", "--rebuild")
    assert f"已重新编入 {before['cases']} 件" in told
    assert "待编入 0 件" in told
    assert "0 not indexed yet" in sample.must("--lang", "en", "search")
