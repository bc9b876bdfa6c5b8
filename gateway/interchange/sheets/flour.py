"""The sheet of flour batches."""

from typing import Final

from gateway.interchange.kinds import PERCENT, choice
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import FOODSTUFF, OF_PARTY, RECALL

_GLUTEN: Final = choice(
    {"高筋": "high", "中筋": "medium", "低筋": "low"}, ("强筋", "high"), ("普通", "medium"), ("弱筋", "low")
)

FLOUR: Final = Sheet(
    "flour",
    "小麦粉批次",
    "批号",
    (
        *FOODSTUFF,
        Column("小麦产地", "wheat_origin", also=("原料产地", "产地")),
        Column("灰分(%)", "ash_percent", PERCENT, ("灰分",)),
        Column("筋力", "gluten", _GLUTEN, ("面筋等级", "筋度")),
        Column("添加剂声明", "additives", also=("添加剂", "食品添加剂"), hint="例：无添加"),
        *RECALL,
        OF_PARTY,
    ),
)
