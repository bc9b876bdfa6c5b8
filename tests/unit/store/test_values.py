"""What the store does to values on their way in and out."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.address import Address
from gateway.domain.errors import BadSettings
from gateway.store.statements import MOST_VALUES, fitting, padded, slices
from gateway.store.types import UtcDateTime
from gateway.store.vault import Keys, Vault
from tests.builders.messages import CITIZEN, NEIGHBOUR, VAULT

DIALECTS: list[Dialect] = [dialect() for dialect in (sqlite.dialect, postgresql.dialect)]
SHANGHAI = timezone(timedelta(hours=8))


@pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
def test_a_time_comes_back_in_utc_whatever_zone_it_had(dialect: Dialect) -> None:
    kept = UtcDateTime()
    noon = datetime(2026, 5, 10, 12, 0, tzinfo=SHANGHAI)
    stored = kept.process_bind_param(noon, dialect)
    back = kept.process_result_value(stored, dialect)
    assert back == noon
    assert back is not None
    assert back.tzinfo is UTC
    assert kept.process_bind_param(None, dialect) is None
    assert kept.process_result_value(None, dialect) is None


@pytest.mark.parametrize("dialect", DIALECTS, ids=["sqlite", "postgresql"])
@pytest.mark.parametrize(("written", "year"), [("0001-01-01T00:00:00+14:00", 1), ("9999-12-31T23:59:59-12:00", 9999)])
def test_a_time_at_the_calendars_ends_is_kept(dialect: Dialect, written: str, year: int) -> None:
    kept = UtcDateTime()
    process = kept.bind_processor(dialect)
    assert process is not None
    assert str(process(datetime.fromisoformat(written))).startswith(f"{year:04}-")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without zone"):
        UtcDateTime().process_bind_param(datetime(2026, 5, 10), DIALECTS[0])  # noqa: DTZ001 - the fault


@pytest.mark.parametrize(
    ("text", "held"),
    [("ref", "ref"), ("a\x00b", "ab"), ("\ud83d!", "?!"), ("字" * 9, "字" * 8), ("\x00" * 20, ""), ("a\nb", "a\nb")],
)
def test_what_comes_from_outside_is_made_to_fit(text: str, held: str) -> None:
    assert fitting(text, 8) == held
    fitting(text, 8).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, MOST_VALUES])
def test_padding_makes_few_lengths_and_no_new_value(size: int) -> None:
    values = list(range(size))
    assert set(padded(values)) == set(values)
    assert len(padded(values)).bit_count() == 1


def test_slices_hold_everything_once_in_order() -> None:
    values = list(range(2 * MOST_VALUES + 1))
    cut = slices(values)
    assert [value for some in cut for value in some] == values
    assert max(map(len, cut)) <= MOST_VALUES
    assert slices([]) == []


# -- the vault ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "8613900000001", "查" * 700, "\x00\ud83d"])
def test_what_is_sealed_opens_again_and_never_looks_the_same(text: str) -> None:
    one, two = VAULT.seal(text), VAULT.seal(text)
    assert one != two
    assert VAULT.open(one) == VAULT.open(two) == text
    assert text.encode("utf-8", "surrogatepass") not in one or not text


@pytest.mark.parametrize("damage", [lambda sealed: sealed[:-1], lambda sealed: sealed[:-1] + b"\0", lambda _: b""])
def test_what_was_tampered_with_does_not_open(damage: object) -> None:
    assert callable(damage)
    with pytest.raises(BadSettings, match=r"seal\.key"):
        VAULT.open(damage(VAULT.seal("8613900000001")))


def test_a_person_is_one_hash_and_a_withheld_number_nobody_twice() -> None:
    assert VAULT.querier(CITIZEN) == VAULT.querier(Address.parse("+86 139-0000-0001"))
    assert VAULT.querier(CITIZEN) != VAULT.querier(NEIGHBOUR)
    assert VAULT.querier(Address("")) != VAULT.querier(Address(""))
    assert VAULT.querier(CITIZEN) != Vault(b"x" * 32, b"s" * 32, b"l" * 32).querier(CITIZEN)
    assert VAULT.querier(Address("BANK\ud800")) == VAULT.querier(Address("BANK\ud800"))


# -- key files ---------------------------------------------------------------------------------------


def test_missing_keys_are_made_for_us_alone_and_existing_ones_never_touched(tmp_path: Path) -> None:
    keys = Keys(tmp_path / "keys")
    made = keys.make_missing()
    assert {path.name for path in made} == {"querier.key", "seal.key", "label.key", "codes-v1.key"}
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600}
    sealed = keys.vault().seal("text")
    assert keys.make_missing((1, 2)) == [tmp_path / "keys" / "codes-v2.key"]
    assert keys.vault().open(sealed) == "text"
    assert set(keys.code_keys()) == {1, 2}


@pytest.mark.parametrize(("content", "why"), [("", "0 octets"), ("zz", "hexadecimal"), ("00" * 31, "31 octets")])
def test_a_bad_key_file_is_named(tmp_path: Path, content: str, why: str) -> None:
    keys = Keys(tmp_path)
    keys.make_missing()
    (tmp_path / "seal.key").write_text(content)
    with pytest.raises(BadSettings, match=rf"seal\.key.*{why}"):
        keys.vault()


def test_a_missing_key_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"querier\.key.*gateway db upgrade"):
        Keys(tmp_path).vault()
