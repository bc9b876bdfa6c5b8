"""The GSM 7 bit default alphabet (3GPP TS 23.038 §6.2.1) and how its septets lie in octets (§6.1.2.1)."""

_ESCAPE = 0x1B

# Position is the septet's value. The escape itself stands for no character; §6.2.1 note 1 lets a
# receiver that knows no extension show it as a space.
_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# §6.2.1.1: each costs two septets, the escape and this one.
_EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_ENCODED = {char: bytes([value]) for value, char in enumerate(_ALPHABET) if value != _ESCAPE} | {
    char: bytes([_ESCAPE, value]) for char, value in _EXTENSION.items()
}
_CHARACTERS = frozenset(_ENCODED)
# An unknown septet after the escape reads as the default alphabet's character, a second escape as a
# space (§6.2.1.1 notes 1 and 3).
_ESCAPED = list(_ALPHABET.replace("\x1b", " "))
for _char, _value in _EXTENSION.items():
    _ESCAPED[_value] = _char


def is_gsm7(text: str) -> bool:
    """Say whether every character stands in the default alphabet or its extension table."""
    return _CHARACTERS.issuperset(text)


def septets(text: str) -> int:
    """Count the septets of a text for which `is_gsm7` holds; an extension character counts two."""
    return len(text) + sum(map(text.count, _EXTENSION))


def encode(text: str) -> bytes:
    """Write a text as septets, one to an octet, unpacked.

    Raises `ValueError` naming the first character that the alphabet does not have.
    """
    try:
        return b"".join(map(_ENCODED.__getitem__, text))
    except KeyError as err:
        raise ValueError(f"{err.args[0]!r} is not in the GSM 7 bit alphabet (3GPP TS 23.038 §6.2.1)") from None


def decode(values: bytes) -> str:
    """Read septets, one to an octet; never raises.

    Only the low seven bits of an octet count. After an escape, a value that the extension table
    does not have reads as the default alphabet's character, and a second escape as a space; an
    escape at the very end, whose pair is missing, is a space too.
    """
    if _ESCAPE not in values:
        return "".join([_ALPHABET[value & 0x7F] for value in values]).replace("\x1b", " ")
    text: list[str] = []
    escaped = False
    for octet in values:
        value = octet & 0x7F
        if escaped:
            text.append(_ESCAPED[value])
            escaped = False
        elif value == _ESCAPE:
            escaped = True
        else:
            text.append(_ALPHABET[value])
    return "".join(text) + " " * escaped


def pack(values: bytes, fill: int = 0) -> bytes:
    """Pack septets into octets, least significant bit first, behind `fill` zero bits.

    `fill` (0...6) brings the text behind a user data header to a septet boundary
    (3GPP TS 23.040 §9.2.3.24); see `fill_bits`.
    """
    packed = 0
    for place, value in enumerate(values):
        packed |= (value & 0x7F) << (7 * place)
    return (packed << fill).to_bytes((7 * len(values) + fill + 7) // 8, "little")


def unpack(data: bytes, count: int, fill: int = 0) -> bytes:
    """Take `count` septets out of packed octets, or as many as there are, skipping `fill` bits first."""
    packed = int.from_bytes(data, "little") >> fill
    count = max(0, min(count, (8 * len(data) - fill) // 7))
    return bytes([packed >> shift & 0x7F for shift in range(0, 7 * count, 7)])


def fill_bits(header_octets: int) -> int:
    """Count the bits between a user data header (its length octet included) and the next septet boundary."""
    return -8 * header_octets % 7
