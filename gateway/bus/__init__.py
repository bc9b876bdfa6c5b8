"""What the processes of one service tell each other; see `ports.Bus`."""
