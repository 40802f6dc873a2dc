"""Proofs that found nothing wrong, remembered while this process runs: a workflow is proved anew only when something
that its proof looked at is another object. What a proof asks stands in ``checks``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.definition.model import CodeList, Workflow

REMEMBERED_MAX: Final = 512
"""More workflows than that are not remembered at once: all are forgotten, which costs time and nothing else."""


class Watched(Mapping[str, CodeList]):
    """Code lists by name that note which of them a proof looked at; the names themselves count as looked at."""

    def __init__(self, lists: Mapping[str, CodeList]) -> None:
        self._lists = lists
        self.seen: dict[str, CodeList | None] = {}

    def __getitem__(self, name: str) -> CodeList:
        self.seen[name] = self._lists.get(name)
        return self._lists[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clean:
    """A proof without findings and all that it looked at; it keeps them, so that they stay the objects they are."""

    workflow: Workflow
    workflows: Mapping[str, Workflow]
    list_names: tuple[str, ...]
    seen: Mapping[str, CodeList | None]

    def holds(self, lists: Mapping[str, CodeList], workflows: Mapping[str, Workflow]) -> bool:
        """Tell whether it would look at the same objects today."""
        return (
            self.workflows.keys() == workflows.keys()
            and all(workflows[name] is workflow for name, workflow in self.workflows.items())
            and self.list_names == tuple(lists)
            and all(lists.get(name) is code_list for name, code_list in self.seen.items())
        )


_CLEAN: Final[dict[int, _Clean]] = {}


def proved_before(workflow: Workflow, lists: Mapping[str, CodeList], workflows: Mapping[str, Workflow]) -> bool:
    """Tell whether this very object was proved beside these very lists and workflows, and nothing was found."""
    known = _CLEAN.get(id(workflow))
    return known is not None and known.holds(lists, workflows)


def remember(workflow: Workflow, lists: Watched, workflows: Mapping[str, Workflow]) -> None:
    """Keep a proof that found nothing; ``lists`` noted what it looked at."""
    if len(_CLEAN) >= REMEMBERED_MAX:
        _CLEAN.clear()
    _CLEAN[id(workflow)] = _Clean(
        workflow=workflow, workflows=dict(workflows), list_names=tuple(lists), seen=dict(lists.seen)
    )
