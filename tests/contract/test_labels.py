"""What the books must do with labels: no code issued twice, none bound twice, each end a lasting one."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import func, select, update

from gateway.domain.access import Actor, Role
from gateway.domain.code import EXAMPLE, masked
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.domain.labels import Act
from gateway.domain.trace import Filed, LabelState, RepeatPolicy, Trace
from gateway.filing import binding, labels
from gateway.filing.ledger import Line, OneLabel, Order
from gateway.filing.records import FileRecord, RecordFiled, file_record
from gateway.ports import Count, Lookup
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, label_issues, label_ranges
from gateway.store.tables import labels as label_rows
from tests.builders.labels import (
    ANOTHER_CYLINDER,
    BATCH,
    CYLINDER,
    HETAO,
    PIECES,
    PINGAN,
    PLATE,
    REGULATOR,
    RIVAL,
    codes_of,
    equip,
    issued,
)
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import BOUND, rows
from tests.builders.traces import a_cylinder, a_liquor

LATER = NOW + timedelta(days=1)
SPOILT = labels.Ending(Act.CANCEL, "印坏")
FOREIGN = "690123456789012345"


@pytest.fixture(autouse=True)
async def equipped(archive: SqlArchive) -> None:
    await archive.act(equip)


async def a_run(archive: SqlArchive, count: int, *, klass: int = 1, party: str = "hetao") -> list[str]:
    return await archive.act(lambda books: issued(books, count, klass=klass, party=party))


async def bind(archive: SqlArchive, first: str, last: str, actor: Actor = HETAO) -> int:
    return await archive.act(lambda books: binding.bind_run(books, actor, first, last, BATCH, LATER))


async def seal(archive: SqlArchive, code: str, cylinder: str = CYLINDER, actor: Actor = PINGAN) -> str | None:
    return await fasten(archive, code, "lpg", cylinder, actor)


async def fasten(archive: SqlArchive, code: str, record_type: str, key: str, actor: Actor) -> str | None:
    def work(books: SqlBooks) -> str | None:
        kept = books.records.get(record_type, key)
        assert kept is not None
        return binding.bind_one(books, actor, code, kept, LATER)

    return await archive.act(work)


async def void(archive: SqlArchive, *codes: str, actor: Actor = HETAO, ending: labels.Ending = SPOILT) -> labels.Ended:
    return await archive.act(lambda books: labels.void(books, actor, ending, codes, LATER))


async def end(archive: SqlArchive, ending: labels.Ending, first: str, last: str, actor: Actor = HETAO) -> labels.Ended:
    return await archive.act(lambda books: labels.void_run(books, actor, ending, first, last, LATER))


async def one(archive: SqlArchive, code: str) -> OneLabel:
    found = await archive.act(lambda books: books.labels.one(code))
    assert found is not None
    return found


async def states(archive: SqlArchive, codes: list[str]) -> list[str]:
    return [(await one(archive, code)).state.value for code in codes]


async def ledger_of(archive: SqlArchive, party: str | None, actor: Actor = REGULATOR) -> list[Line]:
    return await archive.act(lambda books: labels.ledger(books, actor, party))


async def asked(ledger: SqlLedger, code: str, record_type: str | None = None) -> Trace:
    index = CODES.index_of(code)
    lookup = Lookup(code, record_type, *((int(code[0]), int(code[1]), index) if index is not None else ()))
    return (await ledger.run(lambda unit: unit.traces.find([lookup])))[code]


# -- issuing -----------------------------------------------------------------------------------------


async def test_an_issue_is_two_rows_however_many_labels_it_has(ledger: SqlLedger, archive: SqlArchive) -> None:
    before = len(await rows(ledger, select(label_ranges)))
    order = Order(1, 1, 1_000_000, "hetao", custodian="张三")
    minted = await archive.act(lambda books: labels.mint(books, REGULATOR, order, lambda room: room - 5, NOW))
    await archive.act(lambda books: labels.issue(books, REGULATOR, minted, NOW))
    assert len(await rows(ledger, select(label_ranges))) == before + 1
    (issue,) = await rows(ledger, select(label_issues))
    assert (issue["party"], VAULT.open(issue["custodian"])) == ("hetao", "张三")
    assert minted.run.first == 100_000, "past what is in the ledger, begun again where the class ends"


async def test_the_next_issue_goes_on_where_the_last_ended(archive: SqlArchive) -> None:
    first, second = await a_run(archive, 3), await a_run(archive, 3)
    indexes = [CODES.index_of(code) for code in first + second]
    assert indexes == list(range(indexes[0] or 0, (indexes[0] or 0) + 6))


async def test_only_the_regulator_issues(archive: SqlArchive) -> None:
    order = Order(1, 1, 5, "hetao")
    with pytest.raises(Refusal, match="此操作只限") as refused:
        await archive.act(lambda books: labels.mint(books, HETAO, order, lambda room: 0, NOW))
    assert refused.value.why is Why.FORBIDDEN


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order(1, 1, 5, "nobody"), "没有登记过单位 nobody"),
        (Order(1, 1, 0, "hetao"), "不能是 0"),
        (Order(1, 1, 10_000_001, "hetao"), "不能是 10000001"),
        (Order(0, 1, 5, "hetao"), "不能是 0"),
    ],
)
async def test_an_order_that_cannot_be_is_refused(archive: SqlArchive, order: Order, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        await archive.act(lambda books: labels.mint(books, REGULATOR, order, lambda room: 0, NOW))


async def test_labels_are_not_activated_before_they_are_bound(ledger: SqlLedger, archive: SqlArchive) -> None:
    (code,) = await a_run(archive, 1)
    trace = await asked(ledger, code, "liquor")
    assert trace.label is not None
    assert (trace.label.state, trace.record) == (LabelState.ISSUED, None)


async def test_what_was_given_up_is_void_and_never_comes_again(archive: SqlArchive) -> None:
    order = Order(1, 1, 5, "hetao")
    minted = await archive.act(lambda books: labels.mint(books, REGULATOR, order, lambda room: 0, NOW))
    await archive.act(lambda books: labels.give_up(books, REGULATOR, minted, NOW))
    with pytest.raises(Refusal, match="已作废，不能发放"):
        await archive.act(lambda books: labels.issue(books, REGULATOR, minted, NOW))
    assert not set(await a_run(archive, 5)) & set(codes_of(minted.run))


async def test_what_is_minted_and_not_issued_cannot_be_used(archive: SqlArchive) -> None:
    order = Order(1, 1, 5, "hetao")
    minted = await archive.act(lambda books: labels.mint(books, REGULATOR, order, lambda room: 0, NOW))
    first, *_, last = codes_of(minted.run)
    with pytest.raises(Refusal, match="有 5 枚没有发放过"):
        await bind(archive, first, last)


async def test_processes_that_issue_at_once_never_overlap(
    another: Callable[[], SqlLedger], archive: SqlArchive
) -> None:
    archives = [archive, *(SqlArchive(another().database, VAULT, CODES) for _ in range(2))]
    runs = await asyncio.gather(*(a_run(archives[number % 3], 7) for number in range(12)))
    assert len({code for run in runs for code in run}) == 12 * 7


# -- binding goods -----------------------------------------------------------------------------------


async def test_a_bound_run_is_its_batch_and_what_is_beside_it_is_not(ledger: SqlLedger, archive: SqlArchive) -> None:
    codes = await a_run(archive, 9)
    assert await bind(archive, codes[3], codes[5]) == 3
    assert await states(archive, codes) == ["issued"] * 3 + ["active"] * 3 + ["issued"] * 3
    trace = await asked(ledger, codes[4], "liquor")
    assert trace.label is not None
    assert (trace.record_id, trace.label.policy, trace.label.bound_at) == (
        f"liquor/{BATCH}",
        RepeatPolicy.COVERT,
        LATER,
    )


async def test_a_label_bound_before_is_refused_by_name_and_nothing_is_bound(archive: SqlArchive) -> None:
    codes = await a_run(archive, 9)
    await bind(archive, codes[4], codes[4])
    with pytest.raises(Refusal) as refused:
        await bind(archive, codes[0], codes[8])
    assert refused.value.why is Why.CONFLICT
    assert f"标签 {masked(codes[4])} 已绑定 {BATCH}，不能重复绑定" in str(refused.value)
    assert await states(archive, codes) == ["issued"] * 4 + ["active"] + ["issued"] * 4


async def test_spoilt_labels_inside_a_run_stay_void(archive: SqlArchive) -> None:
    codes = await a_run(archive, 5)
    await void(archive, codes[2])
    assert await bind(archive, codes[0], codes[4]) == 4
    assert await states(archive, codes) == ["active", "active", "cancelled", "active", "active"]


async def test_a_run_of_spoilt_labels_is_not_bound(archive: SqlArchive) -> None:
    (code,) = await a_run(archive, 1)
    await void(archive, code)
    with pytest.raises(Refusal, match="都已失效"):
        await bind(archive, code, code)


async def test_another_firms_labels_are_refused_even_to_the_regulator(archive: SqlArchive) -> None:
    codes = await a_run(archive, 3, party="rival")
    with pytest.raises(Refusal, match="不是发给该单位的") as refused:
        await bind(archive, codes[0], codes[2], REGULATOR)
    assert refused.value.why is Why.FORBIDDEN


async def test_another_firm_cannot_bind_to_this_ones_batch(archive: SqlArchive) -> None:
    codes = await a_run(archive, 3, party="rival")
    with pytest.raises(Refusal, match=f"批次 {BATCH} 不属于本单位") as refused:
        await bind(archive, codes[0], codes[2], RIVAL)
    assert refused.value.why is Why.FORBIDDEN


async def test_a_batch_takes_no_more_labels_than_it_has_pieces(archive: SqlArchive) -> None:
    codes = await a_run(archive, PIECES + 2)
    await void(archive, codes[0])
    with pytest.raises(Refusal, match=f"共 {PIECES} 件，已绑定 0 枚，不能再绑定 {PIECES + 1} 枚"):
        await bind(archive, codes[0], codes[-1])
    await bind(archive, codes[0], codes[PIECES - 1])
    await void(archive, codes[1])
    assert await bind(archive, codes[PIECES], codes[PIECES + 1]) == 2, "a spoilt label's piece gets another"
    extra = await a_run(archive, 1)
    with pytest.raises(Refusal, match=f"已绑定 {PIECES} 枚"):
        await bind(archive, extra[0], extra[0])


async def test_a_batch_is_not_corrected_to_fewer_pieces_than_labels(archive: SqlArchive) -> None:
    codes = await a_run(archive, 3)
    await bind(archive, codes[0], codes[-1])
    await void(archive, codes[0])

    def corrected(quantity: int) -> Callable[[SqlBooks], RecordFiled]:
        sent = FileRecord(record=msgspec.to_builtins(a_liquor(batch_no=BATCH, quantity=quantity)))
        return lambda books: file_record(books, HETAO, "liquor", sent, Inputs(), LATER)

    with pytest.raises(Refusal, match="1 少于已绑定的 2 枚标签") as refused:
        await archive.act(corrected(1))
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "record.quantity")
    assert (await archive.act(corrected(2))).version == 2


@pytest.mark.parametrize(("klass", "why"), [(2, f"没有登记过批次 {BATCH}"), (6, "须逐个绑定"), (9, "测试标签不能绑定")])
async def test_labels_of_another_class_do_not_fit(archive: SqlArchive, klass: int, why: str) -> None:
    codes = await a_run(archive, 2, klass=klass)
    with pytest.raises(Refusal, match=why):
        await bind(archive, codes[0], codes[1])


async def test_ends_that_make_no_run_are_refused(archive: SqlArchive) -> None:
    codes, others = await a_run(archive, 3), await a_run(archive, 3, klass=2)
    with pytest.raises(Refusal, match="请按文件中的顺序"):
        await bind(archive, codes[2], codes[0])
    with pytest.raises(Refusal, match="不是同一类别"):
        await bind(archive, codes[0], others[0])
    with pytest.raises(Refusal, match="6901234567892 不是本系统的标签号"):
        await bind(archive, codes[0], "6901234567892")
    with pytest.raises(Refusal, match="有 1 枚没有发放过"):
        await bind(archive, codes[0], CODES.issue(1, 1, (CODES.index_of(codes[2]) or 0) + 1))


async def test_of_two_who_bind_the_same_labels_one_is_told(
    another: Callable[[], SqlLedger], archive: SqlArchive
) -> None:
    codes = await a_run(archive, 9)
    other = SqlArchive(another().database, VAULT, CODES)
    calls = (bind(one, codes[0], codes[8]) for one in (archive, other))
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert [result for result in done if result == 9] == [9]
    (refused,) = [result for result in done if isinstance(result, Refusal)]
    assert "不能重复绑定" in str(refused)


# -- equipment ---------------------------------------------------------------------------------------


async def test_a_new_seal_uses_up_the_last_one(ledger: SqlLedger, archive: SqlArchive) -> None:
    first, second, _ = await a_run(archive, 3, klass=6, party="station-pingan")
    assert await seal(archive, first) is None
    assert await seal(archive, second) == first
    assert await states(archive, [first, second]) == ["consumed", "active"]
    live = await archive.act(lambda books: books.labels.live(f"lpg/{CYLINDER}"))
    assert live is not None
    assert live.code == second
    used = await asked(ledger, first, "lpg")
    assert used.label is not None
    assert (used.label.state, used.record_id) == (LabelState.CONSUMED, f"lpg/{CYLINDER}")


@pytest.mark.parametrize("cylinder", [CYLINDER, ANOTHER_CYLINDER])
async def test_a_seal_is_used_once(archive: SqlArchive, cylinder: str) -> None:
    first, second = await a_run(archive, 2, klass=6, party="station-pingan")
    await seal(archive, first)
    with pytest.raises(Refusal, match=f"已绑定 {CYLINDER}，不能重复绑定"):
        await seal(archive, first, cylinder)
    await seal(archive, second)
    with pytest.raises(Refusal, match="已使用，不能绑定"):
        await seal(archive, first, cylinder)


async def test_a_station_seals_its_own_cylinders_with_its_own_seals(archive: SqlArchive) -> None:
    (mine,) = await a_run(archive, 1, klass=6, party="station-pingan")
    (foreign,) = await a_run(archive, 1, klass=6, party="rival")
    with pytest.raises(Refusal, match="不属于本单位"):
        await seal(archive, mine, actor=Actor("key:other", Role.STATION, "rival"))
    with pytest.raises(Refusal, match="不是发给该单位的"):
        await seal(archive, foreign)


async def test_a_scrapped_cylinder_gets_no_seal(archive: SqlArchive) -> None:
    (code,) = await a_run(archive, 1, klass=6, party="station-pingan")
    scrapped = Filed("lpg", CYLINDER, a_cylinder(state="scrapped"), owner="station-pingan")
    await archive.act(lambda books: books.records.put(scrapped, "somebody", NOW))
    with pytest.raises(Refusal, match="已报废"):
        await seal(archive, code)


async def test_a_label_of_goods_seals_nothing(archive: SqlArchive) -> None:
    (code,) = await a_run(archive, 1, party="station-pingan")
    with pytest.raises(Refusal, match="类别不能用于"):
        await seal(archive, code)


async def test_only_the_regulator_changes_the_label_of_a_vehicle(archive: SqlArchive) -> None:
    first, second = await a_run(archive, 2, klass=7, party="station-pingan")
    await fasten(archive, first, "vehicle", PLATE, PINGAN)
    with pytest.raises(Refusal, match="更换须由监管部门办理"):
        await fasten(archive, second, "vehicle", PLATE, PINGAN)
    assert await fasten(archive, second, "vehicle", PLATE, REGULATOR) == first
    assert await states(archive, [first, second]) == ["cancelled", "active"]


async def test_two_stations_machines_cannot_seal_one_cylinder_twice(
    another: Callable[[], SqlLedger], archive: SqlArchive
) -> None:
    codes = await a_run(archive, 6, klass=6, party="station-pingan")
    other = SqlArchive(another().database, VAULT, CODES)
    await asyncio.gather(*(seal((archive, other)[number % 2], code) for number, code in enumerate(codes)))
    assert sorted(await states(archive, codes)) == ["active"] + ["consumed"] * 5


# -- ending ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "state"),
    [(Act.CANCEL, "cancelled"), (Act.LOSE, "lost"), (Act.STEAL, "stolen"), (Act.SCRAP, "scrapped")],
)
async def test_a_run_ends_and_does_not_come_back(archive: SqlArchive, act: Act, state: str) -> None:
    codes = await a_run(archive, 5)
    await bind(archive, codes[0], codes[2])
    ending = labels.Ending(act, "仓库失窃")
    ended = await end(archive, ending, codes[1], codes[3])
    assert ended == labels.Ended(3, 0)
    assert await states(archive, codes) == ["active", state, state, state, "issued"]
    with pytest.raises(Refusal, match="都已失效，不能绑定"):
        await bind(archive, codes[1], codes[3])
    assert await bind(archive, codes[2], codes[4]) == 1
    assert await states(archive, codes) == ["active", state, state, state, "active"]


async def test_a_seal_in_a_run_that_ends_ends_too(archive: SqlArchive) -> None:
    codes = await a_run(archive, 4, klass=6, party="station-pingan")
    await seal(archive, codes[0])
    await seal(archive, codes[1])
    stolen = labels.Ending(Act.STEAL, "失窃")
    ended = await end(archive, stolen, codes[0], codes[3], REGULATOR)
    assert ended == labels.Ended(3, 1)
    assert await states(archive, codes) == ["consumed", "stolen", "stolen", "stolen"]
    assert await archive.act(lambda books: books.labels.live(f"lpg/{CYLINDER}")) is None


async def test_a_maker_voids_a_burst_of_its_own_codes_and_nobody_elses(archive: SqlArchive) -> None:
    """T2: a rival has queried them before they were sold."""
    mine, others = await a_run(archive, 4), await a_run(archive, 1, party="rival")
    await bind(archive, mine[0], mine[3])
    with pytest.raises(Refusal, match="不属于本单位"):
        await void(archive, *mine, *others)
    assert await states(archive, mine) == ["active"] * 4
    assert await void(archive, mine[0], mine[2], mine[0]) == labels.Ended(2, 0)
    assert await void(archive, *mine) == labels.Ended(2, 2)


async def test_a_run_that_ended_before_takes_no_reason_of_any_length_into_the_audit(archive: SqlArchive) -> None:
    first, last = await a_run(archive, 2)
    await end(archive, SPOILT, first, last)
    with pytest.raises(Refusal, match="请写明原因"):
        await end(archive, labels.Ending(Act.CANCEL, "长" * 201), first, last)


async def test_a_code_nobody_issued_cannot_be_voided(archive: SqlArchive) -> None:
    unknown = CODES.issue(1, 1, 10**12)
    with pytest.raises(Refusal, match=f"没有发放过标签 {masked(unknown).replace('*', '.')}"):
        await void(archive, unknown)


async def test_only_unused_labels_are_returned(archive: SqlArchive) -> None:
    codes = await a_run(archive, 3)
    await bind(archive, codes[0], codes[0])
    back = labels.Ending(Act.RETURN, "")
    with pytest.raises(Refusal, match="已启用，不能退回"):
        await end(archive, back, codes[0], codes[2])
    assert await void(archive, codes[2], ending=back) == labels.Ended(1, 0)


# -- the ledger --------------------------------------------------------------------------------------


async def test_the_ledger_says_what_became_of_every_label(archive: SqlArchive) -> None:
    codes = await a_run(archive, 20)
    await void(archive, codes[3])
    await bind(archive, codes[0], codes[9])
    await void(archive, codes[4], codes[5])
    for act, part in ((Act.RETURN, codes[15:18]), (Act.DESTROY, codes[18:])):
        ending = labels.Ending(act, "余量")
        await end(archive, ending, part[0], part[-1])
    (line,) = await ledger_of(archive, "hetao", HETAO)
    counts = (line.issued, line.bound, line.used, line.void, line.returned, line.destroyed, line.left)
    assert counts == (20, 7, 0, 3, 3, 2, 5)
    assert await archive.act(lambda books: books.labels.bound(f"liquor/{BATCH}")) == 7


async def test_the_ledger_counts_seals_one_by_one(archive: SqlArchive) -> None:
    codes = await a_run(archive, 5, klass=6, party="station-pingan")
    for code in codes[:3]:
        await seal(archive, code)
    (line,) = await ledger_of(archive, "station-pingan")
    assert (line.issued, line.bound, line.used, line.left) == (5, 1, 2, 2)


async def test_the_whole_ledger_has_what_came_from_elsewhere_too(archive: SqlArchive) -> None:
    await a_run(archive, 5)
    elsewhere, issue = (await ledger_of(archive, None))[0], (await ledger_of(archive, None))[-1]
    assert (elsewhere.issue, elsewhere.run, elsewhere.bound) == (None, None, BOUND)
    assert (issue.party, issue.left) == ("hetao", 5)


async def test_a_firm_sees_its_own_ledger_alone(archive: SqlArchive) -> None:
    for party in ("rival", None):
        with pytest.raises(Refusal, match="不属于本单位"):
            await ledger_of(archive, party, HETAO)


async def test_every_act_is_in_the_audit_without_a_whole_code(ledger: SqlLedger, archive: SqlArchive) -> None:
    codes = await a_run(archive, 3)
    await bind(archive, codes[0], codes[1])
    await void(archive, codes[2])
    noted = await rows(ledger, select(audit).order_by(audit.c.seq))
    assert [entry["action"] for entry in noted] == ["labels minted", "labels issued", "labels bound", "label cancel"]
    assert [entry["actor"] for entry in noted[2:]] == [HETAO.name] * 2
    assert not any(code in str(entry) for entry in noted for code in codes)
    assert await archive.act(lambda books: books.audit.fault()) is None


# -- counter-signs and foreign codes -----------------------------------------------------------------


async def test_a_countersigned_label_returns_what_is_printed_beside_it(ledger: SqlLedger, archive: SqlArchive) -> None:
    signed = await archive.act(lambda books: issued(books, 4, countersigned=True))
    await bind(archive, signed[1], signed[2])
    for code in signed:
        label = (await asked(ledger, code, "liquor")).label
        assert label is not None
        assert label.countersign == VAULT.countersign(code)
    (plain,) = await a_run(archive, 1)
    label = (await asked(ledger, plain, "liquor")).label
    assert label is not None
    assert label.countersign is None


async def test_a_labels_own_countersign_comes_before_the_derived_one(ledger: SqlLedger, archive: SqlArchive) -> None:
    (code,) = await archive.act(lambda books: issued(books, 1, countersigned=True))
    await void(archive, code)
    word = update(label_rows).where(label_rows.c.code == code).values(countersign="河套")
    await ledger.database.transact(lambda connection: connection.execute(word))
    label = (await asked(ledger, code, "liquor")).label
    assert label is not None
    assert label.countersign == "河套"


@pytest.mark.parametrize("hashed", [False, True])
async def test_a_firms_own_codes_are_found_and_counted(ledger: SqlLedger, archive: SqlArchive, hashed: bool) -> None:
    taken = await archive.act(
        lambda books: binding.register(books, HETAO, [FOREIGN, "SERIAL77"], BATCH, NOW, hashed=hashed)
    )
    assert taken == 2
    for place in (1, 2):
        trace = await asked(ledger, FOREIGN)
        assert (trace.record_id, trace.asked) == (f"liquor/{BATCH}", place - 1)
        standings = await ledger.run(lambda unit: unit.traces.count([Count(FOREIGN, b"me", NOW)]))
        assert standings[0].count == place
    assert await archive.act(lambda books: books.labels.bound(f"liquor/{BATCH}")) == 2
    assert await void(archive, FOREIGN) == labels.Ended(1, 0)
    ended = await asked(ledger, FOREIGN)
    assert ended.label is not None
    assert ended.label.state is LabelState.CANCELLED


async def test_hashed_codes_cannot_be_read_in_the_database(ledger: SqlLedger, archive: SqlArchive) -> None:
    await archive.act(lambda books: binding.register(books, HETAO, [FOREIGN], BATCH, NOW, hashed=True))
    of_batch = select(label_rows).where(label_rows.c.record_id == f"liquor/{BATCH}")
    (row,) = await rows(ledger, of_batch)
    assert FOREIGN not in str(row)


@pytest.mark.parametrize("hashed", [False, True])
@pytest.mark.parametrize(
    ("keys", "why"),
    [
        (["SERIAL77"], "SERIAL77 等 1 个编码已登记过"),
        (["A123", "B123", "A123"], "A123 在清单中重复出现"),
        (["A123", "有毒"], "第 2 行：有毒 不是编码"),
        (["A123", ""], "第 2 行"),
        (["1" * 25], "第 1 行"),
        (["A" * 21], "第 1 行"),
        ([f"A{number:05}" for number in range(PIECES)], f"共 {PIECES} 件"),
    ],
)
async def test_a_list_with_a_wrong_code_is_refused_as_a_whole(
    ledger: SqlLedger, archive: SqlArchive, keys: list[str], why: str, hashed: bool
) -> None:
    await archive.act(lambda books: binding.register(books, HETAO, ["SERIAL77"], BATCH, NOW))
    with pytest.raises(Refusal, match=why):
        await archive.act(lambda books: binding.register(books, HETAO, keys, BATCH, NOW, hashed=hashed))
    counted = select(func.count()).select_from(label_rows).where(label_rows.c.record_id == f"liquor/{BATCH}")
    assert list((await rows(ledger, counted))[0].values()) == [1]


async def test_our_own_codes_are_nobodys_to_register(archive: SqlArchive) -> None:
    (code,) = await a_run(archive, 1)
    with pytest.raises(Refusal, match="是本系统发放的标签号"):
        await archive.act(lambda books: binding.register(books, HETAO, [code], BATCH, NOW))
    passes_the_check = CODES.issue(1, 1, 10**12)
    assert await archive.act(lambda books: binding.register(books, HETAO, [passes_the_check], BATCH, NOW)) == 1


@pytest.mark.parametrize(("key", "why"), [(EXAMPLE, "示例编码"), ("6901028075831", "商品条码")])
@pytest.mark.parametrize("hashed", [False, True])
async def test_what_stands_on_everything_is_no_code_of_one_bottle(
    archive: SqlArchive, key: str, why: str, hashed: bool
) -> None:
    with pytest.raises(Refusal, match=why):
        await archive.act(lambda books: binding.register(books, HETAO, [key], BATCH, NOW, hashed=hashed))
