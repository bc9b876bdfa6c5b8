"""The sheet of lifts."""

from typing import Final

from gateway.interchange.kinds import DAY, DAYS, DUE, LOCAL, MARK, MOMENT, PERSON, PHONE, UPPER, choice
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import DISTRICT_OF_IT, OF_PARTY

_STATE: Final = choice(
    {"正常": "normal", "故障": "fault", "困人": "trapped", "停用": "stopped", "报废": "scrapped"},
    ("在用", "normal"), ("停梯", "stopped"), ("已报废", "scrapped"),
)  # fmt: skip

LIFT: Final = Sheet(
    "lift",
    "电梯",
    "电梯编号",
    (
        Column(
            "电梯编号", "local_no", LOCAL, ("识别码", "电梯识别码", "救援识别码", "救援码"), "5至6位数字，保留开头的0"
        ),
        Column("注册代码", "registration_code", UPPER, ("登记代码", "使用登记代码"), "17至21位"),
        Column("设备代码", "equipment_code", UPPER, ("电梯设备代码",), "17至21位"),
        Column("地址", "address", also=("安装地址", "使用地点", "设备地点", "安装地点")),
        DISTRICT_OF_IT,
        Column("场所类别", "site_category", also=("使用场所", "场所")),
        Column("使用单位", "use_unit", also=("使用单位名称", "物业公司", "管理单位")),
        Column("使用单位编号", "use_unit_id", MARK, ("物业编号",)),
        Column("维保单位", "maintenance_unit", also=("维护保养单位", "维保公司", "维保单位名称")),
        Column("维保单位编号", "maintenance_unit_id", MARK),
        Column("维保许可证有效期", "maintenance_licence_valid_to", DAY, ("维保资质有效期",)),
        Column("制造单位", "manufacturer", also=("制造商", "生产厂家", "电梯品牌")),
        Column("安装单位", "installation_unit"),
        Column("安装日期", "installed_on", DAY, ("投用日期",)),
        Column("检验机构", "inspection_body", also=("检验单位",)),
        Column("应急电话", "emergency_phone", PHONE, ("救援电话", "应急救援电话", "值守电话")),
        Column("末次维保日期", "last_maintenance_on", DAY, ("上次维保日期", "最近维保日期", "维保日期")),
        Column("维保间隔(天)", "interval_days", DAYS, ("维保间隔", "维保周期")),
        Column("维保人员", "maintainer", PERSON, ("维保工", "维保员")),
        Column("下次检验年月", "next_inspection", DUE, ("下次检验日期", "检验有效期", "下检日期")),
        Column("下次自检年月", "next_self_test", DUE, ("下次自行检测日期", "下次检测年月")),
        Column("状态", "state", _STATE, ("电梯状态", "使用状态")),
        Column("状态起始时间", "since", MOMENT),
        Column("状态来源", "state_source"),
        Column("监控终端号", "monitor_id", MARK, ("物联网终端号",)),
        Column("监控最近在线时间", "monitor_seen_at", MOMENT),
        OF_PARTY,
    ),
)
