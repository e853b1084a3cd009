"""People: sign-up, sign-in, access tokens."""
