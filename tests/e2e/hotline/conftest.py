from collections.abc import AsyncIterator, Iterator

import pytest

from gateway.channels.asterisk.sounds import OF_THE_SWITCH
from gateway.emulators.caller import Phone, phone
from gateway.emulators.switch import Switch
from gateway.wire.g711 import Samples
from tests.builders.tones import tones
from tests.peers.hotline import NAMES, a_site, a_switch, put, seconds
from tests.peers.programs import require_asterisk


@pytest.fixture(scope="session")
def switch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Switch]:
    """The run's Asterisk, with one operator's phone and a trunk that leads to `outside`."""
    with a_switch(require_asterisk(), tmp_path_factory.mktemp("switch"), a_site()) as running:
        for name in NAMES:
            put(running, name)
        yield running


@pytest.fixture
def sounds() -> dict[str, Samples]:
    """All that a caller may hear of the switch, by name."""
    return {name: tones(name, seconds(name)) for name in (*NAMES, *OF_THE_SWITCH, "operator", "rescue")}


@pytest.fixture
async def caller() -> AsyncIterator[Phone]:
    async with phone() as ready:
        yield ready


@pytest.fixture
async def operator(switch: Switch, sounds: dict[str, Samples]) -> AsyncIterator[Phone]:
    """The operator's phone; answers when it is rung."""
    async with phone(switch.site.operators[0]) as ready:
        ready.says = sounds["operator"]
        yield ready


@pytest.fixture
def busy(operator: Phone) -> None:
    """No operator is free. A phone that is not there at all would leave calls to it behind for the next test."""
    operator.refuses = 486


@pytest.fixture
async def outside(switch: Switch, sounds: dict[str, Samples]) -> AsyncIterator[Phone]:
    """Whoever is rung through the trunk."""
    async with phone(switch.site.trunk_to) as ready:
        ready.says = sounds["rescue"]
        yield ready
