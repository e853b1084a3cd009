"""Brings the database to the schema this version needs: one Alembic branch a slice or shared package."""

from livehouse.main.migrations.runner import MigrationFailed, migrate

__all__ = ["MigrationFailed", "migrate"]
