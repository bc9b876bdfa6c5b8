"""What each outcome does to a segment, and what its segments make of a message."""

from datetime import timedelta

import pytest

from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import DELAYS, RECEIPT_GRACE, Message, MessageState, Segment, SegmentState
from gateway.text.segments import split
from tests.builders.messages import NOW, SHORT_CODE, a_message

ACCEPTED, DEFERRED, REFUSED, UNCERTAIN = Accepted("7"), Deferred("busy"), Refused("never"), Uncertain("no answer")


def tried(segment: Segment, *outcomes: Outcome) -> Segment:
    """Send a segment so often, each time with this outcome."""
    for outcome in outcomes:
        segment = segment.starting().settled(outcome, NOW)
    return segment


def a_segment() -> Segment:
    return a_message().segments[0]


def with_outcomes(message: Message, *outcomes: Outcome | None) -> Message:
    for segment, outcome in zip(message.segments, outcomes, strict=False):
        if outcome is not None:
            message = message.with_segment(tried(segment, outcome))
    return message


# -- segments ----------------------------------------------------------------------------------------


def test_a_segment_that_starts_counts_before_its_first_byte_leaves() -> None:
    started = a_segment().starting()
    assert (started.state, started.submits, started.due_at, started.waits) == (SegmentState.SENDING, 1, None, False)


def test_deferred_is_tried_again_ever_later_and_then_elsewhere() -> None:
    segment, waits = a_segment(), []
    for _ in DELAYS:
        segment = tried(segment, DEFERRED)
        assert segment.due_at is not None
        waits.append(segment.due_at - NOW)
        assert not segment.stranded
    assert tuple(waits) == DELAYS
    assert tried(segment, DEFERRED).stranded
    assert segment.submits == 0


def test_a_far_end_that_names_a_time_is_given_it() -> None:
    asked = Deferred("throttled", after=timedelta(seconds=30))
    assert tried(a_segment(), asked).due_at == NOW + timedelta(seconds=30)
    hasty = Deferred("throttled", after=timedelta(seconds=1))
    assert tried(a_segment(), hasty).due_at == NOW + DELAYS[0]


def test_uncertain_waits_for_its_receipt_goes_once_more_and_is_done() -> None:
    once = tried(a_segment(), UNCERTAIN)
    assert (once.due_at, once.waits) == (NOW + RECEIPT_GRACE, True)
    twice = tried(once, UNCERTAIN)
    assert (twice.submits, twice.waits, twice.stranded) == (2, False, False)


def test_deferred_on_its_second_try_stays_uncertain_and_keeps_its_one_resend() -> None:
    segment = tried(a_segment(), UNCERTAIN, DEFERRED)
    assert (segment.state, segment.submits, segment.waits) == (SegmentState.UNCERTAIN, 1, True)
    assert tried(segment, ACCEPTED).state is SegmentState.ACCEPTED


@pytest.mark.parametrize("outcome", [ACCEPTED, REFUSED])
def test_accepted_and_refused_are_ends(outcome: Outcome) -> None:
    segment = tried(a_segment(), outcome)
    assert (segment.waits, segment.stranded, segment.due_at) == (False, False, None)


# -- messages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((ACCEPTED, None), MessageState.OPEN),
        ((REFUSED, None), MessageState.OPEN),
        ((ACCEPTED, DEFERRED), MessageState.OPEN),
        ((ACCEPTED, UNCERTAIN), MessageState.OPEN),
        ((ACCEPTED, ACCEPTED), MessageState.SENT),
        ((ACCEPTED, REFUSED), MessageState.REFUSED),
    ],
)
def test_a_message_is_open_until_each_segment_has_an_end_and_then_the_worst_of_them(
    outcomes: tuple[Outcome | None, ...], state: MessageState
) -> None:
    assert with_outcomes(a_message("一", "二"), *outcomes).state() is state


def test_a_segment_under_way_keeps_its_message_open() -> None:
    message = a_message()
    assert message.with_segment(message.segments[0].starting()).state() is MessageState.OPEN


def test_expiry_gives_up_what_never_left_and_leaves_open_what_may_have() -> None:
    message = with_outcomes(a_message("一", "二", "三", "四"), ACCEPTED, UNCERTAIN, DEFERRED)
    expired = message.expired()
    states = [segment.state for segment in expired.segments]
    assert states == [SegmentState.ACCEPTED, SegmentState.UNCERTAIN, SegmentState.EXPIRED, SegmentState.EXPIRED]
    assert expired.state() is MessageState.EXPIRED
    assert expired.expired() == expired


def test_expiry_leaves_a_segment_under_way_to_its_outcome() -> None:
    message = a_message("一", "二")
    expired = message.with_segment(message.segments[0].starting()).expired()
    assert [segment.state for segment in expired.segments] == [SegmentState.SENDING, SegmentState.EXPIRED]
    assert expired.state() is MessageState.OPEN


def test_a_message_that_never_left_may_change_its_line_again_and_again() -> None:
    message = a_message("一", "二")
    for number in range(3):
        moved = message.on_line("modem", f"line {number}", number, NOW)
        assert moved is not None
        assert not moved.moved
        message = moved
    assert (message.account, message.reference) == ("line 2", 2)


def test_a_message_that_moves_has_another_reference_even_when_chance_gives_the_old_one() -> None:
    for old in (11, 255):
        moved = a_message("一", "二", reference=old).on_line("modem", "other", old, NOW)
        assert moved is not None
        assert moved.reference not in (old, 256)


def test_a_message_half_out_moves_as_a_whole_and_only_once() -> None:
    message = with_outcomes(a_message("一", "二"), ACCEPTED)
    moved = message.on_line("modem", "other", 99, NOW)
    assert moved is not None
    assert [segment.state for segment in moved.segments] == [SegmentState.QUEUED] * 2
    assert [segment.submits for segment in moved.segments] == [1, 0]
    assert moved.segments[0].peer_ref is None, "a receipt of the old line is not for this one"
    assert moved.on_line("modem", "third", 100, NOW) is None


def test_a_message_with_a_segment_sent_twice_never_moves() -> None:
    message = a_message("一", "二")
    twice = message.with_segment(tried(message.segments[0], UNCERTAIN, UNCERTAIN))
    assert twice.on_line("modem", "other", 99, NOW) is None


def test_parts_carry_their_place_and_a_lone_segment_none() -> None:
    texts = split("【放心100】" + "字" * 100)
    message = a_message(*texts, reference=200)
    places = [message.submission(segment).concat for segment in message.segments]
    assert [(place.reference, place.total, place.number) for place in places if place] == [(200, 2, 1), (200, 2, 2)]
    alone = a_message()
    submission = alone.submission(alone.segments[0])
    assert (submission.concat, submission.source, submission.recipient) == (None, SHORT_CODE, alone.recipient)
