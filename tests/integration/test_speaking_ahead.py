"""The telephone has answers spoken before it is rung, by real workers, and says how far it is."""

import asyncio
from pathlib import Path

from gateway.channels.asterisk.settings import AsteriskSettings
from gateway.hotline import Telephone
from gateway.store.books import SqlArchive
from gateway.voice.settings import CloudSettings, VoiceSettings
from tests.builders.calls import an_exchange, with_staff
from tests.builders.messages import CODES, VAULT
from tests.builders.store import sqlite_url, stocked
from tests.peers.ports import free_port
from tests.peers.speech import speech_service


async def test_words_of_a_lift_are_there_before_anybody_asks(tmp_path: Path) -> None:
    secret = tmp_path / "ami"
    secret.write_text("x" * 32)
    asterisk = AsteriskSettings(
        agi_listen=f"127.0.0.1:{free_port()}",
        ami_port=free_port(),  # no switch there: calls cannot come, words can be spoken
        ami_secret_file=secret,
        sounds_dir=tmp_path / "sounds",
    )
    url = sqlite_url(tmp_path)
    with speech_service() as service:
        voice = VoiceSettings(engine="http", workers=1, http=CloudSettings(url=service.url))
        async with stocked(url) as ledger, an_exchange(url, ledger, SqlArchive(ledger.database, VAULT, CODES)) as made:
            await made.dialogue.desk.archive.act(with_staff)
            telephone = Telephone(asterisk, voice, lambda *_: made.dialogue, made.clock, lambda: None)
            running = asyncio.create_task(telephone.run())
            async with asyncio.timeout(60):
                while not any("滨河小区" in text for text in service.texts):
                    assert await asyncio.to_thread(service.arrived.acquire, timeout=60)
            assert telephone.shown["engines"] == 1
            assert telephone.shown["prepared"] + telephone.shown["to_prepare"] > 0
            running.cancel()
            await asyncio.wait([running])
