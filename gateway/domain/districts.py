"""Districts by their names, for people who do not know GB/T 2260 by heart."""

from collections.abc import Mapping
from typing import Final

# GB/T 2260: two digits a province, four a prefecture, six a county; of the counties those that the service is for.
_NAMES: Final[Mapping[str, str]] = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古", "21": "辽宁省", "22": "吉林省",
    "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西", "46": "海南省",
    "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏", "61": "陕西省", "62": "甘肃省",
    "63": "青海省", "64": "宁夏", "65": "新疆",
    "1501": "呼和浩特市", "1502": "包头市", "1503": "乌海市", "1504": "赤峰市", "1505": "通辽市", "1506": "鄂尔多斯市",
    "1507": "呼伦贝尔市", "1508": "巴彦淖尔市", "1509": "乌兰察布市", "1522": "兴安盟", "1525": "锡林郭勒盟",
    "1529": "阿拉善盟",
    "150302": "海勃湾区", "150303": "海南区", "150304": "乌达区",
    "150602": "东胜区", "150603": "康巴什区", "150621": "达拉特旗", "150622": "准格尔旗", "150623": "鄂托克前旗",
    "150624": "鄂托克旗", "150625": "杭锦旗", "150626": "乌审旗", "150627": "伊金霍洛旗",
    "150802": "临河区", "150821": "五原县", "150822": "磴口县", "150823": "乌拉特前旗", "150824": "乌拉特中旗",
    "150825": "乌拉特后旗", "150826": "杭锦后旗",
    "152921": "阿拉善左旗", "152922": "阿拉善右旗", "152923": "额济纳旗",
}  # fmt: skip


def district_name(code: str) -> str:
    """Return a district's name; where only what it lies in is known, that with the code; else the code alone."""
    if code in _NAMES:
        return _NAMES[code]
    around = _NAMES.get(code[:4]) or _NAMES.get(code[:2])
    return f"{around} {code}" if around else code
