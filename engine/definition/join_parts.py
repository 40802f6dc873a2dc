"""The part of a definition about joins: moves that follow from where the children of a case stand."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.definition.parts import Part, Slug


class Join(Part):
    """Fires a transition of the parent when its children have come to certain states. Nobody clicks twice.

    ``when`` asks all, any, or at least ``n`` of the newest children of ``workflow`` (of ``role``, if given).
    """

    workflow: Slug
    role: Literal["lead", "co_handler"] | None = None
    when: Literal["all", "any", "at_least"] = "all"
    n: int = Field(default=1, ge=1)
    states: tuple[Slug, ...] = Field(min_length=1)
    in_: tuple[Slug, ...] = Field(alias="in", min_length=1)
    fire: Slug
