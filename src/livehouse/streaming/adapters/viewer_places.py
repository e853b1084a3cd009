"""How many playback sessions of one viewer run in a room of this media node."""

from __future__ import annotations

from collections.abc import Iterable

_Key = tuple[str, str]


class ViewerPlaces:
    """Counts only those that were opened with a limit. A place is taken before the session is opened."""

    def __init__(self) -> None:
        self._sessions: dict[_Key, set[str]] = {}
        self._opening: set[str] = set()

    def take(self, room: str, tag: str, session: str, limit: int) -> bool:
        """False when all are taken. `opened` or `give_back` must follow."""
        sessions = self._sessions.setdefault((room, tag), set())
        if len(sessions) >= limit:
            return False
        sessions.add(session)
        self._opening.add(session)
        return True

    def opened(self, session: str) -> None:
        self._opening.discard(session)

    def give_back(self, room: str, tag: str, session: str) -> None:
        self._opening.discard(session)
        sessions = self._sessions.get((room, tag), set())
        sessions.discard(session)
        if not sessions:
            self._sessions.pop((room, tag), None)

    def settled(self) -> frozenset[str]:
        """Sessions that are open, as far as is known: of these `keep` is told which are alive."""
        return frozenset().union(*self._sessions.values()) - self._opening

    def keep(self, settled: frozenset[str], alive: Iterable[str]) -> None:
        """settled: from before the look that found `alive`, as others were opened meanwhile."""
        gone = settled.difference(alive)
        for key, sessions in list(self._sessions.items()):
            sessions -= gone
            if not sessions:
                del self._sessions[key]
