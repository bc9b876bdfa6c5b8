"""What a caller hears and keys: flows as a pure model, and the runner that walks one over a call."""
