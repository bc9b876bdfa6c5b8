"""Operators' words in the database: one draft, two people, what is live, and back."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from gateway.bus.local import LocalBus
from gateway.console.usage import Usage
from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.proof import Published, Source
from gateway.domain.trace import Standing
from gateway.domain.verdict import Decision, Verdict
from gateway.filing import drafts
from gateway.filing.drafts import Edit
from gateway.filing.wordings import LIVE, Trial, Wording
from gateway.jobs.wordings import Follower
from gateway.ports import Answered, Ended, News, Unit
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.statements import first_id
from tests.builders.messages import CODES, NOW, VAULT, ManualClock, an_inquiry

LI, CHEN = Actor("user:li", Role.WORDING), Actor("user:chen", Role.WORDING)
KEY = "lpg", "cyl_ok"
SHIPPED = Source(*KEY, "可用。", "可用。")


def edit(sms: str, was: str = "", base: int = 0) -> Edit:
    return Edit(Source(*KEY, sms, ""), was, base)


async def saved(archive: SqlArchive, sms: str, actor: Actor = LI, was: str = "", base: int = 0) -> Wording:
    return await archive.act(lambda books: drafts.save(books, actor, edit(sms, was, base), uuid4(), NOW))


async def published(archive: SqlArchive, sms: str, base: int = 0) -> int:
    draft = await saved(archive, sms, base=base)
    await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "因为", NOW))
    return await archive.act(lambda books: drafts.approve(books, CHEN, draft.id, draft.hash, NOW))


async def live(archive: SqlArchive) -> list[tuple[int | None, str]]:
    return [(one.version, one.sms) for one in await archive.look(lambda books: books.wordings.live())]


async def roll_back(archive: SqlArchive, version: int) -> None:
    await archive.act(lambda books: drafts.roll_back(books, LI, KEY, version, SHIPPED, uuid4(), NOW))


async def test_what_two_people_pass_is_live_and_counted(archive: SqlArchive) -> None:
    before = await archive.look(lambda books: books.wordings.counter())
    assert await published(archive, "一") == 1
    assert await published(archive, "二", base=1) == 2
    assert await live(archive) == [(2, "二")]
    history = await archive.look(lambda books: books.wordings.history(*KEY))
    assert [(one.version, one.author, one.reviewer) for one in history] == [
        (2, "user:li", "user:chen"),
        (1, "user:li", "user:chen"),
    ]
    assert await archive.look(lambda books: books.wordings.counter()) == before + 2
    assert await archive.look(lambda books: books.wordings.drafts()) == []
    assert await archive.look(lambda books: books.audit.fault()) is None


async def test_nobody_passes_what_he_edited(archive: SqlArchive) -> None:
    draft = await saved(archive, "一", CHEN)
    draft = await saved(archive, "二", LI, was=draft.hash)
    await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "", NOW))
    for actor in (LI, CHEN):  # both had a hand in it
        with pytest.raises(Refusal) as refused:
            await archive.act(lambda books, actor=actor: drafts.approve(books, actor, draft.id, draft.hash, NOW))  # type: ignore[misc] # bound now
        assert refused.value.why is Why.FORBIDDEN
    with pytest.raises(Refusal):
        await archive.act(lambda books: drafts.publish(books, LI, KEY, draft.hash, "", NOW))
    regulator = Actor("user:gao", Role.REGULATOR)
    with pytest.raises(Refusal):
        await archive.act(lambda books: drafts.approve(books, regulator, draft.id, draft.hash, NOW))
    assert await live(archive) == []


async def test_an_edit_takes_a_request_back(archive: SqlArchive) -> None:
    draft = await saved(archive, "一")
    await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "", NOW))
    await saved(archive, "二", was=draft.hash)
    with pytest.raises(Refusal) as refused:
        await archive.act(lambda books: drafts.approve(books, CHEN, draft.id, draft.hash, NOW))
    assert refused.value.why is Why.CONFLICT
    with pytest.raises(Refusal):  # nor does he who saw the old one submit the new one
        await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "", NOW))


async def test_a_stale_edit_overwrites_nothing(archive: SqlArchive) -> None:
    first = await saved(archive, "一")
    with pytest.raises(Refusal, match="li刚改过"):
        await saved(archive, "二", CHEN)
    assert (await saved(archive, "一", CHEN)).hash == first.hash  # the same text is no conflict
    await roll_on(archive)
    with pytest.raises(Refusal, match="有人发布了第 1 版"):
        await publish_draft(archive)
    await archive.act(lambda books: drafts.rebase(books, LI, KEY, NOW))
    assert await publish_draft(archive) == 2


async def roll_on(archive: SqlArchive) -> None:
    """Publish a version beside the draft, as somebody with an older page would have."""

    def work(books: SqlBooks) -> None:
        draft = books.wordings.draft(*KEY)
        assert draft is not None
        other = replace(draft, id=uuid4(), version=1, state=LIVE, reviewer="user:chen", published_at=NOW)
        books.wordings.put(other)

    await archive.act(work)


async def publish_draft(archive: SqlArchive) -> int:
    draft = (await archive.look(lambda books: books.wordings.drafts()))[0]
    await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "", NOW))
    admin = Actor("user:na", Role.ADMIN)
    return await archive.act(lambda books: drafts.approve(books, admin, draft.id, draft.hash, NOW))


async def test_back_in_one_step_and_forth_again(archive: SqlArchive) -> None:
    await published(archive, "一")
    await published(archive, "二", base=1)
    await roll_back(archive, 1)
    assert await live(archive) == [(1, "一")]
    [draft] = await archive.look(lambda books: books.wordings.drafts())
    assert (draft.sms, draft.base) == ("二", 1)
    await roll_back(archive, 0)
    assert await live(archive) == []
    await roll_back(archive, 2)
    assert await live(archive) == [(2, "二")]
    for version in (2, 7):
        with pytest.raises(Refusal):
            await roll_back(archive, version)


async def test_declining_takes_a_sentence(archive: SqlArchive) -> None:
    draft = await saved(archive, "一")
    await archive.act(lambda books: drafts.submit(books, LI, KEY, draft.hash, "", NOW))
    with pytest.raises(Refusal) as refused:
        await archive.act(lambda books: drafts.decline(books, CHEN, draft.id, draft.hash, "  ", NOW))
    assert refused.value.field == "why"
    await archive.act(lambda books: drafts.decline(books, CHEN, draft.id, draft.hash, "太长", NOW))
    [now] = await archive.look(lambda books: books.wordings.drafts())
    assert (now.state, now.answer) == ("declined", "太长")


async def test_every_process_takes_over_what_is_live_and_says_so(archive: SqlArchive) -> None:
    heard: list[Published] = []

    def adopt(sms: Published, voice: Published) -> list[str]:
        heard.append(dict(sms))
        assert voice == {}
        return ["cyl_ok: broken"] if sms.get(KEY) == (1, "坏") else []

    one = uuid4()
    follower = Follower(archive, adopt, one, ManualClock())
    await follower.look()
    await follower.look()
    assert heard == [{}]  # nothing changed: nothing is compiled again
    await published(archive, "坏")
    await follower.look()
    assert heard[-1] == {KEY: (1, "坏")}
    [node] = await archive.look(lambda books: books.wordings.nodes(NOW - timedelta(hours=1)))
    assert (node["holder"], node["faults"]) == (one, ["cyl_ok: broken"])
    assert node["counter"] == await archive.look(lambda books: books.wordings.counter())


async def test_who_hears_of_it_need_not_look_for_it(ledger: SqlLedger, archive: SqlArchive) -> None:
    bus, adopted = LocalBus(), asyncio.Event()

    def adopt(sms: Published, _: Published) -> list[str]:
        if sms.get(KEY) == (1, "一"):
            adopted.set()
        return []

    class OnlyNews:
        async def rung(self, _: float) -> bool:
            return await bell.rung(3600)

    bell = bus.bell(News.WORDS)
    here = SqlArchive(ledger.database, VAULT, CODES, bus.ring)
    async with asyncio.TaskGroup() as tasks:
        following = tasks.create_task(Follower(archive, adopt, None, ManualClock()).run(OnlyNews()))
        await published(here, "一")
        async with asyncio.timeout(60):
            await adopted.wait()
        following.cancel()


async def test_nothing_is_announced_that_was_not_done(ledger: SqlLedger) -> None:
    rung: list[News] = []
    archive = SqlArchive(ledger.database, VAULT, CODES, rung.append)

    def undone(books: SqlBooks) -> None:
        books.announce(News.WORDS)
        raise Refusal(Why.CONFLICT, "不行")

    with pytest.raises(Refusal):
        await archive.act(undone)
    assert rung == []
    await published(archive, "一")
    await roll_back(archive, 0)
    assert rung == [News.WORDS, News.WORDS]


async def test_a_trial_is_kept_by_its_draft(archive: SqlArchive) -> None:
    trial = Trial(*KEY, "trial", "a" * 64, "running", 1, 2, NOW, NOW, None)
    await archive.act(lambda books: books.wordings.put_trial(trial))
    done = replace(trial, state="done", result={"rows": 2})
    await archive.act(lambda books: books.wordings.put_trial(done))
    assert await archive.look(lambda books: books.wordings.trial(*KEY, "trial")) == done
    assert await archive.look(lambda books: books.wordings.trial(*KEY, "replay")) is None
    total, ids = await archive.look(lambda books: books.wordings.sample(["liquor", "lpg"], 1))
    assert (total >= len(ids), len(ids)) == (True, min(total, 1))
    assert len(await archive.look(lambda books: books.wordings.rows([*ids, "lpg/nothing"]))) == len(ids)
    assert await archive.look(lambda books: books.wordings.asked(10)) == []


async def test_what_was_told_of_late_is_known_and_each_day_is_looked_at_once(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    def told(verdict: str, at: datetime) -> None:
        inquiry = replace(an_inquiry("CX1"), id=UUID(int=first_id(at).int + 1), received_at=at)
        answer = Answered(inquiry.id, 1, None, "liquor", Decision(Verdict(verdict), "x"), Standing(1, at))
        work.append((inquiry, answer))

    work: list[tuple[Inquiry, Answered]] = []
    told("GENUINE_FIRST", NOW - timedelta(days=31))
    told("REPEAT_WARN", NOW - timedelta(days=29, hours=23))
    told("EXPIRED", NOW - timedelta(minutes=1))

    def ask(unit: Unit) -> None:
        unit.inbox.add_ended([(one, Ended(one.id, InquiryState.ANSWERED)) for one, _ in work], NOW)
        unit.inbox.answered([answer for _, answer in work])
        work.clear()

    await ledger.run(ask)
    usage = Usage(archive)
    assert await usage.lately(NOW) == {("liquor", "REPEAT_WARN"), ("liquor", "EXPIRED")}
    told("RECALLED", NOW - timedelta(minutes=30))  # answered half an hour after it came
    told("UNKNOWN", NOW - timedelta(days=7))  # nobody answers so late: that day is not looked at again
    await ledger.run(ask)
    assert await usage.lately(NOW + timedelta(minutes=1)) - {("liquor", "REPEAT_WARN")} == {
        ("liquor", "EXPIRED"),
        ("liquor", "RECALLED"),
    }
    later = await usage.lately(NOW + timedelta(days=2))
    assert ("liquor", "REPEAT_WARN") not in later
