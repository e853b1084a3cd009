"""Settings from flags, the environment and a TOML file, in this order of precedence.

Written out rather than left to pydantic-settings: that library costs the supervisor, which lives as long as
the node, 25 MB and 0.3 s at the start, and its errors do not say which flag, variable or line was wrong.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from livehouse.main.settings import Settings, default_data_dir

ENVIRONMENT_PREFIX = "LIVEHOUSE_"
_FILE_NAME = "livehouse.toml"


class SettingsError(Exception):
    """A value that cannot be used; the text is one clear sentence."""


def load_settings(
    flags: Mapping[str, Any], environment: Mapping[str, str], config: Path | None = None
) -> Settings:
    """flags: by field name, only those given. config: the TOML file instead of DATA_DIR/livehouse.toml.

    Raises SettingsError.
    """
    from_flags = {name: value for name, value in flags.items() if value is not None}
    from_environment = {
        name: environment[variable]
        for name in Settings.model_fields
        if environment.get(variable := f"{ENVIRONMENT_PREFIX}{name.upper()}")
    }
    data_dir = Path(from_flags.get("data_dir") or from_environment.get("data_dir") or default_data_dir())
    path = config or data_dir.expanduser() / _FILE_NAME
    from_file = _read_file(path, must_exist=config is not None)
    origins = {
        **{name: f"'{name}' in {path}" for name in from_file},
        **{name: f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in from_environment},
        **{name: flag_of(name) for name in from_flags},
    }
    try:
        settings = Settings.model_validate({**from_file, **from_environment, **from_flags})
    except ValidationError as error:
        raise SettingsError(_sentence(error, origins)) from None
    _check_certificate(settings)
    return settings


def flag_of(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _read_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"The settings file {path} does not exist.") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}.") from None
    for name in values:
        if name not in Settings.model_fields:
            known = ", ".join(sorted(Settings.model_fields))
            raise SettingsError(f"'{name}' in {path} is no setting; there are: {known}.")
    return values


def _sentence(error: ValidationError, origins: Mapping[str, str]) -> str:
    first = error.errors(include_url=False)[0]
    reason = str(first["msg"]).removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:] if not reason.startswith("--") else reason
    if not first["loc"]:
        return f"The settings do not fit together: {reason}."
    name = str(first["loc"][0])
    value = first["input"]
    shown = (
        f" is '{str(value)[:80]}', but" if isinstance(value, str | int | float | Path) else " is not valid:"
    )
    if name in {"database_url", "nats_url", "smtp_url", "ice_servers"}:
        shown = " is not valid:"  # It may hold a password.
    return f"{origins.get(name, flag_of(name))}{shown} {reason}."


def _check_certificate(settings: Settings) -> None:
    if settings.tls_cert is None or settings.tls_key is None:
        return
    for flag, path in (("--tls-cert", settings.tls_cert), ("--tls-key", settings.tls_key)):
        if not path.is_file():
            raise SettingsError(f"{flag} names {path}, but there is no such file.")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert, settings.tls_key, password=""
        )
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        raise SettingsError(
            f"--tls-cert {settings.tls_cert} and --tls-key {settings.tls_key} cannot be used: {reason}."
        ) from None
