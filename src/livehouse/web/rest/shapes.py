"""Forms that several resources share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, field_validator

from livehouse.access.contract import Suspension

Rfc3339 = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it is outside the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that we take, with an offset; in UTC from here on."""
SECRET: dict[str, JsonValue] = {"format": "password"}
"""`json_schema_extra` of a field that holds one: an answer with it is shown once and never kept."""


class Shape(BaseModel):
    """A JSON object we send."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """A JSON object we take; unknown fields are refused, so that a typing error does not pass silently."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """PostgreSQL keeps no U+0000 in text; `AddressWithoutNul` says the same of paths and queries."""
        for text in value if isinstance(value, list | tuple) else (value,):
            if isinstance(text, str) and "\0" in text:
                raise ValueError("the character U+0000 is in no text here")
        return value


class SuspensionShape(Shape):
    reason: Annotated[str, Field(examples=["Spam in other people's chats"])]
    until: Annotated[Rfc3339 | None, Field(description="null: for good")]

    @classmethod
    def of(cls, suspension: Suspension | None) -> Self | None:
        return None if suspension is None else cls(reason=suspension.reason, until=suspension.until)
