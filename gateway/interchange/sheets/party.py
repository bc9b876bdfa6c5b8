"""The sheet of firms and offices."""

from typing import Final

from gateway.domain.trace import PartyKind
from gateway.interchange.kinds import DAY, DISTRICT, MARK, PERSON, PHONE, USCC, YES, choice
from gateway.interchange.sheet import PRIVATE, Column, Sheet

_KIND: Final = choice(
    {
        "养殖场": PartyKind.FARM,
        "合作社": PartyKind.COOP,
        "生产企业": PartyKind.FACTORY,
        "屠宰场": PartyKind.ABATTOIR,
        "销售单位": PartyKind.RETAILER,
        "充装站": PartyKind.STATION,
        "检验机构": PartyKind.INSPECTOR,
        "维保单位": PartyKind.MAINTENANCE,
        "使用单位": PartyKind.USE_UNIT,
        "监管部门": PartyKind.REGULATOR,
    },
    ("农场", PartyKind.FARM), ("工厂", PartyKind.FACTORY), ("商店", PartyKind.RETAILER), ("超市", PartyKind.RETAILER),
    ("气站", PartyKind.STATION), ("加气站", PartyKind.STATION), ("物业", PartyKind.USE_UNIT),
)  # fmt: skip

PARTY: Final = Sheet(
    "party",
    "单位",
    "单位编号",
    (
        Column("单位编号", "id", MARK, ("编号", "单位代码", "企业编号")),
        Column("单位名称", "name", also=("名称", "企业名称")),
        Column("单位类别", "kind", _KIND, ("类别", "类型", "单位类型")),
        Column("行政区划代码", "district", DISTRICT, ("区划代码", "行政区划")),
        Column("值班电话", "duty_phone", PHONE, ("联系电话", "电话", "单位电话")),
        Column("统一社会信用代码", "uscc", USCC, ("信用代码", "社会信用代码")),
        Column("许可证号", "licence_no", MARK, ("许可证编号", "资质证号")),
        Column("许可证有效期至", "licence_valid_to", DAY, ("许可证有效期", "有效期至", "证书有效期")),
        Column("联系人", f"{PRIVATE}contact", PERSON, ("负责人", "联系人姓名")),
        Column("试点", "pilot", YES, ("试点单位", "是否试点")),
    ),
)
