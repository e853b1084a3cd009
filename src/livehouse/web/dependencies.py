"""What routes ask for in their arguments."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from cpc.kernel.client_address import limit_key
from livehouse.web.options import WebOptions
from livehouse.web.use_cases import UseCases


async def current_use_cases(request: Request) -> UseCases:
    use_cases: UseCases = request.app.state.use_cases
    return use_cases


async def current_options(request: Request) -> WebOptions:
    options: WebOptions = request.app.state.options
    return options


Cases = Annotated[UseCases, Depends(current_use_cases)]
Options = Annotated[WebOptions, Depends(current_options)]


async def client_address(request: Request) -> str:
    """Where the request came from, as limits count it; trusted proxies have been looked through already."""
    return limit_key(request.client.host) if request.client else "unknown"


ClientAddress = Annotated[str, Depends(client_address)]
