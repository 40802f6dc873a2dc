"""The rules as they are written: the YAML files of ``workflows/``, as far as figures are counted by them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Body = Mapping[str, Any]
"""An entry or a definition as it was written: whatever JSON or YAML may hold."""
_COUNTS = ("name", "lists", "items", "fields", "category_field", "states", "deadlines", "ladders", "measures")


class Rules:
    """The newest text of every workflow, and what the lists say of codes."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*/v[0-9]*.yaml"), key=lambda file: int(file.stem[1:]))
        self._files = {file.parent.name: file for file in files}
        self._read: dict[str, Body] = {}
        self._flags: dict[str, dict[str, Mapping[str, bool]]] = {}
        for file in sorted((folder / "lists").glob("*.yaml")):
            text = _yaml(file)
            self._flags[text["name"]] = {item["code"]: item.get("flags", {}) for item in text["items"]}

    @property
    def names(self) -> Collection[str]:
        """The workflows there are."""
        return self._files

    def workflow(self, name: str) -> Body:
        """Return the definition of a workflow; raises KeyError where there is none."""
        if name not in self._read:
            self._read[name] = _yaml(self._files[name])
        return self._read[name]

    def flagged(self, workflow: str, name: str) -> tuple[str, Mapping[str, bool]]:
        """Return the field behind a name of a flag, as ``reply_class_counts_as_solved``, and what it is by code."""
        text = self.workflow(workflow)
        for place, part in text["fields"].items():
            known = self._flags.get(text.get("lists", {}).get(part.get("list"), ""), {})
            flag = name.removeprefix(f"{place}_")
            if flag != name and any(flag in flags for flags in known.values()):
                return place, {code: flags.get(flag, False) for code, flags in known.items()}
        raise ValueError(f"no list has {name}")


def _yaml(file: Path) -> Any:
    """Return what counts of a file: a definition is long, and most of it is no matter of figures."""
    parts = re.split(r"(?m)^(?=[a-z_]+:)", file.read_text(encoding="utf-8"))
    return YAML(typ="safe", pure=True).load("".join(part for part in parts if part.partition(":")[0] in _COUNTS))
