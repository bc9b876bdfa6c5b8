from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.channels.modem.pin import PinOnce
from gateway.channels.modem.pool import ModemPool
from gateway.channels.modem.settings import ModemSettings
from gateway.channels.modem.state import LinkState
from gateway.domain.errors import BadSettings


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def a_modem(name: str, port: str) -> ModemSettings:
    return ModemSettings.model_validate({"name": name, "port": port, "number": "13800000100"})


def test_each_modem_has_its_channel_and_its_state() -> None:
    pool = ModemPool([a_modem("a", "/dev/a"), a_modem("b", "/dev/b")], Noon())
    assert [channel.account for channel in pool.channels] == ["a", "b"]
    assert [(state.account, state.state, state.since) for state in pool.states] == [
        ("a", LinkState.DOWN, Noon().now()),
        ("b", LinkState.DOWN, Noon().now()),
    ]
    assert not any(channel.ready for channel in pool.channels)


@pytest.mark.parametrize(("ports", "what"), [(("a", "/dev/a"), "name"), (("b", "/dev/x"), "port")])
def test_a_name_or_port_that_stands_twice_is_refused(ports: tuple[str, str], what: str) -> None:
    modems = [a_modem("a", "/dev/x"), a_modem(*ports)]
    with pytest.raises(BadSettings, match=what):
        ModemPool(modems, Noon())


def test_a_pin_may_be_tried_once_until_it_proves_right(tmp_path: Path) -> None:
    note = tmp_path / "note"
    assert PinOnce(note).may_try()
    assert not PinOnce(note).may_try()  # in the next process
    PinOnce(note).proved()
    trial = PinOnce(note)
    assert trial.may_try()
    assert not trial.may_try()
