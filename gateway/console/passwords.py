"""Passwords: kept as Argon2 only, and compared at the same pace whether somebody is there or not."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher()  # RFC 9106's low-memory profile
# Each comparison takes 64 MiB and tens of milliseconds of a core.
_AT_ONCE: Final = 2


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


class Gatekeeper:
    """Compares passwords beside the event loop, two at a time."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobody = hashed("nobody has this one")

    async def hashed(self, password: str) -> str:
        """Return what is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(hashed, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Return whether it is this password; None, for somebody who is not there, takes as long."""
        async with self._turns:
            right = await asyncio.to_thread(_fits, password_hash or self._nobody, password)
        return right and password_hash is not None


def _fits(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
