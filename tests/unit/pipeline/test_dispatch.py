"""Which segment leaves next by which line: pure, without a database."""

from collections import Counter
from datetime import datetime, timedelta

from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import DELAYS, EXPIRY, RECEIPT_GRACE, SegmentState
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.lines import TAKEOVER, Start
from tests.builders.messages import NOW, a_message
from tests.builders.pipeline import ScriptedLine, references


def a_dispatch(*lines: ScriptedLine) -> Dispatch:
    return Dispatch(lines or (ScriptedLine(),), references())


def start_all(dispatch: Dispatch, now: datetime = NOW) -> list[Start]:
    """Plan, store and start what may leave; return it."""
    starts = dispatch.plan(now)
    dispatch.stored(*dispatch.changes())
    for start in starts:
        dispatch.started(start, now)
    return starts


def settle_all(dispatch: Dispatch, starts: list[Start], outcome: Outcome, now: datetime = NOW) -> None:
    for start in starts:
        dispatch.settle(start.segment.id, outcome, now)
    dispatch.stored(*dispatch.changes())


def test_a_line_never_has_more_under_way_than_its_window() -> None:
    dispatch = a_dispatch(ScriptedLine(window=3))
    for _ in range(5):
        dispatch.add(a_message("一", "二"))
    first = start_all(dispatch)
    assert len(first) == 3
    assert start_all(dispatch) == []
    settle_all(dispatch, first[:1], Accepted("1"))
    assert len(start_all(dispatch)) == 1


def test_what_started_with_its_answer_waits_for_no_line() -> None:
    dispatch = a_dispatch(ScriptedLine(window=3))
    message = a_message()
    dispatch.add(message.with_segment(message.segments[0].starting()))
    assert dispatch.waiting == 0
    dispatch.add(a_message())
    assert dispatch.waiting == 1


def test_answers_overtake_bulk() -> None:
    dispatch = a_dispatch(ScriptedLine(window=2))
    reminder, answer = a_message("提醒", bulk=True), a_message("答")
    dispatch.add(reminder)
    dispatch.add(answer)
    assert [start.message.id for start in start_all(dispatch)] == [answer.id, reminder.id]


def test_segments_of_one_message_leave_in_their_order() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    dispatch.add(a_message("一", "二", "三"))
    left = []
    for _ in range(3):
        (start,) = start_all(dispatch)
        left.append(start.segment.text)
        settle_all(dispatch, [start], Accepted("1"))
    assert left == ["一", "二", "三"]
    assert dispatch.depth == 0


def test_a_part_that_waits_for_its_receipt_holds_nothing_up() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    dispatch.add(a_message("一", "二"))
    settle_all(dispatch, start_all(dispatch), Uncertain("no answer"))
    (start,) = start_all(dispatch)
    assert start.segment.text == "二"


def test_a_deferred_part_holds_up_those_behind_it() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    dispatch.add(a_message("一", "二"))
    settle_all(dispatch, start_all(dispatch), Deferred("busy"))
    assert start_all(dispatch) == []
    (start,) = start_all(dispatch, NOW + timedelta(seconds=2))
    assert start.segment.text == "一"


def test_the_rest_of_a_text_does_not_leave_without_a_part_that_was_refused() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    dispatch.add(a_message("一", "二", "三"))
    settle_all(dispatch, start_all(dispatch), Refused("forbidden word"))
    assert start_all(dispatch) == []
    assert dispatch.depth == 0


def test_what_was_deferred_takes_nothing_of_the_days_limit() -> None:
    dispatch = a_dispatch(ScriptedLine(daily_limit=2))
    dispatch.add(a_message())
    now = NOW
    for _ in range(3):
        settle_all(dispatch, start_all(dispatch, now), Deferred("busy"), now)
        now += DELAYS[-1]
    assert dispatch.returned() == {"one": 3}
    assert dispatch.returned() == {}
    dispatch.add(a_message())
    assert len(start_all(dispatch, now)) == 2
    dispatch.add(a_message())
    assert start_all(dispatch, now) == []


