"""What keeps secrets from the database: keyed hashes to compare, a cipher to keep."""

import os
import secrets
from functools import lru_cache, partial
from hmac import digest
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.domain import labels
from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.errors import BadSettings

_NONCE = 12  # octets, as NIST SP 800-38D §5.2.1.1 recommends
_QUERIER = 16  # octets of HMAC-SHA256 kept: 2^64 persons before two would meet
_KEY = 32
_VAULT_FILES = ("querier.key", "seal.key", "label.key")
CODE_KEY = 16  # octets; FF1 with AES-128
_MARK = 16  # octets of HMAC-SHA256: enough to know a key again, and nothing to find it by


class Vault:
    """Seals and opens what must be kept in full; names people, and foreign codes, by a keyed hash."""

    def __init__(self, querier_key: bytes, seal_key: bytes, label_key: bytes) -> None:
        # Asked for when a question comes in, and again when its reply is stored.
        self._querier = lru_cache(maxsize=1024)(partial(_keyed, querier_key))
        self._mark_key = digest(querier_key, b"marks of texts", "sha256")
        self._cipher = AESGCM(seal_key)
        self._label_key = label_key

    def querier(self, address: Address) -> bytes:
        """Return the hash that stands for this person; a withheld number is nobody twice."""
        if not address.number:
            return secrets.token_bytes(_QUERIER)
        return self._querier(address.number)

    def mark(self, text: str) -> str:
        """Return what stands for a text where processes compare it, and others may read it."""
        return digest(self._mark_key, text.encode("utf-8", "surrogatepass"), "sha256")[:_QUERIER].hex()

    def countersign(self, code: str) -> str:
        """Return what is printed beside a code; see `domain.labels.countersign`."""
        return labels.countersign(self._label_key, code)

    def hashed(self, code: str) -> str:
        """Return the key under which a foreign code stands that is not to be read; see `domain.labels.hashed`."""
        return labels.hashed(self._label_key, code)

    def seal(self, text: str) -> bytes:
        """Encrypt a text; two seals of one text differ."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode("utf-8", "surrogatepass"), None)

    def open(self, sealed: bytes) -> str:
        """Give back the text. Raises `BadSettings` when it was sealed with another key, or is damaged."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], None).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError) as err:
            raise BadSettings("the key seal.key in [keys] dir is not the one this database was written with") from err


def code_key_file(version: int) -> str:
    """Return the name of the file with the FF1 key of a version."""
    return f"codes-v{version}.key"


def _keyed(key: bytes, number: str) -> bytes:
    return digest(key, number.encode("utf-8", "surrogatepass"), "sha256")[:_QUERIER]


class Keys:
    """The folder of key files, each mode 0600, hex: `querier.key`, `seal.key`, `label.key`, `codes-v<version>.key`.

    `label.key` makes counter-signs and the hashes of foreign codes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make_missing(self, versions: tuple[int, ...] = (1,)) -> list[Path]:
        """Write each key that is not there yet; return the files written. An existing one is never touched.

        Raises `BadSettings` where the folder cannot be written to.
        """
        wanted = dict.fromkeys(_VAULT_FILES, _KEY) | {code_key_file(v): CODE_KEY for v in versions}
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return [self._write(name, size) for name, size in wanted.items() if not (self._folder / name).exists()]
        except OSError as err:
            raise BadSettings(f"{self._folder}: keys cannot be written there: {err.strerror}") from err

    def vault(self) -> Vault:
        """Read the keys of the vault. Raises `BadSettings` naming the file that is missing or wrong."""
        return Vault(*(self._read(name, _KEY) for name in _VAULT_FILES))

    def label_key(self) -> bytes:
        """Return the key of counter-signs, for those who print them. Raises `BadSettings` as `vault` does."""
        return self._read("label.key", _KEY)

    def code_keys(self) -> dict[int, bytes]:
        """Return the FF1 key of each code version that has one (`codes-v1.key` …)."""
        names = {version: code_key_file(version) for version in range(10)}
        return {v: self._read(name, CODE_KEY) for v, name in names.items() if (self._folder / name).exists()}

    def code_book(self) -> CodeBook:
        """Return the codes of all versions, also of those whose key comes while the service runs. Raises as `vault`."""
        return CodeBook(self.code_keys(), self._later)

    def _later(self, version: int) -> bytes | None:
        try:
            return self._read(code_key_file(version), CODE_KEY)
        except BadSettings:  # not there, or still being copied
            return None

    def marks(self) -> dict[str, bytes]:
        """Return by file what tells each key from another. Raises `BadSettings` for one that is missing or wrong."""
        keys = {name: self._read(name, _KEY) for name in _VAULT_FILES}
        keys |= {code_key_file(version): key for version, key in self.code_keys().items()}
        return {name: digest(key, b"mark of a key", "sha256")[:_MARK] for name, key in keys.items()}

    def _write(self, name: str, size: int) -> Path:
        path = self._folder / name
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(size) + "\n")
        return path

    def _read(self, name: str, size: int) -> bytes:
        path = self._folder / name
        try:
            key = bytes.fromhex(path.read_text().strip())
        except FileNotFoundError as err:
            raise BadSettings(
                f"{path}: this key is missing; on SQLite `gateway db upgrade` makes it, with PostgreSQL "
                f"make it once by `gateway keys make` and put the same {2 * size} digits there on every machine"
            ) from err
        except OSError as err:
            raise BadSettings(f"{path}: this key cannot be read: {err.strerror}") from err
        except ValueError as err:
            raise BadSettings(f"{path}: not a key in hexadecimal digits") from err
        if len(key) != size:
            raise BadSettings(f"{path}: the key has {len(key)} octets in place of {size}; write {2 * size} digits")
        return key
