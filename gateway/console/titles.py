"""What the words of each verdict and notice are called on the pages."""

from collections.abc import Callable
from typing import Final

from gateway.console.writing import noted
from gateway.domain.classes import short_name
from gateway.domain.proof import FIRMS
from gateway.domain.reply import Edition
from gateway.domain.safety import TYPES, verdict_of

_OF_A_FIRM: Final = noted("企业自己的用语")


def title(name: str) -> str:
    """Return what the words of a verdict or a notice are called."""
    verdict = verdict_of(name)
    return short_name(verdict) if verdict else NOTICES.get(name, name)


def words_of(edition: Edition, say: Callable[[str], str]) -> str:
    """Return whose words these are: 白酒 · 首次，正品."""
    record_type, _, name = edition.words.rpartition("/")
    if record_type.startswith(FIRMS):
        _, _, record_type = record_type.rpartition("/")
        return f"{say(_OF_A_FIRM)} · {say(title(name))}"
    return f"{say(TYPES.get(record_type, record_type))} · {say(title(name))}"


NOTICES: Final = {
    "help": "使用说明",
    "report_received": "举报受理",
    "report_closed": "举报办结",
    "optout_done": "退订",
    "resend": "请重发",
    "danger": "险情先做什么",
    "contact": "人工服务",
    "test_label": "测试标签",
    "example": "示例编码",
    "corrected": "改了一个字",
    "pin_wrong": "密码不对",
    "pin_locked": "密码锁定",
    "reminder_list": "到检明细",
    "inspection_reminder": "到检提醒",
    "station_answer": "答充装站",
    "office_answer": "答车管所",
    "lift_alert": "电梯告警",
    "alert_acknowledged": "告警已确认",
    "interval_warning": "采收过早",
}
