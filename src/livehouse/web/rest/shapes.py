"""Forms that several resources share."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    NaiveDatetime,
    field_validator,
    model_validator,
)

from livehouse.access.contract import Suspension

Rfc3339 = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
DisplayName = Annotated[str, Field(description="The name as its owner writes it", examples=["Ada"])]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC it is outside the years 1 to 9999") from None


def _written_out(value: Any) -> Any:
    """As RFC 3339 writes it: not seconds since 1970, which pydantic would take as well."""
    if isinstance(value, int | float) or (isinstance(value, str) and "-" not in value[1:]):
        raise ValueError("a date is text such as 2026-01-31, a time such as 2026-01-31T20:00:00Z")
    return value


def _as_integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


AS_WRITTEN = Field(strict=False)
"""For types in a `Body` that JSON has no own form for: a member of an enumeration, a tuple."""
Moment = Annotated[AwareDatetime, AS_WRITTEN, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""A time that we take, with an offset; in UTC from here on."""
LocalTime = Annotated[NaiveDatetime, AS_WRITTEN, BeforeValidator(_written_out)]
Day = Annotated[date, AS_WRITTEN, BeforeValidator(_written_out)]
SECRET: dict[str, JsonValue] = {"format": "password"}
"""`json_schema_extra` of a field that holds one: an answer with it is shown once and never kept."""


class Shape(BaseModel):
    """A JSON object we send."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """A JSON object we take; unknown fields are refused, so that a typing error does not pass silently, and
    values of another type: "yes" is no boolean and "5" no number, but 1.0 is an integer.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _with_integers(cls, written: Any) -> Any:
        """JSON has one kind of number, and an integer is one without a fraction (JSON Schema 2020-12,
        validation section 6.1.1): some programs write 1 as 1.0."""
        if not isinstance(written, dict):
            return written
        return {
            name: [_as_integer(one) for one in value] if isinstance(value, list) else _as_integer(value)
            for name, value in written.items()
        }

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
