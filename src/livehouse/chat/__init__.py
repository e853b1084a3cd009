"""Chat of a channel: Twitch-style messages on the shared messenger."""
