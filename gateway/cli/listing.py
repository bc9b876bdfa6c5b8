"""Rows in the terminal: a table to read, or a JSON object a line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table


def print_rows(rows: Sequence[Mapping[str, Any]], columns: tuple[str, ...], *, as_json: bool) -> None:
    """Print these columns, or each whole row as JSON."""
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False, default=str))
        return
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(str(row[name] if row[name] is not None else "") for name in columns))
    Console().print(table)
