"""Which commands there are, and what each takes: a module a group, each listed here."""

from gateway.cli.tree import (
    audit,
    codes,
    import_,
    ivr,
    keys,
    outbox,
    phones,
    reports,
    sample,
    service,
    sim,
    tickets,
    users,
    voice,
)
from gateway.cli.tree.options import app

__all__ = [
    "app",
    "audit",
    "codes",
    "import_",
    "ivr",
    "keys",
    "outbox",
    "phones",
    "reports",
    "sample",
    "service",
    "sim",
    "tickets",
    "users",
    "voice",
]
