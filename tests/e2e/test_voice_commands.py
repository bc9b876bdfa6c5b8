"""`gateway voice` with the real engine, and without one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gateway.voice.engines.kokoro import Kokoro
from gateway.voice.library import Library, read_clip
from gateway.voice.settings import VoiceSettings
from gateway.voice.sound import finished
from gateway.voice.speech import speech
from tests.peers.voice import require_model


@pytest.fixture(scope="module")
def model() -> VoiceSettings:
    return require_model()


@pytest.fixture(scope="module")
def kokoro(model: VoiceSettings) -> Kokoro:
    return Kokoro(model.folder, model.voice, model.speed)


def voice(tmp_path: Path, *command: str, model: Path) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "gateway.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/g.db"\n[voice]\ndir = "{model}"\n')
    asked = [sys.executable, "-m", "gateway", "voice", *command, "-c", str(file)]
    return subprocess.run(asked, capture_output=True, text=True, timeout=100, check=False, env=os.environ)


def test_says_any_text_with_the_engine(tmp_path: Path, model: VoiceSettings) -> None:
    done = voice(tmp_path, "say", "滨河小区电梯012345", "-o", str(tmp_path / "x.wav"), model=model.folder)
    assert done.returncode == 0, done.stderr
    assert "滨河小区电梯零幺二，三四五" in done.stdout
    assert 2 < len(read_clip(tmp_path / "x.wav")) / 16_000 < 5


def test_without_the_engine_it_says_what_the_shipped_pieces_say(tmp_path: Path) -> None:
    done = voice(tmp_path, "say", "电梯012345，检验有效至2026-11。", "-o", str(tmp_path / "x.wav"), model=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "shipped clips" in done.stdout
    assert 3 < len(read_clip(tmp_path / "x.wav")) / 16_000 < 8
    done = voice(tmp_path, "say", "滨河小区", "-o", str(tmp_path / "y.wav"), model=tmp_path)
    assert done.returncode == 1
    assert "gateway voice install" in done.stderr
    assert not (tmp_path / "y.wav").exists()


def test_the_check_passes_on_what_is_shipped_and_names_what_is_missing(tmp_path: Path) -> None:
    assert voice(tmp_path, "render", "--check", model=tmp_path).returncode == 0
    done = voice(tmp_path, "render", "--check", "--into", str(tmp_path / "none"), model=tmp_path)
    assert done.returncode == 1
    assert "missing: 首次查询，是正品。" in done.stdout


def test_a_shipped_clip_is_what_the_engine_says_now(kokoro: Kokoro) -> None:
    """The same words again correlate; those of a neighbour do not (DESIGN 5: threshold 0.8)."""
    library = Library.read()
    shipped = library.pcm(library.said["可充装。"])
    again = finished(kokoro.synth("可充装。"), kokoro.rate, "可充装。")
    other = finished(kokoro.synth("禁止充装。"), kokoro.rate, "禁止充装。")
    assert likeness(shipped, again) > 0.95
    assert likeness(shipped, other) < 0.55


@pytest.mark.parametrize("name", ["单县", "巴彦淖尔市", "磴口县", "乌拉特前旗", "处理", "蒙C"])
def test_names_that_are_misread_are_read_right(model: VoiceSettings, name: str) -> None:
    from gateway.voice.readings import phonemes

    said = {
        "单县": "ʂa↘nɕjɛ↘n",
        "巴彦淖尔市": "pa→jɛ↘nnau↘ɚ↓ ʂɨ↘",
        "磴口县": "tə↘ŋkʰou↓ɕjɛ↘n",
        "乌拉特前旗": "u→la→tʰɤ↘ʨʰjɛ↗nʨʰi↗",
        "处理": "ꭧʰu↓li↓",
        "蒙C": "mə↗ŋsˈi",
    }
    assert phonemes(name, model.folder) == said[name]


def test_a_text_longer_than_the_model_takes_is_spoken_in_parts(kokoro: Kokoro, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.voice.engines.kokoro.LONGEST", 60)  # 400 would be half a minute of speech
    sentence, many = "请重新输入，", 4
    assert len(list(kokoro._parts(sentence * many))) > 1
    assert len(kokoro.synth(sentence * many)) > 0.6 * many * len(kokoro.synth(sentence))


async def test_a_clause_nobody_shipped_is_made_while_a_caller_waits(model: VoiceSettings, tmp_path: Path) -> None:
    async with speech(model, tmp_path) as speaker:
        clauses = ["首次查询，是正品。", "编码尾号八九零四。", "滨河小区。"]
        assert [bool(sound) for sound in speaker.sounds(clauses)] == [True, False, False]
        await speaker.make(clauses, within=0)
        assert [bool(sound) for sound in speaker.sounds(clauses)] == [True, True, False]  # from pieces, meanwhile
        from_pieces = speaker.sounds(clauses)[1]
        await speaker.make(clauses, within=100)
        assert all(speaker.sounds(clauses))
        assert speaker.sounds(clauses)[1] != from_pieces


def likeness(one: bytes, other: bytes) -> float:
    """Return the greatest normalised cross-correlation of two clips."""
    a, b = (np.frombuffer(pcm, dtype="<i2").astype(np.float64) for pcm in (one, other))
    size = len(a) + len(b)
    product = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
    return float(product.max() / np.sqrt((a**2).sum() * (b**2).sum()))
