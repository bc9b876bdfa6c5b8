import pytest

from gateway.domain import masks


@pytest.mark.parametrize(
    ("name", "public", "at_work"),
    [
        ("张建国", "张**", "张师傅"),
        ("李明", "李**", "李师傅"),
        ("欧阳明", "欧阳**", "欧阳师傅"),
        ("欧阳建国", "欧阳**", "欧阳师傅"),
        ("欧阳", "欧**", "欧师傅"),
        ("司马光", "司马**", "司马师傅"),
        ("其其格", "其**", "其**"),
        ("巴图", "巴**", "巴**"),
        ("阿古达木", "阿**", "阿**"),
        ("乌云·其其格", "乌**", "乌**"),
        ("张", "张**", "张**"),
        (" 张建国 ", "张**", "张师傅"),
        ("", "", ""),
    ],
)
def test_names(name: str, public: str, at_work: str) -> None:
    assert masks.person(name) == public
    assert masks.worker(name) == at_work


def test_numbers_keep_only_what_the_public_may_see() -> None:
    assert masks.phone("13812340001") == "138****0001"
    assert masks.phone("04731234567") == "****67"
    assert masks.plate("蒙C12312") == "蒙C***12"
    assert masks.plate("蒙CD12345") == "蒙C***45"
    assert masks.certificate("T6150300231") == "****0231"
    assert masks.certificate("0231") == "****"
    assert masks.cylinder("WH12345678") == "****5678"


def test_a_number_inside_a_text_is_masked_and_a_code_is_not() -> None:
    assert masks.phones_in("店主13812340001,编码1688013812340001") == "店主138****0001,编码1688013812340001"
