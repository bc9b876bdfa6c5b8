"""Columns that several sheets share."""

from typing import Final

from gateway.interchange import kinds
from gateway.interchange.kinds import COUNT, DAY, DAYS, KILOGRAMS, MARK, NAMES, PHONE, WORDS, choice
from gateway.interchange.sheet import OWNER, Column

OF_PARTY: Final = Column("所属单位编号", OWNER, MARK, ("单位编号", "归属单位编号", "所属单位代码"))

PASSED: Final = choice(
    {"合格": "pass", "不合格": "fail"}, ("通过", "pass"), ("符合", "pass"), ("未通过", "fail"), ("不符合", "fail")
)

BATCH: Final = (
    Column("批号", "batch_no", MARK, ("批次号", "批次", "生产批号", "产品批号", "批次编号", "lot")),
    Column("产品名称", "product", WORDS, ("品名", "产品", "名称", "商品名称", "货物名称")),
)
QUANTITY: Final = Column("件数", "quantity", COUNT, ("数量(件)", "生产数量", "数量(瓶)", "数量(袋)"))
TEST_REPORT: Final = (
    Column("检测报告号", "test_report.report_no", MARK, ("检测报告编号", "检验报告号", "检验报告编号", "报告编号")),
    Column("检测单位", "test_report.body", also=("检测机构", "检验机构", "检验单位")),
    Column("检测日期", "test_report.tested_on", DAY, ("检验日期",)),
    Column("检测结果", "test_report.result", PASSED, ("农残检测结果", "检验结果", "农残结果")),
    Column("检测项目", "test_report.items", also=("检验项目",)),
)
RECALL: Final = (
    Column("召回原因", "recall.reason"),
    Column("召回范围", "recall.scope"),
    Column("召回联系电话", "recall.phone", PHONE, ("召回电话", "召回热线")),
    Column("召回公告日期", "recall.announced_on", DAY, ("召回日期",)),
)
HOTLINE: Final = Column("服务热线", "hotline", PHONE, ("热线", "客服电话", "联系电话", "企业电话"))
PRODUCED: Final = Column("生产日期", "produced_on", DAY, ("制造日期", "灌装日期", "出厂日期"))
SHELF_LIFE: Final = Column("保质期(天)", "shelf_life_days", DAYS, ("保质期", "保质天数"))
STANDARD: Final = Column("执行标准号", "standard_no", MARK, ("标准号", "执行标准", "产品标准号"))
GTIN: Final = Column("商品条码", "gtin", MARK, ("条码", "条形码", "GTIN", "69码"))
DISTRICT_OF_IT: Final = Column("行政区划代码", "district", kinds.DISTRICT, ("区划代码", "行政区划", "所在区划"))
DISTRIBUTOR: Final = Column("经销商", "distributor", also=("经销单位",))
LICENCE: Final = Column(
    "食品生产许可证号", "licence", kinds.UPPER, ("生产许可证号", "许可证号", "SC编号", "SC证号"), "SC和14位数字"
)
# What a factory packs (`records.packaged`).
PACKAGED: Final = (
    *BATCH,
    QUANTITY,
    PRODUCED,
    SHELF_LIFE,
    Column("生产企业", "maker", also=("厂家", "生产厂家", "企业名称", "生产单位", "制造商")),
    HOTLINE,
    LICENCE,
    STANDARD,
    GTIN,
    DISTRIBUTOR,
)
FOODSTUFF: Final = (
    *PACKAGED,
    Column("等级", "grade", also=("质量等级", "级别")),
    Column("净含量(公斤)", "net_kg", KILOGRAMS, ("净含量", "规格", "净重")),
    *TEST_REPORT,
    Column("原料批号", "raw_material_lots", NAMES, ("原料批次",)),
)
