"""EPCIS 2.0 JSON, the subset of DOMAIN 4.2: documents in, typed events out. Nothing here is fetched from anywhere."""
