"""All the web door may call, gathered by the composition root."""

from __future__ import annotations

from dataclasses import dataclass

from cpc.images.read_image import ReadImage
from livehouse.accounts.application import AccountsUseCases
from livehouse.channel.application import ChannelUseCases
from livehouse.chat.application import ChatUseCases
from livehouse.processes import ProcessesUseCases
from livehouse.social.application import SocialUseCases
from livehouse.streaming.application import StreamingUseCases


@dataclass(frozen=True, slots=True)
class UseCases:
    accounts: AccountsUseCases
    channel: ChannelUseCases
    streaming: StreamingUseCases
    chat: ChatUseCases
    social: SocialUseCases
    processes: ProcessesUseCases
    read_image: ReadImage
