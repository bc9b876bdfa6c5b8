"""Our own reader of codes against the library that writes them."""

from ffx import FF1
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ff1 import Ff1Reader

KEYS = st.sampled_from([16, 24, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))
PLAIN = st.integers(6, 19).flatmap(lambda size: st.text("0123456789", min_size=size, max_size=size))


@given(KEYS, PLAIN, st.binary(max_size=9))
def test_every_string_is_read_as_the_library_wrote_it(key: bytes, plain: str, tweak: bytes) -> None:
    written = FF1(key, radix=10).encrypt(plain, tweak=tweak)
    assert Ff1Reader(key, len(plain), len(tweak)).decrypt(written, tweak) == int(plain)
