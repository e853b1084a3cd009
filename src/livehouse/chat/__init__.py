"""A channel's chat room, on cpc.messenger."""
