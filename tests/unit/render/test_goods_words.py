"""What a citizen reads of meat, liquor, flour, tomato paste and melons: each verdict, word for word."""

import pytest

from gateway.domain.records.goods import Batch
from gateway.domain.trace import RepeatPolicy, Standing
from tests.builders.city import answer, shipped_renderer
from tests.builders.traces import FIRST, NOW, a_flour, a_label, a_liquor, a_meat, a_melon, a_tomato, a_trace

RECALL = {"reason": "瓶盖密封不良", "scope": "全部", "phone": "0478-0000000", "announced_on": "2026-05-05"}
FAILED = {"report_no": "1", "body": "市检", "tested_on": "2026-05-05", "result": "fail"}
UNFIT = {"number": "1", "issued_on": "2026-05-01", "result": "fail"}
DRUG = {"name": "土霉素", "given_on": "2026-04-29", "withdrawal_days": 7}
SPRAY = {"name": "吡虫啉", "applied_on": "2026-04-01", "safety_interval_days": 7}
LATE_SPRAY = {**SPRAY, "applied_on": "2026-05-01"}
OWN, OTHER = Standing(3, NOW, own=True), Standing(3, NOW)
COVERT, OPEN = RepeatPolicy

TEXTS: list[tuple[Batch, RepeatPolicy, Standing, str]] = [
    (a_meat(), COVERT, FIRST, "巴美羊肉后腿1kg，乌拉特中旗草原牧场，05-01屠宰，检疫合格。首次查询，是正品。"),
    (a_meat(), COVERT, OWN, "该码您已于05-10 12:00查询，结果为正品。巴美羊肉，批号BM-0501。共查3次。"),
    (a_meat(), COVERT, OTHER, "警惕：该防伪码已查3次，首次2026-05-10 12:00。非您本人查询请勿购买，举报12315。"),
    (
        a_meat(),
        OPEN,
        OTHER,
        "巴美羊肉后腿1kg：乌拉特中旗草原牧场，05-01屠宰，检疫证****0101合格，新华超市。第3次查询。",
    ),
    (a_meat(quarantine=UNFIT), OPEN, FIRST, "巴美羊肉（批号BM-0501）：检疫不合格，请勿食用，举报12315。"),
    (a_meat(vet_drugs=[DRUG]), COVERT, FIRST, "巴美羊肉（批号BM-0501）：在休药期内屠宰，请勿食用，举报12315。"),
    (
        a_meat(retail=None, feeds=None),
        OPEN,
        FIRST,
        "巴美羊肉（批号BM-0501）：该码已登记，但溯源信息不完整（缺饲料记录、销售记录），暂无法确认。有疑问请拨12315。",
    ),
    (a_meat(shelf_life_days=3), OPEN, FIRST, "巴美羊肉1kg，2026-05-02生产，已过保质期（至2026-05-05），请勿食用。"),
    (
        a_meat(recall=RECALL),
        OPEN,
        FIRST,
        "该批巴美羊肉（批号BM-0501）已召回，请停止食用并联系0478-0000000。原因：瓶盖密封不良。",
    ),
    (a_liquor(), COVERT, FIRST, "河套王500ml，河套酒业，批号A0312，2026-03-01生产。首次查询，是正品。"),
    (a_liquor(), COVERT, OWN, "该码您已于05-10 12:00查询，结果为正品。河套王500ml，批号A0312。共查3次。"),
    (a_liquor(), OPEN, OTHER, "河套王，河套酒业，批号A0312，2026-03-01生产，可追溯。第3次查询。"),
    (a_liquor(shelf_life_days=30), COVERT, FIRST, "河套王，2026-03-01生产，已过保质期（至2026-03-31），请勿饮用。"),
    (
        a_liquor(recall=RECALL),
        COVERT,
        OTHER,
        "该批河套王（批号A0312）已召回，请停止饮用并联系0478-0000000。原因：瓶盖密封不良。",
    ),
    (a_flour(), COVERT, FIRST, "恒丰雪花粉5kg，恒丰食品，批号HF-0401，2026-04-01生产。首次查询，是正品。"),
    (a_flour(), COVERT, OTHER, "警惕：该防伪码已查3次，首次2026-05-10 12:00。非您本人查询请勿购买，举报12315。"),
    (a_flour(), OPEN, OTHER, "恒丰雪花粉5kg，恒丰食品，批号HF-0401，2026-04-01生产，可追溯。第3次查询。"),
    (a_flour(test_report=FAILED), COVERT, FIRST, "恒丰雪花粉（批号HF-0401）：检测不合格，请勿食用，举报12315。"),
    (
        a_flour(shelf_life_days=30),
        COVERT,
        FIRST,
        "恒丰雪花粉5kg，2026-04-01生产，已过保质期（至2026-05-01），请勿食用。",
    ),
    (a_tomato(), COVERT, FIRST, "番茄酱0.85kg，河套番茄制品厂，批号TM-0901，2025-09-01生产。首次查询，是正品。"),
    (
        a_tomato(recall=RECALL),
        COVERT,
        FIRST,
        "该批番茄酱（批号TM-0901）已召回，请停止食用并联系0478-0000000。原因：瓶盖密封不良。",
    ),
    (
        a_melon(pesticides=[SPRAY]),
        OPEN,
        FIRST,
        "华莱士瓜：三盛蜜瓜合作社，05-02采摘，末次用药04-01（间隔合格），农残检测合格05-01。产地磴口县巴彦高勒镇。",
    ),
    (
        a_melon(product="苹果梨"),
        OPEN,
        FIRST,
        "苹果梨：三盛蜜瓜合作社，05-02采摘，未用农药，农残检测合格05-01。产地磴口县巴彦高勒镇。第1次查询。",
    ),
    (a_melon(test_report=FAILED), OPEN, FIRST, "华莱士瓜（批号HLS-01）：检测不合格，请勿食用，举报12315。"),
    (
        a_melon(pesticides=[LATE_SPRAY]),
        OPEN,
        FIRST,
        "华莱士瓜（批号HLS-01）：在农药安全间隔期内采收，请勿食用，举报12315。",
    ),
    (
        a_melon(pesticides=None, test_report=None, commitment=None),
        OPEN,
        FIRST,
        "华莱士瓜（批号HLS-01）：该码已登记，但溯源信息不完整（缺检测报告、用药记录等），暂无法确认。有疑问请拨12315。",
    ),
]


@pytest.mark.parametrize(("batch", "policy", "standing", "text"), TEXTS, ids=[text[:30] for *_, text in TEXTS])
def test_each_verdict_is_one_short_message(batch: Batch, policy: RepeatPolicy, standing: Standing, text: str) -> None:
    _, said = answer(a_trace(batch, a_label(policy=policy)), standing, NOW)
    reply = shipped_renderer().reply([said])
    assert reply.text == f"【放心100】{text}"
    assert len(reply.segments) == 1
    assert len(reply.text) <= 70
