"""QR pictures for labels, as an operator makes them."""

from pathlib import Path

import pytest
import segno
import tomli_w

from tests.peers.commands import gateway

CODE = "1688012345678904"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "gateway.toml"
    written = {
        "database": {"url": f"sqlite:///{tmp_path}/none.db"},
        "http": {"public_url": "https://fx100.example.cn"},
    }
    path.write_text(tomli_w.dumps(written), "utf-8")
    return path


def drawn(path: Path, tmp_path: Path, address: str) -> bool:
    """Return whether a picture is that of an address: the same modules, white enough round them."""
    expected = tmp_path / "expected.svg"
    segno.make(address, error="m", micro=False).save(str(expected), border=4, scale=4, title=path.stem)
    return path.read_bytes() == expected.read_bytes()


def test_a_picture_a_code_goes_into_a_folder(settings: Path, tmp_path: Path) -> None:
    made = gateway(
        "codes", "qr", CODE, "1688 0123-4567 8904", "012345", "蒙C12312", "-o", tmp_path / "qr", "-c", settings
    )
    assert made.returncode == 0, made.stderr
    assert {path.name for path in (tmp_path / "qr").iterdir()} == {f"{CODE}.svg", "012345.svg", "蒙C12312.svg"}
    assert drawn(tmp_path / "qr" / f"{CODE}.svg", tmp_path, f"https://fx100.example.cn/q/{CODE}")
    assert drawn(tmp_path / "qr" / "蒙C12312.svg", tmp_path, "https://fx100.example.cn/q/%E8%92%99C12312")


def test_one_picture_goes_into_a_file(settings: Path, tmp_path: Path) -> None:
    made = gateway("codes", "qr", CODE, "-o", tmp_path / "label.svg", "-c", settings)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "label.svg").read_text("utf-8").startswith("<?xml")
    many = gateway("codes", "qr", CODE, "012345", "-o", tmp_path / "two.svg", "-c", settings)
    assert many.returncode == 1
    assert "give a folder" in many.stderr
    assert not (tmp_path / "two.svg").exists()


@pytest.mark.parametrize("wrong", ["12345", "你好", f"{CODE} 4180477161209949", "TD"])
def test_what_is_no_code_is_refused_before_anything_is_drawn(settings: Path, tmp_path: Path, wrong: str) -> None:
    refused = gateway("codes", "qr", CODE, wrong, "-o", tmp_path / "qr", "-c", settings)
    assert refused.returncode == 1
    assert f"{wrong}: not one code" in refused.stderr
    assert not (tmp_path / "qr").exists()


def test_without_a_public_address_nothing_is_drawn(settings: Path, tmp_path: Path) -> None:
    settings.write_text(tomli_w.dumps({"database": {"url": f"sqlite:///{tmp_path}/none.db"}}), "utf-8")
    refused = gateway("codes", "qr", CODE, "-o", tmp_path / "qr", "-c", settings)
    assert refused.returncode == 1
    assert "[http] public_url" in refused.stderr
