"""All pages of the console: a new module adds itself here, and nothing else changes."""

from typing import Final

from gateway.console.page import Page
from gateway.console.pages import (
    audit,
    charts,
    drafting,
    flows,
    imports,
    inquiries,
    inquiry,
    listening,
    live,
    me,
    reviews,
    signing,
    things,
    tickets,
    trying,
    users,
    wordings,
)

PAGES: Final[tuple[Page, ...]] = (
    *signing.PAGES,
    *me.PAGES,
    *wordings.PAGES,
    *drafting.PAGES,
    *reviews.PAGES,
    *live.PAGES,
    *inquiries.PAGES,
    *inquiry.PAGES,
    *things.PAGES,
    *charts.PAGES,
    *imports.PAGES,
    *tickets.PAGES,
    *trying.PAGES,
    *flows.PAGES,
    *listening.PAGES,
    *users.PAGES,
    *audit.PAGES,
)
