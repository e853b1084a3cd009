"""Events between processes: the CloudEvents envelope, an outbox in PostgreSQL, memory and JetStream transports."""
