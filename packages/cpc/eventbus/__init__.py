"""Events between processes: CloudEvents, an outbox in PostgreSQL, memory and JetStream transports."""
