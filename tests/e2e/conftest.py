"""Fixtures of the browser tests."""

from tests.e2e.fixtures import playwright, publisher, viewer

__all__ = ["playwright", "publisher", "viewer"]
