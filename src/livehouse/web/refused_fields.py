"""What is wrong with the fields of a request, in sentences of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_Context = Mapping[str, Any]

# By the kinds of pydantic. Of those that are not here, its own words are told.
_SENTENCES: dict[str, Callable[[_Context], str]] = {
    "missing": lambda _: "This is missing.",
    "extra_forbidden": lambda _: "There is no such field.",
    "json_invalid": lambda _: "This is no JSON.",
    "model_attributes_type": lambda _: "Send a JSON object, as `application/json`.",
    "dict_type": lambda _: "Send a JSON object.",
    "list_type": lambda _: "Send a list.",
    "tuple_type": lambda _: "Send a list.",
    "string_type": lambda _: "Send text.",
    "bool_type": lambda _: "Send true or false.",
    "bool_parsing": lambda _: "Send true or false.",
    "int_type": lambda _: "Send a whole number.",
    "int_parsing": lambda _: "Send a whole number.",
    "int_from_float": lambda _: "Send a whole number.",
    "string_too_long": lambda said: f"Send at most {said['max_length']} characters.",
    "string_too_short": lambda said: f"Send at least {said['min_length']} characters.",
    "too_long": lambda said: f"Send at most {said['max_length']} of them.",
    "too_short": lambda said: f"Send at least {said['min_length']} of them.",
    "greater_than_equal": lambda said: f"Send {said['ge']} or more.",
    "less_than_equal": lambda said: f"Send {said['le']} or less.",
    "enum": lambda said: f"Send one of {said['expected']}.",
    "literal_error": lambda said: f"Send one of {said['expected']}.",
    "union_tag_not_found": lambda said: f"Say which kind it is, by {said['discriminator']}.",
    "union_tag_invalid": lambda said: f"Send one of the kinds {said['expected_tags']}.",
}


def sentence_of(error: Mapping[str, Any]) -> str:
    """error: one of pydantic's."""
    told = _SENTENCES.get(error["type"])
    return str(error["msg"]) if told is None else told(error.get("ctx", {}))


def field_of(error: Mapping[str, Any]) -> str:
    """As a path: `body.panels.1.link_url`. What is no JSON has no fields."""
    place = error["loc"][:1] if error["type"] == "json_invalid" else error["loc"]
    return ".".join(map(str, place))
