"""Livehouse: a live-streaming platform that anyone can run."""
