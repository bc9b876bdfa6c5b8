"""Rows in the terminal: a table to read, or a JSON object a line."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typer
from rich.cells import cell_len, set_cell_size

from gateway.domain.calendar import SHANGHAI


def print_rows(rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print these columns, or each whole row as JSON."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False, default=str))
        return
    print_table(columns, [[row[name] for name in columns] for row in rows])


def print_table(headings: Sequence[str], lines: Sequence[Sequence[object]]) -> None:
    """Print lines as wide as they are: an id that is cut or broken to fit the terminal cannot be copied from it."""
    if not lines:
        typer.echo("没有")
        return
    rows = [headings, *([_cell(value) for value in line] for line in lines)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(map(set_cell_size, row, widths)).rstrip())


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            # What a stranger texted stands here too: it shall not steer the terminal, nor break the row.
            return "".join(char if char.isprintable() else " " for char in str(value))
