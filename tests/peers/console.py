"""The operators' console of a real gateway in a real browser: people of every role, pages that are looked at."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect
from uuid_utils.compat import uuid7

from gateway.console.passwords import hashed
from gateway.domain.access import Role
from gateway.filing.people import User
from gateway.store.books import SqlBooks
from tests.peers.programs import axe
from tests.peers.site import Site

PASSWORD: Final = "gan-lan-shu-100"  # everybody's here
# Who signs in with which role, and whose data he sees.
PEOPLE: Final[Mapping[str, tuple[Role, str | None]]] = {
    "王丽": (Role.WORDING, None),
    "陈建国": (Role.WORDING, None),
    "娜仁": (Role.ADMIN, None),
    "苏和": (Role.AGENT, None),
    "高云": (Role.REGULATOR, None),
    "河套酒业": (Role.FIRM, "factory-hetao"),
    "磴口合作社": (Role.COOPERATIVE, "coop-dengkou"),
    "平安气站": (Role.STATION, "station-haibowan"),
    "安泰维保": (Role.MAINTENANCE, "maintenance-antai"),
}
WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
# What axe-core calls by these names keeps people out.
_GRAVE: Final = frozenset({"serious", "critical"})
SHOTS: Final = Path(tempfile.gettempdir()) / "console-shots"


def let_in(site: Site) -> None:
    """Make everybody of `PEOPLE` a user."""
    kept, now = hashed(PASSWORD), datetime.now(UTC)

    def work(books: SqlBooks) -> None:
        for name, (role, party) in PEOPLE.items():
            books.users.add(
                User(
                    id=uuid7(),
                    name=name,
                    role=role,
                    party=party,
                    password_hash=kept,
                    must_change=False,
                    theme="",
                    locale="zh",
                    keys=True,
                    created_at=now,
                    created_by="cli:test",
                    disabled_at=None,
                )
            )

    site.file_in(work)


@dataclass
class Desk:
    """One person's browser; on leaving, nothing may have been said on its console nor asked of another host."""

    browser: Browser
    address: str
    size: ViewportSize = field(default_factory=lambda: WIDE)
    scripts: bool = True
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def opened(self, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's own
        """Give a page in a browser of its own."""
        context = self.browser.new_context(
            viewport=self.size, base_url=self.address, java_script_enabled=self.scripts, locale="zh-CN", **options
        )
        try:
            yield self._watched(context)
        finally:
            context.close()
        assert self.faults == []

    @contextmanager
    def signed_in(self, name: str, **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's own
        """Give a page of somebody who is signed in."""
        with self.opened(**options) as page:
            sign_in(page, name)
            yield page

    def _watched(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"raised: {error}"))
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("request", lambda request: self._asked(request.url))
        return page

    def _said(self, kind: str, text: str) -> None:
        # That a page is refused is what some tests are about; the browser says so on its console by itself.
        if kind in ("error", "warning") and not re.match(r"Failed to load resource: .* status of 4\d\d", text):
            self.faults.append(f"{kind}: {text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.faults.append(f"asked of another host: {url}")


def beside(work: Callable[[], Any]) -> None:
    """Run `work` on a thread of its own: here Playwright's event loop runs."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(work).result()


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Fill in the form."""
    page.goto("/console/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def look_at(page: Page, name: str) -> None:
    """Take a picture at both widths, see that nothing sticks out, and ask axe-core, in light and in dark."""
    SHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    for size, label in ((WIDE, "1280"), (PHONE, "390")):
        page.set_viewport_size(size)
        page.evaluate("scrollTo(0, 0)")
        assert fits(page), f"{name} is wider than {label}"
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.screenshot(path=SHOTS / f"{name}-{label}-{theme}.png", full_page=True)
            found = findings(page)
            assert not found, f"{name} at {label}, {theme}: {found}"
    page.emulate_media(color_scheme="light")
    if before:
        page.set_viewport_size(before)


def fits(page: Page) -> bool:
    """Return whether the page does not scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def findings(page: Page) -> list[str]:
    """Return what axe-core holds against the page, the serious and the critical."""
    # Run through the browser's own protocol: what the page itself may load is not widened for it.
    page.evaluate(axe().read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['target']} {one['nodes'][0]['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
