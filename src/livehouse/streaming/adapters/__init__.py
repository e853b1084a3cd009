"""Streaming on PostgreSQL, NATS and the native media core."""
