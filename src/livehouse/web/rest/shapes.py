"""Forms that several resources share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from livehouse.access.contract import Suspension

Rfc3339 = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
SECRET: dict[str, JsonValue] = {"format": "password"}
"""`json_schema_extra` of a field that holds one: an answer with it is shown once and never kept."""


class Shape(BaseModel):
    """A JSON object we send."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """A JSON object we take; unknown fields are refused, so that a typing error does not pass silently."""

    model_config = ConfigDict(extra="forbid")


class SuspensionShape(Shape):
    reason: Annotated[str, Field(examples=["Spam in other people's chats"])]
    until: Annotated[Rfc3339 | None, Field(description="null: for good")]

    @classmethod
    def of(cls, suspension: Suspension | None) -> Self | None:
        return None if suspension is None else cls(reason=suspension.reason, until=suspension.until)
