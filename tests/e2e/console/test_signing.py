"""Getting in, staying in, being kept out."""

import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Connection, update

from gateway.store.tables import sessions, users
from tests.peers.console import Desk, beside, look_at, sign_in, tab_to
from tests.peers.site import Site, a_site
from tests.peers.web import served

pytestmark = pytest.mark.timeout(240)

ADMIN, WORDER = "娜仁", "王丽"


def audit_of(page: Page, action: str) -> str:
    page.goto(f"/console/admin/audit?action={action}")
    return page.locator("table").inner_text()


def test_somebody_new_signs_in_with_his_one_time_password_and_chooses_his_own(desk: Desk, city: Site) -> None:
    made = city.run("user", "add", "白音", "--role", "agent")
    assert made.returncode == 0, made.stderr
    password = made.stdout.splitlines()[-1]
    with desk.opened() as page:
        sign_in(page, "白音", password)
        expect(page.get_by_role("heading", name="换密码")).to_be_visible()
        page.goto("/console/me")  # nothing else is to be had before
        expect(page.get_by_role("heading", name="换密码")).to_be_visible()
        page.get_by_label("现在的密码").fill(password)
        page.get_by_label("新密码").fill("aaaaaaaaaaaa")
        page.get_by_label("再输一次").fill("aaaaaaaaaaaa")
        page.get_by_role("button", name="换密码").click()
        expect(page.get_by_text("新密码太容易猜")).to_be_visible()
        look_at(page, "password-fault")
        page.get_by_label("现在的密码").fill(password)
        page.get_by_label("新密码").fill("hong-ma-xia-cao-yuan")
        page.get_by_label("再输一次").fill("hong-ma-xia-cao-yuan")
        page.get_by_role("button", name="换密码").click()
        expect(page.get_by_role("link", name="白音 · 话务员").first).to_be_visible()
    with desk.opened() as page:
        sign_in(page, "白音", password)
        expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对，还可试 4 次")


def test_a_one_time_password_ends_and_a_new_one_lets_in(desk: Desk, city: Site) -> None:
    made = city.run("user", "add", "斯琴", "--role", "agent")
    assert "lasts 72 hours" in made.stdout
    late = made.stdout.splitlines()[-1]
    over = update(users).where(users.c.name == "斯琴").values(password_until=datetime.now(UTC))
    beside(lambda: city.transact(lambda connection: connection.execute(over)))
    with desk.opened() as page:
        sign_in(page, "斯琴", "guessed-wrongly")
        expect(page.get_by_role("alert")).to_contain_text("用户名或密码不对")  # who does not know it is told nothing
        sign_in(page, "斯琴", late)
        expect(page.get_by_role("alert")).to_contain_text("一次性密码过了有效期")
        look_at(page, "login-lapsed")
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/admin/users")
        row = page.locator("tr", has_text="斯琴")
        expect(row).to_contain_text("一次性密码过期")
        look_at(page, "users-lapsed")
        row.get_by_role("button", name="重置密码").click()
        fresh = page.locator("#secret").inner_text()
        expect(page.locator(".notice")).to_contain_text("72 小时内登录并换掉")
    with desk.opened() as page:
        sign_in(page, "斯琴", fresh)
        expect(page.get_by_role("heading", name="换密码")).to_be_visible()
        beside(lambda: city.transact(lambda connection: connection.execute(over)))
        for label, value in (("现在的密码", fresh), ("新密码", "hong-ma-xia-cao"), ("再输一次", "hong-ma-xia-cao")):
            page.get_by_label(label).fill(value)
        page.get_by_role("button", name="换密码").click()
        expect(page.get_by_role("alert")).to_contain_text("一次性密码过了有效期")


def test_a_guesser_is_told_nothing_and_held_up(desk: Desk) -> None:
    with desk.opened() as page:
        for left in (4, 3, 2, 1, 0):
            sign_in(page, "nobody-here", "wrong")
            expect(page.get_by_role("alert")).to_have_text(f"用户名或密码不对，还可试 {left} 次")
        sign_in(page, "nobody-here", "wrong")
        expect(page.get_by_role("alert")).to_contain_text("试得太多了")
        look_at(page, "login-held-up")


def test_the_way_back_is_kept_and_leads_nowhere_else(desk: Desk) -> None:
    with desk.opened() as page:
        page.goto("/console/admin/audit?actor=cli")
        assert "/console/login?next=" in page.url
        page.get_by_label("用户名").fill(ADMIN)
        page.get_by_label("密码").fill("gan-lan-shu-100")
        page.get_by_role("button", name="登录").click()
        expect(page).to_have_url(re.compile(r"/console/admin/audit\?actor=cli$"))
    for elsewhere in ("//evil.example", "https://evil.example", "/console/../x", "/console\\@evil.example"):
        with desk.opened() as page:
            page.goto(f"/console/login?next={elsewhere}")
            assert page.locator("input[name=next]").get_attribute("value") == ""


def test_another_role_s_page_is_not_there_and_that_is_written_down(desk: Desk) -> None:
    with desk.signed_in(WORDER) as page:
        response = page.goto("/console/admin/users")
        assert response is not None
        assert response.status == 404
        expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()
        assert page.get_by_role("link", name="管理").count() == 0
        look_at(page, "not-there")
        nothing = page.goto("/console/no/such/page")
        assert nothing is not None
        assert nothing.status == 404
    with desk.signed_in(ADMIN) as page:
        assert WORDER in audit_of(page, "page refused")


