"""Going live and watching live."""
