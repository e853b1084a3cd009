from __future__ import annotations

from livehouse.chat.domain.last_lines import LastLines


def test_a_pause_counts_from_the_last_line_and_for_each_by_themselves() -> None:
    lines = LastLines()
    assert lines.take("a", "1", 30, 0.0) == 0
    assert lines.take("a", "2", 30, 10.0) == 20.0
    assert lines.take("b", "1", 30, 10.0) == 0
    assert lines.take("a", "1", 30, 10.0) == 0, "the same line"
    assert lines.take("a", "2", 30, 30.0) == 0
    assert lines.take("a", "3", 5, 34.0) == 1.0, "the pause is what it is now"


def test_what_was_not_stored_does_not_count_and_what_was_said_elsewhere_does() -> None:
    lines = LastLines()
    lines.take("a", "1", 30, 0.0)
    lines.forget("a")
    assert lines.take("a", "2", 30, 1.0) == 0
    lines.note("a", "", 20.0)
    assert lines.take("a", "3", 30, 40.0) == 10.0


def test_the_longest_silent_are_forgotten_first() -> None:
    lines = LastLines(keys_limit=2)
    for at_s, key in enumerate("abac"):
        lines.note(key, str(at_s), float(at_s))
    assert lines.take("b", "x", 30, 4.0) == 0
    assert lines.take("c", "x", 30, 4.0) > 0
