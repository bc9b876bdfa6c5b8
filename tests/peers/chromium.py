"""Debian's Chromium, driven by Playwright."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.peers.programs import require


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a browser while the block lasts; no other event loop may run in this thread meanwhile."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own condition
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=require("chromium"), args=as_root)
        yield started
        started.close()
