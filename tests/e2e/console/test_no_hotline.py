"""Pages that speak of calls, on a gateway that takes none: they say so, and play what there is."""

import pytest
from playwright.sync_api import expect

from tests.peers.console import Desk

pytestmark = pytest.mark.timeout(300)


def test_without_a_hotline_pages_say_so_and_play_what_is_shipped(desk: Desk) -> None:
    with desk.signed_in("娜仁") as page:
        page.goto("/console/flows/hotline")
        expect(page.locator(".sums")).to_contain_text("没有接热线")
        link = page.locator("#step-main").get_by_role("link", name="被困电梯，请按九。")
        assert page.request.get(str(link.get_attribute("href"))).ok
        page.goto("/console/live")
        expect(page.get_by_role("region", name="通话")).to_contain_text("没有接热线")
        page.goto("/console/wordings/liquor/genuine_first")
        region = page.get_by_role("region", name="语音")
        expect(region.get_by_role("button", name="试听")).to_be_disabled()
        expect(region).to_contain_text("配置里 [asterisk] 没有设置")
        region.get_by_role("link", name="首次查询，是正品。").click()
        expect(region.locator("[data-playing]")).to_have_count(1)
