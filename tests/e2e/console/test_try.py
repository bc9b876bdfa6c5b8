"""Trying a question: the very answer, each step, and no trace of it."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, func, select

from gateway.store.tables import answers, inquiries, labels, messages, tickets
from tests.peers.console import Desk, beside, look_at
from tests.peers.site import Site

pytestmark = pytest.mark.timeout(300)

WORDER = "王丽"


def traces_of_it(city: Site) -> list[int]:
    counts: list[int] = []

    def count(connection: Connection) -> None:
        for table in (inquiries, answers, messages, tickets, labels):
            counts.append(connection.execute(select(func.count()).select_from(table)).scalar_one())
        counts.append(connection.execute(select(func.coalesce(func.sum(labels.c.query_count), 0))).scalar_one())

    beside(lambda: city.transact(count))
    return counts


def tried(page: Page, text: str, whom: str = "普通市民，没问过") -> str:
    page.get_by_label("以谁的身份").select_option(label=whom)
    page.get_by_label("短信内容或按键").fill(text)
    page.get_by_role("button", name="发送").click()
    return page.locator(".title.big .v").first.inner_text()


def test_a_text_is_answered_as_it_would_be_and_leaves_nothing(desk: Desk, city: Site) -> None:
    before, code = traces_of_it(city), city.bottle(7)
    with desk.signed_in(WORDER) as page:
        page.goto("/console/try")
        assert tried(page, f"ｃｘ {code}") == "首次，正品"
        expect(page.locator("[data-answer]")).to_contain_text("首次查询，是正品。")
        expect(page.locator(".path")).to_contain_text("liquor/A0312")
        expect(page.locator(".path")).to_contain_text("会记作第 1 次")
        expect(page.locator(".path")).to_contain_text("白酒 · 首次，正品 第 0 版")
        expect(page.locator(".sheet70")).to_be_visible()
        expect(page.locator(".path > li")).to_have_count(8)
        look_at(page, "try")
        assert tried(page, f"CX {code}", "刚问过又来问的同一人") == "本人重复"
        assert tried(page, f"CX {code}", "别人问过之后的另一人") == "他人重复"
        assert tried(page, f"CX {code}") == "首次，正品"
        assert tried(page, f"JB {code} <b>假酒</b>") != ""
        assert page.locator(".handset .bub b").count() == 0
        assert tried(page, f"CX {code[:-1]}{(int(code[-1]) + 1) % 10}") == "编码有误"
        page.get_by_label("当作数据库断开").check()
        assert tried(page, f"CX {code}") == "暂时查不了"
    assert traces_of_it(city) == before


def test_keys_are_dialled_and_what_is_said_is_read(desk: Desk, city: Site) -> None:
    with desk.signed_in(WORDER) as page:
        page.goto("/console/try")
        page.get_by_text("打电话").click()
        for key in city.bottle(8):
            page.locator(f'[data-dtmf="{key}"]').click()
        page.locator('[data-dtmf="#"]').click()
        expect(page.locator(".heard")).to_contain_text("正品")
        look_at(page, "try-call")


def test_without_scripts_and_only_for_those_who_may(bare_desk: Desk, desk: Desk) -> None:
    with bare_desk.signed_in(WORDER) as page:
        page.goto("/console/try")
        page.get_by_role("link", name="商品条码").click()
        page.get_by_role("button", name="发送").click()
        expect(page.locator(".title.big")).to_contain_text("不是查询码")
    with desk.signed_in("高云") as page:
        assert page.request.get("/console/try").status == 404
