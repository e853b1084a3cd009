"""At once after one death, ever slower for what keeps dying, and never never."""

from __future__ import annotations

from datetime import timedelta

from cpc.kernel.clock import FakeClock
from livehouse.main.restart_policy import RestartPolicy


def test_a_single_death_costs_no_wait() -> None:
    clock = FakeClock()
    policy = RestartPolicy(clock)
    assert policy.delay_after_death_s() == 0
    clock.advance(timedelta(minutes=2))
    assert policy.delay_after_death_s() == 0


def test_a_crash_loop_is_slowed_down_but_goes_on() -> None:
    clock = FakeClock()
    policy = RestartPolicy(clock)
    delays = []
    for _ in range(40):
        delay_s = policy.delay_after_death_s()
        delays.append(delay_s)
        clock.advance(timedelta(seconds=delay_s))
    assert delays[:5] == [0, 0.25, 0.5, 1, 2]
    assert max(delays[:5]) < 3, "five deaths in a row are each answered within three seconds"
    assert all(0 < delay_s <= 15 for delay_s in delays[1:])


def test_a_quiet_minute_is_forgiven() -> None:
    clock = FakeClock()
    policy = RestartPolicy(clock)
    for _ in range(6):
        policy.delay_after_death_s()
    assert policy.recent_deaths == 6
    clock.advance(timedelta(seconds=61))
    assert policy.delay_after_death_s() == 0
    assert policy.recent_deaths == 1
