"""A pytest plugin for ``make spared``: what each measured test covers, under its name, and what it costs."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final

import pytest
from coverage import Coverage

from tests.support.measured import OF_PROCESSES, may_tell

ASKED_BY: Final = "SPARE_MEASURING"
"""The variable that asks for it: a folder, into which each test worker writes seconds of processor and test."""


class Sparing:
    """Runs only tests that could tell something, all of them measured, each under a context of its own."""

    def __init__(self, folder: Path) -> None:
        self._costs = folder / f"{os.getpid()}.tsv"

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what no list needs to name."""
        items[:] = [item for item in items if may_tell(item.nodeid)]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give what is covered here and in processes that are started the name of the test."""
        name = item.nodeid.partition("[")[0]
        measured = Coverage.current()
        if measured is not None:
            measured.switch_context(name)
        if OF_PROCESSES in os.environ:
            told = json.loads(base64.b64decode(os.environ[OF_PROCESSES]))
            os.environ[OF_PROCESSES] = base64.b64encode(json.dumps({**told, "context": name}).encode()).decode()
        before = sum(os.times()[:4])
        answer = yield
        with self._costs.open("a", encoding="utf-8") as file:
            file.write(f"{sum(os.times()[:4]) - before:.3f}\t{name}\n")
        return answer
