"""The keys that shorten the way: where they help, where they must not, and for whom they are off."""

import re

import pytest
from playwright.sync_api import expect

from tests.peers.console import Desk, look_at

pytestmark = pytest.mark.timeout(300)

WORDER, ADMIN = "王丽", "娜仁"


def test_rows_are_gone_through_and_opened(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/wordings?type=lift")
        leads = page.locator("td.what a")
        page.keyboard.press("]")
        expect(leads.nth(0)).to_be_focused()
        page.keyboard.press("]")
        expect(leads.nth(1)).to_be_focused()
        page.keyboard.press("[")
        page.keyboard.press("[")  # there is none before the first
        expect(leads.nth(0)).to_be_focused()
        page.keyboard.press("]")
        address = leads.nth(1).get_attribute("href")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(f"{address}$"))
        # In the editor the words beside the chosen ones.
        chosen = page.locator(".wlist a[aria-current]")
        after = chosen.locator("xpath=../following-sibling::li[1]/a")
        page.keyboard.press("]")
        expect(after).to_be_focused()


def test_single_keys_do_nothing_while_typing(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/wordings/common/report_closed")
        text = page.get_by_label("短信模板正文")
        text.focus()
        page.keyboard.press("Control+Home")
        with page.expect_response(re.compile(r"/save$")):
            page.keyboard.type("/[]?p")
            page.keyboard.press("Control+S")  # also with the capitals locked
        assert text.input_value().startswith("/[]?p")
        expect(text).to_be_focused()
        expect(page.locator("[data-keys-list]")).to_be_hidden()
        page.get_by_role("button", name="放弃草稿").click()


def test_a_slash_searches_where_one_can(desk: Desk, phone: Desk) -> None:
    for who, path, field in (
        (WORDER, "/console/wordings", "正文里有"),
        (ADMIN, "/console/tickets", "编码、查询号、手机号"),
    ):
        with desk.signed_in(who) as page:
            page.goto(path)
            page.keyboard.press("/")
            expect(page.get_by_label(field).first).to_be_focused()
            assert page.get_by_label(field).first.input_value() == ""
    with phone.signed_in(ADMIN) as page:  # the bar's search is folded away: the page's own is taken
        page.goto("/console/wordings")
        page.keyboard.press("/")
        expect(page.get_by_label("正文里有")).to_be_focused()


def test_p_holds_the_stream_and_lets_it_go(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/live")
        pause = page.locator("[data-pause]")
        page.keyboard.press("p")
        expect(pause).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("P")
        expect(pause).to_have_attribute("aria-pressed", "false")


def test_the_keys_are_listed_and_the_list_goes_as_it_came(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/wordings")
        first = page.locator("td.what a").first
        first.focus()
        page.keyboard.press("?")
        listed = page.get_by_role("region", name="快捷键")
        expect(listed).to_be_visible()
        for key in ("/", "[", "P", "Ctrl S", "Ctrl Enter", "Alt O", "Alt ↑"):
            expect(listed.locator("kbd", has_text=re.compile(f"^{re.escape(key)}$"))).to_have_count(1)
        look_at(page, "keys")
        page.keyboard.press("Escape")
        expect(listed).to_be_hidden()
        expect(first).to_be_focused()
        page.keyboard.press("?")
        page.keyboard.press("?")
        expect(listed).to_be_hidden()


def test_who_does_not_want_single_keys_switches_them_off(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/me")
        look_at(page, "me-keys")
        page.get_by_label("单个键作快捷键").select_option("0")
        page.get_by_role("button", name="保存").click()
        expect(page.get_by_role("region", name="快捷键")).to_contain_text("单个键已关掉")
        page.goto("/console/wordings")
        for key in ("]", "/", "?"):
            page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body")
        expect(page.locator("[data-keys-list]")).to_have_count(0)
        page.goto("/console/me")
        page.get_by_label("单个键作快捷键").select_option("1")
        page.get_by_role("button", name="保存").click()


def test_the_editors_keys(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/wordings/lift/elev_unconfirmed")
        text, samples = page.get_by_label("短信模板正文"), page.locator("[data-sample]")
        before = text.input_value()
        if samples.count() > 1:
            chosen = page.locator("[data-sample][aria-current]").inner_text()
            with page.expect_response(re.compile(r"/preview$")):
                page.keyboard.press("Alt+ArrowDown")
            expect(page.locator("[data-sample][aria-current]")).not_to_have_text(chosen)
            with page.expect_response(re.compile(r"/preview$")):
                page.keyboard.press("Alt+ArrowUp")
            expect(page.locator("[data-sample][aria-current]")).to_have_text(chosen)
        text.evaluate("area => { area.focus(); area.setSelectionRange(0, 2); }")
        with page.expect_response(re.compile(r"/save$")):
            page.keyboard.press("Alt+o")
            page.keyboard.press("Control+s")
        assert text.input_value() == f"{{% optional 3 %}}{before[:2]}{{% endoptional %}}{before[2:]}"
        page.get_by_role("button", name="放弃草稿").click()
