"""Every address for every role, forms that are none, and who takes more than his share."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from gateway.console.page import PREFIX
from gateway.console.registry import PAGES
from gateway.console.sse import MOST
from tests.peers.console import PEOPLE, Desk

pytestmark = pytest.mark.timeout(300)


def place(path: str) -> str:
    """Fill in an address as the router reads it, with names that nothing has."""

    def named(hole: re.Match[str]) -> str:
        return next(name for name in ("a" * 36, "0" * 9, "csv") if re.fullmatch(hole[1] or ".*", name))

    return PREFIX + re.sub(r"\{\w+(?::((?:[^{}]|\{[\d,]+\})*))?\}", named, path)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_role_gets_to_its_own_pages_only(desk: Desk, name: str) -> None:
    role = PEOPLE[name][0]
    with desk.signed_in(name) as page:
        page.goto("/console/me")
        for one in PAGES:
            if one.open or (one.quiet and role in one.roles):
                continue
            found = page.request.fetch(place(one.path), method=one.method, max_redirects=0)
            allowed = role in one.roles
            if one.method == "POST":
                assert found.status == (403 if allowed else 404), one.path
            elif not allowed:
                assert found.status == 404, one.path
            elif "{" not in one.path:
                assert found.status in (200, 303) or "<h1>没有这个页面" not in found.text(), one.path
            else:
                assert found.status < 500, one.path
            assert found.headers["cache-control"] == "no-store", one.path
            assert "frame-ancestors 'none'" in found.headers["content-security-policy"], one.path


def test_a_form_that_is_none_is_told_so(desk: Desk) -> None:
    with desk.opened() as page:
        for kind in (
            "application/x-www-form-urlencoded; charset=nope",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
        ):
            found = page.request.post("/console/login", headers={"Content-Type": kind}, data=b"--x\r\n\xff=%")
            assert found.status == 400, kind


def test_what_no_database_keeps_is_no_address_and_left_out_of_fields(desk: Desk) -> None:
    with desk.signed_in("娜仁") as page:
        for place_ in ("admin/audit?actor=%00", "inquiries?channel=%00", "labels/%00", "wordings/liquor/%00"):
            assert page.request.get(f"/console/{place_}").status == 404, place_
        page.goto("/console/admin/users")
        csrf = page.locator("input[name=csrf]").first.get_attribute("value") or ""
        made = page.request.post("/console/admin/users", form={"csrf": csrf, "name": "零\0号", "role": "agent"})
        assert made.ok
        page.goto("/console/admin/users")
        assert page.get_by_text("零号").count()


def test_an_audit_is_not_filled_by_knocking(desk: Desk) -> None:
    with desk.opened() as page:
        for _ in range(60):
            assert page.request.post("/console/login", form={"name": "x"}).status == 403
    with desk.signed_in("娜仁") as page:
        page.goto("/console/admin/audit?actor=nobody&action=form refused")
        assert 1 <= page.locator("tbody tr").count() <= 20


@contextmanager
def events(page: Page, address: str) -> Iterator[HTTPResponse]:
    cookies = "; ".join(f"{one.get('name')}={one.get('value')}" for one in page.context.cookies())
    connection = HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request("GET", "/console/live/events", headers={"Cookie": cookies})
        yield connection.getresponse()
    finally:
        connection.close()


def test_one_person_has_so_many_live_pages_and_then_again(desk: Desk, address: str) -> None:
    with desk.signed_in("娜仁") as page:
        page.goto("/console/me")
        with ExitStack() as tabs:
            statuses = [tabs.enter_context(events(page, address)).status for _ in range(MOST + 2)]
            assert statuses == [200] * MOST + [409] * 2
        with events(page, address) as again:
            assert again.status == 200
