"""The workers, as real processes, and the network engine, against a real service on loopback."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.engines.http import Cloud
from gateway.voice.library import Library, read_clip
from gateway.voice.settings import CloudSettings, VoiceSettings
from gateway.voice.speech import ClipSpeech, speech
from tests.peers.children import children
from tests.peers.speech import SpeechService, a_wav, speech_service

LONG = 60.0  # seconds: far more than anything here takes


# Workers start once for all tests here, so each test has clauses of its own.
one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def the_service() -> Iterator[SpeechService]:
    with speech_service() as running:
        yield running


@pytest.fixture
def service(the_service: SpeechService) -> Iterator[SpeechService]:
    """The service as it is when it is new."""
    the_service.status, the_service.answer = 200, a_wav()
    the_service.release()
    the_service.texts.clear()
    while the_service.arrived.acquire(blocking=False):
        pass
    yield the_service
    the_service.release()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(the_service: SpeechService, folder: Path) -> AsyncIterator[ClipSpeech]:
    async with speech(settings(the_service), folder, Library(folder, ())) as running:
        await running.make(["准备好了"], within=LONG)
        assert running.engines == 1
        yield running


@pytest.fixture
def speaker(service: SpeechService, studio: ClipSpeech) -> ClipSpeech:
    return studio


def settings(service: SpeechService, workers: int = 1) -> VoiceSettings:
    return VoiceSettings(engine="http", workers=workers, http=CloudSettings(url=service.url, timeout=LONG))


async def arrived(service: SpeechService) -> None:
    assert await asyncio.to_thread(service.arrived.acquire, timeout=LONG)


def test_the_network_engine_sends_the_text_and_the_key(service: SpeechService, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("geheim\n")
    body: dict[str, str | int | float | bool] = {"input": "{text}", "voice": "x", "speed": 1.5}
    engine = Cloud(CloudSettings(url=service.url, body=body, secret_file=key))
    service.answer = a_wav(0.5, 16_000, 2)
    samples = engine.synth("首次查询")
    assert service.body == {"input": "首次查询", "voice": "x", "speed": 1.5}
    assert service.headers["Authorization"] == "Bearer geheim"
    assert len(samples) == pytest.approx(0.5 * engine.rate, rel=0.01)
    assert 0.2 < np.abs(samples).max() < 0.3  # 8000 of 32768
    spectrum = np.abs(np.fft.rfft(samples))
    assert spectrum.argmax() * engine.rate / len(samples) == pytest.approx(440, abs=3)


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (500, a_wav(), "answered 500"),
        (200, b"<html>", "no WAV"),
        (200, b"", "no WAV"),
        (200, a_wav(width=1), "of 8 bits"),
        (200, a_wav(seconds=0), "of 16 bits"),
    ],
)
def test_what_is_no_speech_is_a_fault(service: SpeechService, status: int, answer: bytes, why: str) -> None:
    service.status, service.answer = status, answer
    with pytest.raises(EngineFault, match=why):
        Cloud(CloudSettings(url=service.url)).synth("首次查询")


def test_a_service_that_is_away_or_silent_is_a_fault(service: SpeechService) -> None:
    service.hold()
    with pytest.raises(EngineFault, match="timed out"):
        Cloud(CloudSettings(url=service.url, timeout=0.2)).synth("首次查询")
    with pytest.raises(EngineFault):
        Cloud(CloudSettings(url="http://127.0.0.1:9/")).synth("首次查询")
    with pytest.raises(NoEngine, match="secret_file"):
        Cloud(CloudSettings(url=service.url, secret_file=Path("/nowhere")))


@one_loop
async def test_a_clause_is_spoken_once_for_all_who_wait(
    speaker: ClipSpeech, service: SpeechService, folder: Path
) -> None:
    assert speaker.sounds(["滨河小区。"]) == [None]
    await asyncio.gather(*(speaker.make(["滨河小区。"], within=LONG) for _ in range(5)))
    (name,) = speaker.sounds(["滨河小区。"])
    assert name is not None
    pcm = np.frombuffer(read_clip(folder / "zh" / f"{name}.wav"), dtype="<i2")
    assert len(pcm) / 8000 == pytest.approx(0.5 + 0.28, abs=0.03)  # what was said, and the pause of a full stop
    assert 20 * np.log10(np.sqrt((pcm[:3200] / 32768.0) ** 2).mean()) == pytest.approx(-21, abs=2)
    await speaker.make(["滨河小区。"], within=LONG)
    assert service.texts == ["滨河小区。"]


@one_loop
async def test_callers_go_before_what_is_made_ahead(speaker: ClipSpeech, service: SpeechService) -> None:
    service.hold()
    assert speaker.prepare(["先的", "后一", "后二"]) == 3
    await arrived(service)
    waiting = asyncio.create_task(speaker.make(["急的", "后二"], within=LONG))
    await asyncio.sleep(0)
    service.release()
    await waiting
    await speaker.make(["后一"], within=LONG, urgent=False)
    assert service.texts == ["先的", "急的", "后二", "后一"]


async def test_behind_a_verdict_an_engine_is_asked_only_for_what_the_pieces_do_not_say(
    service: SpeechService, tmp_path: Path
) -> None:
    async with speech(settings(service), tmp_path) as speaking:
        await speaking.make(["准备好了"], within=LONG)
        service.texts.clear()
        service.arrived.acquire()
        tail, product = "编码尾号零二七三。", "青石胡同"
        await speaking.make([tail, product], within=0)
        assert speaking.sounds([tail])[0] is not None
        await arrived(service)
        assert service.texts == [product]


@one_loop
async def test_what_is_late_is_made_all_the_same(speaker: ClipSpeech, service: SpeechService) -> None:
    service.hold()
    await speaker.make(["迟来的"], within=0.05)
    assert speaker.sounds(["迟来的"]) == [None]
    service.release()
    await speaker.make(["迟来的"], within=LONG)
    assert speaker.sounds(["迟来的"]) != [None]
    assert service.texts == ["迟来的"]


@one_loop
async def test_a_worker_that_is_killed_is_replaced_and_its_text_spoken(
    speaker: ClipSpeech, service: SpeechService
) -> None:
    service.hold()
    waiting = asyncio.create_task(speaker.make(["被打断的"], within=LONG))
    await arrived(service)
    (pid,) = speaker.pids
    os.kill(pid, signal.SIGKILL)
    service.release()
    await waiting
    assert speaker.sounds(["被打断的"]) != [None]
    assert service.texts == ["被打断的", "被打断的"]
    assert pid not in speaker.pids


@one_loop
async def test_a_text_that_kills_workers_is_given_up_and_the_next_is_spoken(
    speaker: ClipSpeech, service: SpeechService
) -> None:
    service.hold()
    waiting = asyncio.create_task(speaker.make(["有毒的"], within=LONG))
    for _ in range(2):
        await arrived(service)
        (pid,) = speaker.pids
        os.kill(pid, signal.SIGKILL)
    await waiting
    assert speaker.sounds(["有毒的"]) == [None]
    service.release()
    await speaker.make(["没有毒的"], within=LONG)
    assert speaker.sounds(["没有毒的"]) != [None]


@one_loop
async def test_a_text_that_cannot_be_spoken_holds_nobody_up(speaker: ClipSpeech, service: SpeechService) -> None:
    service.status = 500
    await speaker.make(["说不出的"], within=LONG)
    await speaker.make(["第3次"], within=LONG)  # a digit, which no engine gets to see
    assert speaker.sounds(["说不出的", "第3次"]) == [None, None]
    service.status = 200
    await speaker.make(["说不出的"], within=LONG)
    assert speaker.sounds(["说不出的"]) != [None]
    assert service.texts == ["说不出的", "说不出的"]


async def test_the_end_waits_for_nobody_and_leaves_no_process(service: SpeechService, tmp_path: Path) -> None:
    before = {child.pid for child in children()}
    async with speech(settings(service, workers=2), tmp_path, Library(tmp_path, ())) as running:
        await running.make(["一句", "二句"], within=LONG)
        service.hold()
        held = asyncio.create_task(running.make(["三句", "四句", "五句"], within=LONG))
        await arrived(service)
    async with asyncio.timeout(10):
        await held
    assert {child.pid for child in children()} == before


async def test_an_engine_asked_for_by_name_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="gateway voice install"):
        async with speech(VoiceSettings(engine="kokoro", dir=tmp_path), tmp_path, Library(tmp_path, ())):
            pytest.fail("it cannot speak")
    async with speech(VoiceSettings(engine="auto", dir=tmp_path), tmp_path, Library(tmp_path, ())) as running:
        assert running.engines == 0
        await running.make(["滨河小区"], within=LONG)
        assert running.sounds(["滨河小区"]) == [None]
