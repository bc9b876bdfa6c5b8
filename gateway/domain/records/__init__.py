"""The record types: each one module, its templates, and its line in `registry.py`."""
