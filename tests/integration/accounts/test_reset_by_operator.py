"""`livehouse account reset-password`, on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cpc.kernel.clock import SystemClock
from cpc.kernel.errors import Unauthenticated
from cpc.kernel.ids import UuidV7Ids
from livehouse.accounts.application import AccountsUseCases
from livehouse.accounts.testing import FakePasswordHasher
from livehouse.main import command_line
from livehouse.main.data_folder import DataFolder
from livehouse.main.secrets import NodeSecrets
from livehouse.main.wiring.accounts import build_accounts
from livehouse.main.wiring.persistence import build_engine

pytestmark = pytest.mark.integration

OLD, NEW = "correct horse battery", "another horse battery"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = DataFolder(tmp_path)
    folder.secrets.mkdir(mode=0o700)
    NodeSecrets(folder.secrets, SystemClock()).ensure()
    return tmp_path


def livehouse(*arguments: str) -> Result:
    return CliRunner().invoke(command_line.livehouse, arguments)


async def with_accounts(database_url: str, data_dir: Path, what: str, link: str = "") -> None:
    clock = SystemClock()
    engine = build_engine(database_url)
    keys = NodeSecrets(DataFolder(data_dir).secrets, clock).key_ring("token")
    accounts: AccountsUseCases = build_accounts(engine, clock, UuidV7Ids(clock), keys, FakePasswordHasher())
    try:
        if what == "sign up":
            await accounts.sign_up("ada", OLD)
            return
        await accounts.sign_in("ada", OLD, address="192.0.2.1")
        await accounts.reset_password(link, NEW, address="192.0.2.1")
        await accounts.sign_in("ada", NEW, address="192.0.2.1")
        with pytest.raises(Unauthenticated):
            await accounts.sign_in("ada", OLD, address="192.0.2.1")
    finally:
        await engine.dispose()


def test_the_operator_prints_a_link_that_sets_a_new_password(database_url: str, data_dir: Path) -> None:
    asyncio.run(with_accounts(database_url, data_dir, "sign up"))
    node = (f"--data-dir={data_dir}", f"--database-url={database_url}", "--public-url=https://live.example")
    printed = livehouse("account", "reset-password", "Ada", *node)
    assert printed.exit_code == 0, printed.output
    link = re.search(r"^https://live\.example/reset-password#token=(lho_\S+)$", printed.output, re.MULTILINE)
    assert link is not None, printed.output
    asyncio.run(with_accounts(database_url, data_dir, "reset", link.group(1)))

    unknown = livehouse("account", "reset-password", "nobody", *node)
    assert unknown.exit_code != 0
    assert str(unknown.exception) == "There is no account 'nobody'."
