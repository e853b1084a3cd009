"""Follows, tiers, paid subscriptions and payments. No I/O."""
