"""What is kept of requests is hashed under the node's keys from here on. What stood there before was not, and
held passwords that could be guessed at: it goes at once, so a request of before is carried out once more.
"""

from __future__ import annotations

from alembic import op

revision = "web_0002"
down_revision = "web_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("TRUNCATE web.kept_answer")
