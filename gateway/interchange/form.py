"""The form to fill in: a spreadsheet whose columns are texts, so that no code loses a digit (DOMAIN 4.4)."""

from io import BytesIO
from typing import Final

import xlsxwriter

from gateway.interchange.sheet import OWNER, Column
from gateway.interchange.target import Target, target

_ROWS: Final = 20_000  # that are prepared, as many as an upload may have
_NARROW, _WIDE = 14, 24  # characters


def form(type_: str) -> bytes:
    """Return the form of a type as an .xlsx: title, headings with notes, drop-downs; a second sheet says how."""
    way = target(type_)
    written = BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        page = book.add_worksheet(way.sheet.title)
        as_text = book.add_format({"num_format": "@"})
        title = book.add_format({"bold": True, "font_size": 14, "align": "center"})
        must = book.add_format({"bold": True, "bg_color": "#FFE699", "border": 1, "num_format": "@"})
        may = book.add_format({"bold": True, "bg_color": "#E2EFDA", "border": 1, "num_format": "@"})
        columns = way.sheet.columns
        page.merge_range(0, 0, 0, len(columns) - 1, f"{way.sheet.title}（黄色列必填；表头请勿改动）", title)
        for place, column in enumerate(columns):
            needed = _is_needed(column, way)
            page.set_column(place, place, _WIDE if len(column.heading) > 6 else _NARROW, as_text)
            page.write_string(1, place, column.heading, must if needed else may)
            page.write_comment(1, place, f"{'必填。' if needed else ''}{_hint(column)}")
            if column.kind.choices:
                choices = {"validate": "list", "source": list(column.kind.choices), "error_title": column.heading}
                page.data_validation(2, place, 1 + _ROWS, place, {**choices, "error_message": _hint(column)})
        page.freeze_panes(2, 1)
        _explain(book, way)
    return written.getvalue()


def _explain(book: xlsxwriter.Workbook, way: Target) -> None:
    page = book.add_worksheet("填写说明")
    page.set_column(0, 3, _WIDE)
    bold = book.add_format({"bold": True})
    for place, heading in enumerate(("栏目", "是否必填", "怎么填", "其他叫法")):
        page.write_string(0, place, heading, bold)
    for row, column in enumerate(way.sheet.columns, 1):
        needed = "必填" if _is_needed(column, way) else ""
        for place, words in enumerate((column.heading, needed, _hint(column), "、".join(column.also))):
            page.write_string(row, place, words)
    if way.sheet.listed:
        several = f"同一{way.sheet.key}有几条记录（如几次用药）时，每条写一行，其余各列留空或写得相同。"
        page.write_string(len(way.sheet.columns) + 2, 0, several)


def _is_needed(column: Column, way: Target) -> bool:
    return column.path in way.required or column.heading == way.sheet.key


def _hint(column: Column) -> str:
    if column.path == OWNER:
        return "由监管部门或管理员代为导入时填写"
    return column.hint or column.kind.hint
