"""Options that several commands share, each written once. All help is Chinese first, then English."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
Organisation = Annotated[
    str | None, typer.Option("--root", metavar="CODE", help="有多个组织时指明其一 · which organisation, if several")
]
OfWorkflow = Annotated[
    str | None, typer.Option("--workflow", "-w", metavar="NAME", help="只看这一流程 · only this workflow")
]
