"""Every step of a question's life has a time of its own, or says that it has none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from gateway.console.lifeline import Step, steps
from gateway.domain.outgoing import SegmentState
from gateway.domain.verdict import Verdict
from gateway.filing.board import Exchange
from gateway.filing.questions import Given, Life, Piece, Sent
from tests.builders.messages import NOW

MS = timedelta(milliseconds=1)


def a_life(
    *,
    replies: Sequence[Sent] = (),
    settled: timedelta | None = None,
    codes: int = 1,
    state: str = "answered",
    channel: str = "modem",
) -> Life:
    settled_at = NOW + settled if settled is not None else None
    asked = Exchange(
        UUID(int=1), NOW, channel, "sim1", "139****0001", "CX1", state, test=False, reply=None, verdict=None,
        took=settled,
    )  # fmt: skip
    given = [Given("1688012345678904", None, Verdict.GENUINE_FIRST, "first", [], 1, NOW, None) for _ in range(codes)]
    return Life(asked, "106573", "query", None, settled_at, whole=True, answers=given, replies=replies, tickets=[])


def a_reply(*pieces: Piece, after: timedelta = 6 * MS, settled: timedelta | None = None) -> Sent:
    settled_at = NOW + settled if settled is not None else None
    at = NOW + after
    return Sent(UUID(int=2), "modem", "sim1", "字", "sent", at, settled_at, moved=False, pieces=pieces)


def a_piece(
    state: SegmentState = SegmentState.ACCEPTED,
    *,
    position: int = 1,
    left: timedelta | None = 6 * MS,
    delivered: timedelta | None = None,
    submits: int = 1,
    attempts: int = 0,
    reason: str | None = None,
    due: datetime | None = None,
) -> Piece:
    at, there = (NOW + span if span is not None else None for span in (left, delivered))
    return Piece(position, "字", state, attempts, submits, "sim1", at, there, due, reason, "7")


def told(life: Life) -> list[tuple[str, int | None]]:
    """Return the steps with the milliseconds after the question; None: no time of their own."""
    return [(one.what, None if one.at is None else round((one.at - NOW) / MS)) for one in steps(life, str)]


def named(life: Life, what: str) -> Step:
    [found] = [one for one in steps(life, str) if one.what == what]
    return found


def test_what_one_transaction_did_has_one_time() -> None:
    life = a_life(replies=[a_reply(a_piece(), settled=3000 * MS)], settled=3000 * MS)
    assert told(life) == [
        ("收到", 0), ("判定：首次，正品", 6), ("写好答复", None), ("交 sim1 发送", None), ("运营商收下", 3000),
    ]  # fmt: skip
    assert named(life, "写好答复").why == "同时记下"
    assert (named(life, "写好答复").since, named(life, "写好答复").width) == (None, 0)
    assert named(life, "运营商收下").since == 2994 * MS


def test_a_reply_that_waited_for_its_line_left_at_its_own_time() -> None:
    life = a_life(replies=[a_reply(a_piece(left=900 * MS), settled=3000 * MS)], settled=3000 * MS)
    assert ("交 sim1 发送", 900) in told(life)


def test_of_several_segments_only_the_end_of_all_is_known() -> None:
    pieces = [a_piece(), a_piece(position=2, left=2000 * MS)]
    life = a_life(replies=[a_reply(*pieces, settled=4000 * MS)], settled=4000 * MS)
    assert told(life)[3:] == [("交 sim1 发送", None), ("交 sim1 发送", 2000), ("运营商都收下了", 4000)]


def test_earlier_tries_and_doubts_have_no_times() -> None:
    again = a_piece(SegmentState.UNCERTAIN, left=5000 * MS, submits=2, due=NOW + timedelta(seconds=60))
    life = a_life(replies=[a_reply(again)])
    assert told(life)[-2:] == [("交 sim1 发送", 5000), ("未定", None)]
    assert named(life, "未定").why == "没有记时"
    assert "第 2 次，前面的没有记时" in named(life, "交 sim1 发送").more
    failed = a_life(replies=[a_reply(a_piece(reason="not delivered: expired"), settled=900 * MS)], settled=900 * MS)
    assert told(failed)[-1] == ("没有送达", None)


def test_a_receipt_is_told_by_the_carrier_s_clock_even_where_that_is_behind() -> None:
    behind = a_piece(delivered=timedelta(seconds=-1))
    life = a_life(replies=[a_reply(behind, settled=900 * MS)], settled=900 * MS)
    delivered = named(life, "送达")
    assert (delivered.at, delivered.since, delivered.theirs) == (NOW - timedelta(seconds=1), None, True)
    assert told(life)[-1][0] == "送达"


def test_of_a_call_is_known_when_its_verdict_was_heard() -> None:
    assert told(a_life(settled=4000 * MS, channel="voice")) == [
        ("收到", 0), ("判定：首次，正品", None), ("听完结论", 4000),
    ]  # fmt: skip


def test_a_call_is_over_before_its_text_is_written() -> None:
    text = a_reply(a_piece(left=9000 * MS), after=9000 * MS, settled=9500 * MS)
    life = a_life(replies=[text], settled=4000 * MS, channel="voice")
    assert told(life)[1:4] == [("判定：首次，正品", None), ("听完结论", 4000), ("写好答复", 9000)]


def test_a_verdict_that_was_texted_because_nobody_heard_it_was_not_heard() -> None:
    text = a_reply(a_piece(left=3000 * MS), after=3000 * MS, settled=3500 * MS)
    life = a_life(replies=[text], settled=3000 * MS, channel="voice")
    assert "听完结论" not in [what for what, _ in told(life)]


def test_an_answer_without_a_text_ends_when_it_was_given() -> None:
    assert told(a_life(settled=20 * MS, codes=2)) == [
        ("收到", 0), ("判定：首次，正品", 20), ("判定：首次，正品", None), ("已答复", None),
    ]  # fmt: skip
    assert told(a_life(settled=20 * MS, codes=0, state="limited")) == [("收到", 0), ("问得太多，没有答", 20)]
    assert told(a_life(codes=0)) == [("收到", 0)]
