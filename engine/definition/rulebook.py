"""All definitions and code lists known at one moment, and which of them a new or a running case runs under."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar, cast

from engine.definition.compiled import Definition
from engine.definition.model import CodeList, Workflow
from engine.errors import NotFound
from engine.text import Text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Definitions and lists by name and version, each with the hash of its content ("sha256:…").

    ``kept_workflows`` and ``kept_lists`` are texts by hash that running cases may still be pinned to. Compiled
    definitions are kept once made; the book itself never changes.
    """

    workflows: Mapping[tuple[str, int], tuple[Workflow, str]]
    lists: Mapping[tuple[str, int], tuple[CodeList, str]]
    kept_workflows: Mapping[str, Workflow] = field(default_factory=dict)
    kept_lists: Mapping[str, CodeList] = field(default_factory=dict)
    _made: dict[str, list[Definition]] = field(default_factory=dict, compare=False)
    _worked_out: dict[tuple[object, ...], object] = field(default_factory=dict, compare=False)

    def names(self) -> tuple[str, ...]:
        """Return the names of all workflows, sorted."""
        return tuple(sorted({name for name, _version in self.workflows}))

    def newest(self, workflow: str, on: date | None = None) -> Workflow:
        """Return the newest version in force (on that day, if given); raises NotFound."""
        versions = [
            part
            for (name, _version), (part, _hash) in self.workflows.items()
            if name == workflow and (on is None or part.in_force_from <= on)
        ]
        if not versions:
            raise NotFound(Text(f"没有名为“{workflow}”的流程", f"No workflow named {workflow!r}"), workflow=workflow)
        return max(versions, key=lambda part: part.version)

    def every_list(self) -> tuple[CodeList, ...]:
        """Return every version of every code list for new cases, by name, the newest first."""
        parts = [part for part, _hash in self.lists.values()]
        return tuple(sorted(parts, key=lambda part: (part.name, -part.version)))

    def every(self, workflow: str) -> tuple[Workflow, ...]:
        """Return all texts of a workflow that new or running cases may go by, in no order."""
        parts = [part for part, _hash in self.workflows.values()] + list(self.kept_workflows.values())
        return tuple(part for part in parts if part.name == workflow)

    def for_new(
        self, workflow: str, list_versions: Mapping[str, int] | None = None, on: date | None = None
    ) -> Definition:
        """Return what a new case runs under: the newest definition with the lists pinned by its congress session."""
        part = self.newest(workflow, on)
        names = sorted(set(part.lists.values()))
        versions = {name: (list_versions or {}).get(name) or self._newest_list(name) for name in names}
        found = {name: self.lists[(name, version)] for name, version in versions.items()}
        return self._make(
            part,
            self.workflows[(part.name, part.version)][1],
            {name: code_list for name, (code_list, _hash) in found.items()},
            {name: content_hash for name, (_list, content_hash) in found.items()},
        )

    def version_of(self, workflow: str, version: int, kept: Mapping[str, str]) -> Definition:
        """Return one version of a workflow with the lists that are ``kept``, by name and hash, and the newest others.

        Raises NotFound for a version that is not in the folder and was not published.
        """
        if (workflow, version) not in self.workflows:
            raise NotFound(
                Text(f"流程“{workflow}”没有第 {version} 版", f"The workflow {workflow!r} has no version {version}"),
                workflow=workflow,
            )
        part, content_hash = self.workflows[(workflow, version)]
        names = sorted(set(part.lists.values()))
        return self.pinned(
            content_hash, {name: kept.get(name) or self.lists[(name, self._newest_list(name))][1] for name in names}
        )

    def pinned(self, definition_hash: str, list_hashes: Mapping[str, str]) -> Definition:
        """Return the definition a case is pinned to, by hash.

        Raises NotFound when its text is not known here, or when the lists that are named are not the definition's own:
        a history that somebody changed may say that one list is another.
        """
        for made in self._made.get(definition_hash, ()):
            if made.list_hashes == list_hashes:
                return made
        part = next((part for part, known in self.workflows.values() if known == definition_hash), None)
        part = part or self.kept_workflows.get(definition_hash)
        lists = {name: self._list_with(name, known) for name, known in list_hashes.items()}
        if part is None or None in lists.values() or not lists.keys() >= set(part.lists.values()):
            raise NotFound(
                Text("办理所依据的流程版本或代码表不在库中", "The pinned definition or code list is not known here"),
                definition=definition_hash,
            )
        return self._make(part, definition_hash, {name: one for name, one in lists.items() if one}, list_hashes)

    def _list_with(self, name: str, content_hash: str) -> CodeList | None:
        found = next((part for part, known in self.lists.values() if known == content_hash), None)
        found = found or self.kept_lists.get(content_hash)
        return found if found is not None and found.name == name else None

    def _newest_list(self, name: str) -> int:
        return self.once(("newest_list", name), partial(self._greatest_version, name))

    def _greatest_version(self, name: str) -> int:
        versions = [version for known, version in self.lists if known == name]
        if not versions:
            raise NotFound(Text(f"没有名为“{name}”的代码表", f"No code list named {name!r}"), list=name)
        return max(versions)

    def _make(
        self, part: Workflow, definition_hash: str, lists: Mapping[str, CodeList], hashes: Mapping[str, str]
    ) -> Definition:
        known = self._made.setdefault(definition_hash, [])
        made = next((made for made in known if made.list_hashes == hashes), None)
        if made is None:
            made = Definition(part, definition_hash, lists, dict(hashes))
            known.append(made)
        return made

    def once(self, key: tuple[object, ...], work_out: Callable[[], T]) -> T:
        """Return what follows from the book's texts alone, worked out when first asked for; ``key`` names it."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out()
        return cast(T, self._worked_out[key])
