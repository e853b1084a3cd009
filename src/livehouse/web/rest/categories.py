"""Categories: what broadcasts are about; kept by administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from livehouse.channel.application import Category as CategoryResult
from livehouse.channel.application import CategoryCard as CategoryCardResult
from livehouse.web.authentication import CurrentActor
from livehouse.web.dependencies import Cases
from livehouse.web.paging import Cursor, Limit, NextCursor, link_next
from livehouse.web.plain_route import PlainRoute
from livehouse.web.preconditions import (
    NOT_MODIFIED,
    IfMatch,
    IfNoneMatch,
    entity_tag,
    expected_version,
    versioned_answer,
)
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import Body, Shape

router = APIRouter(prefix="/api/v1", tags=["categories"], route_class=PlainRoute)

_BAD_CATEGORY = ("category-name-missing", "category-too-long", "description-too-long", "foreign-image")
_BOX_ART = "/images/0123456789abcdef0123456789abcdef01234567.webp"


class CategoryShape(Shape):
    slug: Annotated[str, Field(description="In addresses", examples=["art"])]
    name: Annotated[str, Field(examples=["Art"])]
    description: Annotated[str, Field(examples=["Brush and pen"])]
    box_art: Annotated[str | None, Field(description="Path of a picture on this node", examples=[_BOX_ART])]


class CategoryCard(CategoryShape):
    live_channels: Annotated[int, Field(ge=0, description="How many are live now", examples=[3])]
    viewers: Annotated[int, Field(ge=0, description="How many watch them now", examples=[42])]


class CategoryPage(Shape):
    categories: list[CategoryCard]
    next_cursor: NextCursor


class NewCategory(Body):
    name: Annotated[str, Field(max_length=1000, description="1 to 50 characters", examples=["Art"])]
    description: Annotated[
        str, Field(max_length=2000, description="At most 500 characters", examples=["Brush and pen"])
    ] = ""
    box_art: Annotated[
        str | None, Field(max_length=200, description="Path of a picture uploaded here", examples=[_BOX_ART])
    ] = None


class CategoryChange(Body):
    """What is left out stays as it is."""

    name: Annotated[
        str | None, Field(max_length=1000, description="1 to 50 characters", examples=["Art"])
    ] = None
    description: Annotated[
        str | None, Field(max_length=2000, description="At most 500 characters", examples=["Brush and pen"])
    ] = None
    box_art: Annotated[
        str | None,
        Field(max_length=200, description="Path of a picture uploaded here; null: none", examples=[_BOX_ART]),
    ] = None


@router.get("/categories", openapi_extra=may_answer("search-too-long"))
async def list_categories(
    request: Request,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    query: Annotated[str, Query(max_length=200, description="Part of the name, or much like it")] = "",
    limit: Limit = 24,
    cursor: Cursor = None,
) -> CategoryPage:
    """Categories, the most watched first."""
    page = await cases.channel.list_categories(actor, query=query, cursor=cursor, limit=limit)
    link_next(request, response, page.next_cursor)
    return CategoryPage(
        categories=[category_card(card) for card in page.categories], next_cursor=page.next_cursor
    )


@router.get(
    "/categories/{slug}",
    responses=NOT_MODIFIED,
    response_model=CategoryCard,
    openapi_extra=may_answer("no-such-category"),
)
async def get_category(
    slug: str, actor: CurrentActor, cases: Cases, if_none_match: IfNoneMatch = None
) -> Response:
    """One category; also by a slug it had before, or that of one merged into it."""
    card = await cases.channel.read_category(actor, slug)
    return versioned_answer(category_card(card).model_dump_json(), card.category.version, if_none_match)


@router.post(
    "/administration/categories",
    status_code=201,
    tags=["administration"],
    openapi_extra=may_answer(*_BAD_CATEGORY, "category-taken", "categories-full"),
)
async def create_category(
    body: NewCategory, response: Response, actor: CurrentActor, cases: Cases
) -> CategoryShape:
    """Make a category. For administrators."""
    made = await cases.channel.create_category(
        actor, body.name, description=body.description, box_art=body.box_art or ""
    )
    response.headers["Location"] = f"/api/v1/categories/{made.slug}"
    return _tagged(response, made)


@router.patch(
    "/administration/categories/{slug}",
    tags=["administration"],
    openapi_extra=may_answer(*_BAD_CATEGORY, "category-taken", "category-changed", "no-such-category"),
)
async def change_category(
    slug: str,
    body: CategoryChange,
    response: Response,
    actor: CurrentActor,
    cases: Cases,
    if_match: IfMatch = None,
) -> CategoryShape:
    """Rename or describe a category; its former address goes on leading to it. For administrators."""
    box_art = body.box_art or "" if "box_art" in body.model_fields_set else None
    changed = await cases.channel.change_category(
        actor,
        slug,
        name=body.name,
        description=body.description,
        box_art=box_art,
        expected_version=expected_version(if_match, "category-changed"),
    )
    cases.channel.list_channels.forget()
    return _tagged(response, changed)


@router.delete(
    "/administration/categories/{slug}",
    status_code=204,
    tags=["administration"],
    openapi_extra=may_answer("no-such-category", "category-changed", "merged-into-itself"),
)
async def remove_category(
    slug: str,
    actor: CurrentActor,
    cases: Cases,
    into: Annotated[
        str | None,
        Query(max_length=100, description="Slug of the category its channels get; without it: none"),
    ] = None,
    if_match: IfMatch = None,
) -> None:
    """Take a category away, or merge it into another one. For administrators."""
    expected = expected_version(if_match, "category-changed")
    await cases.channel.remove_category(actor, slug, into=into, expected_version=expected)
    cases.channel.list_channels.forget()


def category_card(card: CategoryCardResult) -> CategoryCard:
    category = card.category
    return CategoryCard(
        slug=category.slug,
        name=category.name,
        description=category.description,
        box_art=category.box_art,
        live_channels=card.live_channels,
        viewers=card.viewers,
    )


def _tagged(response: Response, category: CategoryResult) -> CategoryShape:
    shape = CategoryShape(
        slug=category.slug,
        name=category.name,
        description=category.description,
        box_art=category.box_art,
    )
    response.headers["ETag"] = entity_tag(shape.model_dump_json(), category.version)
    return shape
