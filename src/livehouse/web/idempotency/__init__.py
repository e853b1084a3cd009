"""`Idempotency-Key`: a request sent again is carried out once (draft-ietf-httpapi-idempotency-key-header)."""
