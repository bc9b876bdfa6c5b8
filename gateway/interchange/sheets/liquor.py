"""The sheet of liquor batches."""

from typing import Final

from gateway.interchange.kinds import MARK, MILLILITRES, PERCENT
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import OF_PARTY, PACKAGED, RECALL

LIQUOR: Final = Sheet(
    "liquor",
    "白酒批次",
    "批号",
    (
        *PACKAGED,
        Column("系列", "series", also=("产品系列",)),
        Column("规格(毫升)", "spec_ml", MILLILITRES, ("规格", "净含量", "容量", "净含量(ml)")),
        Column("酒精度(%vol)", "alcohol_vol", PERCENT, ("酒精度", "酒度", "度数")),
        Column("出厂检验报告号", "inspection_report_no", MARK, ("检验报告号", "检验报告编号")),
        Column("销售区域", "region", also=("区域", "销售地区")),
        Column("箱码", "carton_code", MARK, ("外箱码",)),
        *RECALL,
        OF_PARTY,
    ),
)
