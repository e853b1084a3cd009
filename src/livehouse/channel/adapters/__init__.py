"""Channels in PostgreSQL."""
