"""Calls through Asterisk: FastAGI for the dialogue (`server`, `call`, `agi`), AMI as control plane (`ami`)."""
