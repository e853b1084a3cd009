from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpc.messenger.conversation import RateAllowance
from livehouse.chat.domain.send_rate import SendRate


def test_the_wait_ends_when_the_oldest_leaves_the_window() -> None:
    rate, allowance = SendRate(), RateAllowance(2, 30)
    assert [rate.take("a", allowance, at) for at in (0.0, 10.0)] == [0, 0]
    assert rate.take("a", allowance, 12.0) == 18.0
    assert rate.take("b", allowance, 12.0) == 0
    assert rate.take("a", allowance, 30.0) == 0
    assert rate.take("a", allowance, 31.0) == 9.0


def test_a_message_that_was_not_stored_does_not_count() -> None:
    rate, allowance = SendRate(), RateAllowance(1, 30)
    assert rate.take("a", allowance, 0.0) == 0
    rate.give_back("a")
    assert rate.take("a", allowance, 0.0) == 0
    rate.give_back("unknown")


def test_memory_is_bounded_and_the_longest_silent_are_forgotten() -> None:
    rate, allowance = SendRate(keys_limit=2), RateAllowance(1, 30)
    for key in ("a", "b"):
        assert rate.take(key, allowance, 0.0) == 0
    assert rate.take("a", allowance, 1.0) > 0
    assert rate.take("c", allowance, 2.0) == 0  # b, the longest silent, makes room
    assert rate.take("a", allowance, 3.0) > 0
    assert rate.take("b", allowance, 4.0) == 0


@given(
    gaps=st.lists(st.integers(0, 15), min_size=1, max_size=100),
    messages=st.integers(1, 10),
    per_seconds=st.integers(1, 30),
)
def test_no_window_holds_more_than_allowed(gaps: list[int], messages: int, per_seconds: int) -> None:
    rate, allowance = SendRate(), RateAllowance(messages, per_seconds)
    now_s, sent = 0.0, []
    for gap in gaps:
        now_s += gap
        wait_s = rate.take("a", allowance, now_s)
        if wait_s == 0:
            sent.append(now_s)
        else:
            assert 0 < wait_s <= per_seconds
    for start in sent:
        assert sum(start <= at < start + per_seconds for at in sent) <= messages
