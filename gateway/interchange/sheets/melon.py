"""The sheet of melon and apple-pear lots: a row an application of a pesticide or a fertiliser."""

from typing import Final

from gateway.interchange.kinds import DAY, DAYS, MARK, NUMBER, PERSON, UPPER, WHOLE_KILOGRAMS
from gateway.interchange.sheet import Column, Sheet
from gateway.interchange.sheets.common import BATCH, HOTLINE, OF_PARTY, QUANTITY, RECALL, TEST_REPORT

MELON: Final = Sheet(
    "melon",
    "瓜果批次",
    "批号",
    (
        *BATCH,
        QUANTITY,
        Column("产地", "origin", also=("种植地", "产地地址", "基地", "基地名称")),
        Column("纬度", "plot.latitude", NUMBER, ("地块纬度",)),
        Column("经度", "plot.longitude", NUMBER, ("地块经度",)),
        Column("合作社", "cooperative", also=("合作社名称", "生产单位", "生产主体")),
        HOTLINE,
        Column("种植户", "grower", PERSON, ("农户", "农户姓名", "种植户姓名", "种植人")),
        Column("种植日期", "planted_on", DAY, ("定植日期", "播种日期")),
        Column("采摘日期", "picked_on", DAY, ("采收日期", "收获日期", "采摘时间", "采收时间")),
        Column("农药名称", "pesticides[].name", also=("农药", "使用农药", "用药名称"), hint="未使用农药填：无"),
        Column("用药日期", "pesticides[].applied_on", DAY, ("施药日期", "农药使用日期", "打药日期")),
        Column("安全间隔期(天)", "pesticides[].safety_interval_days", DAYS, ("安全间隔期", "间隔期")),
        Column("农药登记证号", "pesticides[].registration_no", UPPER, ("登记证号",), "例：PD20081234"),
        Column("用量", "pesticides[].dose", also=("用药量", "剂量")),
        Column("施药人", "pesticides[].operator", PERSON, ("用药人", "操作人")),
        Column("肥料名称", "fertilisers[].name", also=("肥料", "施肥名称")),
        Column("施肥日期", "fertilisers[].applied_on", DAY, ("肥料使用日期",)),
        *TEST_REPORT,
        Column("合格证编号", "commitment.number", MARK, ("承诺达标合格证编号", "合格证号")),
        Column("合格证日期", "commitment.issued_on", DAY, ("承诺日期", "开具日期")),
        Column("承诺内容", "commitment.promise", also=("承诺声明",)),
        Column("承诺依据", "commitment.basis", also=("合格证依据",)),
        Column("数量(公斤)", "quantity_kg", WHOLE_KILOGRAMS, ("数量", "重量", "产量", "重量(kg)")),
        Column("等级", "grade", also=("级别", "质量等级")),
        Column("销往", "shipped_to", also=("销售去向", "发往", "去向")),
        *RECALL,
        OF_PARTY,
    ),
    none_means=frozenset({"pesticides"}),
)
