"""What is wrong with a template, for the operator who writes it: in Chinese, at the line, with what to do."""

import difflib
import re
from typing import Final

from jinja2 import nodes

from gateway.domain.proof import WordingFault
from gateway.render.language import Language

_PLACE: Final = re.compile(r"(?:sms|voice):(?:([0-9]+):)? ?(.*)", re.DOTALL)
_UNDEFINED: Final = re.compile(r"'(\w+)' is undefined")
_NODE: Final = re.compile(r"(\w+) is not allowed")
_NODES: Final = {
    "For": "不能用循环",
    "Call": "不能调用",
    "Assign": "不能给值起名",
    "AssignBlock": "不能给值起名",
    "Getattr": "值后面不能再取下级",
    "Getitem": "值后面不能再取下级",
    "Mul": "不能用乘法",
    "Concat": "不能用 ~ 拼接，直接接着写就行",
    "Filter": "没有这种读法",
    "Test": "没有这种判断，可用 is present",
    "Include": "不能引用别的模板",
    "Import": "不能引用别的模板",
    "FromImport": "不能引用别的模板",
    "Extends": "不能引用别的模板",
    "Macro": "不能定义宏",
    "Block": "不能定义块",
    "With": "不能给值起名",
    "FilterBlock": "不能整段套读法",
}
# Jinja's and our own sentences, the first that fits; groups are put in.
_RULES: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"looking for the following tags: 'endoptional'", "可省部分没有结束，补上 {{% endoptional %}}"),
        (r"looking for the following tags: .*'endif'", "选择没有结束，补上 {{% endif %}}"),
        (r"unknown tag 'endoptional'", "这里没有开始可省部分，却写了结束"),
        (r"unknown tag '(endif|else|elif)'", "这里没有开始 if，却写了 {0}"),
        (r"unknown tag '(\w+)'", "没有 {0} 这种写法"),
        (r"optional blocks do not nest", "可省部分里不能再套可省部分"),
        (r"optional needs a level|expected token 'integer'", "可省部分要写省去的次序，1 到 99，例：{{% optional 2 %}}"),
        (r"expected token 'end of (?:print statement|statement block)'", "这里要成对写 {{{{ }}}}"),
        (r"unexpected '[{}]'|unexpected end of template|Expected an expression", "这里要成对写 {{{{ }}}}"),
        (r"Missing end of comment", "注释没有结束，补上 #}}"),
        (r"([0-9]+) characters", "模板太长，最多 2,000 字，现在 {0} 字"),
        (r"control character", "有看不见的控制字符，删去这一行重写"),
        (r"contains the signature", "不用写签名，发出时自动加一次"),
        (r"a value is said by a filter", "语音里的值要写明读法，例：{{{{ code|tail }}}}"),
        (r"^(.) would be read at random", "语音里的“{0}”要写成汉字"),
        (r"nested too deeply", "套得太深"),
        (r"a value printed here is None", "这里的值有时没有，把它放进可省部分"),
        (r"a yes/no value cannot be printed", "这个值是“是”或“否”，用 if 选文字"),
        (r"No filter named '(\w+)'", "没有叫 {0} 的读法"),
        (r"No test named '(\w+)'", "没有叫 {0} 的判断，可用 is present"),
    )
)  # fmt: skip


def explained(fault: str, part: str, source: str) -> WordingFault:
    """Return what a `TemplateFault` of a draft says; a sentence nobody foresaw is kept as it stands."""
    found = _PLACE.match(fault.splitlines()[0])
    line, text = (int(found[1] or 1), found[2]) if found else (1, fault)
    if "endoptional" in text and "looking for" in text:
        line = _last_open(source) or line
    return WordingFault(part, min(line, source.count("\n") + 1), in_chinese(text))


def in_chinese(text: str) -> str:
    """Return a sentence of Jinja's or of ours in Chinese."""
    if name := _UNDEFINED.search(text):
        return f"这里的 {name[1]} 有时没有，把它放进可省部分"
    if node := _NODE.search(text):
        return _NODES.get(node[1], "这种写法不能用：只可用值、if、比较、加减和 optional")
    for pattern, words in _RULES:
        if fits := pattern.search(text):
            return words.format(*fits.groups())
    return text


def unknown_names(source: str, part: str, language: Language, known: frozenset[str]) -> list[WordingFault]:
    """Return a fault for each name that stands for no value, with the one that was probably meant."""
    faults: dict[tuple[int, str], WordingFault] = {}
    for node in language.environment.parse(source).find_all(nodes.Name):
        if node.name in known:
            continue
        near = difflib.get_close_matches(node.name, known, 1, 0.6)
        text = f"没有叫 {node.name} 的值" + (f"，是不是 {near[0]}？" if near else "")
        faults.setdefault((node.lineno, node.name), WordingFault(part, node.lineno, text))
    return [faults[place] for place in sorted(faults)]


def _last_open(source: str) -> int | None:
    """Return the line of the optional part that is still open at the end."""
    open_at: int | None = None
    for line, text in enumerate(source.split("\n"), 1):
        for tag in re.findall(r"\{%-?\s*(optional|endoptional)", text):
            open_at = line if tag == "optional" else None
    return open_at
