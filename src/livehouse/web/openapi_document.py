"""What FastAPI cannot know of the OpenAPI document."""

from __future__ import annotations

from fastapi import FastAPI

from livehouse.accounts.contract import LOGIN_SESSION_COOKIE
from livehouse.web.problems import Problem


def complete_openapi(app: FastAPI) -> None:
    """Make `app.openapi()` name problems and the ways to sign in."""
    document = app.openapi()
    components = document.setdefault("components", {})
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components.setdefault("schemas", {}).update(schema.pop("$defs", {}))
    components["schemas"]["Problem"] = schema
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token from POST /session"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": LOGIN_SESSION_COOKIE,
            "description": "Set by signing in; unsafe methods also need the header `X-CSRF-Token`",
        },
    }
    document["security"] = [{}, {"bearer": []}, {"cookie": []}]
