"""What can be set about a node. Where values come from is in `settings_sources`."""

from __future__ import annotations

import ipaddress
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from cpc.kernel.errors import Invalid
from livehouse.accounts.domain.mail_address import MailAddress

RoleName = Literal["web", "chat", "media", "edge", "worker"]
ALL_ROLES: tuple[RoleName, ...] = get_args(RoleName)

_LAST_PORT = 65535
# More than one machine's network can use, unless asked for.
_MAX_SHARDS_BY_DEFAULT = 8
Port = Annotated[int, Field(ge=0, le=_LAST_PORT)]


def default_data_dir() -> Path:
    """Where the XDG base directory specification puts the data of a program."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "livehouse"


def _from_text(value: Any) -> Any:
    """A list as flags and the environment can carry it: JSON, or words between commas."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith(("[", "{")):
        parsed = json.loads(text)
        return parsed if isinstance(parsed, list) else [parsed]
    return [word.strip() for word in text.split(",") if word.strip()]


class IceServer(BaseModel):
    """A STUN or TURN server offered to players and encoders in the `Link` header of WHIP and WHEP."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: tuple[str, ...] = Field(min_length=1)
    username: str | None = None
    credential: str | None = Field(default=None, repr=False)

    @field_validator("urls")
    @classmethod
    def _is_ice(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if not url.startswith(("stun:", "stuns:", "turn:", "turns:")):
                raise ValueError(f"'{url}' must begin with stun:, stuns:, turn: or turns:")
        return urls


class Settings(BaseModel):
    """As asked for. A port of 0 means: pick a free one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(
        default_factory=default_data_dir, description="Folder for everything the node keeps"
    )
    host: str = Field("127.0.0.1", min_length=1, description="Address to listen on; 0.0.0.0 for all")
    http_port: Port = Field(8080, description="TCP port of the page, the API, WHIP and WHEP")
    chat_port: Port = Field(8081, description="TCP port of the chat sockets")
    edge_port: Port = Field(8082, description="TCP port of the delivery of assets")
    media_port: Port = Field(8083, description="First UDP port of the WebRTC media")
    media_shards: int = Field(
        0,
        ge=0,
        le=64,
        description="Threads that forward WebRTC media, each with a UDP port of its own from media_port on; "
        "0: one a processor, at most 8",
    )
    public_address: str | None = Field(
        None, description="Host name or IP address under which others reach this node"
    )
    public_url: str | None = Field(
        None,
        description="Address of the page behind a reverse proxy: https://live.example.org",
    )
    tls_cert: Path | None = Field(
        None, description="Certificate chain (PEM); with --tls-key every door speaks TLS"
    )
    tls_key: Path | None = Field(None, description="Private key of the certificate (PEM)")
    roles: Annotated[tuple[RoleName, ...], BeforeValidator(_from_text)] = Field(
        ALL_ROLES, description="What this node does: any of web,chat,media,edge,worker"
    )
    database_url: str | None = Field(
        None, repr=False, description="PostgreSQL server to use instead of the embedded one: postgresql://…"
    )
    nats_url: str | None = Field(
        None, repr=False, description="NATS servers to use instead of the embedded one: nats://…[,nats://…]"
    )
    ice_servers: Annotated[tuple[IceServer, ...], BeforeValidator(_from_text)] = Field(
        (), description='STUN and TURN servers as JSON: [{"urls":["stun:stun.example.org"]}]'
    )
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_from_text)] = Field(
        (), description="Addresses or networks of reverse proxies whose X-Forwarded-* headers are believed"
    )
    metrics_allowed_from: Annotated[tuple[str, ...], BeforeValidator(_from_text)] = Field(
        ("127.0.0.0/8", "::1"), description="Addresses or networks that may read /metrics"
    )
    media_store_url: str | None = Field(
        None,
        description="Where images are kept instead of the data folder: s3://bucket/path, gs://… or az://…; "
        "credentials come from that service's environment variables",
    )
    smtp_url: str | None = Field(
        None,
        repr=False,
        description="Server that takes our mail: smtp://user:password@mail.example.org:587, or smtps://; "
        "user and password are sent over TLS only, or to this very machine",
    )
    mail_from: str | None = Field(None, description="Address our mail comes from; needed with --smtp-url")
    deletion_grace_days: float = Field(
        14, ge=0, le=365, description="Days in which somebody may take back the deletion of their account"
    )
    return_window_s: float = Field(
        30, gt=0, le=3600, description="Seconds a broadcast waits for its broadcaster to come back"
    )
    takeover_silence_s: float = Field(
        2, ge=0.5, le=60, description="Seconds without media after which another encoder may take over"
    )
    http_requests_per_second: float = Field(
        100, gt=0, description="Requests a second one address may make on average"
    )
    http_request_burst: int = Field(300, gt=0, description="Requests one address may make at once")
    http_requests_at_once: int = Field(
        6, gt=0, description="Requests of one address that are carried out at the same time; the rest wait"
    )
    http_account_writes_per_second: float = Field(
        10, gt=0, description="Changes a second one account may make by HTTP on average"
    )
    http_account_write_burst: int = Field(
        100, gt=0, description="Changes one account may make by HTTP at once"
    )
    max_media_sessions: int = Field(5000, gt=0, description="WebRTC sessions the media role holds at once")
    max_chat_sockets: int = Field(20_000, gt=0, description="Chat sockets the chat role holds at once")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged"
    )
    log_format: Literal["auto", "json", "pretty"] = Field(
        "auto", description="json, pretty, or auto: pretty on a terminal"
    )

    @field_validator("data_dir", "tls_cert", "tls_key", mode="after")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path is not None else None

    @field_validator("roles")
    @classmethod
    def _some_roles(cls, roles: tuple[RoleName, ...]) -> tuple[RoleName, ...]:
        if not roles:
            raise ValueError("name at least one role")
        return tuple(role for role in ALL_ROLES if role in roles)

    @field_validator("host")
    @classmethod
    def _is_address(cls, host: str) -> str:
        if host == "localhost":
            return "127.0.0.1"
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            raise ValueError("give an IP address of this machine, or 0.0.0.0 for all") from None

    @field_validator("trusted_proxies", "metrics_allowed_from")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            ipaddress.ip_network(network, strict=False)  # Raises ValueError with a sentence.
        return networks

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://", "postgresql+asyncpg://")):
            raise ValueError("it must begin with postgresql://")
        return url

    @field_validator("nats_url")
    @classmethod
    def _is_nats(cls, url: str | None) -> str | None:
        if url is not None and not all(
            server.strip().startswith(("nats://", "tls://")) for server in url.split(",")
        ):
            raise ValueError("each server must begin with nats:// or tls://")
        return url

    @field_validator("media_store_url")
    @classmethod
    def _is_store(cls, url: str | None) -> str | None:
        if url is not None and not (url.startswith(("s3://", "gs://", "az://")) and urlsplit(url).hostname):
            raise ValueError("it must look like s3://bucket/path, gs://bucket/path or az://account/container")
        return url

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, url: str | None) -> str | None:
        if url is not None and not (url.startswith(("smtp://", "smtps://")) and urlsplit(url).hostname):
            raise ValueError("it must look like smtp://user:password@mail.example.org:587, or smtps://…")
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_mail_address(cls, address: str | None) -> str | None:
        if address is not None:
            try:
                MailAddress.parse(address)
            except Invalid as error:
                raise ValueError("it must look like live@example.org") from error
        return address

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        return url.rstrip("/") if url else None

    @field_validator("public_address")
    @classmethod
    def _is_host(cls, address: str | None) -> str | None:
        if address is not None and (not address or any(sign in address for sign in "/ @[]")):
            raise ValueError("give a bare host name or IP address, without http:// and port")
        return address

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("--tls-cert and --tls-key belong together: give both or neither")
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("--smtp-url needs --mail-from: an address that our mail comes from")
        ports = [port for port in (self.http_port, self.chat_port, self.edge_port) if port]
        if len(set(ports)) != len(ports):
            raise ValueError("--http-port, --chat-port and --edge-port must differ")
        if self.media_port and self.media_port + self.media_port_count - 1 > _LAST_PORT:
            raise ValueError("--media-port and --media-shards go beyond the last port there is, 65535")
        return self

    @property
    def media_port_count(self) -> int:
        """How many UDP ports the media takes from `media_port` on: one a shard."""
        return self.media_shards or min(len(os.sched_getaffinity(0)), _MAX_SHARDS_BY_DEFAULT)

    @property
    def sends_mail(self) -> bool:
        return self.smtp_url is not None

    @property
    def uses_tls(self) -> bool:
        return self.tls_cert is not None


