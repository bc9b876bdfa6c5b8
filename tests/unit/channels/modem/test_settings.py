import pytest
from pydantic import ValidationError

from gateway.channels.modem.settings import ModemSettings
from gateway.domain.address import Address

TABLE = {"name": "sim-1", "port": "/dev/serial/by-id/usb-x", "number": "13800000100"}


def test_a_short_table_is_enough() -> None:
    settings = ModemSettings.model_validate(TABLE)
    assert (settings.baudrate, settings.daily_limit, settings.pin) == (115200, 500, None)
    assert settings.own_address == Address("8613800000100")


@pytest.mark.parametrize(
    "wrong",
    [
        {"nmuber": "1"},
        {"number": "138-0000"},
        {"number": '1"\rAT'},
        {"name": ""},
        {"balance_ussd": "*100#;AT"},
        {"balance_ussd": "100\r"},
        {"pin": '1234"'},
        {"pin": "12"},
        {"baudrate": 0},
        {"daily_limit": 0},
        {"submit_timeout": 0},
    ],
)
def test_a_wrong_table_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        ModemSettings.model_validate(TABLE | wrong)


def test_the_pin_is_not_printed() -> None:
    assert "1234" not in repr(ModemSettings.model_validate(TABLE | {"pin": "1234"}))
