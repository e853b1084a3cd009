"""One module a sub-command of `livehouse`."""
