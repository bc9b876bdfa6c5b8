"""Keys: who is let in, how often the database is asked, how long a revoked one works."""

from hashlib import sha256

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.api.auth import FRESH, Doorkeeper
from gateway.api.problems import Refused
from gateway.domain.access import Actor, Role
from tests.builders.messages import ManualClock

STATIONS = frozenset({Role.STATION})


class Keys:
    """`api.auth.Keyring` in memory; counts how often it is asked."""

    def __init__(self, **actors: Actor) -> None:
        self.actors = {sha256(key.encode()).digest(): actor for key, actor in actors.items()}
        self.asked = 0

    async def actor(self, digest: bytes) -> Actor | None:
        self.asked += 1
        return self.actors.get(digest)


def a_request(*authorization: str) -> web.Request:
    return make_mocked_request("GET", "/", headers=[("Authorization", one) for one in authorization])


@pytest.fixture
def keys() -> Keys:
    return Keys(
        s=Actor("key:1", Role.STATION, "station-pingan"), f=Actor("key:2", Role.FIRM, "f"), a=Actor("key:3", Role.ADMIN)
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_a_key_opens_what_its_role_may(keys: Keys, clock: ManualClock) -> None:
    door = Doorkeeper(keys, clock)
    caller = await door.caller(a_request("bearer  s "), STATIONS)
    assert caller is not None
    assert caller.party == "station-pingan"
    assert await door.caller(a_request("Bearer a"), STATIONS)
    with pytest.raises(Refused) as refused:
        await door.caller(a_request("Bearer f"), STATIONS)
    assert refused.value.status == 403


@pytest.mark.parametrize("given", [("Bearer x",), ("Basic s",), ("s",), ("",), ("Bearer s", "Bearer s")])
async def test_a_wrong_key_is_refused_also_where_none_is_needed(
    keys: Keys, clock: ManualClock, given: tuple[str, ...]
) -> None:
    for roles in (STATIONS, frozenset[Role]()):
        with pytest.raises(Refused) as refused:
            await Doorkeeper(keys, clock).caller(a_request(*given), roles)
        assert refused.value.status == 401
        assert "invalid_token" in refused.value.headers["WWW-Authenticate"]


async def test_without_a_key_only_public_things_open(keys: Keys, clock: ManualClock) -> None:
    door = Doorkeeper(keys, clock)
    assert await door.caller(a_request(), frozenset()) is None
    with pytest.raises(Refused) as refused:
        await door.caller(a_request(), STATIONS)
    assert refused.value.headers["WWW-Authenticate"] == "Bearer"


async def test_a_good_key_is_remembered_for_seconds(keys: Keys, clock: ManualClock) -> None:
    door = Doorkeeper(keys, clock)
    for _ in range(10):
        await door.caller(a_request("Bearer s"), STATIONS)
    assert keys.asked == 1
    keys.actors.clear()
    clock.forward(FRESH.total_seconds())
    with pytest.raises(Refused):
        await door.caller(a_request("Bearer s"), STATIONS)


async def test_a_wrong_key_is_asked_for_each_time_so_that_a_new_one_works_at_once(
    keys: Keys, clock: ManualClock
) -> None:
    door = Doorkeeper(keys, clock)
    with pytest.raises(Refused):
        await door.caller(a_request("Bearer new"), STATIONS)
    keys.actors[sha256(b"new").digest()] = Actor("key:9", Role.STATION)
    assert await door.caller(a_request("Bearer new"), STATIONS)
