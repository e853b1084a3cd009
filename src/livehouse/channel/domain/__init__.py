"""The creator's home."""
