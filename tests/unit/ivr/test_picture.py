"""A picture shows every step and every way, nothing over anything else, in well-formed SVG."""

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from gateway.ivr.drafting import Area
from gateway.ivr.drawing import svg
from gateway.ivr.picture import LABEL, Arrow, Picture, lay_out, wide
from tests.builders.flows import SHIPPED, shipped, small


@pytest.fixture(scope="module", params=SHIPPED)
def picture(request: pytest.FixtureRequest) -> Picture:
    return lay_out(shipped(request.param))


def areas(picture: Picture) -> list[tuple[str, Area]]:
    boxes = [(box.step, Area(box.x, box.y, box.width, box.height)) for box in picture.boxes]
    words = [
        (f"{arrow.source}→{arrow.target}", Area.round(arrow.at, (wide(arrow.words, LABEL) + 2, LABEL + 2)))
        for arrow in picture.arrows
        if arrow.at
    ]
    return boxes + words


def test_nothing_stands_over_anything_else(picture: Picture) -> None:
    over = [(a, b) for (a, one), (b, other) in combinations(areas(picture), 2) if one.met([other])]
    assert over == []


def test_all_of_it_is_on_the_paper(picture: Picture) -> None:
    paper = Area(0, 60, picture.width, picture.height - 60)
    for name, area in areas(picture):
        assert area.x >= 0 and area.y >= paper.y, name  # noqa: PT018 - one corner
        assert area.x + area.width <= picture.width, name
        assert area.y + area.height <= picture.height, name


def test_every_way_out_is_an_arrow_with_its_words(picture: Picture) -> None:
    named = {(arrow.source, name) for arrow in picture.arrows for name in arrow.exits}
    if picture.title == "放心一百查询热线":
        assert {("main", key) for key in "12390"} <= named
        assert ("lift", "alone 9") in named
    assert all(arrow.at for arrow in picture.arrows if arrow.words)


def test_it_is_svg_with_counts_where_they_are_given() -> None:
    picture = lay_out(small(("再见。", "再见<&>。")))

    def count(arrow: Arrow) -> int | None:
        return 4711 if arrow.source == "main" else None

    root = ET.fromstring(svg(picture, count))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "再见<&>" in texts
    assert [text for text in texts if text and "4711" in text]
    assert "4711" not in svg(picture)
