"""What there is to say of a kind of problem, whoever meets it (RFC 9457 section 3.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from cpc.kernel import errors
from livehouse.web.problem_types.titles import TITLES

STATUS: dict[type[errors.DomainError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Moved: 308,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.Unprocessable: 422,
    errors.PreconditionRequired: 428,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}


@dataclass(frozen=True, slots=True)
class ProblemType:
    """kinds: the errors, or statuses, it comes as; nearly always one. meaning: what happened and why.
    remedy: what to do about it."""

    slug: str
    kinds: type[errors.DomainError] | int | tuple[type[errors.DomainError], ...]
    meaning: str
    remedy: str

    @property
    def statuses(self) -> tuple[int, ...]:
        if isinstance(self.kinds, int):
            return (self.kinds,)
        kinds = self.kinds if isinstance(self.kinds, tuple) else (self.kinds,)
        return tuple(status_of(kind) for kind in kinds)

    @property
    def title(self) -> str:
        """A summary, the same each time (RFC 9457 section 3.1.3): mostly the slug says it."""
        return TITLES.get(self.slug) or self.slug.replace("-", " ").capitalize()


def status_of(kind: type[errors.DomainError]) -> int:
    return next((STATUS[base] for base in kind.__mro__ if base in STATUS), 400)