def test_a_forged_form_changes_nothing_and_is_written_down(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        for token in ({}, {"csrf": "x"}):
            forged = page.request.post("/console/admin/users", form={"name": "假人", "role": "admin", **token})
            assert forged.status == 403
        page.goto("/console/admin/users")
        assert page.get_by_text("假人").count() == 0
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        crossed = page.request.post(
            "/console/me/taste", form={"theme": "dark", "csrf": csrf}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert crossed.status == 403
        assert audit_of(page, "form refused").count("/console/admin/users") == 2


def test_nobody_signed_in_gets_no_page_and_no_form(desk: Desk) -> None:
    with desk.opened() as page:
        page.goto("/console/me")
        expect(page.get_by_role("heading", name="登录")).to_be_visible()
        assert page.request.post("/console/admin/users", form={"name": "x"}).status == 401
        policy = page.request.get("/console/login").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_session_ends_by_itself_and_by_hand(desk: Desk, city: Site) -> None:
    with desk.signed_in("苏和") as page:
        page.goto("/console/me")
        expect(page.get_by_role("heading", name="苏和")).to_be_visible()
        old = datetime.now(UTC) - timedelta(hours=3)

        def age(connection: Connection) -> None:
            connection.execute(update(sessions).values(seen_at=old))

        beside(lambda: city.transact(age))
        page.goto("/console/me")
        expect(page.get_by_role("heading", name="登录")).to_be_visible()
    with desk.signed_in("苏和") as page:
        page.goto("/console/me")
        page.get_by_role("button", name="退出登录").click()
        page.goto("/console/me")
        expect(page.get_by_role("heading", name="登录")).to_be_visible()


def test_an_admin_makes_people_ends_their_sessions_and_takes_it_back(desk: Desk) -> None:
    with desk.signed_in(ADMIN) as page:
        page.goto("/console/admin/users")
        page.get_by_label("用户名").fill("巴图")
        page.get_by_label("角色").select_option("station")
        page.get_by_role("button", name="新建用户").click()
        expect(page.get_by_text("这种角色要写明单位编号")).to_be_visible()
        page.get_by_label("单位编号").fill("station-haibowan")
        page.get_by_role("button", name="新建用户").click()
        password = page.locator("#secret").inner_text()
        look_at(page, "users")
        with Desk(desk.browser, desk.address).opened() as other:
            sign_in(other, "巴图", password)
            expect(other.get_by_role("heading", name="换密码")).to_be_visible()
            page.goto("/console/admin/users")
            row = page.locator("tr", has_text="巴图").first
            row.get_by_role("button", name="停用").click()
            expect(page.locator(".toast")).to_contain_text("巴图 已停用")
            other.goto("/console/password")
            expect(other.get_by_role("heading", name="登录")).to_be_visible()
        page.locator(".toast").get_by_role("button", name="撤销").click()
        expect(page.locator("tr", has_text="巴图").first).not_to_contain_text("已停用")
        look_at_audit(page)


def look_at_audit(page: Page) -> None:
    page.goto("/console/admin/audit")
    expect(page.get_by_role("heading", name="审计", exact=True)).to_be_visible()
    look_at(page, "audit")


def test_colours_and_language_are_a_person_s_own(desk: Desk) -> None:
    with desk.signed_in("高云") as page:
        page.goto("/console/me")
        look_at(page, "me")
        page.get_by_label("颜色").select_option("dark")
        page.get_by_label("语言").select_option("en")
        page.get_by_role("button", name="保存").click()
        assert page.locator("html").get_attribute("data-theme") == "dark"
        assert page.locator("html").get_attribute("lang") == "en"
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        page.get_by_label("Language").select_option("zh")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("button", name="退出登录")).to_be_visible()


def test_without_scripts_and_without_a_mouse(bare_desk: Desk, desk: Desk) -> None:
    with bare_desk.signed_in(ADMIN) as page:
        page.goto("/console/admin/users")
        expect(page.get_by_role("heading", name="用户", exact=True)).to_be_visible()
    with desk.opened() as page:
        page.goto("/console/login")
        look_at(page, "login")
        page.reload()
        page.keyboard.type(ADMIN)  # the field has the focus
        page.keyboard.press("Tab")
        page.keyboard.type("gan-lan-shu-100")
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="娜仁 · 管理员").first).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        tab_to(page, page.get_by_role("link", name="管理", exact=True))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="用户", exact=True)).to_be_visible()
        tab_to(page, page.get_by_role("link", name="审计"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="审计", exact=True)).to_be_visible()


def test_the_console_may_have_an_address_of_its_own(tmp_path: Path) -> None:
    site = a_site(tmp_path, f"sqlite:///{tmp_path}/gateway.db")
    assert site.run("db", "upgrade").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = f"127.0.0.1:{free.getsockname()[1]}"
    with served(site, console={"listen": own}) as shared:
        with urlopen(f"http://{own}/console/login") as page:
            assert "登录" in page.read().decode()
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"{shared}/console/login")
        with pytest.raises(HTTPError, match="404"):
            urlopen(f"http://{own}/api/openapi.json")
