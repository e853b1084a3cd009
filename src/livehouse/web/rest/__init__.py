"""The REST API, one module a slice."""
