"""The chat engine: conversations, participants, messages."""
