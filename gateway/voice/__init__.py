"""How what is known is made audible: words normalised, synthesised or put together from shipped clips, and kept."""
