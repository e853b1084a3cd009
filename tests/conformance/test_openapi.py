"""Every operation of the OpenAPI document, tried on a running node with data that fits it and that does not.

Bounded and the same each time: so many examples of each operation, from no random seed.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.integration.node.running_node import Node, livehouse

from livehouse.web.app import build_routes
from livehouse.web.options import WebOptions

pytestmark = pytest.mark.integration

EXAMPLES = 4
EXAMPLES_ANONYMOUS = 2  # most are refused before anything is looked at
PASSWORD = "correct horse battery"
NO_LIMIT = "1000000"
BOUNDED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
CHECKS_ANONYMOUS = [*CHECKS, unsupported_method]  # the same whoever asks, so it is enough once

DOCUMENT: dict[str, Any] = json.loads(json.dumps(build_routes(WebOptions()).openapi()))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
Operation = Any  # of schemathesis; generic over what it keeps to itself
OPERATIONS: dict[str, Operation] = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
}


@dataclass
class Door:
    """address: of the node. Each visitor comes from an address of its own, so that nobody is throttled."""

    address: str
    visitors: int = 0

    def visitor(self) -> dict[str, str]:
        self.visitors += 1
        return {"X-Forwarded-For": f"198.51.{self.visitors >> 8}.{self.visitors & 255}"}

    def sign_in(self, name: str, *, opens_account: bool = True) -> dict[str, str]:
        """Headers of somebody with a channel of that name."""
        headers = self.visitor()
        with httpx.Client(base_url=self.address, headers=headers, timeout=30) as program:
            if opens_account:
                opened = program.post("/api/v1/accounts", json={"name": name, "password": PASSWORD})
                assert opened.status_code == 201, opened.text
                program.cookies.clear()
            credentials = {"name": name, "password": PASSWORD, "token": "bearer"}
            signed_in = program.post("/api/v1/session", json=credentials)
            assert signed_in.status_code == 201, signed_in.text
        return {**headers, "Authorization": f"Bearer {signed_in.json()['access_token']}"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    limits = ("--http-requests-per-second", "--http-request-burst")
    account_limits = ("--http-account-writes-per-second", "--http-account-write-burst")
    node = Node(
        tmp_path_factory.mktemp("openapi") / "node",
        *(part for flag in (*limits, *account_limits) for part in (flag, NO_LIMIT)),
        *("--trusted-proxies", "127.0.0.1"),
    )
    try:
        door = Door(node.wait_ready())
        door.sign_in("ada")
        made = livehouse("account", "make-administrator", "ada", "--data-dir", str(node.data_dir))
        assert made.returncode == 0, made.stderr
        yield door
    finally:
        node.close()


def try_out(operation: Operation, address: str, headers: dict[str, str], owner: str) -> None:
    """Raises what the checks found."""
    name = f"{operation.method.upper()} {operation.path}"
    signed_in = "Authorization" in headers
    known = set(operation.definition.raw["x-problem-types"])

    def call(case: schemathesis.Case) -> None:
        aim(case, owner)
        response = case.call(base_url=address, headers=headers, timeout=30)
        case.validate_response(response, checks=CHECKS if signed_in else CHECKS_ANONYMOUS)
        if response.status_code >= 400:
            slug = response.json()["type"].removeprefix("/problems/")
            assert slug in known, f"{name} answered {slug}: name it by may_answer() at its route"

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        trial = given(operation.as_strategy(generation_mode=mode))(call)
        with suppress(Unsatisfiable):  # an operation without input has no wrong input either
            settings(BOUNDED, max_examples=EXAMPLES if signed_in else EXAMPLES_ANONYMOUS)(trial)()


@pytest.mark.parametrize("signed_in", [False, True], ids=["anonymous", "signed in"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_as_documented(name: str, signed_in: bool, door: Door) -> None:
    """Signed in as the owner of a channel of their own, below /administration/ as an administrator."""
    if not signed_in:
        try_out(OPERATIONS[name], door.address, door.visitor(), "ada")
    elif "/administration/" in name:
        try_out(OPERATIONS[name], door.address, door.sign_in("ada", opens_account=False), "ada")
    else:
        owner = f"owner{door.visitors}"
        try_out(OPERATIONS[name], door.address, door.sign_in(owner), owner)


@pytest.mark.parametrize("what", ["status", "problem", "shape"])
def test_what_the_document_does_not_say_is_found(what: str, door: Door) -> None:
    document = copy.deepcopy(DOCUMENT)
    operation = document["paths"]["/api/v1/people/{name}"]["get"]
    if what == "status":
        del operation["responses"]["404"]
    elif what == "problem":
        operation["x-problem-types"].remove("no-such-account")
    else:
        document["components"]["schemas"]["Profile"]["properties"]["name"] = {"type": "integer"}
    found = schemathesis.openapi.from_dict(document)["/api/v1/people/{name}"]["GET"]
    with pytest.raises((AssertionError, FailureGroup)):
        try_out(found, door.address, door.sign_in("ada", opens_account=False), "ada")


def aim(case: schemathesis.Case, owner: str) -> None:
    """Every other path names a channel or a person there is: made-up names lead to 404 alone."""
    names = case.path_parameters or {}
    if "name" in names and len(str(names["name"])) % 2:
        names["name"] = owner
