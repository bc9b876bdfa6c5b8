from pathlib import Path

import pytest

from gateway.domain.inputs import Input, InputKind, Inputs, decode

ROOT = Path(__file__).parents[3]
P, V = InputKind.PESTICIDE, InputKind.VET_DRUG
LIST = Inputs(
    [
        Input(name="甲胺磷", kind=P, banned=True),
        Input(name="滴滴涕", kind=P, synonyms=("DDT",), banned=True),
        Input(name="2,4-滴丁酯", kind=P, banned=True),
        Input(name="吡虫啉", kind=P, interval_days=7),
        Input(name="阿维菌素", kind=P),
        Input(name="克百威", kind=P, banned=True),
        Input(name="克百威", kind=V, banned=True),
    ]
)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("甲胺磷", ["甲胺磷"]),
        (" 甲胺　磷 ", ["甲胺磷"]),
        ("50%甲胺磷乳油", ["甲胺磷"]),
        ("５０％ 甲胺磷 乳油", ["甲胺磷"]),
        ("ＤＤＴ", ["滴滴涕"]),
        ("ddt", ["滴滴涕"]),
        ("２，４－滴丁酯", ["2,4-滴丁酯"]),
        ("57%2,4-滴丁酯乳油", ["2,4-滴丁酯"]),
        ("70%吡虫啉水分散粒剂", ["吡虫啉"]),
        ("200克/升吡虫啉可溶液剂", ["吡虫啉"]),
        ("阿维菌素·甲胺磷", ["阿维菌素", "甲胺磷"]),
        ("5%阿维菌素+吡虫啉乳油", ["阿维菌素", "吡虫啉"]),
        ("甲胺磷酸", []),  # another substance that begins the same
        ("乙酰甲胺磷", []),
        ("", []),
        ("%", []),
        ("乳油", []),
    ],
)
def test_a_product_is_found_by_any_way_of_writing_it(written: str, names: list[str]) -> None:
    assert [entry.name for entry in LIST.find(written, P)] == names


def test_a_pesticide_is_no_veterinary_drug() -> None:
    assert LIST.find("甲胺磷", V) == ()
    assert [entry.kind for entry in LIST.find("克百威", V)] == [V]


def test_one_name_cannot_stand_for_two_entries() -> None:
    with pytest.raises(ValueError, match="三氯杀螨醇: DDT 在投入品清单中已有"):
        Inputs([*LIST.entries, Input(name="三氯杀螨醇", kind=V), Input(name="三氯杀螨醇", kind=P, synonyms=("DDT",))])


def test_a_fault_in_the_file_is_told_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"\$\.inputs\[0\]\.kind"):
        decode('inputs = [{name = "敌敌畏", kind = "poison"}]'.encode())


def test_the_shipped_list_knows_what_is_banned_and_says_where_it_is_from() -> None:
    shipped = decode((ROOT / "config" / "inputs.toml").read_bytes())
    for name in ("甲胺磷", "对硫磷", "甲基对硫磷", "久效磷", "磷胺", "六六六", "DDT", "呋喃丹", "2,4-滴丁酯"):
        assert [entry.banned for entry in shipped.find(name, P)] == [True], name
    for name in ("氯霉素", "瘦肉精", "孔雀石绿", "诺氟沙星"):
        assert [entry.banned for entry in shipped.find(name, V)] == [True], name
    assert [entry.interval_days for entry in shipped.find("土霉素片", V)] == [7]
    assert all(entry.source for entry in shipped.entries)
    assert all(entry.banned or entry.interval_days is not None for entry in shipped.entries)
