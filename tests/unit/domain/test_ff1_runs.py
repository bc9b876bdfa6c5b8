import pytest

from gateway.domain.ff1_runs import encrypted


def test_no_numbers_no_ciphers() -> None:
    assert encrypted(bytes(16), b"11", range(7, 7), 13) == []


@pytest.mark.parametrize(("tweak", "digits"), [(b"1", 13), (b"111", 13), (b"11", 5), (b"11", 19)])
def test_what_does_not_fit_into_one_block_is_refused(tweak: bytes, digits: int) -> None:
    with pytest.raises(ValueError, match="made for 2, and for 6 to 18"):
        encrypted(bytes(16), tweak, range(1), digits)
