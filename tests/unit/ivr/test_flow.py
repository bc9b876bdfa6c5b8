"""Every key at every step of the shipped flows, and the numbers a caller keys."""

import msgspec
import pytest

from gateway.ivr import entry, signals, steps
from gateway.ivr.flow import Flow, Given, State
from gateway.ivr.numbers import may_be_dialled
from gateway.ivr.ports import KeysEnd, Way
from gateway.ivr.signals import Action, Event
from tests.builders.flows import SHIPPED, shipped
from tests.builders.messages import CODES, liquor_code

CODE = liquor_code(7)
LONG = CODES.issue(1, 1, 3) + "1234"


def at(flow: Flow, step: str, **fields: object) -> State:
    return State(flow.name, step, "Keyed", **fields)  # type: ignore[arg-type]  # named by the test


def keyed(keys: str, end: KeysEnd = KeysEnd.FULL) -> Event:
    return signals.Keyed(keys, end)


def waits_or_ends(state: State, actions: tuple[Action, ...]) -> bool:
    return isinstance(actions[-1], signals.Leave) if state.over else type(actions[-1]) in signals.WANTS


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_at_every_step(name: str) -> None:
    flow = shipped(name)
    inputs = [one for one, step in flow.steps.items() if isinstance(step, steps.Menu | steps.Collect)]
    assert len(inputs) > 3
    for step in inputs:
        for key in "0123456789*":
            for end in KeysEnd:
                assert waits_or_ends(*flow.step(at(flow, step), keyed(key, end))), (step, key, end)
        for end in (KeysEnd.HASH, KeysEnd.SILENCE):
            assert waits_or_ends(*flow.step(at(flow, step), keyed("", end)))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_hang_up_at_every_step_ends_it(name: str) -> None:
    flow = shipped(name)
    for step in flow.steps:
        state, actions = flow.step(at(flow, step), signals.HungUp())
        assert state.over
        assert actions == (signals.Left(step, "hangup"),)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_call_is_counted_at_the_step_it_begins_with(name: str) -> None:
    flow = shipped(name)
    _, actions = flow.begin()
    assert actions[0] == signals.Left(flow.start, "then")


def test_who_hangs_up_with_his_answer_did_not_give_up() -> None:
    flow = shipped("hotline")
    given = Given("0190", ("首次查询，是正品。",), (), heard=True)
    over, actions = flow.step(msgspec.structs.replace(at(flow, "after_code"), given=given), signals.HungUp())
    assert over.over
    assert actions == (signals.Left("after_code", "done"),)


@pytest.mark.parametrize("name", SHIPPED)
def test_three_times_nothing_leads_on(name: str) -> None:
    flow = shipped(name)
    for step, its in flow.steps.items():
        if isinstance(its, steps.Menu | steps.Collect):
            state = at(flow, step)
            for _ in range(its.tries):
                assert state.step == step
                state, _ = flow.step(state, keyed("", KeysEnd.SILENCE))
            assert state.step == its.failed.to
            assert state.tries == {}


def test_silence_is_answered_with_words_and_the_same_question() -> None:
    flow = shipped("hotline")
    _, actions = flow.step(at(flow, "main"), keyed("", KeysEnd.SILENCE))
    assert isinstance(actions[-1], signals.Collect)
    assert actions[-1].clauses[:2] == ("抱歉，没有收到您的按键。", "被困电梯，请按九。")


def test_every_menu_of_the_hotline_leads_to_a_person() -> None:
    flow = shipped("hotline")
    for name, step in flow.steps.items():
        if isinstance(step, steps.Menu):
            _, actions = flow.step(at(flow, name), keyed("0"))
            assert actions[-1] == signals.Leave(Way.QUEUE), name


