"""The sheet of CNG and LNG vehicles: a row a cylinder."""

from typing import Final

from gateway.interchange.kinds import (
    DAY,
    DUE,
    LITRES,
    MARK,
    MOBILE,
    MOMENT,
    NUMBER,
    PERSON,
    PLATE,
    SECRET,
    STAMPS,
    UPPER,
    choice,
)
from gateway.interchange.sheet import PRIVATE, Column, Sheet
from gateway.interchange.sheets.common import DISTRICT_OF_IT, OF_PARTY, PASSED

_CATEGORY: Final = choice(
    {"出租车": "taxi", "公交车": "bus", "私家车": "private", "货车": "truck"},
    ("出租", "taxi"), ("公交", "bus"), ("客车", "bus"), ("私家", "private"), ("家用车", "private"), ("卡车", "truck"),
)  # fmt: skip
_FUEL: Final = choice({"CNG": "CNG", "LNG": "LNG"}, ("压缩天然气", "CNG"), ("液化天然气", "LNG"))
_BUILT_FOR: Final = choice({"汽油": "petrol", "柴油": "diesel", "CNG": "CNG", "LNG": "LNG"})
_TYPE: Final = choice(
    {"CNG-1": "CNG-1", "CNG-2": "CNG-2", "CNG-3": "CNG-3", "CNG-4": "CNG-4", "LNG焊接绝热": "LNG"}, ("LNG", "LNG")
)
_STATE: Final = choice({"在用": "in_use", "报废": "scrapped"}, ("正常", "in_use"), ("已报废", "scrapped"))
_TAG: Final = choice(
    {"完好": "intact", "损坏": "damaged", "缺失": "absent"}, ("正常", "intact"), ("破损", "damaged"), ("无", "absent")
)
_CERTIFICATE: Final = choice({"有效": "valid", "注销": "cancelled"}, ("正常", "valid"), ("已注销", "cancelled"))

VEHICLE: Final = Sheet(
    "vehicle",
    "车用气瓶",
    "车牌号",
    (
        Column("车牌号", "plate", PLATE, ("车牌", "车牌号码", "号牌号码")),
        Column("车辆类别", "category", _CATEGORY, ("车辆类型", "车辆用途")),
        Column("燃料", "fuel", _FUEL, ("燃料种类", "气种")),
        Column("原车燃料", "original_fuel", _BUILT_FOR, ("出厂燃料", "原燃料种类")),
        Column("气瓶编号", "cylinders[].cylinder_no", UPPER, ("钢印号", "瓶号", "气瓶钢印号")),
        Column("气瓶类型", "cylinders[].type", _TYPE, ("气瓶型式",)),
        Column("气瓶容积(升)", "cylinders[].volume_l", LITRES, ("容积", "水容积", "气瓶容积")),
        Column("气瓶制造单位", "cylinders[].maker", also=("制造单位", "气瓶厂家")),
        Column("气瓶制造年月", "cylinders[].manufactured_on", DUE, ("制造年月", "制造日期", "出厂日期")),
        Column("气瓶报废年月", "cylinders[].scrap_on", DUE, ("报废年月", "报废日期", "终止使用年月")),
        Column("上次检验年月", "cylinders[].inspection.last_on", DUE, ("上次检验日期", "检验日期")),
        Column("下次检验年月", "cylinders[].inspection.next_on", DUE, ("下次检验日期", "检验有效期")),
        Column("检验单位", "cylinders[].inspection.body", also=("检验机构",)),
        Column("检验结果", "cylinders[].inspection.result", PASSED, ("检验结论",)),
        Column("置换日期", "cylinders[].purged_on", DAY, ("抽真空日期", "首次充装置换日期")),
        Column("气瓶状态", "cylinders[].state", _STATE),
        Column("电子标签状态", "cylinders[].tag", _TAG, ("标签状态",)),
        Column("标签EPC", "cylinders[].epc", UPPER, ("EPC",)),
        Column("标签TID", "cylinders[].tid", UPPER, ("TID",)),
        Column("使用登记证号", "certificate.number", MARK, ("车用气瓶使用登记证号", "登记证号")),
        Column("登记机关", "certificate.issued_by", also=("发证机关",)),
        Column("登记日期", "certificate.issued_on", DAY, ("发证日期",)),
        Column("登记证状态", "certificate.state", _CERTIFICATE),
        Column("登记气瓶编号", "certificate.cylinders", STAMPS, ("登记证所列气瓶",)),
        Column("改装单位", "retrofit.unit"),
        Column("改装许可证号", "retrofit.licence_no", MARK),
        Column("改装许可证有效期", "retrofit.licence_valid_to", DAY),
        Column("改装日期", "retrofit.fitted_on", DAY),
        DISTRICT_OF_IT,
        Column("所属气站编号", "station_id", MARK, ("登记气站编号",)),
        Column("末次充装站", "last_fill.station", also=("充装站", "充装单位")),
        Column("末次充装站编号", "last_fill.station_id", MARK),
        Column("末次充装时间", "last_fill.at", MOMENT, ("充装时间",)),
        Column("末次充装量", "last_fill.amount", NUMBER, ("充装量",), "CNG：立方米，LNG：公斤"),
        Column("加气枪号", "last_fill.dispenser_no", MARK),
        Column("充装工", "last_fill.operator", PERSON, ("充装人员",)),
        Column("车主", f"{PRIVATE}owner_name", PERSON, ("车主姓名", "所有人")),
        Column("车主电话", f"{PRIVATE}owner_phone", MOBILE, ("联系电话",)),
        Column("车架号", f"{PRIVATE}vin", SECRET, ("VIN", "车辆识别代号", "车架号后8位")),
        OF_PARTY,
    ),
)
