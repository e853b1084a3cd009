"""The rules, pure."""
