"""Brings the database to the schema this version needs: one Alembic branch a slice or shared package.

Forward only: the way back is the backup made before.
"""

from livehouse.main.migrations.runner import MigrationFailed, migrate

__all__ = ["MigrationFailed", "migrate"]
