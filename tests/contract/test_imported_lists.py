"""Lists for all: parties and farm inputs, by file."""

import pytest

from gateway.domain.errors import Refusal
from gateway.domain.inputs import InputKind, Inputs
from gateway.domain.trace import Party, PartyKind
from gateway.store import inputs
from tests.builders.desk import STATION, Desk


async def test_parties_come_by_file_their_contact_sealed(desk: Desk) -> None:
    heading = "单位编号,单位名称,单位类别,行政区划代码,值班电话,联系人,试点"
    outcome = await desk.bring("party", heading, "SS,三盛合作社,合作社,150822,0478-1234567,张三丰,是")

    party = await desk.act(lambda books: books.parties.get("SS"))
    assert outcome.merged
    assert party == Party("SS", "三盛合作社", PartyKind.COOP, "150822", "0478-1234567", contact="张三丰", pilot=True)


async def test_lists_for_all_are_the_regulators(desk: Desk) -> None:
    with pytest.raises(Refusal, match="只能由监管部门"):
        await desk.bring("inputs", "名称,类别", "敌百虫,农药", actor=STATION)


async def test_the_list_of_inputs_grows(desk: Desk) -> None:
    lines = "名称,类别,别名,是否禁用,间隔期", "克百威,农药,呋喃丹,是,", "吡虫啉,农药,,否,7天"
    outcome = await desk.bring("inputs", *lines)

    in_force = await desk.database.transact(lambda connection: inputs.load(connection, Inputs()))
    assert outcome.merged
    assert [entry.banned for entry in in_force.find("呋喃丹", InputKind.PESTICIDE)] == [True]


async def test_two_inputs_of_one_name_are_refused(desk: Desk) -> None:
    outcome = await desk.bring("inputs", "名称,类别,别名", "克百威,农药,呋喃丹", "卡巴呋喃,农药,呋喃丹")

    assert not outcome.merged
    assert len(desk.said) == 1


async def test_new_and_changed_parties_are_counted(desk: Desk) -> None:
    heading, same = "单位编号,单位名称,单位类别,行政区划代码,联系人", "S1,甲,合作社,150822,张三丰"
    first = await desk.bring("party", heading, same, "S2,乙,合作社,150822,李四")
    second = await desk.bring("party", heading, same, "S2,乙,合作社,150822,王五", "S3,丙,合作社,150822,")

    assert (first.added, first.changed, first.same) == (2, 0, 0)
    assert (second.added, second.changed, second.same) == (1, 1, 1)


async def test_a_party_that_stands_there_twice_is_as_its_first_row_says(desk: Desk) -> None:
    heading = "单位编号,单位名称,单位类别,行政区划代码"
    outcome = await desk.bring("party", heading, "S1,甲,合作社,150822", "S1,乙,合作社,150822", partial=True)

    party = await desk.act(lambda books: books.parties.get("S1"))
    assert (outcome.added, outcome.rejected, party and party.name) == (1, 1, "甲")


async def test_new_and_changed_inputs_are_counted(desk: Desk) -> None:
    heading, same = "名称,类别,别名,间隔期", "克百威,农药,呋喃丹,"
    first = await desk.bring("inputs", heading, same, "吡虫啉,农药,,7")
    second = await desk.bring("inputs", heading, same, "吡虫啉,农药,,9", "敌百虫,农药,,")

    assert (first.added, first.changed, first.same) == (2, 0, 0)
    assert (second.added, second.changed, second.same) == (1, 1, 1)
