"""From the settings asked for to those every process of the node works with."""

from __future__ import annotations

from collections.abc import Mapping

from livehouse.main.data_folder import DataFolder
from livehouse.main.embedded.nats import EmbeddedNats
from livehouse.main.embedded.postgres import EmbeddedPostgres
from livehouse.main.settings import ResolvedSettings, Settings


def resolve(
    asked: Settings,
    folder: DataFolder,
    postgres: EmbeddedPostgres | None,
    nats: EmbeddedNats | None,
    ports: Mapping[str, int] | None = None,
) -> ResolvedSettings:
    """postgres, nats: ours, where no server elsewhere was named. ports: picked for those that were 0."""
    dsn = postgres.dsn() if postgres is not None else _asyncpg_dsn(asked.database_url or "")
    servers = (nats.url,) if nats is not None else tuple((asked.nats_url or "").split(","))
    return ResolvedSettings(
        **{**asked.model_dump(), **(ports or {})},
        node_id=folder.node_id(),
        database_dsn=dsn,
        nats_servers=tuple(server.strip() for server in servers if server.strip()),
        secrets_dir=folder.secrets,
        run_dir=folder.run,
        media_dir=folder.media,
        cache_dir=folder.cache,
    )


def _asyncpg_dsn(url: str) -> str:
    return "postgresql+asyncpg://" + url.split("://", 1)[-1]
