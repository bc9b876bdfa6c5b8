"""The sheet of tomato paste batches."""

from typing import Final

from gateway.interchange.kinds import MARK, PERCENT
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import FOODSTUFF, OF_PARTY, RECALL

TOMATO: Final = Sheet(
    "tomato",
    "番茄酱批次",
    "批号",
    (
        *FOODSTUFF,
        Column("可溶性固形物(%)", "brix", PERCENT, ("可溶性固形物", "糖度", "浓度")),
        Column("桶号", "container_no", MARK, ("罐号", "桶(罐)号")),
        Column("番茄基地", "raw_tomato_base", also=("原料基地", "番茄产地")),
        Column("杀菌批号", "sterilisation_lot", MARK, ("杀菌批次",)),
        *RECALL,
        OF_PARTY,
    ),
)
