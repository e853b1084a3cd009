"""A running node and two browsers, shared by the tests that drive them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright
from tests.e2e.browsers import RealBrowser


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    # Not for the whole run: while it lives no other event loop can run in this thread.
    with sync_playwright() as running:
        yield running


@pytest.fixture
def publisher(playwright: Playwright) -> Iterator[RealBrowser]:
    browser = RealBrowser(playwright, has_camera=True)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def viewer(playwright: Playwright) -> Iterator[RealBrowser]:
    browser = RealBrowser(playwright)
    yield browser
    browser.close()
