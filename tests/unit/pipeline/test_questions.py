"""The open questions of a process: weighed once, tried again, never forgotten by a reload."""

from datetime import timedelta
from functools import partial

import pytest

from gateway.domain.address import Address
from gateway.pipeline.questions import GIVE_UP_AFTER, RETRY_AFTER, Questions, is_hopeless
from gateway.pipeline.reading import read
from tests.builders.messages import NOW, an_inquiry
from tests.builders.pipeline import NoBadges, OpenLimiter


@pytest.fixture
def limiter() -> OpenLimiter:
    return OpenLimiter()


@pytest.fixture
def questions(limiter: OpenLimiter) -> Questions:
    return Questions(partial(read, lift_digits=6), limiter, NoBadges())


async def test_they_are_taken_in_the_order_they_came_and_no_more_than_asked_for(questions: Questions) -> None:
    asked = [an_inquiry(str(number)) for number in range(5)]
    questions.add(asked)
    taken = [one.inquiry for one in await questions.take(3, NOW)]
    assert taken == asked[:3]
    assert len(questions) == 2


async def test_what_the_limits_said_stands_however_often_it_is_tried(
    questions: Questions, limiter: OpenLimiter
) -> None:
    inquiry = an_inquiry()
    questions.add([inquiry])
    (asked,) = await questions.take(9, NOW)
    questions.try_later(asked, NOW)
    assert await questions.take(9, NOW + RETRY_AFTER - timedelta(seconds=1)) == []
    assert questions.next_try() == NOW + RETRY_AFTER
    assert await questions.take(9, NOW + RETRY_AFTER) == [asked]
    questions.reload([inquiry])
    assert await questions.take(9, NOW) == [asked]
    assert limiter.asked == 1
    questions.forget(inquiry.id)
    questions.add([inquiry])
    await questions.take(9, NOW)
    assert limiter.asked == 2


async def test_a_question_that_waits_for_its_next_try_is_not_doubled_by_a_reload(questions: Questions) -> None:
    inquiry, other = an_inquiry(), an_inquiry()
    questions.add([inquiry])
    (asked,) = await questions.take(9, NOW)
    questions.try_later(asked, NOW)
    questions.reload([inquiry, other])
    later = await questions.take(9, NOW + RETRY_AFTER)
    assert [one.inquiry for one in later] == [inquiry, other]


async def test_more_retries_than_a_batch_take_nothing_from_new_questions(questions: Questions) -> None:
    questions.add([an_inquiry() for _ in range(4)])
    for asked in await questions.take(4, NOW):
        questions.try_later(asked, NOW)
    questions.add([an_inquiry()])
    assert len(await questions.take(2, NOW + RETRY_AFTER)) == 4
    assert len(questions) == 1


@pytest.mark.parametrize("sender", ["10086", "12365", "", "85212345678", "BANK"])
async def test_who_is_no_mainland_mobile_is_neither_answered_nor_counted(
    questions: Questions, limiter: OpenLimiter, sender: str
) -> None:
    questions.add([an_inquiry(sender=Address(sender))])
    (asked,) = await questions.take(1, NOW)
    assert (asked.admission.allowed, asked.admission.suppress) == (False, True)
    assert limiter.asked == 0


async def test_a_minute_after_it_came_a_question_is_hopeless(questions: Questions) -> None:
    questions.add([an_inquiry()])
    (asked,) = await questions.take(1, NOW)
    assert not is_hopeless(asked, NOW + GIVE_UP_AFTER - timedelta(seconds=1))
    assert is_hopeless(asked, NOW + GIVE_UP_AFTER)
