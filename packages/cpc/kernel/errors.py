"""Errors as domain words. A door turns the class into its own status.

`slug` names the exact problem and never changes.
"""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """Something the caller can understand and act on.

    slug: stable name of the problem, the tail of its RFC 9457 `type`.
    detail: one or two sentences: what happened, why, what to do.
    """

    title: ClassVar[str] = "The request failed"

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail


class Invalid(DomainError):
    title = "The request is not valid"


class Unauthenticated(DomainError):
    title = "You are not signed in"


class Forbidden(DomainError):
    title = "You may not do this"


class NotFound(DomainError):
    title = "There is no such thing"


class Moved(NotFound):
    """It has another name now. Who only knows of missing things takes it for one."""

    title = "It has another name now"

    def __init__(self, slug: str, detail: str, *, asked_for: str, now_called: str) -> None:
        super().__init__(slug, detail)
        self.asked_for = asked_for
        self.now_called = now_called


class Conflict(DomainError):
    title = "This clashes with the present state"


class PreconditionFailed(DomainError):
    title = "It has changed meanwhile"


class PreconditionRequired(DomainError):
    title = "A precondition is missing"


class Unprocessable(DomainError):
    title = "Understood, but it cannot be done"


class RateLimited(DomainError):
    title = "Too many requests"

    def __init__(self, slug: str, detail: str, retry_after_s: float) -> None:
        super().__init__(slug, detail)
        self.retry_after_s = retry_after_s


class Unavailable(DomainError):
    """A part this needs is away for the moment."""

    title = "Not available at the moment"

    def __init__(self, slug: str, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(slug, detail)
        self.retry_after_s = retry_after_s
