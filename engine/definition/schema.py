"""The JSON Schema of a definition file, for editors that complete keys and mark slips while one writes."""

from __future__ import annotations

import json
from typing import Any

from engine.definition.model import Workflow

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MARK = "Generated from engine/definition/model.py by `make schema`. Do not edit. 自动生成，请勿手工修改。"


def definition_schema() -> dict[str, Any]:
    """Return the JSON Schema of a workflow file; it knows shapes only, ``banjie check`` knows the rest."""
    schema = Workflow.model_json_schema(by_alias=True)
    return {
        "$schema": _DIALECT,
        "$comment": _MARK,
        **schema,
        "title": "Workflow definition 流程定义",
        "description": "A procedure in one version: states, roles, fields, transitions, deadlines and measures. "
        "一个流程的一个版本：状态、角色、字段、流转、期限与指标。",
    }


def schema_text() -> str:
    """Return the text of ``workflows/schema.json``, marked as generated."""
    return json.dumps(definition_schema(), ensure_ascii=False, indent=2) + "\n"
