"""The keywords people send, and the turns of phrase around them (DOMAIN 3.5.3). All on normalised text."""

import re
from collections.abc import Sequence
from typing import Final

from gateway.domain.code import EXAMPLE
from gateway.domain.question.marks import BARRIER, blank

# Possessive (`*+`, `++`): some of these words are made of others, and a text of nothing else would otherwise be tried
# in every way it can be cut, which doubles with each word.
_POLITE: Final = r"(?:请问?|您好|你好|麻烦|我想要?|我要|要|想|帮我|帮忙|给我|[\s,。.!:])*+"
# A Latin keyword ends where something else begins: no letter, or look-alikes with a digit behind them (`CXI688…`).
_LATIN_END: Final = r"(?![A-HJ-NP-Z]|[IO](?![0-9OIl]))"
_OPENING: Final = r"[\s\"'“”‘’「」『』《》【\[(<#*,.:]*"

_QUERY_LATIN: Final = re.compile(rf"{_OPENING}(?:C ?X|F ?W|L ?P ?G|Y ?Q|C ?Q|D ?T){_LATIN_END}", re.IGNORECASE)
_REPORT_LATIN: Final = re.compile(rf"\A{_OPENING}J ?B{_LATIN_END}|(?<=[0-9 ])JB(?=\W{{0,9}}\Z)", re.IGNORECASE)
_HELP_LATIN: Final = re.compile(rf"{_OPENING}(?:B ?Z|H ?E ?L ?P)(?![A-Z])", re.IGNORECASE)
_CHECK: Final = re.compile(rf"{_POLITE}(?:查验|查询|核查|验证|验真|查)(?![看收阅岗房码])", re.IGNORECASE)
# A query keyword that came without a code: only words of the same kind stand beside it.
_CHECK_ALONE: Final = re.compile(
    rf"{_POLITE}(?:查询|查验|查|验证|验真|防伪码|防伪|钢瓶|车瓶|气瓶|电梯|真伪|真假|编码|码|酒|一下|下|是否|正品|的|吧|吗)++\W*\Z"
)
_ABOUT: Final = re.compile(rf"{_POLITE}(?:防伪|钢瓶|车瓶|气瓶|电梯)")
_ABOUT_NUMBER: Final = re.compile(
    rf"{_ABOUT.pattern}(?:编号|号码|识别码|编码|号|码|是|为|[\s:#])*[0-9〇零一二三四五六七八九幺两]"
)
_LIFT: Final = re.compile(r"(?<![A-Z])D ?T(?![A-Z])|电梯", re.IGNORECASE)

_REPORT: Final = re.compile(r"举报|投诉")
_NO_REPORT: Final = re.compile(
    r"(?:怎么|怎样|如何|咋|哪里|哪儿|不是|不|没人?|取消|撤销|撤回|为什么|为啥)样?(?:才能|能|要|想|去|可以)?(?:举报|投诉)"
    r"|(?:举报|投诉)的?(?:电话|号码|热线|方式|渠道|邮箱|流程|什么|怎么|如何|进度|结果|.{0,4}奖|已受理)"
)
# What our own answers say of reports, and the example in them: whoever quotes us has said neither himself.
_OUR_WORDS: Final = re.compile(rf"举报JB加编码|举报(?=123[14]5(?![0-9]))|例[:\s]*(?:CX)?\s*{EXAMPLE}", re.IGNORECASE)
_OPTOUT: Final = re.compile(
    r"(?:请|我要|我想|帮我|回复?)?(?:TD|退订TD|TD退订|T|R|退订|拒收|取消订阅|取消提醒|STOP|UNSUBSCRIBE"
    r"|(?:别|不要|不用|停止)(?:再|给我|继续){0,3}(?:发送?|推送))(?:了|吧|谢谢|短信|服务|提醒|通知|消息|信息)*",
    re.IGNORECASE,
)
_ACK: Final = re.compile(r"(?:好的?)?(?:(?:已经?)?收到了?(?:谢谢)?|SD)(?:[0-9]{1,12})?", re.IGNORECASE)
_ACK_WORD: Final = re.compile(r"(?:好的?)?\W*(?:(?:已经?)?收到了?(?:谢谢)?|S ?D)", re.IGNORECASE)
_DETAIL: Final = re.compile(r"(?:请|查看?|查询|发|要|看|回复?)?(?:SJ|明细)", re.IGNORECASE)
_HELP: Final = re.compile(
    r"帮助|使用(?:方法|说明|指南)|用法|不会(?:用|查|发|弄|操作)|(?:怎么|怎样|如何|咋).{0,12}"
    r"(?:查|用|发|操作|弄|举报|投诉|退订|验|识别|使|办|看|知道|回事)|^\W*(?:怎么|如何|咋)|(?:举报|投诉)的?(?:电话|号码|热线|方式)",
)
_ONLY_QUESTION_MARKS: Final = re.compile(r"[\s?]*\?[\s?]*\Z")
# A message that opens or closes with a name in 【】 was sent by a machine, ours included: the carriers demand it.
_SIGNED: Final = re.compile(r"\s*【[^】]{1,20}】|[^【]{8,}+【[^】]{1,20}】\s*\Z")
_MACHINE: Final = re.compile(
    r"验证码|取件码|快递|外卖|自动回复|正在忙|不方便接|稍后(?:联系|回复|再拨)|来电提醒|漏话|余额|流量|话费|账单"
)
_SHORT: Final = 60  # characters; what is a keyword and nothing else is not longer
_BARE: Final = re.compile(r"[\W_]+")