class ResolvedSettings(Settings):
    """As the roles get it: every port known, the servers to talk to, the folders to use."""

    node_id: str
    database_dsn: str = Field(repr=False)  # postgresql+asyncpg://…
    nats_servers: tuple[str, ...] = Field(repr=False)  # with user and password
    secrets_dir: Path
    run_dir: Path
    media_dir: Path
    cache_dir: Path

    def base_url(self) -> str:
        """Where a browser on this machine, or elsewhere when an address is public, finds the page."""
        return self.public_url or f"{self._scheme('http')}://{self._authority(self.http_port)}"

    def chat_url(self) -> str:
        if self.public_url:
            # A reverse proxy publishes the sockets under the page's own origin.
            return f"ws{self.public_url.removeprefix('http')}"
        return f"{self._scheme('ws')}://{self._authority(self.chat_port)}"

    def edge_url(self) -> str:
        return self.public_url or f"{self._scheme('http')}://{self._authority(self.edge_port)}"

    def front_door_url(self) -> str:
        """The address to show first: of the page, or of what this node has instead."""
        doors = {"web": self.base_url, "edge": self.edge_url, "chat": self.chat_url}
        return next((url for role, url in doors.items() if role in self.roles), self.base_url)()

    def _scheme(self, plain: str) -> str:
        return f"{plain}s" if self.uses_tls else plain

    def _authority(self, port: int) -> str:
        host = self.public_address or self.host
        if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
