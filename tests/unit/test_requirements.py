"""The table of requirements names files that exist, and leaves none of R1…R76 out."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "requirements.md").read_text("utf-8")
# The numbering has gaps: these numbers stand for no clause.
NEVER_GIVEN = {15, 16, 17, 18, 19, *range(54, 60)}


def _spread(path: str) -> list[str]:
    found = re.fullmatch(r"(.*)\{(.*)\}(.*)", path)
    return [f"{found[1]}{name}{found[3]}" for name in found[2].split(",")] if found else [path]


def test_every_clause_has_its_row() -> None:
    rows = re.findall(r"^\| ([R0-9, ]+) \|", TABLE, re.MULTILINE)
    named = [int(number) for row in rows for number in re.findall(r"R([0-9]+)", row)]
    assert sorted(named) == sorted(set(range(1, 77)) - NEVER_GIVEN)


def test_every_file_that_it_names_is_there() -> None:
    written = re.findall(r"`([a-z_0-9/{},]+(?:\.(?:py|md|txt|toml)|/))(?:::\w+)?`", TABLE)
    paths = {path for one in written for path in _spread(one)}
    places = (ROOT / "gateway", ROOT / "tests", ROOT)
    assert len(paths) > 40
    assert [path for path in sorted(paths) if not any((place / path).exists() for place in places)] == []
