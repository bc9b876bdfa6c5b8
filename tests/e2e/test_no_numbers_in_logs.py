"""Nobody's number, ID number or PIN in clear in the log or in the database (DOMAIN T12, 2.0)."""

import asyncio
import re
from pathlib import Path

import pytest

from gateway.emulators.modem import emulated_network
from tests.e2e.test_serve import LIMIT, a_modem, serving, written
from tests.peers.site import Site

IDENTITY, PIN, OTHER = "110101199003077176", "73519824", "13712349876"
SENDERS = [f"1391234{person:04}" for person in range(9)]
TEXTS = [
    "电梯012345",
    f"JB 1688012345678904 卖家{OTHER} 身份证{IDENTITY}",
    IDENTITY,
    OTHER,
    f"CX{IDENTITY[:17]}",
    f"CQ 蒙C12345 #{PIN}",
    f"我是{IDENTITY}，请打+86{OTHER}",
    "长" * 80 + IDENTITY,
    "TD",
]

pytestmark = pytest.mark.timeout(240)


async def test_neither_the_log_nor_the_database_shows_a_number(shared: Site, tmp_path: Path) -> None:
    log = tmp_path / "log"
    async with emulated_network(tmp_path, 1) as network:
        port = written(shared, a_modem(network, pin="86420975"))
        async with serving(shared, port, log) as service:
            await service.until("ttyEMU0", lambda line: line["ready"])
            for sender, text in zip(SENDERS, TEXTS, strict=True):
                await network.text(sender, text, 0)
            for sender in SENDERS:
                await network.handset(sender).next_reply(LIMIT)
            network.modems[0].switch(cms_error_times=1)  # an error has words of its own
            await network.text("13912349999", "电梯012345", 0)
            await network.handset("13912349999").next_reply(LIMIT)
            shown = "".join([(await service.get(page))[1] for page in ("/readyz", "/metrics")])
        said = service.said()
    assert '"message": "answered"' in said
    # An inquiry's id and the fraction of a second may hold eleven digits in a row.
    assert not re.findall(r"(?<![0-9a-f.])1[3-9]\d{9}(?![0-9a-f])", said + shown)
    secrets = [IDENTITY, IDENTITY[6:14], PIN, "86420975", *SENDERS, "13912349999"]
    assert [secret for secret in secrets if secret in said + shown] == []
    assert "请打" not in said, "nor any text"
    stored = b"".join([await asyncio.to_thread(path.read_bytes) for path in shared.file.parent.glob("gateway.db*")])
    assert b"012345" in stored
    assert [secret for secret in (IDENTITY, PIN, *SENDERS, "13912349999") if secret.encode() in stored] == []
