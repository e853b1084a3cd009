"""Accounts in PostgreSQL, passwords with argon2."""
