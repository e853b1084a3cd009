"""Workflows across slices."""
