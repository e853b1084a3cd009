"""Composition root: settings, wiring, roles, embedded services, command line."""
