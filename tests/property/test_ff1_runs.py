"""Codes encrypted many at once against the library that encrypts them one by one, and our own reader."""

from ffx import FF1
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ff1 import Ff1Reader
from gateway.domain.ff1_runs import encrypted

KEYS = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
TWEAKS = st.binary(min_size=2, max_size=2)


@st.composite
def runs(draw: st.DrawFn) -> tuple[int, range]:
    """Return a number of digits, and some consecutive numbers that have no more."""
    digits = draw(st.integers(6, 18))
    first = draw(st.integers(0, 10**digits - 1))
    return digits, range(first, min(first + draw(st.integers(1, 5)), 10**digits))


@given(KEYS, TWEAKS, runs())
def test_each_number_of_a_run_is_what_the_library_makes_of_it(key: bytes, tweak: bytes, run: tuple[int, range]) -> None:
    digits, numbers = run
    library, reader = FF1(key, radix=10), Ff1Reader(key, digits, len(tweak))
    made = encrypted(key, tweak, numbers, digits)
    assert made == [library.encrypt(f"{number:0{digits}}", tweak=tweak) for number in numbers]
    assert [reader.decrypt(one, tweak) for one in made] == list(numbers)
