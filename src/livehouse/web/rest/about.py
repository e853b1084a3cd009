"""What a channel says of itself: the description and the panels below its player."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from livehouse.channel.application import RenderedAbout, WrittenPanel
from livehouse.web.authentication import CurrentActor, RenderingActor
from livehouse.web.dependencies import Cases
from livehouse.web.plain_route import PlainRoute
from livehouse.web.preconditions import (
    NOT_MODIFIED,
    IfMatch,
    IfNoneMatch,
    expected_version,
    versioned_answer,
)
from livehouse.web.problems import may_answer
from livehouse.web.rest.shapes import AS_WRITTEN, Body, Shape

router = APIRouter(prefix="/api/v1", tags=["channels"], route_class=PlainRoute)

_HTML = "Made of the Markdown and safe to show: no scripts, styles, pictures or forms"

_REFUSALS = (
    "panel-empty",
    "too-many-panels",
    "description-too-long",
    "panel-title-too-long",
    "panel-text-too-long",
    "panel-image-alt-too-long",
    "text-too-complex",
    "texts-busy",
    "malformed-link",
    "foreign-image",
)


class PanelShape(Shape):
    title: Annotated[str, Field(examples=["My brushes"])]
    text: Annotated[str, Field(description="Markdown", examples=["All from *one* shop."])]
    text_html: Annotated[str, Field(description=_HTML, examples=["<p>All from <em>one</em> shop.</p>\n"])]
    link_url: Annotated[
        str | None, Field(description="Where the picture leads", examples=["https://example.org"])
    ]
    image: Annotated[str | None, Field(description="Path of a picture on this node")]
    image_alt: Annotated[
        str, Field(description="What the picture shows, in words", examples=["Three brushes on a table"])
    ]


class AboutShape(Shape):
    description: Annotated[str, Field(description="Markdown", examples=["I paint the *sea*."])]
    description_html: Annotated[
        str, Field(description=_HTML, examples=["<p>I paint the <em>sea</em>.</p>\n"])
    ]
    panels: list[PanelShape]


class NewPanel(Body):
    title: Annotated[
        str, Field(max_length=1500, description="At most 60 characters", examples=["My brushes"])
    ] = ""
    text: Annotated[
        str,
        Field(
            max_length=12_000,
            description="Markdown, at most 2500 characters",
            examples=["All from *one* shop."],
        ),
    ] = ""
    link_url: Annotated[
        str | None,
        Field(max_length=600, description="http or https", examples=["https://example.org"]),
    ] = None
    image: Annotated[
        str | None,
        Field(max_length=200, description="Path of a picture uploaded here: `/images/<name>.webp`"),
    ] = None
    image_alt: Annotated[
        str,
        Field(
            max_length=4000,
            description="What the picture shows, for who does not see it; at most 200 characters",
            examples=["Three brushes on a table"],
        ),
    ] = ""

    def written(self) -> WrittenPanel:
        return WrittenPanel(self.title, self.text, self.link_url, self.image, self.image_alt)


class AboutChange(Body):
    description: Annotated[
        str,
        Field(
            max_length=25_000,
            description="Markdown, at most 5000 characters",
            examples=["I paint the *sea*."],
        ),
    ] = ""
    panels: Annotated[tuple[NewPanel, ...], AS_WRITTEN, Field(max_length=50, description="At most 12")] = ()


@router.get("/channels/{name}/about", responses=NOT_MODIFIED, response_model=AboutShape)
async def get_about(
    name: str, actor: CurrentActor, cases: Cases, if_none_match: IfNoneMatch = None
) -> Response:
    """What a channel says of itself, as Markdown and as HTML."""
    return _answer(await cases.channel.read_about(actor, name), if_none_match)


@router.put(
    "/channels/{name}/about",
    response_model=AboutShape,
    openapi_extra=may_answer("about-changed", *_REFUSALS),
)
async def change_about(
    name: str, body: AboutChange, actor: RenderingActor, cases: Cases, if_match: IfMatch = None
) -> Response:
    """Replace the description and all panels. For the owner and editors."""
    changed = await cases.channel.change_about(
        actor,
        name,
        description=body.description,
        panels=[panel.written() for panel in body.panels],
        expected_version=expected_version(if_match, "about-changed"),
    )
    return _answer(changed, None)


@router.post(
    "/channels/{name}/about/preview",
    openapi_extra=may_answer(*_REFUSALS),
)
async def preview_about(name: str, body: AboutChange, actor: RenderingActor, cases: Cases) -> AboutShape:
    """See what a change would look like; nothing is kept. For the owner and editors. An account may ask for
    20 previews and changes at once and for one every two seconds."""
    rendered = await cases.channel.change_about.preview(
        actor,
        name,
        description=body.description,
        panels=[panel.written() for panel in body.panels],
    )
    return _shape(rendered)


def _answer(rendered: RenderedAbout, if_none_match: str | None) -> Response:
    return versioned_answer(_shape(rendered).model_dump_json(), rendered.about.version, if_none_match)


def _shape(rendered: RenderedAbout) -> AboutShape:
    about = rendered.about
    description_html, *panels_html = rendered.html
    return AboutShape(
        description=about.description,
        description_html=description_html,
        panels=[
            PanelShape(
                title=panel.title,
                text=panel.text,
                text_html=html,
                link_url=panel.link_url,
                image=panel.image,
                image_alt=panel.image_alt,
            )
            for panel, html in zip(about.panels, panels_html, strict=True)
        ],
    )
