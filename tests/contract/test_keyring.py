"""What a database must know of the keys it was written with: another one makes counterfeits of all that is genuine."""

from pathlib import Path

import pytest

from gateway.domain import judgement
from gateway.domain.code import CodeBook
from gateway.domain.errors import BadSettings
from gateway.domain.trace import Standing, Trace
from gateway.domain.verdict import Verdict
from gateway.ports import Lookup
from gateway.store import keyring
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.vault import CODE_KEY, Keys
from tests.builders.labels import equip, issued
from tests.builders.messages import NOW


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    keys = Keys(tmp_path / "keys")
    keys.make_missing()
    return keys


def rewrite(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys" / name).write_text("5a" * (CODE_KEY if name.startswith("codes") else 32))


async def test_the_keys_of_the_first_day_stay_good(ledger: SqlLedger, keys: Keys) -> None:
    await keyring.check(ledger.database, keys)
    keys.make_missing((1, 2))
    await keyring.check(ledger.database, keys)
    await keyring.check(ledger.database, keys)


@pytest.mark.parametrize("name", ["codes-v1.key", "label.key", "querier.key", "seal.key"])
async def test_another_key_is_refused_by_name(ledger: SqlLedger, keys: Keys, tmp_path: Path, name: str) -> None:
    await keyring.check(ledger.database, keys)
    rewrite(tmp_path, name)
    with pytest.raises(BadSettings, match=f"{name} in .keys. dir is not the one"):
        await keyring.check(ledger.database, keys)


async def test_a_version_that_was_issued_needs_its_key(
    ledger: SqlLedger, archive: SqlArchive, keys: Keys, tmp_path: Path
) -> None:
    await archive.act(equip)
    await archive.act(lambda books: issued(books, 1))
    await keyring.check(ledger.database, keys)
    (tmp_path / "keys" / "codes-v1.key").unlink()
    with pytest.raises(BadSettings, match=r"codes-v1\.key is missing"):
        await keyring.check(ledger.database, keys)


async def test_a_code_whose_key_is_not_here_is_never_called_a_counterfeit(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    await archive.act(equip)
    (code,) = await archive.act(lambda books: issued(books, 1))
    never = CodeBook({7: b"k" * CODE_KEY}).issue(1, 7, 42)

    async def verdict(asked: str, index: int | None) -> Verdict:
        lookup = Lookup(asked, "liquor", int(asked[0]), int(asked[1]), index)
        trace: Trace = (await ledger.run(lambda unit: unit.traces.find([lookup])))[asked]
        assert not judgement.counts(trace)
        return judgement.decide(trace, Standing(0, None), NOW).verdict

    assert await verdict(code, None) is Verdict.UNAVAILABLE
    assert await verdict(never, None) is Verdict.UNKNOWN, "nobody issued that version"
