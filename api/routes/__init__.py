"""Routes that are not a table's; each module has a `router`."""
