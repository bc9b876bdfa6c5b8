"""What a day's calls did in a flow."""

import re

from gateway.console.flowchart import Counted, Pictures, draw
from gateway.ivr.picture import lay_out
from tests.builders.flows import shipped, small

COUNTS = {
    ("main", "1"): 8, ("main", "silence"): 4, ("main", "hangup"): 2, ("code", "then"): 5, ("code", "hangup"): 3,
    ("answer", "then"): 5, ("main", "done"): 5, ("end", "hangup"): 0, ("gone", "hangup"): 9,
}  # fmt: skip


def test_every_call_ends_once_and_gives_up_in_one_place() -> None:
    counted = Counted(small(), COUNTS)
    assert counted.calls == 2 + 3 + 5
    assert counted.lost == 5
    assert counted.worst == "code"
    assert counted.entered["main"] == 19
    assert [(out.name, out.calls) for out in counted.outs("main")] == [
        ("1", 8), ("silence", 4), ("wrong", 0), ("failed", 0), ("done", 5), ("hangup", 2),
    ]  # fmt: skip


def test_who_is_told_goodbye_did_not_give_up() -> None:
    counted = Counted(small(), {("end", "hangup"): 6})
    assert (counted.calls, counted.lost, counted.worst) == (6, 0, None)


def test_a_day_without_calls_has_a_picture() -> None:
    flow = shipped("hotline")
    drawn = draw(Pictures().of(flow), Counted(flow, {}), "图", ("来", "放弃"))
    assert drawn.count('class="step') == len(flow.steps)
    assert "leak" not in drawn
    assert "style=" not in drawn


def test_what_a_flow_says_of_itself_is_text_in_its_picture() -> None:
    flow = small(("menu: 请按一。", "menu: <b>&按一。"))
    drawn = draw(lay_out(flow, counted=True), Counted(flow, COUNTS), '"><script>', ("来", "放弃"))
    assert "<b>" not in drawn
    assert "<script>" not in drawn
    assert "code" in re.findall(r'<a href="#step-(\w+)"><rect class="step leak"', drawn)


def test_an_arrow_of_several_ways_names_those_that_were_taken() -> None:
    flow = small()
    picture = lay_out(flow, counted=True)
    words = {("answer", "then"): 5, ("answer", "failed"): 2, ("answer", "limited"): 0}
    drawn = str(draw(picture, Counted(flow, words), "图", ("来", "放弃")))
    assert ">5 71%</text>" in drawn
    assert ">系统故障 2 29%</text>" in drawn


def test_the_picture_has_room_for_its_counts() -> None:
    flow = shipped("hotline")
    boxes = {box.step: box for box in lay_out(flow).boxes}
    for box in lay_out(flow, counted=True).boxes:
        assert box.height > boxes[box.step].height
