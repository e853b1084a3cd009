"""`livehouse`: the command line.

Errors are a sentence on standard error: exit code 2 for what was asked wrongly, 1 for what went wrong.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version

import click

from livehouse.main.embedded.child_program import NodeError
from livehouse.main.settings_sources import SettingsError

# Loaded when called for: `up` lives as long as the node and shall not carry what the others import.
_COMMANDS = {
    "up": "livehouse.main.commands.up",
    "account": "livehouse.main.commands.account",
    "channel": "livehouse.main.commands.channel",
    "demo": "livehouse.main.commands.demo",
    "doctor": "livehouse.main.commands.doctor",
    "secrets": "livehouse.main.commands.secrets",
}


class _LazyGroup(click.Group):
    """Each module of `commands` holds a click command named as the sub-command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name]), cmd_name)
        return command


@click.group(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def livehouse() -> None:
    """Livehouse: live streaming that anyone can run."""


@livehouse.command("version")
def version_() -> None:
    """Print the version."""
    click.echo(version("livehouse"))


def main() -> None:
    """The entry point of the distribution."""
    try:
        sys.exit(livehouse.main(standalone_mode=False))
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(0)
    except click.UsageError as error:
        _say(error.format_message())
        sys.exit(2)
    except SettingsError as error:
        _say(str(error))
        sys.exit(2)
    except NodeError as error:
        _say(str(error))
        sys.exit(1)


def _say(sentence: str) -> None:
    click.echo(f"livehouse: {sentence}", err=True)


if __name__ == "__main__":
    main()
