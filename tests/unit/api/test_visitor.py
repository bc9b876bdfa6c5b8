"""Whose address counts, and which cookies are believed."""

from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from gateway.api.visitor import COOKIE, Visitors
from tests.builders.messages import VAULT


def visitors(*proxies: str, secure: bool = False) -> Visitors:
    return Visitors(VAULT, [ip_network(proxy) for proxy in proxies], secure)


def a_request(remote: str, *forwarded: str, cookie: str | None = None, method: str = "GET") -> web.Request:
    headers = CIMultiDict([("X-Forwarded-For", one) for one in forwarded])
    if cookie is not None:
        headers["Cookie"] = f"{COOKIE}={cookie}"
    return make_mocked_request(method, "/", headers=headers).clone(remote=remote)


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", (), "203.0.113.9"),
        ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),  # anybody can write that
        ("10.0.0.2", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.2", ("1.2.3.4, 198.51.100.1",), "198.51.100.1"),  # what stands before it was written outside
        ("10.0.0.2", ("198.51.100.1, 10.0.0.3",), "198.51.100.1"),  # two proxies of ours
        ("10.0.0.2", ("198.51.100.1", "10.0.0.3"), "198.51.100.1"),
        ("10.0.0.2", ("10.0.0.4, 10.0.0.3",), "10.0.0.4"),
        ("10.0.0.2", ("<script>",), "10.0.0.2"),
        ("10.0.0.2", ("",), "10.0.0.2"),
        ("::ffff:10.0.0.2", ("2001:DB8::1",), "2001:db8::1"),
        ("", ("198.51.100.1",), ""),
    ],
)
def test_the_address_is_the_last_hop_that_is_not_ours(remote: str, forwarded: tuple[str, ...], address: str) -> None:
    assert visitors("10.0.0.0/24").address(a_request(remote, *forwarded)) == address


def test_a_household_has_one_limit() -> None:
    home = visitors()
    assert home.of_address("2001:db8:1:2::1") == home.of_address("2001:db8:1:2:ffff::9")
    assert home.of_address("2001:db8:1:2::1") != home.of_address("2001:db8:1:3::1")
    assert home.of_address("203.0.113.1") != home.of_address("203.0.113.2")
    assert home.of_address("") == home.of_address("")


def test_a_cookie_of_ours_is_known_again_and_no_other() -> None:
    known = visitors()
    response = web.Response()
    known.remember(a_request("203.0.113.9"), response)
    cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", False)
    who = known.browser(a_request("203.0.113.9", cookie=cookie.value))
    assert who is not None
    assert who == known.browser(a_request("198.51.100.7", cookie=cookie.value))
    for forged in ("", ".", "a.b", cookie.value[:-1], "x" + cookie.value, cookie.value.split(".")[0], "é.é"):
        assert known.browser(a_request("203.0.113.9", cookie=forged)) is None


def test_who_has_a_cookie_keeps_it() -> None:
    known = visitors(secure=True)
    first, second = web.Response(), web.Response()
    known.remember(a_request(""), first)
    assert first.cookies[COOKIE]["secure"]
    known.remember(a_request("", cookie=first.cookies[COOKIE].value), second)
    assert COOKIE not in second.cookies


def test_another_site_cannot_have_a_browser_forget_who_it_is() -> None:
    response = web.Response()
    visitors().remember(a_request("203.0.113.9", method="POST"), response)
    assert COOKIE not in response.cookies
