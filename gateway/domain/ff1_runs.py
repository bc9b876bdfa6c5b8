"""FF1 (NIST SP 800-38G, algorithm 7) of many consecutive numbers at once: what a run of labels is printed from.

libffx takes some 18 µs a number, one at a time, which for a million codes is more than a person at the terminal
waits for. Here each of the ten rounds goes over all numbers before the next, with one call into AES: a sixth of that.
The tests hold it against libffx, which encrypts and decrypts single codes.
"""

from array import array
from collections.abc import Sequence
from itertools import repeat
from sys import byteorder
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_ROUNDS: Final = 10
_RADIX: Final = 10
_BLOCK: Final = 16  # octets
# A round's block holds the tweak, zeros, the round's number and half of the digits: two octets of tweak, one of
# number, and four hold nine digits, so one block it is, and 8 octets of its cipher are used (steps 3 to 5).
_TWEAK: Final = 2  # octets
_MOST_DIGITS: Final = 18
_HALF_OF_BLOCK: Final = 64  # bits


def encrypted(key: bytes, tweak: bytes, numbers: range, digits: int) -> list[str]:
    """Return the FF1 cipher of each number, written with so many digits, 6 to 18; the tweak has two octets."""
    if len(tweak) != _TWEAK or not 6 <= digits <= _MOST_DIGITS:
        raise ValueError(f"{len(tweak)} octets of tweak, {digits} digits: made for 2, and for 6 to {_MOST_DIGITS}")
    # ECB is the bare cipher that FF1 is built from: one block a round and number, none follows another.
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update  # noqa: S305
    left, right = digits // 2, digits - digits // 2
    a, b = [number // 10**right for number in numbers], [number % 10**right for number in numbers]
    header = b"\x01\x02\x01" + _RADIX.to_bytes(3) + bytes([_ROUNDS, left]) + digits.to_bytes(4) + _TWEAK.to_bytes(4)
    chained = int.from_bytes(aes(header))
    width = ((10**right - 1).bit_length() + 7) // 8  # octets of half of the digits
    for number in range(_ROUNDS):
        fixed = tweak + bytes(_BLOCK - _TWEAK - 1 - width) + bytes([number]) + bytes(width)
        high, low = divmod(chained ^ int.from_bytes(fixed), 1 << _HALF_OF_BLOCK)
        modulus = 10 ** (right if number % 2 else left)
        mixed = _first_halves(aes(_blocks(high, [low ^ half for half in b])))
        a, b = b, [(half + mix) % modulus for half, mix in zip(a, mixed, strict=True)]
    return [f"{one:0{left}}{other:0{right}}" for one, other in zip(a, b, strict=True)]


def _blocks(high: int, lows: Sequence[int]) -> bytes:
    """Return blocks that begin alike, most significant octet first."""
    halves = array("Q", bytes(_BLOCK * len(lows)))
    halves[::2] = array("Q", repeat(high, len(lows)))
    halves[1::2] = array("Q", lows)
    if byteorder == "little":
        halves.byteswap()
    return halves.tobytes()


def _first_halves(blocks: bytes) -> Sequence[int]:
    halves = array("Q", blocks)
    if byteorder == "little":
        halves.byteswap()
    return halves[::2]
