"""A running node and two browsers, shared by the tests that drive them."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright
from tests.e2e.browsers import RealBrowser
from tests.e2e.running_node import RunningNode


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the whole run: while it lives no other event loop can run in this thread.
    # As long as what is clicked: a page on a busy machine is slow, not wrong.
    expect.set_options(timeout=20_000)
    with sync_playwright() as running:
        yield running


@pytest.fixture
def publisher(playwright: Playwright) -> Iterator[RealBrowser]:
    browser = RealBrowser(playwright, has_camera=True)
    yield browser
    browser.close()


@pytest.fixture
def another_publisher(playwright: Playwright) -> Iterator[RealBrowser]:
    """For one who comes back after the first browser is gone."""
    browser = RealBrowser(playwright, has_camera=True)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def viewer(playwright: Playwright) -> Iterator[RealBrowser]:
    browser = RealBrowser(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def make_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., RunningNode]]:
    """A node of the test's own, for what would disturb others. Flags go to `livehouse up`."""
    made: list[RunningNode] = []

    def make(*flags: str) -> RunningNode:
        made.append(RunningNode(tmp_path_factory.mktemp("node"), *flags))
        return made[-1]

    yield make
    for node in made:
        node.close()


@pytest.fixture(scope="package")
def node(make_node: Callable[..., RunningNode]) -> RunningNode:
    """The running node that tests share, each with channels of its own."""
    shared = make_node()
    shared.start()
    return shared
