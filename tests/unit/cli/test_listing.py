from datetime import UTC, datetime

import msgspec
import pytest
from rich.cells import cell_len

from gateway.cli import report
from gateway.cli.listing import print_rows

ID = "01a20230-9d9d-707b-9d88-6717e7507d5e"


def test_nothing_is_cut_however_narrow_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_rows([{"id": ID, "party": "海勃湾平安气站"}], ("id", "party"), as_json=False)
    assert capsys.readouterr().out.splitlines() == [f"{'id':36}  party", f"{ID}  海勃湾平安气站"]


def test_columns_stand_one_below_the_other_though_a_character_is_two_cells_wide(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_rows([{"a": "气站", "b": "x"}, {"a": "abcdef", "b": "x"}], ("a", "b"), as_json=False)
    assert [cell_len(line) for line in capsys.readouterr().out.splitlines()] == [9, 9, 9]


def test_a_strangers_text_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"text": "\x1b[2J[/red][http]\n第二行"}], ("text",), as_json=False)
    assert capsys.readouterr().out == "text\n [2J[/red][http] 第二行\n"


def test_values_read_as_people_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"at": datetime(2026, 11, 22, 7, 37, 50, 251000, UTC), "alerts": False, "detail": {"款": 1}, "revoked": None}
    print_rows([row], tuple(row), as_json=False)
    assert capsys.readouterr().out.splitlines()[1] == '2026-11-22 15:37  no      {"款": 1}'


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], ("id",), as_json=False)
    assert capsys.readouterr().out == "没有\n"


def test_an_empty_spreadsheet_says_so_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_rows(msgspec.Struct(), [], "csv")
    assert capsys.readouterr().err == "没有\n"
