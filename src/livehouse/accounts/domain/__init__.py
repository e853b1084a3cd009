"""Accounts, passwords and login sessions."""
