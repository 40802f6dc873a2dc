"""The rules as they run: those of the workflows folder, and those that were published on a page since.

A publication advances the epoch of every organisation, so each process looks here again with its next world. What was
compiled stays: a text is known by its hash, whatever book it stands in.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError, Problem, StorageError
from engine.service.ports import Reads
from engine.service.publications import PublicationRow
from engine.storage.store import open_store
from engine.text import Text
from runtime.rules import Rules, load_rules
from runtime.settings import Settings


class RunningRules:
    """Gives the rulebook; the same object as long as nothing was published or withdrawn."""

    def __init__(self, rules: Rules, reads: Reads) -> None:
        self._rules, self._reads = rules, reads
        self._looking = threading.Lock()
        self._known: tuple[tuple[PublicationRow, ...], Rulebook] | None = None

    def book(self) -> Rulebook:
        """Return the rules as they stand now."""
        published = tuple(self._reads.publications())
        with self._looking:
            if self._known is None or self._known[0] != published:
                self._known = (published, published_book(self._rules, self._reads, published))
            return self._known[1]


def published_book(rules: Rules, reads: Reads, published: Iterable[PublicationRow]) -> Rulebook:
    """Return the rulebook of the folder with what is published laid over it.

    A published text that is not what its hash says decides nothing, as if it were not there; verification names it.
    """
    book = rules.rulebook(reads)
    workflows, lists = dict(book.workflows), dict(book.lists)
    for row in published:
        if row.kind == "definition":
            part = book.kept_workflows.get(row.hash)
            if part is not None and (part.name, part.version) == (row.name, row.version):
                workflows[(row.name, row.version)] = (part, row.hash)
        else:
            code_list = book.kept_lists.get(row.hash)
            if code_list is not None and (code_list.name, code_list.version) == (row.name, row.version):
                lists[(row.name, row.version)] = (code_list, row.hash)
    return Rulebook(workflows, lists, book.kept_workflows, book.kept_lists)


def demand_no_clash(rules: Rules, published: Sequence[PublicationRow]) -> None:
    """Raise DefinitionError where the folder says something else under a number that was published."""
    problems = clashes(rules, published)
    if problems:
        raise DefinitionError(problems)


def clashes(rules: Rules, published: Sequence[PublicationRow]) -> list[Problem]:
    """Return where a file of the folder and a publication have a name and number in common, and not what they say."""
    if not published:
        return []
    in_folder = {
        **{("definition", name, version): known for (name, version), known in rules.workflow_hashes().items()},
        **{("list", name, version): known for (name, version), known in rules.list_hashes().items()},
    }
    found = [row for row in published if in_folder.get((row.kind, row.name, row.version), row.hash) != row.hash]
    return [_clash(row) for row in found]


def publication_problems(settings: Settings) -> list[Problem]:
    """Return where the folder clashes with what the database, if there is one that answers, knows as published.

    Raises:
        DefinitionError: the folder itself is wrong.
    """
    if settings.sqlite_path is not None and not settings.sqlite_path.is_file():
        return []
    try:
        store = open_store(settings.database_url, write=False)
    except StorageError:  # the files are looked at without it; the doctor tells of the database
        return []
    try:
        published = store.reads.publications()
    except StorageError:
        return []
    finally:
        store.close()
    if not published:
        return []
    return clashes(proved_rules(settings), published)


def proved_rules(settings: Settings) -> Rules:
    """Return the rules of the folder, proved now or remembered as such where a server has run."""
    cache = settings.rules_cache
    known = cache if cache is not None and cache.is_dir() else None
    return load_rules(settings.workflows, calendar_missing=settings.calendar_missing, cache=known)


def _clash(row: PublicationRow) -> Problem:
    of_list = row.kind == "list"
    return Problem(
        file=f"lists/{row.name}.v{row.version}.yaml" if of_list else f"{row.name}/v{row.version}.yaml",
        line=1,
        column=1,
        code="published_otherwise",
        text=Text(
            f"{'代码表' if of_list else '流程'}“{row.name}”第 {row.version} 版已在管理页面发布，文件内容与已发布的不同",
            f"Version {row.version} of {row.name} was published on the pages, and this file says something else",
        ),
        remedy=Text(
            f"请移走该文件，或将其 version 改为 {row.version + 1}；办理以已发布的内容为准",
            f"Take the file away, or make its version {row.version + 1}; cases go by what was published",
        ),
    )
