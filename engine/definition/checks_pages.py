"""Proofs about what a definition says for the pages: optional fields shown at once, messages, what is published.

Whoever files sees at most eight fields before anything is folded away: more than that nobody fills in on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.definition.checks_proof import FIELD, Proof
from engine.definition.model import Workflow
from engine.definition.parts import Privacy, Publish
from engine.definition.reading import Path
from engine.text import Text

SHOWN_MAX: Final = 8
"""Fields of a new case that stand in sight at once."""


def check_pages(proof: Proof) -> None:
    """Add what is wrong with ``opening_first`` and ``conversation``, and with what a publication lays open."""
    workflow = proof.workflow
    proof.all_known(("opening_first",), FIELD, workflow.opening_first, workflow.opening)
    proof.all_known(("conversation",), FIELD, workflow.conversation, workflow.fields)
    own = () if workflow.identity is None else workflow.identity.self_filed
    shown = {name for name, need in workflow.opening.items() if need == "required" and name not in own}
    count = len(shown.union(workflow.opening_first))
    if workflow.opening_first and count > SHOWN_MAX:
        proof.add(
            ("opening_first",),
            "opening_too_long",
            Text(
                f"新建表单首屏有 {count} 项，最多 {SHOWN_MAX} 项",
                f"A new case shows {count} fields at once, {SHOWN_MAX} at most",
            ),
            Text("请从 opening_first 中去掉几项", "Take some fields out of opening_first"),
        )
    for index, name in enumerate(workflow.conversation):
        if name in workflow.fields and workflow.fields[name].json_schema.get("type") != "string":
            proof.add(
                ("conversation", index),
                "message_not_text",
                Text(f"留言字段“{name}”不是文字", f"The field {name} holds no text, so it is no message"),
                Text("请写 schema: {type: string}", "Write schema: {type: string}"),
            )
    for path, name in _published(workflow):
        if not proof.known(path, FIELD, name, workflow.fields):
            continue
        if workflow.fields[name].privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
            proof.add(
                path,
                "published_too_much",
                Text(
                    f"字段“{name}”涉及个人信息或保密，不得公开",
                    f"The field {name} is kept from others and is not published",
                ),
                Text("请从 publish 的 fields 中去掉", "Take it out of the fields of publish"),
            )


def _published(workflow: Workflow) -> Iterator[tuple[Path, str]]:
    for move, part in workflow.transitions.items():
        for place, effect in enumerate(part.effects):
            if isinstance(effect, Publish):
                for index, name in enumerate(effect.fields):
                    yield ("transitions", move, "effects", place, "fields", index), name
