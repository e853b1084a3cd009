"""Answering who may do what."""
