"""PostgreSQL tables of the slice and the WebSocket gateway."""
