"""What one can do with channels."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.channel.application.change_channel import ChangeChannel
from livehouse.channel.application.create_channel import CreateChannel
from livehouse.channel.application.queries import ChannelByName, FindChannels, ListChannels
from livehouse.channel.domain.channel import Channel, ChatModesChange, SettingsChange

__all__ = ["Channel", "ChannelUseCases", "ChatModesChange", "SettingsChange"]


@dataclass(frozen=True, slots=True)
class ChannelUseCases:
    """find_channels: the `Channels` facade other slices are given."""

    create_channel: CreateChannel
    change_channel: ChangeChannel
    channel_by_name: ChannelByName
    list_channels: ListChannels
    find_channels: FindChannels
