"""All pages of the console: a new module adds itself here, and nothing else changes."""

from typing import Final

from gateway.console.page import Page
from gateway.console.pages import audit, drafting, me, reviews, signing, users, wordings

PAGES: Final[tuple[Page, ...]] = (
    *signing.PAGES,
    *me.PAGES,
    *wordings.PAGES,
    *drafting.PAGES,
    *reviews.PAGES,
    *users.PAGES,
    *audit.PAGES,
)
