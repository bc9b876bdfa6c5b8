"""The emulator's own alphabets (3GPP TS 23.038 §6.1.2, §6.2.1, §6.2.3).

Written apart from `gateway.text` on purpose: an emulator that shares the gateway's codec would share its mistakes.
"""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPE = 0x1B
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_SEPTETS_OF = {
    **{character: bytes([value]) for value, character in enumerate(BASIC) if value != ESCAPE},
    **{character: bytes([ESCAPE, value]) for value, character in EXTENSION.items()},
}


def septets_of(text: str) -> bytes | None:
    """Return `text` in the default alphabet, one septet an octet, or None if a character is not in it."""
    try:
        return b"".join([_SEPTETS_OF[character] for character in text])
    except KeyError:
        return None


def text_of(septets: bytes) -> str:
    """Read septets; an unknown extension shows as the character of the basic table (23.038 §6.2.1.1)."""
    if ESCAPE not in septets:
        return "".join([BASIC[septet] for septet in septets])
    shown: list[str] = []
    escaped = False
    for septet in septets:
        if escaped:
            shown.append(EXTENSION.get(septet, BASIC[septet]))
            escaped = False
        elif septet == ESCAPE:
            escaped = True
        else:
            shown.append(BASIC[septet])
    return "".join(shown)


def pack(septets: bytes, fill: int = 0) -> bytes:
    """Pack septets into octets, first septet lowest, behind `fill` zero bits (23.038 §6.1.2.1)."""
    bits = 0
    for place, septet in enumerate(septets):
        bits |= septet << (fill + 7 * place)
    return bits.to_bytes((fill + 7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill: int = 0) -> bytes:
    """Take `count` septets out of octets; the inverse of `pack`."""
    bits = int.from_bytes(octets, "little") >> fill
    return bytes([(bits >> (7 * place)) & 0x7F for place in range(count)])
