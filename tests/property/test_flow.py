"""A flow never gets stuck: whatever happens in whichever order, it waits for one thing or is over."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ivr import signals
from gateway.ivr.flow import Flow, State, Stepped
from gateway.ivr.ports import KeysEnd
from gateway.ivr.signals import WANTS, Action, Event
from tests.builders.flows import SHIPPED, shipped
from tests.builders.messages import liquor_code

FLOWS = {name: shipped(name) for name in SHIPPED}
CLAUSES = st.lists(st.sampled_from(["首次查询，是正品。", "编码尾号八九零四。"]), max_size=2).map(tuple)
KEYS = st.one_of(
    st.text("0123456789*", max_size=24), st.sampled_from(["", "9", "0", "012345", "0012", "482913", liquor_code(1)])
)
KEYED = st.builds(signals.Keyed, KEYS, st.sampled_from(KeysEnd))
ANSWERED = st.builds(
    signals.Answered,
    st.sampled_from(["answered", "malformed", "limited", "failed"]),
    st.sampled_from(["0190", ""]),
    CLAUSES,
    CLAUSES,
    st.none() | st.just("012345"),
    st.none() | st.just("station-pingan"),
)
OF_KIND: dict[str, st.SearchStrategy[Event]] = {
    "Keyed": KEYED,
    "Checked": st.builds(signals.Checked, st.booleans()),
    "Answered": ANSWERED,
    "Told": st.builds(
        signals.Told, st.sampled_from(["heard", "texted", "unspoken", "cut"]), st.sampled_from(["", "0", "9"])
    ),
    "Sent": st.builds(signals.Sent, st.sampled_from(["sent", "refused", "failed"])),
    "Ticketed": st.builds(signals.Ticketed, st.sampled_from(["open", "limited", "failed"]), st.just("000000015")),
    "Recorded": st.builds(signals.Recorded, st.just(3.0)),
    "Alerted": st.builds(signals.Alerted, st.booleans()),
}
EVENTS: st.SearchStrategy[Event] = st.one_of(*OF_KIND.values(), st.just(signals.HungUp()))
# What comes of a call whose caller has gone to sleep and whose database is away.
WORST: dict[str, Event] = {
    "Keyed": signals.Keyed("", KeysEnd.SILENCE),
    "Checked": signals.Checked(issued=False),
    "Answered": signals.Answered("failed"),
    "Told": signals.Told("unspoken"),
    "Sent": signals.Sent("failed"),
    "Ticketed": signals.Ticketed("failed"),
    "Recorded": signals.Recorded(0.0),
    "Alerted": signals.Alerted(known=False),
}

STATES, ACTIONS, AN_EVENT = (msgspec.json.Decoder(kind) for kind in (State, Action, Event))


def through_json(value: object, decoder: msgspec.json.Decoder[Any]) -> object:
    return decoder.decode(msgspec.json.encode(value))


def is_sound(flow: Flow, stepped: Stepped) -> None:
    state, actions = stepped
    assert through_json(state, STATES) == state
    assert all(through_json(action, ACTIONS) == action for action in actions)
    waiting = [action for action in actions if type(action) in WANTS and not isinstance(action, signals.SendAnswer)]
    if state.over:
        assert not waiting
    else:
        assert state.step in flow.steps
        assert WANTS[type(actions[-1])].__name__ == state.wants
        assert len(waiting) <= 1


@pytest.mark.parametrize("name", SHIPPED)
@given(events=st.lists(EVENTS, max_size=30))
def test_any_events_in_any_order(name: str, events: list[Event]) -> None:
    flow = FLOWS[name]
    state, actions = flow.begin()
    is_sound(flow, (state, actions))
    for event in events:
        assert through_json(event, AN_EVENT) == event
        over = state.over
        state, actions = flow.step(state, event)
        is_sound(flow, (state, actions))
        assert not over or not actions  # after the end there is nothing


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
def test_whatever_happened_before_a_sleeping_caller_is_led_to_an_end(name: str, data: st.DataObject) -> None:
    flow = FLOWS[name]
    state, _ = flow.begin()
    for _ in range(data.draw(st.integers(0, 20))):
        if not state.over:
            state, _ = flow.step(state, data.draw(OF_KIND[state.wants]))
    for _ in range(40):
        if state.over:
            break
        state, _ = flow.step(state, WORST[state.wants])
    assert state.over


@given(data=st.data(), keys=st.sampled_from(["482913", "*48291", "8*4829", "48291*"]))
def test_a_pin_is_in_no_state(data: st.DataObject, keys: str) -> None:
    flow = FLOWS["station"]
    state, _ = flow.begin()
    for event in (signals.Keyed("0012", KeysEnd.FULL), signals.Keyed(keys, KeysEnd.FULL)):
        state, actions = flow.step(state, event)
        assert b"4829" not in msgspec.json.encode(state)
        assert "4829" not in repr(event)
        assert "4829" not in repr(actions)
    state, _ = flow.step(state, data.draw(EVENTS.filter(lambda event: not isinstance(event, signals.Keyed))))
    assert b"4829" not in msgspec.json.encode(state)


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
def test_what_was_answered_and_not_heard_is_sent_when_the_call_ends(name: str, data: st.DataObject) -> None:
    flow = FLOWS[name]
    state, _ = flow.begin()
    for _ in range(12):
        if state.over:
            return
        state, actions = flow.step(state, data.draw(OF_KIND[state.wants]))
    given_ = state.given
    over, actions = flow.step(state, signals.HungUp())
    owed = [action for action in actions if isinstance(action, signals.SendAnswer)]
    expected = given_ is not None and not given_.heard and not state.over
    assert bool(owed) is expected
    assert over.over
