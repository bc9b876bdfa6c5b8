"""Finding a question, and telling its life; labels and records, to each his own."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.builders.figures import asked
from tests.peers.console import Desk, beside, look_at, sign_in
from tests.peers.sims import Sims, emulated_sims
from tests.peers.site import Site
from tests.peers.web import served

pytestmark = pytest.mark.timeout(300)

AGENT, REGULATOR, FIRM, STATION = "苏和", "高云", "河套酒业", "平安气站"
PHONE = "13900000011"


@pytest.fixture(scope="module")
def sims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sims]:
    with emulated_sims(tmp_path_factory.mktemp("sims"), 1) as found:
        yield found


@pytest.fixture(scope="module")
def address(city: Site, sims: Sims) -> Iterator[str]:
    with served(city, modem=list(sims.modems)) as found:
        assert sims.text(f"+86{PHONE}", f"CX {city.bottle(5)}")
        assert sims.text("+8613900000012", f"{city.bottle(5)} <b>真的假的</b>")
        yield found


def test_one_question_is_found_by_code_by_masked_number_and_told_whole(desk: Desk, city: Site) -> None:
    code = city.bottle(5)
    with desk.signed_in(AGENT) as page:
        expect(page.get_by_role("heading", name="实况")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("/")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        expect(page.locator("tbody tr")).to_have_count(2)
        expect(page.locator("tbody")).not_to_contain_text(code)  # codes are covert
        look_at(page, "inquiries")
        page.goto("/console/inquiries?q=139****0011")
        expect(page.locator(".sub")).to_contain_text("可能不止一人")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.goto("/console/inquiries?class=grave")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.locator("tbody a").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("查询")
        expect(page.locator(".i-qa")).to_contain_text("<b>真的假的</b>")
        assert page.locator(".i-qa .bub b").count() == 0
        expect(page.locator(".tl")).to_contain_text("判定：他人重复")
        expect(page.locator(".hist li")).to_have_count(2)
        expect(page.locator(".i-qa footer")).to_contain_text("仅限监管人员")
        look_at(page, "inquiry")


def test_a_question_becomes_a_ticket_that_knows_the_others_on_its_code(desk: Desk, city: Site) -> None:
    code = city.bottle(5)
    with desk.signed_in(AGENT) as page:
        page.goto("/console/inquiries?class=grave")
        page.locator("tbody a").first.click()
        expect(page.locator(".tl .none").first).to_have_text("同时记下")
        page.get_by_label("来电人说什么").fill("瓶盖松，味道不对")
        page.get_by_label("地点").fill("东街市场")
        look_at(page, "inquiry-ticket")
        page.get_by_role("button", name="建工单").click()
        expect(page.get_by_role("status")).to_contain_text("建好了")
        number = page.locator("h1 .mono").inner_text()
        expect(page.locator(".said")).to_have_text("瓶盖松，味道不对")
        expect(page.locator(".kv").first).to_contain_text("东街市场")
        expect(page.locator(".kv").first).to_contain_text("他人重复")
        expect(page.locator(".kv").first).not_to_contain_text(code)
        expect(page.locator(".vers")).to_contain_text("按查询建；判定：他人重复")
        look_at(page, "ticket-of-inquiry")
        page.locator(".kv a[href*='/console/inquiries/']").click()
        expect(page.get_by_role("link", name=f"工单 {number}")).to_be_visible()
        assert page.get_by_role("button", name="建工单").count() == 0
        made = page.request.post(
            f"{page.url}/ticket", form={"csrf": page.locator("input[name=csrf]").first.get_attribute("value") or ""}
        )
        assert made.status == 409
        page.locator(".hist a:not([aria-current])").click()
        expect(page.get_by_text("同一编码还有没办结的")).to_contain_text(number)
        page.keyboard.press("Control+Enter")  # the page's one filled button
        expect(page.locator(".said")).to_contain_text("CX")  # nothing was written: the text he sent
        expect(page.locator(".vers")).to_contain_text(f"同一编码还有没办结的：{number}")
        expect(page.locator(".hist")).to_contain_text(number)
        question = page.locator(".kv a[href*='/console/inquiries/']").get_attribute("href")
    with desk.signed_in("王丽") as page:
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        assert page.request.post(f"{question}/ticket", form={"csrf": csrf}).status == 404
    with desk.signed_in("娜仁") as page:
        page.goto("/console/admin/audit?action=ticket opened")
        expect(page.locator("tbody")).to_contain_text("建工单")
        expect(page.locator("tbody")).to_contain_text(number)


def test_a_whole_number_takes_a_role_and_a_reason_and_leaves_a_trace(desk: Desk) -> None:
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/inquiries")
        page.get_by_label("完整号码", exact=True).fill(PHONE)
        page.get_by_label("为什么要看").fill("举报人来电")
        with page.expect_response("**/inquiries/number") as answered:
            page.get_by_role("button", name="查这个号码").click()
        assert answered.value.headers["refresh"].startswith("60; url=/console/inquiries")
        expect(page.locator("tbody tr")).to_have_count(1)
        assert PHONE not in page.url
        page.locator("tbody a").first.click()
        assert PHONE not in page.content()
        page.get_by_text("看完整号码").click()
        page.get_by_label("为什么要看").fill("核对举报")
        page.get_by_role("button", name="看 60 秒").click()
        expect(page.locator(".i-qa")).to_contain_text(PHONE)
        look_at(page, "inquiry-number")
        page.goto("/console/admin/audit?action=number")
        expect(page.locator("tbody")).to_contain_text("核对举报")
        expect(page.locator("tbody")).to_contain_text("举报人来电")
        assert PHONE not in page.content()
    with desk.signed_in(AGENT) as page:
        page.goto("/console/inquiries")
        assert page.get_by_label("完整号码", exact=True).count() == 0
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        sent = page.request.post("/console/inquiries/number", form={"number": PHONE, "reason": "x", "csrf": csrf})
        assert sent.status == 404


@pytest.mark.parametrize(
    "written",
    ["' OR 1=1 --", "%", "_", "\x00", "9" * 64, "../../etc/passwd", "<script>alert(1)</script>", "lift/", "/x"],
)
def test_whatever_is_searched_for_is_answered_calmly(desk: Desk, written: str) -> None:
    with desk.signed_in(AGENT) as page:
        answer = page.request.get("/console/inquiries", params={"q": written})
        assert answer.status in (200, 404)
        assert "<script>alert" not in answer.text()
        for name, value in (("day", written), ("before", written), ("verdict", written), ("state", written)):
            no_address = "\x00" in value  # PostgreSQL keeps no such text, so no address has it
            assert page.request.get("/console/inquiries", params={name: value}).status == (404 if no_address else 200)


def test_labels_and_records_are_shown_to_each_his_own(desk: Desk, city: Site) -> None:
    code = city.bottle(5)
    with desk.signed_in(FIRM) as page:
        page.goto(f"/console/labels/{code}")
        expect(page.get_by_role("heading", level=1)).to_contain_text("标签")
        expect(page.locator("tbody tr")).to_have_count(2)
        assert "139****" not in page.content()
        look_at(page, "label")
        page.get_by_role("link", name="liquor/A0312").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("liquor/A0312")
        look_at(page, "record")
    with desk.signed_in(STATION) as page:
        for path in (f"/console/labels/{code}", "/console/records/liquor/A0312", "/console/records/nothing/x"):
            assert page.request.get(path).status == 404
        assert page.request.get("/console/inquiries").status == 404


def test_days_read_alike_in_every_browser_and_are_changed_by_keys(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, locale="en-US")
    try:
        page = context.new_page()
        sign_in(page, AGENT)
        page.goto("/console/inquiries?from=5月1日&to=2026-06-30")
        begins, ends = page.get_by_label("从", exact=True), page.get_by_label("到", exact=True)
        expect(begins).to_have_value(re.compile(r"20\d\d-05-01"))
        expect(ends).to_have_value("2026-06-30")
        ends.press("ArrowUp")
        expect(ends).to_have_value("2026-07-01")
        ends.press("PageDown")
        ends.press("ArrowDown")
        expect(ends).to_have_value("2026-05-31")
        ends.press("PageUp")
        expect(ends).to_have_value("2026-06-30")
        begins.fill("昨天")
        ends.fill("")
        ends.press("Enter")
        expect(begins).to_have_value(re.compile(r"\d{4}-\d{2}-\d{2}"))
        assert "日期或条件写得不对" in page.request.get("/console/inquiries?from=2-30").text()
        assert "起始日期晚于截止日期" in page.request.get("/console/inquiries?from=2-2&to=2-1").text()
    finally:
        context.close()


def test_pages_go_back_in_time_without_counting_them(desk: Desk, city: Site) -> None:
    def many() -> None:
        now = datetime.now(UTC) - timedelta(minutes=5)
        city.transact(lambda connection: asked(connection, "CYL_OK", "6112345678904444", times=120, at=now))

    beside(many)
    with desk.signed_in(AGENT) as page:
        page.goto("/console/inquiries?verdict=CYL_OK")
        seen = set()
        for rows in (50, 50, 20):
            expect(page.locator("tbody tr")).to_have_count(rows)
            seen |= {link.get_attribute("href") for link in page.locator("tbody a").all()}
            if rows == 50:
                page.get_by_role("link", name="较早").click()
        assert len(seen) == 120
