"""Fixtures of the tests that behave badly: the same node and browsers as the browser tests use."""

from tests.e2e.fixtures import make_node, node, playwright, publisher, viewer

__all__ = ["make_node", "node", "playwright", "publisher", "viewer"]
