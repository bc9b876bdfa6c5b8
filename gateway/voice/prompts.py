"""What the switch plays by itself, under the names it wants; and what the demo's emulated people say.

The words of answers stand in the voice templates, those of the dialogue in its flows.
"""

from collections.abc import Mapping
from typing import Final

# The dialplan's own, for when the gateway is away (docker/asterisk/etc/extensions.conf), and the queue's.
NAMED: Final[Mapping[str, str]] = {
    "sorry": "抱歉，系统暂时无法为您服务，正在为您转接人工。电梯困人，请按九。",
    "line-busy": "线路繁忙，请稍后再拨。电梯困人，请按九，人工服务，请按零。",
    "queue-wait": "人工座席繁忙，请继续等待。",
    "nobody": "人工座席暂时无人接听，请稍后再拨。",
}

# Who answers in the demo: an operator, and the emergency phone of a lift.
OPERATOR: Final = "您好，这里是人工座席，请讲。"
RESCUE: Final = "您好，这里是电梯应急救援，请讲。"
