from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livehouse.chat.domain.fragments import (
    LinkFragment,
    MentionFragment,
    TextFragment,
    fragment_from_json,
    parse_fragments,
)


def _shapes(text: str) -> list[str]:
    return [f"{type(fragment).__name__[:-8].lower()}:{fragment.text}" for fragment in parse_fragments(text)]


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("hello", ["text:hello"]),
        ("@Grace_1 hi", ["mention:@Grace_1", "text: hi"]),
        ("hi @bob!", ["text:hi ", "mention:@bob", "text:!"]),
        ("me@example.org", ["text:me@example.org"]),
        ("@ab", ["text:@ab"]),
        ("@" + "a" * 26, ["text:@" + "a" * 26]),
        ("@bob@ann", ["mention:@bob", "text:@ann"]),
        ("see https://a.example/x?y=1#z now", ["text:see ", "link:https://a.example/x?y=1#z", "text: now"]),
        ("(https://a.example/b_(c)).", ["text:(", "link:https://a.example/b_(c)", "text:)."]),
        ("http://a.example, http://b.example", ["link:http://a.example", "text:, ", "link:http://b.example"]),
        ("javascript:alert(1)", ["text:javascript:alert(1)"]),
        ("data:text/html,x ftp://a.example", ["text:data:text/html,x ftp://a.example"]),
        ("https://bank.example@evil.example/", ["text:https://bank.example@evil.example/"]),
        ("https://", ["text:https://"]),
        ("https://[::1", ["text:https://[::1"]),
        ("https://a.example:99999/", ["text:https://a.example:99999/"]),
        ('https://a.example/"onclick=x', ["link:https://a.example/", 'text:"onclick=x']),
    ],
)
def test_a_line_and_its_fragments(text: str, shapes: list[str]) -> None:
    assert _shapes(text) == shapes


def test_a_mention_names_the_account_in_lower_case() -> None:
    assert parse_fragments("@Grace") == (MentionFragment("@Grace", "grace"),)


@given(st.text(st.sampled_from("ab@_.:/()[]?# \U0001f600é") | st.characters(), max_size=80))
def test_fragments_join_to_the_text(text: str) -> None:
    fragments = parse_fragments(text)
    assert "".join(fragment.text for fragment in fragments) == text
    assert all(fragment.text for fragment in fragments)
    for before, after in pairwise(fragments):
        assert not (isinstance(before, TextFragment) and isinstance(after, TextFragment))
    for fragment in fragments:
        assert fragment_from_json(fragment.to_json()) == fragment
        if isinstance(fragment, LinkFragment):
            assert fragment.url.lower().startswith(("http://", "https://"))
