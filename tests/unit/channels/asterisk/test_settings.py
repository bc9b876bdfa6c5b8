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
