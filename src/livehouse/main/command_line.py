"""`livehouse`: the command line. Errors are a sentence on standard error: exit code 2 for what was asked
wrongly, 1 for what went wrong."""

from __future__ import annotations

import sys
from importlib.metadata import version

import click

from livehouse.main.commands.channel import channel
from livehouse.main.commands.doctor import doctor
from livehouse.main.commands.secrets import secrets
from livehouse.main.commands.up import up
from livehouse.main.embedded.child_program import NodeError
from livehouse.main.settings_sources import SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def livehouse() -> None:
    """Livehouse: live streaming that anyone can run."""


@livehouse.command("version")
def version_() -> None:
    """Print the version."""
    click.echo(version("livehouse"))


livehouse.add_command(up)
livehouse.add_command(channel)
livehouse.add_command(doctor)
livehouse.add_command(secrets)


def main() -> None:
    """The entry point of the distribution."""
    try:
        sys.exit(livehouse.main(standalone_mode=False))
    except click.exceptions.Exit as ended:
        sys.exit(ended.exit_code)
    except click.Abort:
        sys.exit(130)
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
