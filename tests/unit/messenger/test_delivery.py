"""Whatever the network does to batches, each message is delivered once and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cpc.messenger.delivery import SequencedDelivery


def _batches(sizes: list[int], after: int) -> list[tuple[int, list[int]]]:
    batches = []
    first = after + 1
    for size in sizes:
        batches.append((first, list(range(first, first + size))))
        first += size
    return batches


@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    after=st.integers(0, 1000),
    waiting_limit=st.integers(1, 20),
    data=st.data(),
)
def test_lost_repeated_and_reordered_batches(
    sizes: list[int], after: int, waiting_limit: int, data: st.DataObject
) -> None:
    batches = _batches(sizes, after)
    last = after + sum(sizes)
    arriving = data.draw(st.lists(st.sampled_from(batches), max_size=30))
    delivery: SequencedDelivery[int] = SequencedDelivery(after, waiting_limit)
    delivered: list[int] = []
    for first, messages in arriving:
        delivered += delivery.offer(first, messages)
        assert delivered == list(range(after + 1, delivery.delivered_seq + 1))
        assert len(delivery._waiting) <= waiting_limit
    delivery.announce(last)
    while missing := delivery.missing:  # fetched from the database, a few at a time
        page = list(missing)[: data.draw(st.integers(1, 7))]
        delivered += delivery.offer(page[0], page)
    assert delivered == list(range(after + 1, last + 1))


def test_an_overtaken_batch_needs_no_fetching() -> None:
    delivery: SequencedDelivery[str] = SequencedDelivery(0)
    assert delivery.offer(3, ["c"]) == []
    assert delivery.missing == range(1, 3)
    assert delivery.offer(1, ["a", "b"]) == ["a", "b", "c"]
    assert delivery.missing is None


def test_a_batch_that_is_partly_known_gives_its_rest() -> None:
    delivery: SequencedDelivery[str] = SequencedDelivery(2)
    assert delivery.offer(1, ["a", "b", "c"]) == ["c"]
    assert delivery.offer(1, ["a", "b", "c"]) == []


def test_skipping_forgets_what_is_older() -> None:
    delivery: SequencedDelivery[str] = SequencedDelivery(0)
    delivery.offer(5, ["e"])
    delivery.offer(9, ["i"])
    delivery.skip_to(7)
    assert delivery.missing == range(8, 9)
    assert delivery.offer(8, ["h"]) == ["h", "i"]
