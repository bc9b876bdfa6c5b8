"""What passes through, what needs a hand, lines that are paused."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.outgoing import EXPIRY, Message, MessageState, Segment, SegmentState
from gateway.filing import interventions
from gateway.store.books import SqlBooks
from gateway.store.tables import messages, segments
from gateway.text.segments import Encoding
from tests.peers.console import Desk, beside, look_at
from tests.peers.sims import Sims, emulated_sims
from tests.peers.site import Site
from tests.peers.web import served

pytestmark = pytest.mark.timeout(300)

ADMIN, AGENT, WORDER = "娜仁", "苏和", "王丽"
COMING = 20_000.0  # milliseconds, on a loaded machine


@pytest.fixture(scope="module")
def sims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sims]:
    folder: Path = tmp_path_factory.mktemp("sims")
    with emulated_sims(folder, 2) as found:
        yield found


@pytest.fixture(scope="module")
def address(city: Site, sims: Sims) -> Iterator[str]:
    with served(city, modem=[*sims.modems, {"name": "卡09", "port": "/dev/none", "number": "+8613800000199"}]) as found:
        yield found


def a_stuck_reply(city: Site) -> None:
    """Leave a reply behind that the network refused."""
    now = datetime.now(UTC)
    segment = Segment(uuid7(), 1, "【放心100】首次查询，是正品。", due_at=now)
    message = Message(
        uuid7(), None, "modem", "卡01", Address.parse("1069"), Address.parse("15900002270"), segment.text,
        Encoding.UCS2, 0, now, now + EXPIRY, (segment,),
    )  # fmt: skip

    def work(books: SqlBooks) -> None:
        books.post.send([message])
        refused = {"state": MessageState.REFUSED, "settled_at": now}
        books.connection.execute(update(messages).where(messages.c.id == message.id).values(**refused))
        its = update(segments).where(segments.c.id == segment.id)
        books.connection.execute(its.values(state=SegmentState.REFUSED, due_at=None, reason="号码停机", attempts=4))

    beside(lambda: city.file_in(work))


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=name)


def test_questions_come_by_themselves_masked_and_harmless(desk: Desk, city: Site, sims: Sims) -> None:
    with desk.signed_in(ADMIN) as page:
        expect(page.get_by_role("heading", name="实况")).to_be_visible()
        code = city.bottle(0)
        assert "正品" in sims.text("+8613900000001", f"CX {code}", 0)
        row = page.locator("[data-stream] li").filter(has_text="139****0001")
        expect(row).to_contain_text("首次查询", timeout=COMING)
        expect(row).to_contain_text(f"{code[:4]}********{code[-4:]}")
        assert code not in page.content()
        sims.text("+8613900000002", "<img src=x onerror=alert(1)> <script>boom()</script>", 0)
        expect(page.locator("[data-stream]")).to_contain_text("<script>boom()", timeout=COMING)
        assert page.locator("[data-stream] img, [data-stream] script").count() == 0
        look_at(page, "live")


def test_the_stream_holds_still_while_somebody_reads(desk: Desk, city: Site, sims: Sims) -> None:
    with desk.signed_in(AGENT) as page:
        expect(page.get_by_role("heading", name="实况")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("p")
        expect(page.get_by_role("button", name="暂停 P")).to_have_attribute("aria-pressed", "true")
        before = page.locator("[data-stream] li").count()
        sims.text("+8613900000003", f"CX {city.bottle(1)}", 1)
        expect(page.locator("[data-held]")).to_contain_text("新到 1 条", timeout=COMING)
        assert page.locator("[data-stream] li").count() == before
        look_at(page, "live-held")
        page.get_by_role("button", name="显示").click()
        expect(page.locator("[data-stream] li").first).to_contain_text("139****0003")


def test_a_paused_card_receives_and_the_other_answers(desk: Desk, city: Site, sims: Sims) -> None:
    with desk.signed_in(ADMIN) as page:
        expect(card(page, "卡01")).to_contain_text("收发", timeout=COMING)
        card(page, "卡01").locator("summary").click()
        card(page, "卡01").get_by_label("为什么暂停").fill("换卡")
        card(page, "卡01").get_by_role("button", name="暂停 卡01").click()
        expect(page.locator(".toast")).to_contain_text("只收不发")
        expect(card(page, "卡01")).to_contain_text(re.compile("娜仁 .* 暂停：换卡。照常收"))
        assert "正品" in sims.text("+8613900000004", f"CX {city.bottle(2)}", 0)
        look_at(page, "live-paused")
        page.goto("/console/admin/audit?action=line")
        expect(page.locator("table")).to_contain_text("换卡")
        page.goto("/console/live")
        card(page, "卡01").get_by_role("button", name="恢复").click()
        expect(card(page, "卡01")).to_contain_text("收发")


def test_one_live_page_too_many_says_so_and_goes_on_when_others_are_closed(desk: Desk) -> None:
    with ExitStack() as others:
        for _ in range(2):  # a browser opens six connections to a host at most
            first = others.enter_context(desk.signed_in(AGENT))
            expect(first.locator("[data-live]")).to_be_visible()
            for _ in range(3):
                with first.context.expect_page() as opened:
                    first.evaluate("open('/console/live')")
                expect(opened.value.locator("[data-live]")).to_be_visible()
        with desk.signed_in(AGENT) as page:
            page.clock.install()
            page.goto("/console/live")
            lost = page.locator("[data-lost]")
            expect(lost).to_contain_text("实况页太多", timeout=COMING)
            look_at(page, "live-refused")
            others.close()
            page.clock.fast_forward(16_000)
            expect(lost).to_be_hidden(timeout=COMING)


def test_a_reply_that_could_not_be_sent_is_given_up_or_sent_again_and_both_can_be_undone(
    desk: Desk, city: Site
) -> None:
    a_stuck_reply(city)
    with desk.signed_in(AGENT) as page:
        todo = page.locator("#todo")
        expect(todo).to_contain_text("号码停机")
        expect(todo).to_contain_text("159****2270")
        todo.get_by_role("button", name="不再发").click()
        expect(todo).not_to_contain_text("号码停机")
        page.locator(".toast").get_by_role("button", name="撤销").click()
        expect(todo).to_contain_text("号码停机")
        todo.get_by_role("button", name="再发一次").click()
        expect(todo).not_to_contain_text("号码停机")
        page.locator(".toast").get_by_role("button", name="撤销").click()
        expect(todo).to_contain_text("号码停机")


def test_a_reply_that_only_its_own_line_can_send_again(desk: Desk, city: Site) -> None:
    now, agent = datetime.now(UTC), Actor("user:苏和", Role.AGENT)
    a_stuck_reply(city)
    beside(lambda: city.file_in(lambda books: interventions.pause(books, agent, "卡02", "换卡", now)))
    with desk.signed_in(AGENT) as page:
        expect(page.locator("#todo").get_by_role("button", name="再发一次", exact=True).first).to_be_visible()
    beside(lambda: city.file_in(lambda books: interventions.resume(books, agent, "卡02", now)))


def test_without_scripts_and_only_for_those_who_may(bare_desk: Desk, desk: Desk, city: Site) -> None:
    with bare_desk.signed_in(WORDER) as page:
        page.goto("/console/live")
        assert page.locator('meta[http-equiv="refresh"]').get_attribute("content") == "15"
        expect(page.locator("[data-stream] li").first).to_be_visible()
        assert page.get_by_role("button", name="恢复").count() == 0
    with desk.signed_in("河套酒业") as page:
        for path in ("/console/live", "/console/live/events"):
            answer = page.request.get(path)
            assert answer.status == 404
    with desk.signed_in("高云") as page:
        page.goto("/console/live")
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        mine = page.request.post("/console/live/lines/卡01/pause", form={"reason": "试", "csrf": csrf})
        assert mine.status == 404
