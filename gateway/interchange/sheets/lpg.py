"""The sheet of LPG cylinders."""

from typing import Final

from gateway.interchange.kinds import (
    ADDRESS,
    DAY,
    DAYS,
    DUE,
    KILOGRAMS,
    LITRES,
    MARK,
    MOBILE,
    MOMENT,
    PERSON,
    PHONE,
    SEAL,
    SECRET,
    SECRET_UPPER,
    UPPER,
    YEARS,
    YES,
    choice,
)
from gateway.interchange.sheet import PRIVATE, Column, Sheet
from gateway.interchange.sheets.common import OF_PARTY, PASSED

_USE: Final = choice(
    {"民用": "household", "工业": "industrial", "餐饮": "catering"},
    ("家用", "household"), ("居民", "household"), ("工业用", "industrial"),
    ("商用", "catering"), ("宾馆饭店", "catering"),
)  # fmt: skip
_STATE: Final = choice({"在用": "in_use", "报废": "scrapped"}, ("正常", "in_use"), ("已报废", "scrapped"))
_SEAL: Final = choice(
    {"完好": "intact", "破损": "broken", "缺失": "absent"}, ("正常", "intact"), ("损坏", "broken"), ("无", "absent")
)

LPG: Final = Sheet(
    "lpg",
    "液化气瓶",
    "钢印号",
    (
        Column("钢印号", "cylinder_no", UPPER, ("瓶号", "气瓶编号", "钢瓶号", "气瓶钢印号", "钢瓶钢印号", "出厂编号")),
        Column("制造单位", "maker", also=("制造厂", "生产厂家", "制造商", "制造单位名称")),
        Column("制造许可证号", "maker_licence", MARK, ("制造许可证",)),
        Column("型号", "model", also=("气瓶型号", "规格型号", "规格")),
        Column("容积(升)", "volume_l", LITRES, ("容积", "水容积")),
        Column("皮重(公斤)", "tare_kg", KILOGRAMS, ("皮重", "瓶重", "空瓶重量")),
        Column("最大充装量(公斤)", "max_fill_kg", KILOGRAMS, ("最大充装量", "额定充装量", "最大充装重量")),
        Column("制造年月", "manufactured_on", DUE, ("制造日期", "出厂日期", "生产日期", "出厂年月")),
        Column("设计使用年限", "design_life_years", YEARS, ("设计使用年限(年)", "使用年限")),
        Column("报废年月", "scrap_on", DUE, ("报废日期", "强制报废日期", "终止使用年月")),
        Column("状态", "state", _STATE, ("气瓶状态", "使用状态")),
        Column("上次检验年月", "inspection.last_on", DUE, ("上次检验日期", "检验日期", "末次检验日期")),
        Column("检验单位", "inspection.body", also=("检验机构",)),
        Column("检验结果", "inspection.result", PASSED, ("检验结论",)),
        Column("下次检验年月", "inspection.next_on", DUE, ("下次检验日期", "下检日期", "检验有效期", "应检日期")),
        Column("置换日期", "purged_on", DAY, ("抽真空日期", "置换抽真空日期")),
        Column("产权单位", "owner", also=("所属单位", "产权", "充装单位(产权)", "自有产权单位")),
        Column("登记气站编号", "owner_station", MARK, ("产权单位编号", "气站编号")),
        Column("产权单位电话", "owner_phone", PHONE, ("单位电话", "联系电话")),
        Column("用途", "use_category", _USE, ("使用类别", "用户类别")),
        Column("封签号", "seal_no", MARK, ("防偷倒气装置号", "封印号")),
        Column("封签状态", "seal_state", _SEAL, ("封印状态", "防偷倒气装置状态")),
        Column("充装单位", "last_fill.station", also=("充装站", "气站")),
        Column("充装单位编号", "last_fill.station_id", MARK, ("充装站编号",)),
        Column("充装单位电话", "last_fill.station_phone", PHONE, ("气站电话",)),
        Column("充装许可证号", "last_fill.licence_no", MARK, ("充装许可证",)),
        Column("充装许可证有效期", "last_fill.licence_valid_to", DAY, ("充装许可证有效期至",)),
        Column("充装时间", "last_fill.at", MOMENT, ("末次充装时间", "充气时间")),
        Column("充装重量(公斤)", "last_fill.weight_kg", KILOGRAMS, ("充装重量", "充装量")),
        Column("气体种类", "last_fill.gas", also=("充装介质", "介质")),
        Column("秤号", "last_fill.scale_id", MARK, ("充装秤号",)),
        Column("封签编码", "last_fill.seal", SEAL, ("标签编码", "二维码编码")),
        Column("充装工", "last_fill.operator", PERSON, ("充装人员", "充装员", "充装操作人")),
        Column("充装工证号", "last_fill.operator_certificate", MARK, ("操作证号",)),
        Column("充装检查合格", "last_fill.checks_passed", YES, ("充装前后检查", "检查结果")),
        Column("残液(公斤)", "last_fill.residue_kg", KILOGRAMS, ("残液量", "残液")),
        Column("残液处理", "last_fill.residue_treatment", also=("残液处理方式",)),
        Column("残液处理日期", "last_fill.residue_on", DAY),
        Column("送气员", "delivery.name", PERSON, ("配送员", "送气工")),
        Column("送气员工号", "delivery.staff_no", MARK, ("配送员工号", "工号")),
        Column("销售单位", "delivery.selling_unit", also=("销售点", "供应站")),
        Column("销售单位编号", "delivery.selling_unit_id", MARK),
        Column("送气员身份证号", f"{PRIVATE}courier_id_card", SECRET_UPPER, ("身份证号",)),
        Column("送气员电话", f"{PRIVATE}courier_phone", MOBILE, ("配送员电话",)),
        Column("用户编号", f"{PRIVATE}customer_id", SECRET, ("客户编号",)),
        Column("用户地址", f"{PRIVATE}customer_address", ADDRESS, ("送气地址", "客户地址")),
        Column("提前提醒天数", "remind_days", DAYS, ("送检提醒天数",)),
        OF_PARTY,
    ),
)
