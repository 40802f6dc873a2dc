"""A refusal as a test expects it: of this kind, and told in exactly these Chinese words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from engine.errors import BanjieError, FormInvalid


@contextmanager
def told(kind: type[BanjieError], zh: str) -> Iterator[None]:
    """Expect a refusal whose text, or that of one of its wrong fields, is ``zh``."""
    with pytest.raises(kind) as caught:
        yield
    assert zh in words_of(caught.value)


def words_of(refusal: object) -> list[str]:
    """Return the Chinese texts of a refusal: its own, and those of its wrong fields."""
    assert isinstance(refusal, BanjieError), refusal
    fields = refusal.fields if isinstance(refusal, FormInvalid) else ()
    return [refusal.text.zh, *(problem.text.zh for problem in fields)]