def test_what_could_not_be_stored_is_planned_again_as_if_nothing_had_been() -> None:
    dispatch = a_dispatch()
    message = a_message("一", "二")
    dispatch.add(message)
    for _ in range(3):
        starts = dispatch.plan(NOW)
        assert [start.segment.submits for start in starts] == [1, 1]
        dispatch.unplan(starts)
    assert len(start_all(dispatch)) == 2
    assert not dispatch.unsaved


def test_a_doubtful_start_goes_as_if_it_had_not_been_planned() -> None:
    dispatch = a_dispatch()
    message = a_message("一", "二")
    dispatch.add(message)
    starts = dispatch.plan(NOW)
    dispatch.unplan(starts)
    stored = message
    for start in starts:
        stored = stored.with_segment(start.segment)
    dispatch.reload([stored], NOW)
    assert [start.segment.submits for start in start_all(dispatch)] == [1, 1]


def test_a_reload_keeps_what_is_under_way_and_what_is_not_stored() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    sending, settled = a_message("一"), a_message("二")
    dispatch.add(sending)
    (start,) = start_all(dispatch)
    dispatch.add(settled)
    dispatch.reload([sending.with_segment(start.segment), settled], NOW)
    assert start_all(dispatch) == []
    dispatch.settle(start.segment.id, Accepted("1"), NOW)
    dispatch.reload([sending.with_segment(start.segment), settled], NOW)
    ended, changed = dispatch.changes()
    assert [message.id for message in ended] == [sending.id]
    assert {segment.state for message, segment in changed if message.id == sending.id} == {SegmentState.ACCEPTED}


def test_what_the_database_no_longer_holds_for_us_is_dropped_by_a_reload() -> None:
    dispatch = a_dispatch()
    dispatch.add(a_message())
    dispatch.reload([], NOW)
    assert dispatch.depth == 0
    assert start_all(dispatch) == []


def test_a_message_taken_over_while_it_was_under_way_frees_its_line() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    lost, next_one = a_message(), a_message()
    dispatch.add(lost)
    (start,) = start_all(dispatch)
    dispatch.forget([lost.id])
    dispatch.add(next_one)
    dispatch.settle(start.segment.id, Accepted("1"), NOW)
    assert [start.message.id for start in start_all(dispatch)] == [next_one.id]
    assert not dispatch.unsaved


def test_a_receipt_ends_an_uncertain_segment_but_not_one_under_way() -> None:
    dispatch = a_dispatch()
    message = a_message()
    dispatch.add(message)
    (start,) = start_all(dispatch)
    delivered = start.segment.settled(Accepted("1"), NOW)
    dispatch.receipt(message.id, delivered, NOW)
    assert dispatch.depth == 1
    settle_all(dispatch, [start], Uncertain("no answer"))
    dispatch.receipt(message.id, delivered, NOW)
    dispatch.stored(*dispatch.changes())
    assert dispatch.depth == 0
    dispatch.receipt(message.id, delivered, NOW)  # of a message long forgotten
    assert not dispatch.unsaved


def test_a_short_break_moves_nothing_and_a_long_one_moves_all() -> None:
    lines = ScriptedLine("one"), ScriptedLine("two")
    dispatch = a_dispatch(*lines)
    lines[0].ready = False
    for _ in range(3):
        dispatch.add(a_message())
    for seconds in (0, TAKEOVER.total_seconds()):
        dispatch.take_over(NOW + timedelta(seconds=seconds))
        assert start_all(dispatch, NOW + timedelta(seconds=seconds)) == []
    after = NOW + TAKEOVER + timedelta(milliseconds=1)
    dispatch.take_over(after)
    assert Counter(start.message.account for start in start_all(dispatch, after)) == {"two": 3}


def test_a_message_does_not_move_while_a_part_of_it_is_under_way() -> None:
    lines = ScriptedLine("one", window=1), ScriptedLine("two")
    dispatch = a_dispatch(*lines)
    dispatch.add(a_message("一", "二"))
    (start,) = start_all(dispatch)
    lines[0].ready = False
    dispatch.plan(NOW)
    later = NOW + TAKEOVER * 2
    dispatch.take_over(later)
    assert start_all(dispatch, later) == []
    settle_all(dispatch, [start], Accepted("1"), later)
    dispatch.take_over(later)
    moved = start_all(dispatch, later)
    assert [(start.message.account, start.segment.position) for start in moved] == [("two", 1), ("two", 2)]


