"""What keeps people's numbers from the database."""

import stat
from pathlib import Path

import pytest

from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.errors import BadSettings
from gateway.store.vault import CODE_KEY, Keys, Vault

VAULT = Vault(b"q" * 32, b"s" * 32, b"l" * 32)
CITIZEN = Address.parse("13900000001")


def test_a_person_is_one_however_the_number_is_written() -> None:
    assert VAULT.querier(CITIZEN) == VAULT.querier(Address.parse("+86 139-0000-0001"))
    assert VAULT.querier(CITIZEN) != VAULT.querier(Address.parse("13900000002"))


def test_whoever_withholds_the_number_is_nobody_twice() -> None:
    assert VAULT.querier(Address("")) != VAULT.querier(Address(""))


def test_a_number_of_broken_bytes_is_still_somebody() -> None:
    assert VAULT.querier(Address("\udcff")) != VAULT.querier(Address("\udcfe"))


def test_the_hash_needs_the_key() -> None:
    assert VAULT.querier(CITIZEN) != Vault(b"r" * 32, b"s" * 32, b"l" * 32).querier(CITIZEN)


@pytest.mark.parametrize("text", ["", "JB 110101199003077176", "\0", "\ud800 cut", "长" * 5000])
def test_a_sealed_text_comes_back_whole(text: str) -> None:
    sealed = VAULT.seal(text)
    assert VAULT.open(sealed) == text
    assert VAULT.seal(text) != sealed, "equal texts must not look equal"


@pytest.mark.parametrize("kept", [0, 5, 12, 20])
def test_what_was_cut_short_does_not_open(kept: int) -> None:
    with pytest.raises(BadSettings, match=r"seal\.key"):
        VAULT.open(VAULT.seal("13900000001")[:kept])


def test_what_was_changed_does_not_open() -> None:
    sealed = bytearray(VAULT.seal("13900000001"))
    sealed[-1] ^= 1
    with pytest.raises(BadSettings, match=r"seal\.key"):
        VAULT.open(bytes(sealed))


def test_another_key_is_told_with_the_file_to_look_at() -> None:
    with pytest.raises(BadSettings, match=r"seal\.key in \[keys\] dir is not the one"):
        Vault(b"q" * 32, b"x" * 32, b"l" * 32).open(VAULT.seal("text"))


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    made = keys.make_missing()
    assert {path.name for path in made} == {"querier.key", "seal.key", "label.key", "codes-v1.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in made)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    before = [path.read_bytes() for path in made]
    assert keys.make_missing() == []
    assert [path.read_bytes() for path in made] == before


def test_only_the_key_that_is_missing_is_made(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_missing()
    sealed = keys.vault().seal("kept")
    (tmp_path / "querier.key").unlink()
    assert keys.make_missing() == [tmp_path / "querier.key"]
    assert keys.vault().open(sealed) == "kept"


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    one, other = Keys(tmp_path / "one"), Keys(tmp_path / "other")
    one.make_missing()
    other.make_missing()
    assert one.code_keys() != other.code_keys()
    assert one.vault().querier(CITIZEN) != other.vault().querier(CITIZEN)


def test_a_missing_key_is_told_with_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"querier\.key: this key is missing; on SQLite `gateway db upgrade` makes"):
        Keys(tmp_path).vault()


@pytest.mark.parametrize(
    ("written", "told"),
    [("", "0 octets in place of 32; write 64 digits"), ("ab" * 31, "31 octets"), ("secret!", "not a key in hexa")],
)
def test_a_damaged_key_is_told_and_not_shown(tmp_path: Path, written: str, told: str) -> None:
    keys = Keys(tmp_path)
    keys.make_missing()
    (tmp_path / "seal.key").write_text(written)
    with pytest.raises(BadSettings, match=r"seal\.key: ") as fault:
        keys.vault()
    assert told in str(fault.value)
    assert not written or written not in str(fault.value)


def test_a_key_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_missing()
    (tmp_path / "seal.key").unlink()
    (tmp_path / "seal.key").mkdir()
    with pytest.raises(BadSettings, match=r"seal\.key: this key cannot be read: Is a directory"):
        keys.vault()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadSettings, match="keys cannot be written there: Not a directory"):
        Keys(tmp_path / "file" / "keys").make_missing()


def test_code_keys_are_found_by_their_version(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_missing((1, 9))
    assert set(keys.code_keys()) == {1, 9}
    assert all(len(key) == CODE_KEY for key in keys.code_keys().values())


def test_a_code_key_made_meanwhile_is_found_and_one_half_copied_is_not(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_missing()
    book, path = keys.code_book(), tmp_path / "codes-v2.key"
    path.write_text("0123")
    assert book.index_of(CodeBook({2: b"k" * CODE_KEY}).issue(1, 2, 42)) is None
    path.write_text((b"k" * CODE_KEY).hex())
    assert book.index_of(CodeBook({2: b"k" * CODE_KEY}).issue(1, 2, 42)) == 42


def test_a_mark_knows_its_key_again_and_is_none(tmp_path: Path) -> None:
    keys = Keys(tmp_path)
    keys.make_missing((1, 2))
    marks = keys.marks()
    assert sorted(marks) == ["codes-v1.key", "codes-v2.key", "label.key", "querier.key", "seal.key"]
    assert len(set(marks.values())) == 5
    assert not any(mark.hex() in (tmp_path / name).read_text() for name, mark in marks.items())
    (tmp_path / "label.key").unlink()
    keys.make_missing((1, 2))
    changed = keys.marks()
    assert {name for name in marks if changed[name] != marks[name]} == {"label.key"}
