"""Puts adapters behind ports, one module a slice. Production and tests call the same functions."""
