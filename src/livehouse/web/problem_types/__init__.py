"""Every kind of problem the doors answer, in one table: the tail of `type` (RFC 9457) and what it means.

A slug that code raises and this table lacks fails `tests/architecture/test_problem_types.py`. Each part of
the product has its module here.
"""

from __future__ import annotations

from livehouse.web.problem_types.access import ACCESS
from livehouse.web.problem_types.accounts import ACCOUNTS
from livehouse.web.problem_types.channel import CHANNEL
from livehouse.web.problem_types.channel_page import CHANNEL_PAGE
from livehouse.web.problem_types.chat import CHAT
from livehouse.web.problem_types.discovery import DISCOVERY
from livehouse.web.problem_types.door import DOOR
from livehouse.web.problem_types.images import IMAGES
from livehouse.web.problem_types.problem_type import ProblemType, status_of
from livehouse.web.problem_types.social import SOCIAL
from livehouse.web.problem_types.streaming import STREAMING

__all__ = ["PROBLEM_TYPES", "ProblemType", "status_of"]

PROBLEM_TYPES: dict[str, ProblemType] = {
    kind.slug: kind
    for part in (DOOR, ACCESS, ACCOUNTS, CHANNEL, CHANNEL_PAGE, DISCOVERY, STREAMING, CHAT, SOCIAL, IMAGES)
    for kind in part
}
