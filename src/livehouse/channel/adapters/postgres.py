"""The unit of work of channels on PostgreSQL, schema `channel`."""

from __future__ import annotations

from cpc.eventbus.postgres import PostgresTransaction
from cpc.images.postgres import PostgresImagesInDoubt
from livehouse.channel.adapters.postgres_about import PostgresAbout
from livehouse.channel.adapters.postgres_banners import PostgresBanners
from livehouse.channel.adapters.postgres_categories import PostgresCategories
from livehouse.channel.adapters.postgres_channels import PostgresChannels
from livehouse.channel.adapters.postgres_directory import PostgresDirectory
from livehouse.channel.adapters.postgres_roles import PostgresRoles
from livehouse.channel.adapters.postgres_schedule import PostgresSchedule
from livehouse.channel.adapters.postgres_statistics import PostgresStatistics


class PostgresChannelUnitOfWork(PostgresTransaction):
    @property
    def channels(self) -> PostgresChannels:
        return PostgresChannels(self.connection)

    @property
    def roles(self) -> PostgresRoles:
        return PostgresRoles(self.connection)

    @property
    def directory(self) -> PostgresDirectory:
        return PostgresDirectory(self.connection)

    @property
    def about(self) -> PostgresAbout:
        return PostgresAbout(self.connection)

    @property
    def categories(self) -> PostgresCategories:
        return PostgresCategories(self.connection)

    @property
    def statistics(self) -> PostgresStatistics:
        return PostgresStatistics(self.connection)

    @property
    def schedule(self) -> PostgresSchedule:
        return PostgresSchedule(self.connection)

    @property
    def banners(self) -> PostgresBanners:
        return PostgresBanners(self.connection)

    @property
    def images_in_doubt(self) -> PostgresImagesInDoubt:
        return PostgresImagesInDoubt(self.connection)
