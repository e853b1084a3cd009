"""What one can do with follows and paid subscriptions."""

from __future__ import annotations

from dataclasses import dataclass

from livehouse.social.application.find_supporters import FindSupporters
from livehouse.social.application.follow_channel import FollowChannel, UnfollowChannel
from livehouse.social.application.list_follows import CountFollowers, ListFollowers, ListFollowing
from livehouse.social.application.relationship import ReadRelationship
from livehouse.social.domain.follow import Follow

__all__ = ["Follow", "SocialUseCases"]


@dataclass(frozen=True, slots=True)
class SocialUseCases:
    """find_supporters: the facade other slices are given."""

    follow_channel: FollowChannel
    unfollow_channel: UnfollowChannel
    list_following: ListFollowing
    list_followers: ListFollowers
    count_followers: CountFollowers
    read_relationship: ReadRelationship
    find_supporters: FindSupporters
