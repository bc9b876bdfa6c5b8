"""The pages in a real browser at a phone's width: what a citizen sees, taps and is told."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.peers.chromium import launched
from tests.peers.site import Site
from tests.peers.web import served

WIDTH: ViewportSize = {"width": 390, "height": 844}
# The smallest target a finger hits (WCAG 2.2, 2.5.8: 24 px; platforms ask for 44).
FINGER = 44

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def address(shared: Site) -> Iterator[str]:
    with served(shared) as found:
        yield found


@pytest.fixture(scope="module")
def browser(address: str) -> Iterator[Browser]:
    with launched() as started:  # after the site: no other event loop runs in this thread now
        yield started


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page without scripts, as some phones have it; it may load nothing from elsewhere."""
    context = browser.new_context(viewport=WIDTH, java_script_enabled=False, base_url=address)
    made = context.new_page()
    outside: list[str] = []
    made.on("request", lambda request: outside.append(request.url) if _is_outside(request.url, address) else None)
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text))
    yield made
    context.close()
    assert outside == []
    assert said == []  # nothing that the content security policy had to stop


def _is_outside(url: str, address: str) -> bool:
    return not url.startswith((address, "data:"))


def headline(page: Page) -> str:
    return page.locator("main h1").inner_text().replace("\n", " ")


def fits(page: Page) -> bool:
    """Return whether nothing stands out to the right of the screen."""
    box = page.locator("body").bounding_box()
    assert box is not None
    widest = max(
        (one["x"] + one["width"] for one in (e.bounding_box() for e in page.locator("body *").all()) if one),
        default=0.0,
    )
    return widest <= WIDTH["width"]


def test_a_bottle_is_asked_for_by_its_qr_code_and_a_tap(page: Page, shared: Site) -> None:
    code = shared.bottle(1)
    for _ in range(2):  # a crawler, a preview, a second thought
        page.goto(f"/q/{code}")
        assert headline(page) == "查询真伪"
    assert fits(page)
    button = page.get_by_role("button", name="查询真伪")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= FINGER
    button.click()
    assert page.url.endswith(f"/q/{code}")
    assert "首次查询，是正品" in headline(page)
    page.goto(f"/q/{code}")
    page.get_by_role("button", name="查询真伪").click()
    assert "您查询过" in headline(page)


def test_a_stranger_is_warned(page: Page, browser: Browser, address: str, shared: Site) -> None:
    code = shared.bottle(2)
    first = browser.new_context(base_url=address)
    first.request.post(f"/q/{code}")
    first.close()
    page.goto(f"/q/{code}")
    page.get_by_role("button", name="查询真伪").click()
    assert "谨防假冒" in headline(page)
    assert page.locator("section.danger[role=alert]").count() == 1
    assert page.get_by_role("link", name="拨打 12315 举报").get_attribute("href") == "tel:12315"


def test_the_field_leads_to_the_answer_in_one_step(page: Page) -> None:
    page.goto("/")
    assert fits(page)
    page.get_by_label("输入编码").fill("电梯 012345")
    page.get_by_role("button", name="查询").click()
    assert "检验维保正常" in headline(page)
    assert [step.inner_text() for step in page.locator(".way h3").all()][-1] == "检验有效至"


def test_a_slip_is_told_and_may_be_mended(page: Page, shared: Site) -> None:
    page.goto("/")
    page.get_by_label("输入编码").fill("1234 5678 9012 34")
    page.get_by_role("button", name="查询").click()
    assert "编码有误" in headline(page)
    page.get_by_label("重新输入").fill(shared.bottle(3))
    page.get_by_role("button", name="查询").click()
    assert "首次查询，是正品" in headline(page)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "../../etc/passwd", "%00", "'\" onload=x", "{{ 7*7 }}"])
def test_whatever_is_typed_is_an_answer_and_no_markup(page: Page, text: str) -> None:
    page.goto("/")
    page.get_by_label("输入编码").fill(text)
    page.get_by_role("button", name="查询").click()
    assert "编码有误" in headline(page)
    assert page.locator("main script").count() == 0
    assert "49" not in page.locator("main").inner_text()


def test_the_page_is_one_that_everybody_can_read(page: Page) -> None:
    for path in ("/", "/q/012345", "/q/012373"):
        response = page.goto(path)
        assert response is not None
        headers = response.headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert page.locator("html").get_attribute("lang") == "zh-CN"
        assert page.locator("h1").count() == 1
        assert fits(page)


def test_a_page_says_what_a_text_says(page: Page, shared: Site) -> None:
    asked = shared.run("ask", "012361", "--from", "13800000001", "--json", "--dry")
    [answer] = json.loads(asked.stdout)["answers"]
    page.goto("/q/012361")
    assert answer["verdict"] == "ELEV_MAINT_OVERDUE"
    [said] = json.loads(asked.stdout)["replies"]
    words = said["text"].removeprefix("【放心100】").removesuffix("。")
    assert page.locator(".verdict p").inner_text().startswith(words)  # with more room it may say more
    assert "维保超期" in headline(page)
    assert page.locator(".way li.bad h3").inner_text().startswith("维护保养")
