"""What links share on the wire; knows no message."""
