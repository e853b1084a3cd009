"""placeholder"""

import click


@click.group()
def channel() -> None: ...
