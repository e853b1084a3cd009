"""Named scenarios: `make bench NAME=…`. A scenario is a module here with `main() -> dict` of its figures."""
