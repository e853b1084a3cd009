"""Who follows a channel and who supports it: follows, tiers, paid subscriptions, payments."""
