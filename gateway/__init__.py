"""The 放心100 query gateway: from a citizen's question to a true answer."""

__version__ = "0.1.0"
