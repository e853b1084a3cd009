"""Broadcasts, stream keys and the sessions of encoders and viewers. Pure: time and randomness come in as
arguments."""
