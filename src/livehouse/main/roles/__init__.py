"""One module a role: thin glue between settings, wiring and the door the role serves."""
