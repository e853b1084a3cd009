"""Follows, tiers, paid subscriptions and payments in PostgreSQL."""
