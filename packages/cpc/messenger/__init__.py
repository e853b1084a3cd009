"""The chat engine: conversations, their participants and permissions, and messages in one gapless order.

It knows people by id only and stores any JSON an application adds to a message (`extension`). Drivers live in
`postgres` and `nats_broadcast`, which only adapters and the composition root import.
"""
