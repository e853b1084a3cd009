"""The social events that CPC apps share."""
