"""The sheet of filling stations: a row a gun or a scale."""

from typing import Final

from gateway.interchange.kinds import DAY, MARK, PERSON, PHONE, USCC, WORDS, choice, several
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import DISTRICT_OF_IT, OF_PARTY

_KIND: Final = choice({"加气枪": "gun", "秤": "scale"}, ("枪", "gun"), ("充装秤", "scale"), ("电子秤", "scale"))
_GAS: Final = choice(
    {"LPG": "LPG", "CNG": "CNG", "LNG": "LNG"}, ("液化石油气", "LPG"), ("压缩天然气", "CNG"), ("液化天然气", "LNG")
)
_STATE: Final = choice({"营业": "open", "停业": "suspended"}, ("正常", "open"), ("暂停", "suspended"))

STATION: Final = Sheet(
    "station",
    "充装站",
    "充装站编号",
    (
        Column("充装站编号", "station_id", MARK, ("气站编号", "站点编号")),
        Column("充装站名称", "name", WORDS, ("名称", "气站名称", "站名")),
        Column("统一社会信用代码", "uscc", USCC, ("信用代码",)),
        Column("地址", "address", also=("站址", "详细地址")),
        DISTRICT_OF_IT,
        Column("气体种类", "gases", several(_GAS), ("充装介质", "经营气种")),
        Column("充装许可证号", "licence_no", MARK, ("许可证号",)),
        Column("许可证有效期自", "licence_valid_from", DAY, ("许可证生效日期",)),
        Column("许可证有效期至", "licence_valid_to", DAY, ("许可证有效期", "有效期至")),
        Column("负责人", "responsible", PERSON, ("站长",)),
        Column("值班电话", "duty_phone", PHONE, ("联系电话", "电话")),
        Column("枪秤编号", "dispensers[].number", MARK, ("枪号", "秤号", "计量器具编号")),
        Column("枪秤类别", "dispensers[].kind", _KIND, ("计量器具类别",)),
        Column("枪秤气种", "dispensers[].gas", _GAS),
        Column("检定有效期至", "dispensers[].verified_to", DAY, ("检定有效期", "计量检定有效期")),
        Column("状态", "state", _STATE, ("营业状态",)),
        Column("停业原因", "suspended_for", also=("暂停原因",)),
        OF_PARTY,
    ),
)
