"""FF1 decryption of short decimal strings (NIST SP 800-38G, algorithm 8), for the codes that people ask for.

The library issues our codes and could read them; but here, where a tweak and half a string fill one AES block, that
takes a quarter of its time, and it is done for each question.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 16  # octets
_ROUNDS = 10


class Ff1Reader:
    """Decrypts strings of one length under one key. Safe to share between threads."""

    def __init__(self, key: bytes, length: int, tweak: int) -> None:
        """`length` in digits, `tweak` in octets; half of the digits and the tweak must fit into one block."""
        u = length // 2
        v = length - u
        b: int = ((10**v - 1).bit_length() + 7) // 8  # octets of half a string, step 3
        if tweak + 1 + b > _BLOCK:
            raise ValueError(f"a tweak of {tweak} octets and {v} digits do not fit into one block")
        d = 4 * -(-b // 4) + 4  # octets taken of a round's result, step 4
        # The plain block cipher, which FF1 is made of; one block a call.
        self._aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305 - no mode: PRF's CIPH
        # Step 5; its encryption is the chain's value after the first of PRF's two blocks, whatever the string.
        p = bytes((1, 2, 1, 0, 0, 10, _ROUNDS, u)) + length.to_bytes(4, "big") + tweak.to_bytes(4, "big")
        self._first = int.from_bytes(self._aes(p), "big")
        self._split = u
        self._even: int = 10**u
        self._odd: int = 10**v
        self._tweak_at, self._round_at, self._rest = 8 * (_BLOCK - tweak), 8 * b, 8 * (_BLOCK - d)

    def decrypt(self, digits: str, tweak: bytes) -> int:
        """Return the number behind `digits`, which are as many as were promised."""
        a, b = int(digits[: self._split]), int(digits[self._split :])
        block = self._first ^ (int.from_bytes(tweak, "big") << self._tweak_at)
        for i in range(_ROUNDS - 1, 0, -2):  # step 6, two rounds at a time: the odd ones change the longer half
            a, b = (b - self._y(block, i, a)) % self._odd, a
            a, b = (b - self._y(block, i - 1, a)) % self._even, a
        return a * self._odd + b

    def _y(self, block: int, i: int, half: int) -> int:
        q = block ^ (i << self._round_at) ^ half
        return int.from_bytes(self._aes(q.to_bytes(_BLOCK, "big")), "big") >> self._rest
