"""Links for a new password that the operator hands over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.unit.accounts.stage import PASSWORD, Stage

from cpc.kernel.errors import NotFound, Unauthenticated

HERE = "192.0.2.1"


async def test_the_operator_hands_out_a_link_where_no_mail_brings_one() -> None:
    stage = Stage(sends_mail=False)
    login = (await stage.sign_up("ada", PASSWORD, address=HERE)).token
    with pytest.raises(NotFound) as unknown:
        await stage.hand_out_reset("nobody")
    assert unknown.value.slug == "no-such-account"
    late = await stage.hand_out_reset("ADA")
    stage.clock.advance(timedelta(hours=1))
    with pytest.raises(NotFound):
        await stage.reset_password(late, "another horse", address=HERE)
    link, other = [await stage.hand_out_reset("ada") for _ in range(2)]
    assert link not in repr(stage.database.tables)
    await stage.resolve(login)
    await stage.sign_in("ada", PASSWORD, address=HERE)
    await stage.reset_password(link, "another horse", address=HERE)
    for old in (link, other):
        with pytest.raises(NotFound):
            await stage.reset_password(old, "a third horse", address=HERE)
    for refused in (stage.resolve(login), stage.sign_in("ada", PASSWORD, address=HERE)):
        with pytest.raises(Unauthenticated):
            await refused
    await stage.sign_in("ada", "another horse", address=HERE)
    deeds = {entry.what for entry in stage.database.tables.audit_log.values()}
    assert deeds == {"hand_out_password_reset"}


async def test_a_link_of_the_operator_confirms_no_address_and_outlives_a_changed_one() -> None:
    stage = Stage()
    actor, _ = await stage.person()
    link = await stage.hand_out_reset("ada")
    with pytest.raises(NotFound):
        await stage.confirm_mail(link)
    link = await stage.hand_out_reset("ada")
    await stage.ask_for_mail.change(actor, "other@example.org", PASSWORD)
    await stage.confirm_mail(await stage.link())
    await stage.reset_password(link, "another horse", address=HERE)
    await stage.sign_in("ada", "another horse", address=HERE)
