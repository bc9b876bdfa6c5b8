"""A ticket's life: due, worked on, handed over, answered."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.address import Address
from gateway.ports import TicketDraft
from gateway.store.books import SqlBooks
from tests.builders.messages import an_inquiry
from tests.peers.console import Desk, beside, look_at
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

AGENT, REGULATOR = "苏和", "高云"
REPORTER = "13900000021"


def reported(city: Site, text: str, due: timedelta) -> str:
    numbers: list[str] = []
    now = datetime.now(UTC)

    def work(books: SqlBooks) -> None:
        draft = TicketDraft(
            an_inquiry().id, Address.parse(REPORTER), (city.bottle(9),), text, "乌兰布和路", now, now + due
        )
        numbers.append(books.tickets.open(draft))

    beside(lambda: city.file_in(work))
    return numbers[0]


def step(page: Page, state: str, **fields: str) -> None:
    page.get_by_label("改为").select_option(label=state)
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="记下").click()


def test_a_ticket_is_worked_on_handed_over_and_answered(desk: Desk, city: Site) -> None:
    late = reported(city, "酒味不对 <script>x()</script> =1+1", timedelta(days=-1))
    soon = reported(city, "瓶盖松", timedelta(days=3))
    with desk.signed_in(AGENT) as page:
        page.goto("/console/tickets")
        expect(page.locator("tbody tr").first).to_contain_text(late)
        expect(page.locator("tbody tr").first).to_contain_text("已超")
        look_at(page, "tickets")
        page.goto("/console/tickets?overdue=1")
        expect(page.locator("tbody tr")).to_have_count(1)
        page.get_by_role("link", name=late).click()
        expect(page.locator(".said")).to_contain_text("<script>x()")
        expect(page.locator(".hist")).to_contain_text(soon)
        assert page.get_by_role("button", name="看完整号码").count() == 0
        step(page, "处理中", 备注="已联系厂家")
        expect(page.locator(".steps .now")).to_have_text("办理")
        step(page, "已转办")
        expect(page.get_by_text("转办须写明转往何处")).to_be_visible()
        look_at(page, "ticket-fault")
        page.get_by_label("转往").select_option("12315")
        page.get_by_role("button", name="记下").click()
        expect(page.locator(".kv").first).to_contain_text("12315平台")
        step(page, "已办结", 给举报人的答复="看 www.x.com")
        expect(page.get_by_text("短信答复中不得含网址")).to_be_visible()
    with desk.signed_in(REGULATOR) as page:
        page.goto("/console/tickets")
        page.get_by_label("转往").select_option("12315")
        with page.expect_download() as got:
            page.get_by_role("button", name="CSV").click()
        text = got.value.path().read_text("utf-8-sig")
        assert REPORTER in text
        with page.expect_download() as got:
            page.get_by_role("button", name="JSON").click()
        assert late in got.value.path().read_text("utf-8")
        page.goto(f"/console/tickets/{late}")
        page.get_by_role("button", name="看完整号码").click()
        expect(page.locator(".kv").first).to_contain_text(REPORTER)
        page.goto(f"/console/tickets/{late}")
        step(page, "已办结", 给举报人的答复="已核实，已下架")
        expect(page.locator(".head")).to_contain_text("已办结")
        look_at(page, "ticket")
        page.goto("/console/admin/audit?action=ticket")
        expect(page.locator("tbody")).to_contain_text("看举报人号码")
        assert REPORTER not in page.content()


def test_others_have_no_tickets(desk: Desk) -> None:
    for name in ("王丽", "河套酒业"):
        with desk.signed_in(name) as page:
            assert page.request.get("/console/tickets").status == 404
    with desk.signed_in(AGENT) as page:
        page.goto("/console/tickets")
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        sent = page.request.post("/console/tickets/handed", form={"office": "12315", "csrf": csrf})
        assert sent.status == 404
        assert page.request.get("/console/tickets/999999999").status == 404
