"""The telephone deletes recordings by the time it is told, and none before it is told any."""

import asyncio
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway import hotline
from gateway.channels.asterisk.settings import AsteriskSettings
from gateway.channels.asterisk.sounds import RECORDINGS
from gateway.hotline import Telephone
from gateway.store.books import SqlArchive
from gateway.voice.settings import VoiceSettings
from tests.builders.calls import an_exchange
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import sqlite_url, stocked
from tests.peers.hotline import until
from tests.peers.ports import free_port


async def test_nothing_is_deleted_before_the_time_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotline, "AGAIN", 0.01)
    old = tmp_path / "sounds" / RECORDINGS / "complaint-1-1.wav"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"RIFF")
    os.utime(old, (NOW.timestamp(), NOW.timestamp()))
    (tmp_path / "ami").write_text("x" * 32)
    asterisk = AsteriskSettings(
        agi_listen=f"127.0.0.1:{free_port()}",
        ami_port=free_port(),
        ami_secret_file=tmp_path / "ami",
        sounds_dir=tmp_path / "sounds",
    )
    told: list[datetime | None] = [None]
    asked: list[bool] = []

    def forget_before() -> datetime | None:
        asked.append(old.exists())
        return told[0]

    url = sqlite_url(tmp_path)
    async with stocked(url) as ledger, an_exchange(url, ledger, SqlArchive(ledger.database, VAULT, CODES)) as made:
        telephone = Telephone(
            asterisk, VoiceSettings(engine="none"), lambda *_: made.dialogue, made.clock, forget_before
        )
        running = asyncio.create_task(telephone.run())
        async with asyncio.timeout(30):
            await until(lambda: len(asked) > 2)
            assert all(asked)
            told[0] = NOW + timedelta(seconds=1)
            await until(lambda: not old.exists())
        running.cancel()
        await asyncio.wait([running])
