import pytest

from gateway.channels.modem.at import Ussd
from gateway.channels.modem.state import Registration, StorageUse
from gateway.channels.modem.watch import dbm, plain


@pytest.mark.parametrize(
    ("rssi", "level"), [("0", -113), ("24", -65), ("31", -51), ("99", None), ("", None), ("x", None)]
)
def test_signal_in_dbm(rssi: str, level: int | None) -> None:
    assert dbm(rssi) == level


@pytest.mark.parametrize(
    ("ussd", "text"),
    [
        (Ussd(open=False, text="4F59989D003500385143", dcs=72), "余额58元"),
        (Ussd(open=False, text="Balance 58.20", dcs=15), "Balance 58.20"),
        (Ussd(open=False, text="not hex", dcs=72), "not hex"),
        (Ussd(open=False, text="58.20", dcs=None), "58.20"),
    ],
)
def test_the_balance_is_readable(ussd: Ussd, text: str) -> None:
    assert plain(ussd) == text


@pytest.mark.parametrize(
    ("stat", "carries"), [(0, False), (1, True), (2, False), (3, False), (4, True), (5, True), (6, True), (11, True)]
)
def test_whether_there_is_a_network(stat: int, carries: bool) -> None:
    assert Registration.of(stat).carries is carries


def test_a_storage_of_no_size_is_not_full() -> None:
    assert StorageUse("SM", 50, 50).full
    assert not StorageUse("ME", 0, 0).full
