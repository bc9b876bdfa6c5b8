"""Acts that change the trace database: each a function of a `Books` transaction, an `Actor` and the time."""
