"""Ids, clock, addresses and base errors: what every CPC package may lean on. No framework, no driver."""
