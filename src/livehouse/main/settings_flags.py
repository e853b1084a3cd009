"""Flags for every setting, made from the settings themselves so that the two cannot drift apart."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import click

from livehouse.main.settings import Settings
from livehouse.main.settings_sources import ENVIRONMENT_PREFIX, flag_of, load_settings

_Command = TypeVar("_Command", bound=Callable[..., Any])


def settings_flags(*, only: Collection[str] | None = None) -> Callable[[_Command], _Command]:
    """Adds `--config` and a flag for each setting, or for those named by `only`."""

    def decorate(command: _Command) -> _Command:
        for name, field in reversed(Settings.model_fields.items()):
            if only is not None and name not in only:
                continue
            default = "" if field.default in (None, ()) or field.is_required() else _shown(field.default)
            # Text, so that one place checks values and words the errors, whatever source they come from.
            command = click.option(
                flag_of(name), name, metavar="TEXT", help=f"{field.description}.{default}"
            )(command)
        return click.option(
            "--config",
            type=click.Path(path_type=Path),
            help="Settings file (TOML); default DATA_DIR/livehouse.toml.",
        )(command)

    return decorate


def settings_from(flags: dict[str, Any], config: Path | None) -> Settings:
    """Flags, then LIVEHOUSE_* variables, then the file. Raises SettingsError."""
    return load_settings(flags, os.environ, config)


def environment_help() -> str:
    return f"Each setting can also be given as {ENVIRONMENT_PREFIX}NAME or in the settings file; flags win."


def _shown(default: Any) -> str:
    if isinstance(default, tuple):
        return f" [default: {','.join(default)}]"
    return f" [default: {default}]" if isinstance(default, str | int | float) else ""
