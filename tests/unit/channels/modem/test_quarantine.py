from gateway.channels.modem.quarantine import Quarantine
from gateway.channels.modem.status import Blame, Judgement
from gateway.domain.outcome import Accepted, Deferred, Refused, Uncertain

FAILED = Judgement(Deferred("busy"), Blame.NETWORK)
DOUBTFUL = Judgement(Uncertain("silence"), Blame.NETWORK)
BARRED = Judgement(Deferred("no SIM"), Blame.LINE)
REFUSED = Judgement(Refused("no such number"), Blame.SEGMENT)
WENT_DOWN = Judgement(Deferred("unplugged"), Blame.NOBODY)
SENT = Judgement(Accepted("1"), Blame.NOBODY)


def test_three_failures_in_a_row_speak_against_the_line() -> None:
    quarantine = Quarantine()
    assert [quarantine.note(each, now=0.0) for each in (FAILED, DOUBTFUL, FAILED)] == [False, False, True]
    assert quarantine.active(59.9)
    assert not quarantine.active(60.0)


def test_a_success_in_between_wipes_the_slate() -> None:
    quarantine = Quarantine()
    assert not any(quarantine.note(each, now=0.0) for each in (FAILED, FAILED, SENT, FAILED, FAILED))


def test_wrong_numbers_and_pulled_plugs_speak_against_nobody() -> None:
    quarantine = Quarantine()
    assert not any(quarantine.note(each, now=0.0) for each in [REFUSED, WENT_DOWN] * 5)


def test_a_sim_that_cannot_send_is_left_alone_at_once() -> None:
    quarantine = Quarantine()
    assert quarantine.note(BARRED, now=0.0)
    assert quarantine.active(1.0)


def test_each_failed_try_doubles_the_time_up_to_a_limit() -> None:
    quarantine, now, lengths = Quarantine(), 0.0, []
    quarantine.note(BARRED, now)
    for _ in range(8):
        length = next(seconds for seconds in range(10_000) if not quarantine.active(now + seconds))
        lengths.append(length)
        now += length
        assert quarantine.note(FAILED, now)
    assert lengths == [60, 120, 240, 480, 960, 960, 960, 960]


def test_one_successful_try_ends_it_and_its_growth() -> None:
    quarantine = Quarantine()
    quarantine.note(BARRED, 0.0)
    quarantine.note(FAILED, 60.0)
    assert not quarantine.note(SENT, 200.0)
    assert not quarantine.active(200.0)
    quarantine.note(BARRED, 300.0)
    assert quarantine.active(359.0)
    assert not quarantine.active(360.0)
