"""Statements that are compiled once: the values, rows and types of SQLAlchemy's own `execute`."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, bindparam, create_engine, insert, select, update

from gateway.store.prepared import Among, Prepared
from gateway.store.statements import MOST_VALUES
from gateway.store.tables import holders, metadata

NOON = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def a_holder(pid: int) -> dict[str, object]:
    return {"id": uuid4(), "host": "here", "pid": pid, "born": 1, "seen_at": NOON}


def test_rows_are_written_as_sqlalchemy_reads_them(connection: Connection) -> None:
    rows = [a_holder(1), a_holder(2)]
    Prepared(insert(holders)).run(connection, rows)
    assert [row._asdict() for row in connection.execute(select(holders).order_by(holders.c.pid))] == rows


def test_a_statement_keeps_the_values_it_was_written_with(connection: Connection) -> None:
    rows = [a_holder(1), a_holder(2)]
    connection.execute(insert(holders), rows)
    moved = update(holders).where(holders.c.id == bindparam("holder"), holders.c.host == "here").values(host="there")
    Prepared(moved).run(connection, [{"holder": rows[0]["id"]}])
    assert list(connection.execute(select(holders.c.host).order_by(holders.c.pid)).scalars()) == ["there", "here"]


def test_the_rows_among_some_values_are_those_sqlalchemy_finds(connection: Connection) -> None:
    rows = [a_holder(pid) for pid in range(5)]
    connection.execute(insert(holders), rows)
    found = Among(select(holders).order_by(holders.c.pid), holders.c.id)
    assert found.rows(connection, [row["id"] for row in rows[1:4]]) == rows[1:4]
    assert found.rows(connection, [uuid4()]) == []
    assert found.rows(connection, []) == []


def test_more_values_than_a_statement_takes_are_asked_for_in_turn(connection: Connection) -> None:
    rows = [a_holder(pid) for pid in range(2 * MOST_VALUES + 3)]
    connection.execute(insert(holders), rows)
    found = Among(select(holders.c.pid), holders.c.id).rows(connection, [row["id"] for row in rows])
    assert sorted(row["pid"] for row in found) == list(range(len(rows)))


def test_other_parameters_are_fixed_or_given_each_time(connection: Connection) -> None:
    rows = [a_holder(1), a_holder(2), a_holder(3) | {"host": "there"}]
    connection.execute(insert(holders), rows)
    fixed = select(holders.c.pid).where(holders.c.host == "here", holders.c.id != bindparam("me"))
    found = Among(fixed, holders.c.pid)
    me, other = rows[0]["id"], rows[1]["id"]
    assert isinstance(me, UUID)
    assert found.rows(connection, [1, 2, 3], me=me) == [{"pid": 2}]
    assert found.rows(connection, [1, 2, 3], me=other) == [{"pid": 1}]
