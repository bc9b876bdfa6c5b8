import pytest

from gateway.channels.asterisk.versions import refused, untested


@pytest.mark.parametrize(
    "version",
    [
        "18.24.1",
        "18.9-cert10",
        "20.9.1",
        "20.0.0",
        "21.4.1",
        "21.4",
        "19.8.1",
        "16.30.0",
        "20.7-cert1",
        "13.0.0",
        "x",
        "",
    ],
)
def test_refused(version: str) -> None:
    assert refused(version)


@pytest.mark.parametrize(
    "version",
    [
        "18.24.2",
        "20.9.2",
        "21.4.2",
        "21.10.0",
        "22.0.0",
        "22.10.1+dfsg+~cs6",
        "23.1.0",
        "18.9-cert11",
        "certified/20.7-cert2",
    ],
)
def test_trusted(version: str) -> None:
    assert not refused(version)


def test_only_the_line_it_was_tried_on_passes_without_a_warning() -> None:
    assert not untested("22.10.1")
    assert untested("20.9.2")
    assert untested("23.0.0")
