"""The header Idempotency-Key and what tells two requests apart."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid
from livehouse.web.idempotency.request_key import MAX_KEY_CHARACTERS, read_key, request_key

UUID = "8e03978e-40d5-43dd-bc93-6894a57f9324"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (f'"{UUID}"', UUID),
        (UUID, UUID),
        (f'  "{UUID}" ', UUID),
        ('"a key, with \\"quotes\\" and \\\\"', 'a key, with "quotes" and \\'),
        ('"' + "k" * MAX_KEY_CHARACTERS + '"', "k" * MAX_KEY_CHARACTERS),
    ],
)
def test_a_key_is_a_structured_string_or_bare(header: str, key: str) -> None:
    """draft-ietf-httpapi-idempotency-key-header section 2.1, RFC 9651 section 3.3.3."""
    assert read_key(header) == key


@pytest.mark.parametrize(
    "header",
    ["", '""', '"open', "two words", '"a\\b"', "k" * 256, '"' + "k" * 256 + '"', '"ä"', "a,b", '"a";p'],
)
def test_anything_else_is_refused(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_key(header)
    assert refused.value.slug == "malformed-idempotency-key"


@given(st.text(max_size=300))
def test_reading_is_total(header: str) -> None:
    with contextlib.suppress(Invalid):
        assert 1 <= len(read_key(header)) <= MAX_KEY_CHARACTERS


def test_what_tells_requests_apart() -> None:
    same = request_key("ada", "k", method="POST", target=b"/a?b=1", body=b"{}")
    assert same == request_key("ada", "k", method="POST", target=b"/a?b=1", body=b"{}")
    for other in (
        request_key("ada", "k", method="POST", target=b"/a?b=1", body=b"{ }"),
        request_key("ada", "k", method="POST", target=b"/a?b=2", body=b"{}"),
        request_key("ada", "k", method="POST", target=b"/a?b=1{", body=b"}"),
    ):
        assert (other.owner, other.key) == (same.owner, same.key)
        assert other.fingerprint != same.fingerprint
    assert request_key("bob", "k", method="POST", target=b"/a", body=b"").owner != same.owner
    assert request_key("ada", "l", method="POST", target=b"/a", body=b"").key != same.key
