from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.channels.asterisk.settings import AsteriskSettings
from gateway.domain.errors import BadSettings


def settings(**changes: object) -> AsteriskSettings:
    return AsteriskSettings.model_validate({"ami_secret_file": "/nowhere", **changes})


def test_where_it_listens() -> None:
    assert settings().agi_address == ("127.0.0.1", 4573)
    assert settings(agi_listen="[::1]:4574").agi_address == ("::1", 4574)


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "[::]", "8.8.8.8", "203.0.113.5", "172.32.0.1", "100.64.0.1", "[2001:db8::1]", "[::ffff:8.8.8.8]"],
)
def test_it_never_listens_where_strangers_may_reach_it(host: str) -> None:
    with pytest.raises(ValidationError, match=r"may be reached from outside.*write 127\.0\.0\.1:4573"):
        settings(agi_listen=f"{host}:4573")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "gateway"]
)
def test_it_listens_where_a_switch_of_ours_is(host: str) -> None:
    assert settings(agi_listen=f"{host}:4573").agi_address == (host.strip("[]"), 4573)


@pytest.mark.parametrize(
    "change",
    [
        {"agi_listen": "4573"},
        {"agi_listen": "127.0.0.1:70000"},
        {"ami_host": "a b"},
        {"ami_port": 0},
        {"ami_user": "a\r\nb"},
        {"outbound_number": "4006422365"},  # a 400 number cannot dial out
        {"outbound_number": "0086139"},
        {"unknown": 1},
    ],
)
def test_what_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**change)


def test_the_secret_is_read_from_its_file_and_masked(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret\n")
    secret = settings(ami_secret_file=file).secret()
    assert secret.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(secret)


@pytest.mark.parametrize("held", [b"", b"\n", b"a\nb", b"a\rb", "密".encode()])
def test_a_file_that_holds_no_secret_is_named(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(held)
    with pytest.raises(BadSettings, match=str(file)):
        settings(ami_secret_file=file).secret()
    with pytest.raises(BadSettings, match="nowhere"):
        settings().secret()