_PLACE: Final = re.compile(
    r"(?:地点|地址|位置|位于|地处|购于|买于|(?<![现正实还存不自所好])在)[是为: ]*"
    r"([^\s,。;!?、][^,。;!?]{1,58}?)(?=[,。;!?]|的?(?:买|购|卖|发现|销售|出售|看到|有人|使用|充装|充的|喝|吃|吵|被)|\Z)"
)


def asks_to_query(text: str) -> re.Match[str] | None:
    """Return the query keyword that opens the text."""
    return _QUERY_LATIN.match(text) or _CHECK.match(text) or _ABOUT.match(text)


def opens_latin(text: str) -> re.Match[str] | None:
    """Return the Latin query keyword that opens the text: whoever wrote it meant a code."""
    return _QUERY_LATIN.match(text)


def announces_number(text: str) -> bool:
    """Return whether the text opens as a query whose object is a number."""
    return bool(_CHECK.match(text) or _ABOUT_NUMBER.match(text))


def query_without_code(text: str) -> bool:
    """Return whether a text without a code is nothing but a query keyword and words of its kind."""
    return bool(_QUERY_LATIN.match(text) or _CHECK_ALONE.match(text) or _ABOUT.match(text))


def without_keywords(text: str) -> str:
    """Return `text` with barriers over Latin keywords, some of whose letters look like digits."""
    text = _LIFT.sub(lambda match: BARRIER * len(match[0]), text)
    keyword = _QUERY_LATIN.match(text) or _REPORT_LATIN.search(text)
    return blank(text, *keyword.span()) if keyword else text


def without_our_words(text: str) -> str:
    """Return `text` with barriers over what it quotes of our answers that would be a question or a report."""
    return _OUR_WORDS.sub(lambda match: BARRIER * len(match[0]), text)


def names_lift(text: str) -> bool:
    """Return whether DT or 电梯 stands anywhere."""
    return bool(_LIFT.search(text))


def reports(text: str) -> bool:
    """Return whether the text is a complaint, not a question about how to make one."""
    if _REPORT_LATIN.search(text):
        return True
    own = without_our_words(text)
    return bool(_REPORT.search(own)) and not _NO_REPORT.search(own)


def opts_out(text: str) -> bool:
    """Return whether the whole text is an opt-out."""
    return bool(_OPTOUT.fullmatch(_bare(text)))


def acknowledges(text: str) -> bool:
    """Return whether the whole text is 收到 or SD, perhaps with one number."""
    return bool(_ACK.fullmatch(_bare(text)))


def asks_for_detail(text: str) -> bool:
    """Return whether the whole text is SJ or 明细."""
    return bool(_DETAIL.fullmatch(_bare(text)))


def asks_for_help(text: str) -> bool:
    """Return whether help is asked for, in any words."""
    return bool(_HELP_LATIN.match(text) or _HELP.search(text) or _ONLY_QUESTION_MARKS.match(text))


def signed(text: str) -> bool:
    """Return whether the text carries a sender's signature, as only machines' messages do."""
    return bool(_SIGNED.match(text))


def machine_made(text: str) -> bool:
    """Return whether the text looks like a notice or an auto-reply rather than a person's question."""
    return bool(_MACHINE.search(text))


def _bare(text: str) -> str:
    return _BARE.sub("", text) if len(text) <= _SHORT else text


def remark_of(text: str, spans: Sequence[tuple[int, int]], limit: int) -> str:
    """Return what is left of a report or acknowledgement beside its keyword and the given spans."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + " " + text[end:]
    if keyword := (_REPORT_LATIN.search(text) or _ACK_WORD.match(text)):
        text = text[: keyword.start()] + " " + text[keyword.end() :]
    else:
        text = re.sub(rf"\A{_POLITE}(?:举报|投诉)", "", text)
    return " ".join(text.split()).strip(" ,.:;、。-#")[:limit].rstrip()


def place_of(text: str) -> str | None:
    """Return the place a report names, if it does."""
    match = _PLACE.search(text)
    return match[1].strip() if match else None
