from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.text import gsm7, udh
from gateway.text.reassembly import fragments
from gateway.text.segments import Encoding, measure, split, units

PLAIN = "CQ 0123456789abc\n"
GSM7_TEXT = st.text(st.sampled_from(PLAIN + "€[]{}^~|\\\f§ñ"), max_size=500)
ANY_TEXT = st.text(st.sampled_from(PLAIN + "€`码正品😀\U0002a6a5"), max_size=300)
# Texts whose length lies where the number of parts changes.
EDGY = st.builds(
    lambda head, middle, tail: head + middle + tail,
    st.integers(60, 160).map(lambda count: "a" * count) | st.integers(60, 75).map(lambda count: "码" * count),
    st.builds(str.__mul__, st.sampled_from(["€", "😀", "码"]), st.integers(0, 90)),
    st.integers(0, 160).map(lambda count: "b" * count),
)
TEXTS = GSM7_TEXT | ANY_TEXT | EDGY | st.text(max_size=200)


@given(TEXTS, st.booleans())
def test_segments_rebuild_the_text_and_fit(text: str, wide: bool) -> None:
    encoding = measure(text).encoding
    parts = split(text, wide=wide)
    room = {Encoding.GSM7: (160, 153, 152), Encoding.UCS2: (70, 67, 66)}[encoding][0 if len(parts) == 1 else 1 + wide]
    assert "".join(parts) == text
    assert all(units(part, encoding) <= room for part in parts)
    assert sum(units(part, encoding) for part in parts) == measure(text).units


@given(TEXTS)
def test_measure_says_what_split_does(text: str) -> None:
    assert measure(text).segments == len(split(text))


@given(TEXTS, st.booleans())
def test_no_part_could_take_one_more_character(text: str, wide: bool) -> None:
    """Every part filled as far as it goes is the fewest parts there can be."""
    parts = split(text, wide=wide)
    encoding = measure(text).encoding
    room = {Encoding.GSM7: 152 if wide else 153, Encoding.UCS2: 66 if wide else 67}[encoding]
    for part, following in pairwise(parts):
        assert units(part + following[0], encoding) > room


@given(TEXTS)
def test_more_text_never_takes_fewer_segments(text: str) -> None:
    assert measure(text + "码").segments >= measure(text).segments


@given(GSM7_TEXT, st.integers(0, 6))
def test_septets_round_trip_behind_any_fill_bits(text: str, fill: int) -> None:
    values = gsm7.encode(text)
    assert len(values) == gsm7.septets(text)
    assert gsm7.decode(gsm7.unpack(gsm7.pack(values, fill), len(values), fill)) == text


@given(st.binary(max_size=200))
def test_any_octets_decode(data: bytes) -> None:
    assert len(gsm7.decode(data)) <= len(data)


@given(st.binary(max_size=20))
def test_a_header_is_read_whole_or_refused(header: bytes) -> None:
    try:
        elements = udh.parse(header)
    except ValueError:
        return
    assert udh.build(elements) == header
    place = udh.place(elements)
    assert place is None or 1 <= place.number <= place.total


@given(st.data(), st.integers(1, 12))
def test_fragments_cover_exactly_the_parts_that_are_here(data: st.DataObject, total: int) -> None:
    parts = data.draw(st.dictionaries(st.integers(1, total), st.text(max_size=3), max_size=total))
    runs = fragments(parts, total)
    assert [number for run in runs for number in range(run.first, run.last + 1)] == sorted(parts)
    for run in runs:
        assert run.text == "".join(parts[number] for number in range(run.first, run.last + 1))
        assert run.open_start == (run.first > 1 and run.first - 1 not in parts)
        assert run.open_end == (run.last < total and run.last + 1 not in parts)
