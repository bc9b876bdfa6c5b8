import pytest

from gateway.domain.ff1 import Ff1Reader


@pytest.mark.parametrize(
    ("key", "tweak", "cipher"),
    [  # NIST, SP 800-38G examples with intermediate values, FF1 samples 1, 2, 4, 5, 7 and 8: those of radix 10
        ("2b7e151628aed2a6abf7158809cf4f3c", "", "2433477484"),
        ("2b7e151628aed2a6abf7158809cf4f3c", "39383736353433323130", "6124200773"),
        ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", "", "2830668132"),
        ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f", "39383736353433323130", "2496655549"),
        ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", "", "6657667009"),
        ("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94", "39383736353433323130", "1001623463"),
    ],
)
def test_the_samples_of_nist_are_read(key: str, tweak: str, cipher: str) -> None:
    reader = Ff1Reader(bytes.fromhex(key), len(cipher), len(tweak) // 2)
    assert reader.decrypt(cipher, bytes.fromhex(tweak)) == 123456789


def test_what_does_not_fit_into_one_block_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Ff1Reader(bytes(16), 10, 13)
