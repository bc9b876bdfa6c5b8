"""`filing.flows.FlowBook` on one open transaction."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.filing.flows import Left
from gateway.store.tables import flow_days

_c = flow_days.c


class SqlFlows:
    """Counts of the hotline's steps in the database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, day: date, counts: Mapping[Left, int]) -> None:
        """Add to a day's counts, in one statement."""
        if not counts:
            return
        # In one order everywhere, so that two processes never wait for each other's rows.
        rows = [
            {"day": day, "flow": left.flow, "step": left.step, "exit": left.exit, "calls": calls}
            for left, calls in sorted(counts.items())
        ]
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(flow_days).values(rows)
        more = {"calls": _c.calls + adding.excluded.calls}
        self._connection.execute(adding.on_conflict_do_update(index_elements=list(flow_days.primary_key), set_=more))

    def counts(self, day: date, flow: str) -> dict[tuple[str, str], int]:
        """Return how often each step of a flow was left that day by each way out."""
        wanted = select(_c.step, _c.exit, _c.calls).where(_c.day == day, _c.flow == flow)
        return {(step, exit_): int(calls) for step, exit_, calls in self._connection.execute(wanted)}
