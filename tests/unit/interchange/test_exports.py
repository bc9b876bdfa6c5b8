"""What leaves for spreadsheets: no formula, no number rounded, Chinese words; a case that shows any change."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from gateway.domain.ticket import TicketState
from gateway.filing.casebook import HandedOver, Ticket
from gateway.filing.cases import Case
from gateway.filing.reports import Figure, Measure, Problem, ProblemKind, share
from gateway.interchange import exports

NOW = datetime(2026, 5, 10, 17, 0, 5, tzinfo=UTC)  # 01:00:05 of 11 May in Asia/Shanghai


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def handed(**changes: Any) -> HandedOver:  # noqa: ANN401 - fields of it
    fields = {
        "number": "000000011",
        "created_at": NOW,
        "due_at": NOW,
        "reporter": "13900000001",
        "codes": ("1688012345678904", "012345"),
        "text": "假酒",
        "place": None,
        "outside_ref": None,
    }
    return HandedOver(**{**fields, **changes})


def test_a_spreadsheet_knows_it_as_utf_8() -> None:
    assert exports.as_csv([handed()]).startswith(b"\xef\xbb\xbf")


def test_columns_that_say_nothing_are_left_out_and_the_others_have_chinese_headings() -> None:
    headings, row = read(exports.as_csv([handed()]))
    assert headings == ["工单号", "受理时间", "办理期限", "举报人电话", "编码", "内容"]
    assert row[1] == "2026-05-11 01:00:05"


def test_codes_are_written_in_groups_since_a_spreadsheet_would_round_them() -> None:
    _, row = read(exports.as_csv([handed()]))
    assert row[3:5] == ["13900000001", "1688 0123 4567 8904、012345"]


def test_no_number_loses_its_first_zeros() -> None:
    one = handed(reporter="04780000001", codes=("012345",))
    _, row = read(exports.as_csv([one]))
    assert (row[0], row[3], row[4]) == ("0000 0001 1", "0478 0000 001", "0123 45")
    _, (shown,) = exports.as_table([one])
    assert (shown[0], shown[3]) == ("000000011", "04780000001")  # nothing reads a terminal's table as numbers
    assert read(exports.as_csv([Figure(measure=Measure.THINGS, value=0)]))[1] == ["登记数量", "0"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    _, row = read(exports.as_csv([handed(text=text, codes=(text,))]))
    assert row[4:] == [f"'{text}"] * 2


def test_words_stand_for_names_and_numbers_stay_numbers() -> None:
    figure = share(Measure.OVERDUE, 1, 3, record_type="lpg", district="150302", party="s-1")
    assert read(exports.as_csv([figure])) == [
        ["指标", "类型", "区划", "单位编号", "数值", "总数", "百分比"],
        ["超期数量", "液化气瓶", "150302", "s-1", "1", "3", "33.3"],
    ]
    negative = Figure(measure=Measure.THINGS, value=-1)
    assert read(exports.as_csv([negative]))[1] == ["登记数量", "-1"]
    wrong = Problem(kind=ProblemKind.FEED_SILENT, subject="feed/s-1", since=date(2026, 5, 1), days=9)
    assert read(exports.as_csv([wrong]))[1] == ["数据源中断", "feed/s-1", "2026-05-01", "9"]


def test_every_measure_and_problem_has_its_word() -> None:
    figures = exports.as_table([Figure(measure=measure, value=1) for measure in Measure])[1]
    problems = exports.as_table([Problem(kind=kind, subject="x") for kind in ProblemKind])[1]
    assert all(not str(row[0]).isascii() for row in [*figures, *problems])


def test_a_ticket_is_written_with_its_state_in_words() -> None:
    ticket = Ticket(
        **(msgspec.structs.asdict(handed(reporter="139****0001")) | {"state": TicketState.CLOSED}),
        handed_to="xinfang",
        answer="已查处",
        closed_at=NOW,
        overdue=False,
    )
    headings, (row,) = exports.as_table([ticket])
    cells = dict(zip(headings, row, strict=True))
    assert [cells[name] for name in ("状态", "转往", "是否超期")] == ["已办结", "信访部门", "否"]


def test_nothing_is_a_table_without_rows() -> None:
    assert exports.as_csv([]) == "\ufeff\r\n".encode()


def a_case(**tables: list[dict[str, Any]]) -> Case:
    return Case(
        subject="1688012345678904",
        exported_at=NOW,
        exported_by="key:officer",
        chain_entry=7,
        chain_hash="ab" * 32,
        tables=tables,
    )


def test_a_case_says_the_hash_of_each_file_and_of_the_audit() -> None:
    packed = exports.as_zip(a_case(queries=[{"code": "1688012345678904", "text": "=假"}], events=[]))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert manifest["files"] == {name: sha256(content).hexdigest() for name, content in files.items()}
    assert manifest["audit"] == {"entry": 7, "sha256": "ab" * 32}
    assert set(files) == {"queries.json", "queries.csv", "events.json"}
    assert json.loads(files["queries.json"]) == [{"code": "1688012345678904", "text": "=假"}]  # JSON holds it as it is
    assert read(files["queries.csv"]) == [["编码", "内容"], ["1688 0123 4567 8904", "'=假"]]


def test_rows_of_one_table_may_differ() -> None:
    rows: list[dict[str, Any]] = [
        {"code": "6112345678904444", "state": "active"},
        {"klass": 4, "first": 0, "body": {"a": [1]}},
    ]
    packed = exports.as_zip(a_case(labels=rows))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert read(archive.read("labels.csv")) == [
            ["编码", "状态", "标签类别", "起始序号", "内容"],
            ["6112 3456 7890 4444", "active", "", "", ""],
            ["", "", "4", "0", '{"a": [1]}'],
        ]


def test_the_same_case_is_the_same_file() -> None:
    assert exports.as_zip(a_case(queries=[])) == exports.as_zip(a_case(queries=[]))
