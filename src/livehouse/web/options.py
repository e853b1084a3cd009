"""What the web door is told by the node it runs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry

from livehouse.web.idempotency.kept_answers import KeptAnswers
from livehouse.web.known_actors import KnownActors

PAGE_FOLDER = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class IceServer:
    """urls: `stun:…` or `turn:…`; told to encoders and players by `Link` headers."""

    url: str
    username: str | None = None
    credential: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WebOptions:
    """public_url: what people type, such as `https://live.example.org`; None: what the request says.

    chat_url, edge_url: full addresses where a proxy publishes them; None: made from the request's host and
    the port. trusted_proxies: addresses or networks whose `X-Forwarded-*` is believed.
    requests_at_once: of one address; fewer than there are connections to the database.
    known_actors: who sent a token a moment ago; as it comes, each is looked up each time.
    ready_checks: by name, something that raises while that part is away.
    kept_answers: where answers to requests with an `Idempotency-Key` are kept; None: the header says nothing.
    metrics: what `/metrics` tells; None: the registry of this process. metrics_allowed_from: who may read it.
    """

    name: str = "Livehouse"
    version: str = version("livehouse")
    public_url: str | None = None
    chat_url: str | None = None
    edge_url: str | None = None
    chat_port: int = 8081
    edge_port: int = 8082
    tls: bool = False
    sends_mail: bool = False
    trusted_proxies: tuple[str, ...] = ()
    requests_per_second: float = 100.0
    request_burst: float = 300.0
    requests_at_once: int = 6
    account_writes_per_second: float = 10.0
    account_write_burst: float = 100.0
    account_writes_at_once: int = 2
    account_renderings_per_second: float = 0.5
    account_rendering_burst: float = 20.0
    max_body_bytes: int = 256 * 1024
    body_timeout_s: float = 10.0
    upload_timeout_s: float = 60.0
    known_actors: KnownActors = field(default_factory=lambda: KnownActors(trusted_s=0))
    max_message_characters: int = 500
    ice_servers: tuple[IceServer, ...] = ()
    page_folder: Path = PAGE_FOLDER
    kept_answers: KeptAnswers | None = None
    ready_checks: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    registry: CollectorRegistry = REGISTRY
    metrics: Callable[[], Awaitable[bytes]] | None = None
    metrics_allowed_from: tuple[str, ...] = ("127.0.0.0/8", "::1")
