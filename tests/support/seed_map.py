"""``make seed-map``: what fulfils what the five documents ask for, from ``docs/seed-map.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from engine.definition.library import load_folder
from engine.definition.loader import load_yaml
from engine.definition.parts import Label
from engine.definition.rulebook import Rulebook

PROJECT: Final = Path(__file__).parents[2]
SOURCE: Final = PROJECT / "docs" / "seed-map.yaml"
PAGE: Final = PROJECT / "docs" / "seed-map.md"
_STRICT: Final = ConfigDict(extra="forbid", frozen=True)


class Row(BaseModel):
    """One thing asked for: by what it is fulfilled, and what of it is open."""

    model_config = _STRICT
    id: str
    asks: Label
    workflows: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    open: Label | None = None


class SeedMap(BaseModel):
    """The documents by the beginning of their rows' ids, and the rows."""

    model_config = _STRICT
    seeds: dict[str, Label]
    rows: tuple[Row, ...]


def seed_map() -> SeedMap:
    """Return the map as its file says it."""
    return SeedMap.model_validate(load_yaml(SOURCE)[0])


def written(held: SeedMap, rules: Rulebook) -> str:
    """Return the page: one table for each document."""
    done = sum(row.open is None for row in held.rows)
    lines = [
        "<!-- 由 docs/seed-map.yaml 生成，请勿手改：make seed-map · generated, do not edit -->",
        "# 五份文件的要求由什么实现 · What fulfils what the five documents ask for",
        "",
        f"共 {len(held.rows)} 条，{done} 条已经实现，{len(held.rows) - done} 条有尚未建成的部分，写在该条之后。"
        f" Of {len(held.rows)} rows {done} are fulfilled; what the others lack is said there.",
    ]
    for seed, title in held.seeds.items():
        lines += [
            "",
            f"## {title.zh} · {title.en}",
            "",
            "| | 要求 · asked for | 由此实现 · by | 尚缺 · open |",
            "|---|---|---|---|",
        ]
        for row in held.rows:
            if row.id.partition(".")[0] == seed:
                still = "" if row.open is None else f"{row.open.zh}<br>{row.open.en}"
                lines.append(f"| {row.id} | {row.asks.zh}<br>{row.asks.en} | {_by(row, rules)} | {still} |")
    return "\n".join(lines) + "\n"


def _by(row: Row, rules: Rulebook) -> str:
    parts = [
        f"[{rules.newest(name).title.zh}](../workflows/{name}/README.md)（[场景](../features/{name})）"
        for name in row.workflows
    ]
    parts += [f"`{page}`" for page in row.pages]
    parts += [f"[{feature}](../{feature})" for feature in row.features]
    return "<br>".join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(seed_map(), load_folder(PROJECT / "workflows").rulebook()), encoding="utf-8")


if __name__ == "__main__":
    main()
