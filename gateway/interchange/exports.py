"""What leaves for spreadsheets and files: rows as CSV, a case as one ZIP with the hash of each of its files."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from gateway.domain.calendar import SHANGHAI, local
from gateway.domain.code import grouped, is_digits
from gateway.domain.ticket import OFFICE_WORDS, STATE_WORDS
from gateway.domain.trace import PartyKind
from gateway.filing.cases import Case
from gateway.filing.reports import Measure, ProblemKind
from gateway.interchange.report import harmless

# A spreadsheet makes a number of more digits a rounded one; codes are written in groups, as they are printed.
_EXACT: Final = 11

_HEADINGS: Final[Mapping[str, str]] = {
    "measure": "指标", "kind": "问题", "record_type": "类型", "district": "区划", "category": "类别", "status": "状态",
    "party": "单位编号", "name": "单位名称", "channel": "渠道", "verdict": "结论", "value": "数值", "of": "总数",
    "percent": "百分比", "subject": "对象", "since": "起始日期", "days": "天数", "detail": "说明", "number": "工单号",
    "state": "状态", "reporter": "举报人电话", "codes": "编码", "code": "编码", "text": "内容", "place": "地点",
    "recording": "录音", "handed_to": "转往", "outside_ref": "对方编号", "answer": "答复", "created_at": "受理时间",
    "due_at": "办理期限", "closed_at": "办结时间", "overdue": "是否超期",
}  # fmt: skip
# Of a case's tables, where they mean something else there or stand in no report.
_CASE_HEADINGS: Final[Mapping[str, str]] = {
    "at": "时间", "received_at": "收到时间", "sender": "查询者", "record_id": "档案", "rule": "规则", "reasons": "原因",
    "query_count": "查询次数", "first_queried_at": "首次查询", "reply": "答复短信", "test": "测试",
    "inquiry": "查询编号", "policy": "重复查询规则", "issued_to": "领用单位", "issued_at": "发放时间",
    "bound_at": "启用时间", "reason": "原因", "first_at": "首次查询", "klass": "标签类别", "version": "版本",
    "first": "起始序号", "last": "截止序号", "issue": "发放批次", "issued_by": "发放人",
    "id": "编号", "owner": "所属单位", "source": "数据源",
    "updated_at": "更新时间", "body": "内容", "replaced_by": "更正人", "replaced_at": "更正时间", "kind": "事件",
    "party": "报送单位", "number": "工单号", "step": "步骤", "step_at": "步骤时间", "step_by": "办理人",
    "step_state": "步骤状态", "step_note": "备注", "seq": "序号", "actor": "操作人", "action": "操作", "hash": "校验值",
}  # fmt: skip
_MEASURES: Final[Mapping[Measure, str]] = {
    Measure.THINGS: "登记数量",
    Measure.LABELLED: "已贴标数量",
    Measure.UPLOADING: "数据在线数量",
    Measure.OVERDUE: "超期数量",
    Measure.MAINTENANCE_OVERDUE: "维保超期数量",
    Measure.QUERIES: "查询次数",
    Measure.UPLOADS: "按要求上传",
    Measure.UPLOADS_LATE: "迟报",
    Measure.ANSWER_P50: "答复用时中位数（毫秒）",
    Measure.ANSWER_P90: "答复用时九成以内（毫秒）",
    Measure.ANSWER_P99: "答复用时九成九以内（毫秒）",
}
_PROBLEMS: Final[Mapping[ProblemKind, str]] = {
    ProblemKind.ALERT_UNANSWERED: "电梯告警无人确认",
    ProblemKind.OVER_LIFE: "超过使用年限",
    ProblemKind.INSPECTION_OVERDUE: "检验超期",
    ProblemKind.MAINTENANCE_OVERDUE: "维保超期",
    ProblemKind.LICENCE_EXPIRED: "许可过期",
    ProblemKind.DISPENSER_OVERDUE: "计量器具检定过期",
    ProblemKind.FEED_SILENT: "数据源中断",
    ProblemKind.TRACE_INCOMPLETE: "追溯链不完整",
    ProblemKind.FIRST_QUERY_BURST: "集中首次查询",
    ProblemKind.UNKNOWN_CODES: "集中查询未发放编码",
    ProblemKind.TICKET_OVERDUE: "工单超期",
}
_TYPES: Final[Mapping[str, str]] = {
    "meat": "肉品",
    "liquor": "河套酒",
    "flour": "小麦粉",
    "tomato": "番茄制品",
    "melon": "瓜果",
    "lpg": "液化气瓶",
    "vehicle": "车用气瓶",
    "station": "充装站",
    "lift": "电梯",
}
_STATUSES: Final[Mapping[str, str]] = {
    "on_sale": "在售",
    "recalled": "已召回",
    "in_use": "在用",
    "held": "责令停充",
    "scrapped": "报废",
    "open": "营业",
    "suspended": "停业",
    "normal": "正常",
    "fault": "故障",
    "trapped": "困人",
    "stopped": "停用",
}
_CATEGORIES: Final[Mapping[str, str]] = {
    "household": "居民",
    "industrial": "工业",
    "catering": "餐饮",
    "taxi": "出租车",
    "bus": "公交车",
    "private": "私家车",
    "truck": "货车",
    PartyKind.FARM: "养殖场",
    PartyKind.COOP: "合作社",
    PartyKind.FACTORY: "生产企业",
    PartyKind.ABATTOIR: "屠宰场",
    PartyKind.RETAILER: "销售单位",
    PartyKind.STATION: "充装站",
    PartyKind.MAINTENANCE: "维保单位",
}
_WORDS: Final[Mapping[str, Mapping[Any, str]]] = {
    "measure": _MEASURES,
    "kind": _PROBLEMS,
    "record_type": _TYPES,
    "status": _STATUSES,
    "category": _CATEGORIES,
    "state": STATE_WORDS,
    "handed_to": OFFICE_WORDS,
}


def as_csv(rows: Sequence[msgspec.Struct]) -> bytes:
    """Return rows of one kind as a spreadsheet opens them: no cell a formula."""
    return _csv(*as_table(rows))


def as_table(rows: Sequence[msgspec.Struct]) -> tuple[list[str], list[list[object]]]:
    """Return headings and cells in Chinese, times of Asia/Shanghai; columns that are empty in all rows are left out."""
    plain = [msgspec.structs.asdict(row) for row in rows]
    columns = [name for name in (plain[0] if plain else ()) if any(row[name] not in (None, (), "") for row in plain)]
    return [_HEADINGS.get(name, name) for name in columns], [[_cell(n, row[n]) for n in columns] for row in plain]


def _csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO("\ufeff")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(map(_kept, row) for row in rows)
    return text.getvalue().encode()


def _kept(cell: object) -> object:
    """Group the digits of a ticket, a lift, a landline: a spreadsheet drops the zeros that a number begins with."""
    return grouped(cell) if isinstance(cell, str) and cell.startswith("0") and is_digits(cell) else cell


def _cell(column: str, value: Any) -> object:  # noqa: ANN401 - of any field
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case int() | float():
            return value
        case datetime():
            return f"{local(value):%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case str():
            word = _WORDS.get(column, {}).get(value, str(value))
            return _exact(word)
        case tuple() | list() if all(isinstance(part, str) for part in value):
            return harmless("、".join(_exact(part) for part in value))
        case _:
            return harmless(json.dumps(msgspec.to_builtins(value), ensure_ascii=False))


def _exact(text: str) -> str:
    return grouped(text) if is_digits(text) and len(text) > _EXACT else harmless(text)


def as_zip(case: Case) -> bytes:
    """Return a case as one file: each table as JSON, whole, and as CSV, to look at; and what vouches for them.

    `manifest.json` holds the SHA-256 of each file, and the hash of the audit's last entry, this export.
    """
    files = {f"{name}.json": _json(rows) for name, rows in case.tables.items()}
    files |= {f"{name}.csv": _table(rows) for name, rows in case.tables.items() if rows}
    manifest = {
        "subject": case.subject,
        "exported_at": case.exported_at.isoformat(),
        "exported_by": case.exported_by,
        "audit": {"entry": case.chain_entry, "sha256": case.chain_hash},
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
    }
    at = case.exported_at.astimezone(SHANGHAI).timetuple()[:6]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"manifest.json": _json(manifest), **files}.items():
            archive.writestr(zipfile.ZipInfo(name, at), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _table(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows that need not have the same columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    headings = [_CASE_HEADINGS.get(name) or _HEADINGS.get(name, name) for name in columns]
    return _csv(headings, ([_cell("", row.get(name)) for name in columns] for row in rows))
