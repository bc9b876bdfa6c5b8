"""The sheet of farm inputs: pesticides and veterinary drugs with their intervals (R70)."""

from typing import Final

from gateway.domain.inputs import InputKind
from gateway.interchange.kinds import DAYS, MARK, NAMES, YES, choice
from gateway.interchange.sheet import Column, Sheet

_KIND: Final = choice({"农药": InputKind.PESTICIDE, "兽药": InputKind.VET_DRUG})

INPUTS: Final = Sheet(
    "inputs",
    "农业投入品",
    "名称",
    (
        Column("名称", "name", also=("通用名", "药品名称", "有效成分")),
        Column("类别", "kind", _KIND, ("种类", "类型")),
        Column("别名", "synonyms", NAMES, ("商品名", "俗名")),
        Column("登记证号", "registration_no", MARK, ("农药登记证号", "批准文号")),
        Column("是否禁用", "banned", YES, ("禁用",)),
        Column("间隔期(天)", "interval_days", DAYS, ("安全间隔期", "休药期", "安全间隔期(天)", "休药期(天)", "间隔期")),
        Column("依据", "source", also=("来源", "公告文号")),
    ),
)