def test_expiry_is_told_once_and_waits_for_what_is_under_way() -> None:
    dispatch = a_dispatch(ScriptedLine(window=1))
    dispatch.add(a_message("一", "二"))
    (start,) = start_all(dispatch)
    assert len(dispatch.expire(NOW + EXPIRY)) == 1
    for seconds in (1, 2, 3):
        assert dispatch.expire(NOW + EXPIRY + timedelta(seconds=seconds)) == []
    assert dispatch.depth == 1
    late = NOW + EXPIRY + timedelta(seconds=4)
    settle_all(dispatch, [start], Deferred("busy"), late)
    assert len(dispatch.expire(late)) == 1
    dispatch.stored(*dispatch.changes())
    assert dispatch.depth == 0


def test_a_message_that_came_to_its_end_unseen_ends_when_it_is_taken_up() -> None:
    dispatch = a_dispatch()
    message = a_message()
    done = message.with_segment(message.segments[0].starting().settled(Accepted("1"), NOW))
    dispatch.add(done)
    assert dispatch.changes() == ([done], [])
    dispatch.stored([done], [])
    assert dispatch.depth == 0


def test_the_clock_is_not_watched_for_messages_that_ended() -> None:
    dispatch = a_dispatch(ScriptedLine(window=5000))
    for _ in range(5000):
        dispatch.add(a_message())
    settle_all(dispatch, start_all(dispatch), Accepted("1"))
    assert dispatch.depth == 0
    assert _entries(dispatch) < 500


def _entries(dispatch: Dispatch) -> int:
    kept = [value for value in vars(dispatch).values() if isinstance(value, dict | set | list)]
    return sum(map(len, kept))


def test_an_unknown_account_waits_for_whoever_can_carry_it() -> None:
    line = ScriptedLine("one")
    dispatch = a_dispatch(line)
    line.ready = False
    dispatch.add(a_message(account="gone"))
    dispatch.take_over(NOW)
    assert start_all(dispatch) == []
    assert dispatch.waiting == 1
    line.ready = True
    dispatch.take_over(NOW)
    assert [start.message.account for start in start_all(dispatch)] == ["one"]


def test_a_paused_line_sends_nothing_and_gives_away_what_waits_for_it() -> None:
    dispatch = a_dispatch(ScriptedLine("one"), ScriptedLine("two"))
    dispatch.pause({"one"})
    message = a_message()
    dispatch.add(message)
    assert start_all(dispatch) == []
    assert dispatch.room("one", [], NOW) == 0
    dispatch.take_over(NOW)
    assert [start.message.account for start in start_all(dispatch)] == ["two"]
    dispatch.add(a_message())
    dispatch.pause(set())
    assert [start.message.account for start in start_all(dispatch)] == ["one"]


def test_a_paused_line_still_brings_receipts_so_what_waits_for_one_goes_by_no_other_before_its_time() -> None:
    dispatch = a_dispatch(ScriptedLine("one"), ScriptedLine("two"))
    dispatch.add(a_message())
    settle_all(dispatch, start_all(dispatch), Uncertain("stopped in between"))
    dispatch.pause({"one"})
    soon = NOW + RECEIPT_GRACE - timedelta(seconds=1)
    dispatch.take_over(soon)
    assert start_all(dispatch, soon) == []
    later = NOW + RECEIPT_GRACE
    dispatch.take_over(later)
    assert [start.message.account for start in start_all(dispatch, later)] == ["two"]


def test_a_paused_line_keeps_what_no_other_can_carry() -> None:
    dispatch = a_dispatch(ScriptedLine("one"))
    dispatch.pause({"one"})
    dispatch.add(a_message())
    dispatch.take_over(NOW)
    assert (start_all(dispatch), dispatch.waiting) == ([], 1)
    dispatch.pause(())
    assert len(start_all(dispatch)) == 1
