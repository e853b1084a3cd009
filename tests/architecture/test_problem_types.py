"""Every problem that code can answer is explained in `livehouse.web.problem_types`, as it is raised."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cpc.kernel import errors
from livehouse.access.contract import Suspended
from livehouse.web.problem_types import PROBLEM_TYPES, status_of
from livehouse.web.problem_types.titles import TITLES

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "src/livehouse/web/problem_types"
KINDS = {
    kind.__name__: kind
    for kind in (*vars(errors).values(), Suspended)
    if isinstance(kind, type) and issubclass(kind, errors.DomainError)
}


def test_each_kind_has_a_title_of_its_own() -> None:
    """RFC 9457 section 3.1.3: a summary of the problem type."""
    titles = [kind.title for kind in PROBLEM_TYPES.values()]
    assert len(set(titles)) == len(titles)
    assert set(TITLES) <= set(PROBLEM_TYPES)
    assert {PROBLEM_TYPES[slug].title for slug in ("name-taken", "made-already")} == {
        "Name taken",
        "Carried out before",
    }


@dataclass(frozen=True)
class Raised:
    """kind: name of the error's class, None where a function is given the slug alone."""

    slug: str
    kind: str | None
    place: str


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("src/livehouse", "packages/cpc"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if "testing" not in str(relative) and TABLE not in path.parents:
                yield str(relative), ast.parse(path.read_text())


def places_of(parameter: str, modules: Iterable[ast.Module]) -> dict[str, int]:
    """Functions that take it, and its place among the arguments of a call."""
    places: dict[str, int] = {}
    for module in modules:
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
                if parameter in names and node.name != "__init__":
                    places[node.name] = names.index(parameter) - (names[0] in {"self", "cls"})
    return places


def argument(call: ast.Call, parameter: str, place: int) -> ast.expr | None:
    by_name = [keyword.value for keyword in call.keywords if keyword.arg == parameter]
    return next(iter((*by_name, *call.args[place : place + 1])), None)


def called(node: ast.Call) -> str:
    name: str = getattr(node.func, "id", getattr(node.func, "attr", ""))
    return name


def literals_given_to(parameter: str, modules: list[ast.Module]) -> set[str]:
    places = places_of(parameter, modules)
    calls = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.Call)]
    given = [argument(call, parameter, places[called(call)]) for call in calls if called(call) in places]
    return {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def spelled(given: ast.expr | None, modules: list[ast.Module]) -> set[str]:
    """The slugs an argument stands for: one literal, or `f"{what}-too-long"` with all that `what` ever is."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return {given.value}
    if isinstance(given, ast.JoinedStr):
        head, tail = given.values
        assert isinstance(head, ast.FormattedValue), "a slug is a literal, or ends in one"
        assert isinstance(head.value, ast.Name)
        assert isinstance(tail, ast.Constant)
        return {f"{word}{tail.value}" for word in literals_given_to(head.value.id, modules)}
    return set()


def raised(modules: Mapping[str, ast.Module]) -> Iterator[Raised]:
    """What is raised, and pairs (error class, slug) as tables hold them."""
    trees = list(modules.values())
    takers = places_of("slug", trees)
    for place, module in modules.items():
        for node in ast.walk(module):
            kind, given = None, None
            if isinstance(node, ast.Tuple) and len(node.elts) >= 2:
                kind, given = getattr(node.elts[0], "id", ""), node.elts[1]
                if kind not in KINDS:
                    continue
            elif isinstance(node, ast.Call):
                kind = called(node) if called(node) in KINDS else None
                if kind is not None or called(node) in takers:
                    given = argument(node, "slug", 0 if kind else takers[called(node)])
            for slug in spelled(given, trees):
                yield Raised(slug, kind, f"{place}:{getattr(node, 'lineno', 0)}")


@pytest.fixture(scope="module")
def found() -> list[Raised]:
    everything = list(raised(dict(sources())))
    assert len({one.slug for one in everything}) > 80
    return everything


def test_every_problem_is_explained(found: list[Raised]) -> None:
    unknown = {one.slug: one.place for one in found if one.slug not in PROBLEM_TYPES}
    assert not unknown, f"say in {TABLE.relative_to(ROOT)} what they mean and what to do: {unknown}"


def test_a_problem_is_explained_as_what_it_is_raised_as(found: list[Raised]) -> None:
    other = [
        f"{one.place}: {one.slug} as {one.kind}"
        for one in found
        if one.kind is not None
        and one.slug in PROBLEM_TYPES
        and status_of(KINDS[one.kind]) not in PROBLEM_TYPES[one.slug].statuses
    ]
    assert not other


def test_what_is_explained_can_happen(found: list[Raised]) -> None:
    """A slug nothing raises any more goes from the table too."""
    literals = {
        node.value
        for _, module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    stale = set(PROBLEM_TYPES) - literals - {one.slug for one in found}
    assert not stale


def test_the_table_reads_well() -> None:
    for slug, kind in PROBLEM_TYPES.items():
        assert slug == slug.lower().strip("-"), slug
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"), slug
        for sentence in (kind.meaning, kind.remedy):
            assert sentence[0].isupper() or sentence[0] == "`", slug
            assert sentence.endswith("."), slug
    parts = [line for path in TABLE.glob("*.py") for line in path.read_text().splitlines()]
    assert sum("ProblemType(" in line for line in parts) == len(PROBLEM_TYPES), "no slug twice"


def test_what_the_search_sees() -> None:
    source = """
def refuse(limits, slug, detail): ...
class Socket:
    def strike(self, slug): ...
raise Conflict("one", "…")
refuse([], "two", "…")
refuse([], detail="…", slug="three")
socket.strike("four")
TABLE = {"x": (Invalid, "five")}
print("six", ("seven", "eight"), Other("nine"))
def too_long(what): raise Invalid(f"{what}-too-long", "…")
too_long("ten")
too_long(what="eleven")
"""
    found = list(raised({"x.py": ast.parse(source)}))
    assert {one.slug: one.kind for one in found} == {
        "one": "Conflict",
        "two": None,
        "three": None,
        "four": None,
        "five": "Invalid",
        "ten-too-long": "Invalid",
        "eleven-too-long": "Invalid",
    }
