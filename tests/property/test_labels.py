"""Whatever is issued, bound and voided in whatever order: runs stay disjoint, and agree with a label-by-label model."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Connection, Engine, create_engine, select

from gateway.domain.errors import Refusal
from gateway.domain.labels import ENDED, Act, Run, following, may
from gateway.domain.trace import LabelState
from gateway.filing import binding, labels
from gateway.filing.ledger import Order
from gateway.ports import Lookup
from gateway.store.books import SqlBooks
from gateway.store.tables import label_ranges, metadata
from tests.builders.labels import BATCH, CYLINDER, PIECES, REGULATOR, equip
from tests.builders.messages import CODES, NOW, VAULT

RUNS = st.builds(lambda first, size: Run(1, 1, first, first + size), st.integers(0, 30), st.integers(0, 30))
ENDINGS = st.sampled_from([Act.CANCEL, Act.RETURN, Act.DESTROY, Act.LOSE, Act.STEAL, Act.SCRAP])


@given(st.sampled_from(LabelState), st.lists(st.sampled_from(Act), max_size=8))
def test_no_way_leads_back_to_active(state: LabelState, acts: list[Act]) -> None:
    was_active = state is LabelState.ACTIVE
    for act in acts:
        if may(state, act):
            state = following(state, act)
            assert not (was_active and state is LabelState.ACTIVE)
            was_active = was_active or state is LabelState.ACTIVE or state in ENDED


@given(RUNS, RUNS)
def test_a_cut_run_is_its_pieces_and_what_was_cut(whole: Run, other: Run) -> None:
    shared = whole.common(other)
    pieces = sorted([*whole.without(other), *([shared] if shared else [])])
    assert sum(piece.size for piece in pieces) == whole.size
    assert (pieces[0].first, pieces[-1].last) == (whole.first, whole.last)
    assert all(one.last + 1 == next_.first for one, next_ in pairwise(pieces))
    assert shared == other.common(whole)


class Ledger(RuleBasedStateMachine):
    """One class of goods, one of seals; `model` says of each code what it should be."""

    codes = Bundle("codes")

    def __init__(self) -> None:
        super().__init__()
        self.engine: Engine = create_engine("sqlite://", connect_args={"isolation_level": None})
        self.connection: Connection = self.engine.connect()
        metadata.create_all(self.connection)
        self.books = SqlBooks(self.connection, VAULT, CODES)
        self.model: dict[str, tuple[LabelState, str | None]] = {}

    @initialize()
    def equip(self) -> None:
        equip(self.books)

    def teardown(self) -> None:
        self.connection.close()
        self.engine.dispose()

    @rule(target=codes, klass=st.sampled_from([1, 6]), count=st.integers(1, 12), start=st.integers(0, 40))
    def issue(self, klass: int, count: int, start: int) -> str:
        """Issue a run; the code returned is any of it."""
        order = Order(klass, 1, count, {1: "hetao", 6: "station-pingan"}[klass])
        run = labels.mint(self.books, REGULATOR, order, lambda _room: start, NOW)
        labels.issue(self.books, REGULATOR, run, NOW)
        issued = [CODES.issue(klass, 1, index) for index in range(run.run.first, run.run.last + 1)]
        assert not self.model.keys() & set(issued)
        self.model |= dict.fromkeys(issued, (LabelState.ISSUED, None))
        return issued[start % count]

    @rule(code=codes, length=st.integers(0, 8))
    def bind(self, code: str, length: int) -> None:
        """Bind a run, or a seal; refused exactly where a label in it is not to be bound."""
        if code[0] == "6":
            self.seal(code)
            return
        run = self.run_from(code, length)
        known = [self.model.get(one) for one in run]
        fresh = [one for one in run if self.model.get(one, (None,))[0] is LabelState.ISSUED]
        good = all(one is not None and (one[0] is LabelState.ISSUED or one[0] in ENDED) for one in known)
        before = self.books.labels.bound(f"liquor/{BATCH}")
        try:
            with self.connection.begin_nested():
                bound = binding.bind_run(self.books, REGULATOR, run[0], run[-1], BATCH, NOW)
        except Refusal:
            assert not good or not fresh or before + len(fresh) > PIECES
            return
        assert good
        assert bound == len(fresh)
        self.model |= dict.fromkeys(fresh, (LabelState.ACTIVE, f"liquor/{BATCH}"))

    def seal(self, code: str) -> None:
        kept = self.books.records.get("lpg", CYLINDER)
        assert kept is not None
        last = self.books.labels.live(kept.id)
        try:
            with self.connection.begin_nested():
                used = binding.bind_one(self.books, REGULATOR, code, kept, NOW)
        except Refusal:
            assert self.model[code][0] is not LabelState.ISSUED
            return
        assert self.model[code][0] is LabelState.ISSUED
        assert used == (last.code if last else None)
        if used:
            self.model[used] = (LabelState.CONSUMED, kept.id)
        self.model[code] = (LabelState.ACTIVE, kept.id)

    @rule(code=codes, act=ENDINGS)
    def end_one(self, code: str, act: Act) -> None:
        state, record_id = self.model[code]
        one = self.books.labels.one(code)
        assert one is not None
        assert one.state is state
        try:
            with self.connection.begin_nested():
                ended = labels.void(self.books, REGULATOR, labels.Ending(act, "原因"), [code], NOW)
        except Refusal:
            assert not may(state, act)
            return
        assert (state in ENDED) is (ended.before == 1)
        if state not in ENDED:
            self.model[code] = (following(state, act), record_id)

    @rule(code=codes, length=st.integers(0, 8), act=ENDINGS)
    def end_run(self, code: str, length: int, act: Act) -> None:
        run = self.run_from(code, length)
        try:
            with self.connection.begin_nested():
                labels.void_run(self.books, REGULATOR, labels.Ending(act, "原因"), run[0], run[-1], NOW)
        except Refusal:
            known = [self.model.get(one) for one in run]
            assert any(one is None or not (one[0] in ENDED or may(one[0], act)) for one in known)
            return
        for one in run:
            state, record_id = self.model[one]
            if state not in ENDED:
                self.model[one] = (following(state, act), record_id)

    def run_from(self, code: str, length: int) -> list[str]:
        index = CODES.index_of(code)
        assert index is not None
        return [CODES.issue(int(code[0]), 1, at) for at in range(index, index + length + 1)]

    @invariant()
    def runs_are_disjoint(self) -> None:
        runs = sorted(
            Run(row.klass, row.version, row.first, row.last) for row in self.connection.execute(select(label_ranges))
        )
        assert all(one.common(next_) is None for one, next_ in pairwise(runs))
        assert sum(run.size for run in runs) == len(self.model)

    @invariant()
    def every_label_is_what_the_model_says(self) -> None:
        lookups = [Lookup(code, None, int(code[0]), 1, CODES.index_of(code)) for code in self.model]
        found = self.books.traces.find(lookups)
        for code, (state, record_id) in self.model.items():
            label = found[code].label
            assert label is not None
            assert label.state is state
            assert state in ENDED or found[code].record_id == record_id

    @invariant()
    def the_ledger_adds_up(self) -> None:
        lines = self.books.labels.lines(None)
        states = [state for state, _ in self.model.values()]
        assert sum(line.issued for line in lines) == len(states)
        assert sum(line.bound for line in lines) == states.count(LabelState.ACTIVE)
        assert sum(line.left for line in lines) == states.count(LabelState.ISSUED)
        assert sum(line.used for line in lines) == states.count(LabelState.CONSUMED)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=15, stateful_step_count=20)
