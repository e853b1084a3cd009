"""Errors as domain words. A door turns the class into its own status.

`slug` names the exact problem and never changes.
"""

from __future__ import annotations


class DomainError(Exception):
    """Something the caller can understand and act on.

    slug: stable name of the problem, the tail of its RFC 9457 `type`.
    detail: one or two sentences: what happened, why, what to do.
    """

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail


class Invalid(DomainError):
    """The request is not valid."""


class Unauthenticated(DomainError):
    """Nobody is signed in."""


class Forbidden(DomainError):
    """Whoever asks may not do this."""


class NotFound(DomainError):
    """There is no such thing."""


class Moved(NotFound):
    """It has another name now. Who only knows of missing things takes it for one."""

    def __init__(self, slug: str, detail: str, *, asked_for: str, now_called: str) -> None:
        super().__init__(slug, detail)
        self.asked_for = asked_for
        self.now_called = now_called


class Conflict(DomainError):
    """It clashes with the present state."""


class PreconditionFailed(DomainError):
    """It has changed meanwhile."""


class PreconditionRequired(DomainError):
    """A precondition is missing."""


class Unprocessable(DomainError):
    """Understood, but it cannot be done."""


class RateLimited(DomainError):
    """Too many requests."""

    def __init__(self, slug: str, detail: str, retry_after_s: float) -> None:
        super().__init__(slug, detail)
        self.retry_after_s = retry_after_s


class Unavailable(DomainError):
    """A part this needs is away for the moment."""

    def __init__(self, slug: str, detail: str, retry_after_s: float = 1.0) -> None:
        super().__init__(slug, detail)
        self.retry_after_s = retry_after_s
