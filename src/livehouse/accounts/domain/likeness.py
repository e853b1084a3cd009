"""Names that look like other names. They are ASCII, so what UTS 39 guards against shrinks to a few rules."""

from __future__ import annotations

from collections.abc import Iterable

from cpc.kernel.errors import Conflict
from livehouse.accounts.contract import RESERVED_NAMES, AccountName

_DIGITS = str.maketrans("01", "ol")
_MORE = str.maketrans("2345678ij", "zeasbtbll")


def skeleton(name: str) -> str:
    """Equal for names that hardly anybody tells apart: no underscores, 0 as o, 1 as l, rn as m, vv as w.

    Two accounts never share one, so nobody takes `ada_` or `c0de` beside `ada` and `code`. Migration
    accounts_0003 computes the same.
    """
    return name.replace("_", "").translate(_DIGITS).replace("rn", "m").replace("vv", "w")


def wide_skeleton(name: str) -> str:
    """Also equal for names that pass for another at a glance: 3 as e, 5 as s, i and j as l.

    Only for names worth posing as; among all names it would keep `mail` and `mall` apart.
    """
    return skeleton(name).translate(_MORE).replace("cl", "d").replace("nn", "m")


_RESERVED = frozenset(map(wide_skeleton, RESERVED_NAMES))


def check_likeness(name: AccountName, administrators: Iterable[AccountName]) -> None:
    """Whether somebody would pose as the site itself, such as `adm1n`, or as one who runs it.

    Raises `Conflict` (name-too-similar).
    """
    wide = wide_skeleton(name.value)
    if wide in _RESERVED or any(wide == wide_skeleton(other.value) for other in administrators):
        raise too_similar(name)


def too_similar(name: AccountName) -> Conflict:
    return Conflict("name-too-similar", f"The name '{name}' looks too much like another one. Choose another.")
