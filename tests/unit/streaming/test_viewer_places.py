"""Places of viewers: taken before a session is opened, and free again when it is gone."""

from __future__ import annotations

from livehouse.streaming.adapters.viewer_places import ViewerPlaces


def test_so_many_at_once_in_a_room_and_no_more() -> None:
    places = ViewerPlaces()
    assert [places.take("room", "ada", name, 2) for name in "abc"] == [True, True, False]
    assert places.take("room", "bob", "d", 2)
    assert places.take("other", "ada", "e", 2)


def test_what_was_not_opened_takes_no_place() -> None:
    places = ViewerPlaces()
    places.take("room", "ada", "a", 1)
    places.give_back("room", "ada", "a")
    assert places.take("room", "ada", "b", 1)


def test_what_is_gone_takes_no_place_but_what_is_just_opened_does() -> None:
    places = ViewerPlaces()
    for name in "abc":
        places.take("room", "ada", name, 4)
    places.opened("a")
    places.opened("b")
    settled = places.settled()
    assert settled == {"a", "b"}
    places.opened("c")
    places.keep(settled, {"b"})  # a look from before c was there
    assert [places.take("room", "ada", name, 3) for name in "de"] == [True, False]
