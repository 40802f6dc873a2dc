"""How the routes describe themselves in OpenAPI where a body is read by hand, and what every route may answer."""

from __future__ import annotations

from functools import cache
from typing import Any, TypedDict

from pydantic import BaseModel

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; what programs should look at"},
    },
}
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "refused", "content": {"application/problem+json": {"schema": _PROBLEM}}},
    "5XX": {"description": "not possible now", "content": {"application/problem+json": {"schema": _PROBLEM}}},
}
"""The answers that every address may give beside its own."""


class Described(TypedDict):
    """What a route decorator takes beside path and status."""

    openapi_extra: dict[str, Any]


def described(body: type[BaseModel], *, keyed: bool = True) -> Described:
    """Return the description of a writing route: its body and, unless it may be repeated as it is, its key.

    The routes read their bodies themselves (``api.incoming``), so FastAPI cannot see what they take.
    """
    return {
        "openapi_extra": {
            "parameters": [KEY] if keyed else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema_of(body)}}},
        }
    }


@cache
def schema_of(body: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a model, whole in itself."""
    return _inlined(body.model_json_schema(ref_template="#/components/schemas/{model}"))


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with its definitions put where they are referred to; none of ours refers to itself."""
    definitions: dict[str, Any] = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name in definitions:
                return resolve(definitions[name])
            return {} if name else {key: resolve(value) for key, value in node.items()}
        return [resolve(value) for value in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return resolved
