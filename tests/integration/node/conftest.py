"""Nodes that are stopped when their test is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.integration.node.running_node import Node, StartNode


@pytest.fixture
def start_node(tmp_path: Path) -> Iterator[StartNode]:
    nodes = []

    def start(*arguments: str, name: str = "node", environment: Mapping[str, str] | None = None) -> Node:
        node = Node(tmp_path / name, *arguments, environment=environment)
        nodes.append(node)
        return node

    yield start
    for node in nodes:
        node.close()
