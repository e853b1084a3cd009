"""Forms that several resources share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

Rfc3339 = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Shape(BaseModel):
    """A JSON object we send."""

    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    """A JSON object we take; unknown fields are refused, so that a typing error does not pass silently."""

    model_config = ConfigDict(extra="forbid")
