"""Conditional requests, clause by clause of RFC 9110 section 13."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc.kernel.errors import Invalid, PreconditionFailed
from livehouse.web.preconditions import EntityTag, entity_tags, expected_version, versioned_answer

BODY = '{"title":"Painting the sea"}'


def etag(version: int = 3, body: str = BODY) -> str:
    return versioned_answer(body, version).headers["etag"]


def test_an_entity_tag_is_quoted_and_weak_ones_are_marked() -> None:
    """Section 8.8.3."""
    assert entity_tags('"xyzzy", W/"r2d2", "", "a,b"') == [
        EntityTag('"xyzzy"'),
        EntityTag('"r2d2"', is_weak=True),
        EntityTag('""'),
        EntityTag('"a,b"'),
    ]
    for none in ("", "xyzzy", "*", '"open', '"two words"', '"\x7f"'):
        assert entity_tags(none) == []


@given(st.text(max_size=200))
def test_no_header_breaks_the_reading(header: str) -> None:
    entity_tags(header)
    assert versioned_answer(BODY, 1, header).status_code in (200, 304)
    with contextlib.suppress(Invalid, PreconditionFailed):
        assert expected_version(header, "channel-changed") is None or "-" in header


def test_the_tag_moves_with_the_version_and_with_anything_in_the_answer() -> None:
    assert etag() == etag()
    assert len({etag(), etag(version=4), etag(body="{}")}) == 3
    assert entity_tags(etag()) == [EntityTag(etag())], "a strong one"


def test_if_none_match_with_the_present_tag_sends_nothing_again() -> None:
    """Section 13.1.2: compared weakly, one of a list is enough, `*` is any."""
    for header in (etag(), f'"other", W/{etag()}', "*", " * "):
        answer = versioned_answer(BODY, 3, header)
        assert (answer.status_code, answer.body) == (304, b"")
    for header in (etag(version=4), etag(body="{}"), '"other"', "unquoted", ""):
        answer = versioned_answer(BODY, 3, header)
        assert (answer.status_code, answer.body) == (200, BODY.encode())


def test_what_was_not_sent_again_carries_what_a_cache_must_know() -> None:
    """Section 15.4.5: the header fields that a 200 would have had."""
    extra = {"Vary": "Accept", "Cache-Control": "no-store"}
    whole = versioned_answer(BODY, 3, headers=extra).headers
    spared = versioned_answer(BODY, 3, "*", headers=extra).headers
    for name in ("etag", "cache-control", "vary"):
        assert spared[name] == whole[name]
    assert "content-type" not in spared


def test_if_match_names_the_version_a_change_is_based_on() -> None:
    """Section 13.1.1."""
    assert expected_version(None, "channel-changed") is None
    assert expected_version(" * ", "channel-changed") is None
    assert expected_version(etag(3), "channel-changed") == 3
    assert expected_version(etag(3, body="{}"), "channel-changed") == 3, "viewers may have come and gone"
    assert expected_version(f'"foreign", {etag(3)}, {etag(7)}', "channel-changed") == 7


@pytest.mark.parametrize("header", [f"W/{etag()}", '"made-up"', '""', '"3"', f'W/{etag()}, "x"'])
def test_weak_and_foreign_tags_never_match(header: str) -> None:
    """Section 13.1.1: If-Match takes the strong comparison, in which a weak tag equals nothing."""
    with pytest.raises(PreconditionFailed) as refused:
        expected_version(header, "channel-changed")
    assert refused.value.slug == "channel-changed"


@pytest.mark.parametrize("header", ["", "3-00000000", "no quotes"])
def test_an_if_match_without_any_tag_is_a_mistake(header: str) -> None:
    with pytest.raises(Invalid) as refused:
        expected_version(header, "channel-changed")
    assert refused.value.slug == "malformed-if-match"
