"""What is said of a job without a database: its handlers, and the reason of a failure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import StorageUnavailable
from runtime.jobs.port import Registry, Report
from runtime.jobs.worker import told


def test_an_interval_without_a_handler_is_a_mistake() -> None:
    minute = timedelta(minutes=1)
    with pytest.raises(ValueError, match="purge, sweep"):
        Registry(handlers={"deliver": lambda _subject: Report(done=0)}, intervals={"sweep": minute, "purge": minute})


def test_one_of_our_own_refusals_is_told_by_its_code_and_place() -> None:
    with pytest.raises(StorageUnavailable) as caught:
        raise StorageUnavailable
    line = caught.traceback[-1].lineno + 1
    assert told(caught.value) == f"StorageUnavailable (storage_unavailable) at test_jobs_port.py:{line}"


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert told(KeyError("wang")) == "KeyError"
