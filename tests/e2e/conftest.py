"""Fixtures of the browser tests."""

from tests.e2e.fixtures import another_publisher, make_node, node, playwright, publisher, viewer

__all__ = ["another_publisher", "make_node", "node", "playwright", "publisher", "viewer"]
