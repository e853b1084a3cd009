"""An example of a JSON Schema: the examples of its fields put together."""

from __future__ import annotations

from typing import Any

_MOMENT = "2026-01-31T20:00:00Z"
_DEEPEST = 12


def example_of(schema: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """schemas: what `#/components/schemas/` means. The schema's own first example, its default or constant,
    else one made for its type."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    for own in ("examples", "enum"):
        if schema.get(own):
            return schema[own][0]
    for own in ("const", "example"):
        if own in schema:
            return schema[own]
    if schema.get("default") is not None:
        return schema["default"]
    if depth > _DEEPEST:
        return None
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return example_of(choices[0], schemas, depth + 1)
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: example_of(field, schemas, depth + 1) for name, field in fields.items()}
        case "array":
            return [example_of(schema.get("items", {}), schemas, depth + 1)]
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return schema.get("minimum", 0.5)
        case "boolean":
            return False
        case "string":
            return {"date-time": _MOMENT, "date": _MOMENT[:10]}.get(schema.get("format", ""), "…")
        case _:
            return None
