"""What every channel must do; each runs this suite with its emulated peer."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.channels.loopback.channel import Arrival, LoopbackChannel
from gateway.domain.address import Address
from gateway.domain.message import Part, Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.ports import Channel
from tests.peers.modem_line import CITIZEN, ModemLine, Shelf, a_submission, modem_line, running, until


class Peer(ABC):
    """The far end of a channel, with switches."""

    @abstractmethod
    async def text(self, text: str) -> None:
        """Bring a text from the citizen."""

    @abstractmethod
    def unacknowledged(self) -> int:
        """Return how many items the far end still keeps for the gateway."""

    @abstractmethod
    def reached(self) -> list[str]:
        """Return the texts that the citizen got."""

    @abstractmethod
    def answer_once(self, kind: type[Outcome]) -> None:
        """Make the next segment refused, deferred, or taken without a word."""

    @abstractmethod
    def vanish(self) -> None:
        """Be gone until `come_back`."""

    @abstractmethod
    def come_back(self) -> None:
        """Be there again."""


@dataclass(slots=True)
class Rig:
    channel: Channel
    peer: Peer
    shelf: Shelf


class ChannelContract:
    """Subclassed once per channel, with its rig."""

    async def test_it_says_what_it_is(self, rig: Rig) -> None:
        assert rig.channel.kind
        assert rig.channel.account
        assert rig.channel.window >= 1
        assert rig.channel.daily_limit is None or rig.channel.daily_limit > 0

    async def test_it_reaches_a_mobile_and_nobody_without_a_number(self, rig: Rig) -> None:
        assert rig.channel.reaches(Address.parse(CITIZEN))
        assert not rig.channel.reaches(Address(""))

    async def test_a_segment_reaches_the_citizen_as_it_was(self, rig: Rig) -> None:
        outcome = await rig.channel.send(a_submission("正品，放心使用"))
        assert isinstance(outcome, Accepted)
        assert outcome.peer_ref
        assert rig.peer.reached() == ["正品，放心使用"]

    async def test_two_segments_have_two_references(self, rig: Rig) -> None:
        first, second = [await rig.channel.send(a_submission()) for _ in range(2)]
        assert isinstance(first, Accepted)
        assert isinstance(second, Accepted)
        assert first.peer_ref != second.peer_ref

    async def test_silence_is_uncertain(self, rig: Rig) -> None:
        rig.peer.answer_once(Uncertain)
        assert isinstance(await rig.channel.send(a_submission()), Uncertain)
        assert isinstance(await rig.channel.send(a_submission()), Accepted)

    async def test_a_refusal_is_final_and_the_next_is_tried(self, rig: Rig) -> None:
        rig.peer.answer_once(Refused)
        assert isinstance(await rig.channel.send(a_submission()), Refused)
        assert isinstance(await rig.channel.send(a_submission()), Accepted)
        assert len(rig.peer.reached()) == 1

    async def test_later_means_that_nothing_left(self, rig: Rig) -> None:
        rig.peer.answer_once(Deferred)
        assert isinstance(await rig.channel.send(a_submission()), Deferred)
        assert rig.peer.reached() == []

    async def test_a_far_end_that_is_gone_defers_until_it_is_back(self, rig: Rig) -> None:
        rig.peer.vanish()
        await until(lambda: not rig.channel.ready)
        assert isinstance(await rig.channel.send(a_submission("太早")), Deferred)
        rig.peer.come_back()
        await until(lambda: rig.channel.ready)
        assert isinstance(await rig.channel.send(a_submission("正好")), Accepted)
        assert rig.peer.reached() == ["正好"]

    async def test_a_text_is_handed_on_and_then_acknowledged(self, rig: Rig) -> None:
        await rig.peer.text("茅台 1234")
        await rig.shelf.until(lambda shelf: shelf.parts)
        part = rig.shelf.parts[0]
        assert (part.channel, part.account) == (rig.channel.kind, rig.channel.account)
        assert (part.text, part.sender) == ("茅台 1234", Address.parse(CITIZEN))
        await until(lambda: rig.peer.unacknowledged() == 0)

    async def test_what_cannot_be_stored_is_kept_and_comes_again_as_the_same(self, rig: Rig) -> None:
        keys: list[bytes] = []

        def refuse_twice(item: object) -> bool:
            keys.append(item.key if isinstance(item, Part) else b"")
            return len(keys) <= 2

        rig.shelf.refuse = refuse_twice
        await rig.peer.text("kept")
        await until(lambda: keys)
        assert rig.peer.unacknowledged() == 1
        await rig.shelf.until(lambda shelf: shelf.parts)
        await until(lambda: rig.peer.unacknowledged() == 0)
        assert len(keys) == 3
        assert len(set(keys)) == 1

    async def test_one_text_that_cannot_be_stored_keeps_no_other(self, rig: Rig) -> None:
        rig.shelf.refuse = lambda item: isinstance(item, Part) and item.text == "stuck"
        for text in ("stuck", "through"):
            await rig.peer.text(text)
        await rig.shelf.until(lambda shelf: shelf.texts == ["through"])
        await until(lambda: rig.peer.unacknowledged() == 1)

    async def test_a_cancelled_send_leaves_the_line_usable(self, rig: Rig) -> None:
        task = asyncio.create_task(rig.channel.send(a_submission("取消")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert isinstance(await rig.channel.send(a_submission("照发")), Accepted)
        assert rig.peer.reached()[-1] == "照发"


class LoopbackPeer(Peer):
    def __init__(self) -> None:
        self.channel = LoopbackChannel(respond=self.respond, silence=0.01, bring_again=0.01)
        self.arrivals: list[Arrival] = []
        self.got: list[str] = []
        self.once: type[Outcome] | None = None

    async def respond(self, submission: Submission) -> Outcome:
        kind, self.once = self.once, None
        if kind is Refused or kind is Deferred:
            return kind("as told")
        self.got.append(submission.text)
        return Uncertain("as told") if kind is Uncertain else Accepted(str(submission.segment))

    async def text(self, text: str) -> None:
        now = datetime.now(UTC)
        sender, number = Address.parse(CITIZEN), Address("12365")
        part = Part("loopback", self.channel.account, text.encode(), sender, number, text, now)
        self.arrivals.append(self.channel.arrive(part))

    def unacknowledged(self) -> int:
        return sum(not arrival.acknowledged.is_set() for arrival in self.arrivals)

    def reached(self) -> list[str]:
        return self.got

    def answer_once(self, kind: type[Outcome]) -> None:
        self.once = kind

    def vanish(self) -> None:
        self.channel.faults.down = True

    def come_back(self) -> None:
        self.channel.faults.down = False


class ModemPeer(Peer):
    def __init__(self, line: ModemLine) -> None:
        self.line = line

    async def text(self, text: str) -> None:
        await self.line.network.text(CITIZEN, text)

    def unacknowledged(self) -> int:
        return sum(len(self.line.modem.phone.memories[name]) for name in ("SM", "ME"))

    def reached(self) -> list[str]:
        return [segment.text for segment in self.line.network.handset(CITIZEN).segments]

    def answer_once(self, kind: type[Outcome]) -> None:
        if kind is Uncertain:
            self.line.modem.switch(silent_after_pdu_times=1)
        else:
            # 1: unassigned number; 42: congestion (3GPP TS 24.011 §8.2.5.4).
            self.line.modem.switch(cms_error=1 if kind is Refused else 42, cms_error_times=1)

    def vanish(self) -> None:
        self.line.modem.unplug()

    def come_back(self) -> None:
        self.line.modem.plug()


@asynccontextmanager
async def loopback_rig(_: Path) -> AsyncIterator[Rig]:
    peer, shelf = LoopbackPeer(), Shelf()
    async with running(peer.channel, shelf):
        await until(lambda: peer.channel.ready)
        yield Rig(peer.channel, peer, shelf)


@asynccontextmanager
async def modem_rig(folder: Path) -> AsyncIterator[Rig]:
    async with modem_line(folder, submit_timeout=0.2) as line:
        yield Rig(line.channel, ModemPeer(line), line.shelf)


class TestLoopbackChannel(ChannelContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with loopback_rig(tmp_path) as rig:
            yield rig

    async def test_a_silent_far_end_can_be_switched_on(self, rig: Rig) -> None:
        assert isinstance(rig.channel, LoopbackChannel)
        rig.channel.faults.silent = True
        assert isinstance(await rig.channel.send(a_submission()), Uncertain)


class TestModemChannel(ChannelContract):
    @pytest.fixture
    async def rig(self, tmp_path: Path) -> AsyncIterator[Rig]:
        async with modem_rig(tmp_path) as rig:
            yield rig
