import pytest

from gateway.domain.question import Intent, Need, understand


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("救命，被困在电梯里012345", Need.TRAPPED),
        ("DT012345有人被困", Need.TRAPPED),
        ("电梯困人了", Need.TRAPPED),
        ("我被关在电梯里了", Need.TRAPPED),
        ("012345电梯坏了，里面有人出不来", Need.TRAPPED),
        ("投诉：电梯012345困人", Need.TRAPPED),
        ("012345电梯坏了，里面有人", Need.TRAPPED),
        ("煤气罐漏气", Need.GAS),
        ("液化气漏气怎么办", Need.GAS),
        ("屋里有煤气味", Need.GAS),
        ("气瓶6688012345678904漏气能用吗", Need.GAS),
        ("转人工", Need.PERSON),
        ("你们电话多少", Need.PERSON),
        ("举报电话", Need.PERSON),
        ("电梯012345", None),
        ("电梯012345安全吗", None),
        ("我家很困难，这酒是真的吗", None),
        ("瓶子没漏气，能用吗", None),
        ("信息泄露怎么办", None),
        ("贫困人口有补贴吗", None),
        ("被困难吓到了", None),
        ("这是人工养殖的吗", None),
        ("有没有人工服务", Need.PERSON),
        ("这个电话13812345678是骗子", None),
        ("【燃气公司】如遇漏气请拨打24小时客服电话", None),
        ("您好，我正在忙，电话多少稍后联系", None),
        ("漏气" * 100, None),
    ],
)
def test_what_people_need_besides_a_verdict(text: str, need: Need | None) -> None:
    question = understand(text)
    assert question.need is need
    if need:
        assert question.intent is not Intent.NONE
