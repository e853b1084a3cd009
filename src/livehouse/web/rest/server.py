"""What this server is and where its other doors are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from livehouse.web.dependencies import Options
from livehouse.web.plain_route import PlainRoute
from livehouse.web.rest.shapes import Shape

router = APIRouter(prefix="/api/v1", tags=["server"], route_class=PlainRoute)


class Server(Shape):
    name: Annotated[str, Field(examples=["Livehouse"])]
    version: Annotated[str, Field(examples=["0.1.0"])]
    chat_url: Annotated[str, Field(examples=["ws://localhost:8081"])]
    edge_url: Annotated[str, Field(examples=["http://localhost:8082"])]
    public_url: Annotated[str, Field(examples=["http://localhost:8080"])]
    max_message_characters: Annotated[int, Field(examples=[500])]
    sends_mail: Annotated[bool, Field(description="Whether signing up takes a mail address, to be confirmed")]


@router.get("/server")
async def get_server(request: Request, options: Options) -> Server:
    """The addresses a page or program needs; without a public one, made from the request's host."""
    secure = "s" if request.url.scheme == "https" else ""
    host = request.url.hostname or "localhost"
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return Server(
        name=options.name,
        version=options.version,
        chat_url=options.chat_url or f"ws{secure}://{host}:{options.chat_port}",
        edge_url=options.edge_url or f"http{secure}://{host}:{options.edge_port}",
        public_url=options.public_url or f"{request.url.scheme}://{request.url.netloc}",
        max_message_characters=options.max_message_characters,
        sends_mail=options.sends_mail,
    )