@pytest.mark.parametrize(
    ("chunks", "value"),
    [
        ([(CODE, KeysEnd.FULL)], None),  # whole: it is looked up whether it was issued
        ([("1688#", KeysEnd.HASH)], "1688#"),
        ([("1688", KeysEnd.SILENCE)], "1688"),
        ([("12*34", KeysEnd.SILENCE)], "34"),
        ([("1" * 15 + "*", KeysEnd.FULL), (CODE[:16], KeysEnd.FULL)], None),
        ([("1" * 16, KeysEnd.FULL), ("", KeysEnd.SILENCE)], "1" * 16),
        ([("1" * 16, KeysEnd.FULL), ("2", KeysEnd.FULL), ("2", KeysEnd.SILENCE)], "1" * 16 + "22"),
        (
            [(keys, KeysEnd.FULL) for keys in ("1" * 16, "2", "222", "3", "333")],
            "1" * 16 + "22223333",
        ),
    ],
)
def test_a_code_is_read_in_chunks(chunks: list[tuple[str, KeysEnd]], value: str | None) -> None:
    kept: str = ""
    read: entry.Read = entry.Done("")
    for keys, end in chunks:
        read = entry.read(kept, keys, end, (16, 20, 24), 5.0)
        kept = read.kept if isinstance(read, entry.More | entry.Whole) else read.value
    assert read == (entry.Whole(CODE) if value is None else entry.Done(value))


def test_what_is_missing_is_asked_for() -> None:
    assert entry.read("", "123*4567890123456", KeysEnd.FULL, (16, 20, 24), 5.0) == entry.More("4567890123456", 3, 5.0)
    assert entry.read("", "1" * 16, KeysEnd.FULL, (16, 20, 24), 5.0) == entry.More("1" * 16, 1, entry.MORE)
    assert entry.read("1" * 16, "2", KeysEnd.FULL, (16, 20, 24), 5.0) == entry.More("1" * 16 + "2", 3, 5.0)
    nine = "19" + "1" * 14  # of a version with twenty digits
    assert entry.read("", nine, KeysEnd.FULL, (16, 20, 24), 5.0) == entry.More(nine, 4, 5.0)


def test_an_issued_code_is_done_at_once_and_another_waits_two_seconds() -> None:
    flow = shipped("hotline")
    state, actions = flow.step(at(flow, "code"), keyed(CODE))
    assert actions == (signals.Check(CODE),)
    _, at_once = flow.step(state, signals.Checked(issued=True))
    assert at_once[-1] == signals.Answer("code", CODE)
    waiting, more = flow.step(state, signals.Checked(issued=False))
    assert more == (signals.Collect((), 1, 2.0, 5.0),)
    _, then = flow.step(waiting, keyed("", KeysEnd.SILENCE))
    assert then[-1] == signals.Answer("code", CODE)


def test_an_answer_after_failed_tries_starts_them_anew() -> None:
    flow = shipped("hotline")
    state = State("hotline", "code_answer", "Answered", tries={"code": 2})
    state, _ = flow.step(state, signals.Answered("answered", "1", ("是正品。",)))
    assert state.tries == {}


def test_an_event_that_does_not_fit_is_a_failing_back_end() -> None:
    flow = shipped("hotline")
    state, actions = flow.step(State("hotline", "code_answer", "Answered"), signals.Recorded(1.0))
    assert state.step == "unavailable"
    assert isinstance(actions[-1], signals.Collect)


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("0473-0000000", "04730000000"),
        ("13900000001", "13900000001"),
        ("400-6422-365", "4006422365"),
        ("(0473) 123-4567", "04731234567"),
        ("96333", "96333"),
        ("12315", "12315"),
        ("0086139", None),
        ("001-212-5550100", None),
        ("0085212345678", None),  # T6's own pattern lets this pass; it is another country
        ("0473123456&7", None),
        ("1390000000１", None),
        ("0473\n1234567", None),
        ("+8613900000001", None),
        ("13900000001,,1", None),
        ("SIP/evil", None),
        ("110", None),
        ("", None),
    ],
)
def test_only_allowed_numbers_are_dialled(written: str, dialled: str | None) -> None:
    assert may_be_dialled(written) == dialled
