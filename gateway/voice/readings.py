"""How words are pronounced: pinyin of names that are misread otherwise, letters one by one, phonemes of a text.

The phonemes are Kokoro's: `misaki`'s IPA with arrows for tones.
"""

import functools
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from gateway.voice.engines import NoEngine

# Names and words of our field that pypinyin reads wrongly, or that are cut up wrongly and then misread.
READINGS: Final[Mapping[str, str]] = {
    "单县": "shan4 xian4",
    "巴彦淖尔": "ba1 yan4 nao4 er3",
    "磴口": "deng4 kou3",
    "磴口县": "deng4 kou3 xian4",
    "乌拉特": "wu1 la1 te4",
    "乌拉特前旗": "wu1 la1 te4 qian2 qi2",
    "乌拉特中旗": "wu1 la1 te4 zhong1 qi2",
    "乌拉特后旗": "wu1 la1 te4 hou4 qi2",
    "杭锦后旗": "hang2 jin3 hou4 qi2",
    "海勃湾": "hai3 bo2 wan1",
    "临河": "lin2 he2",
    "河套": "he2 tao4",
    "处理": "chu3 li3",
    "处罚": "chu3 fa2",
    "充装": "chong1 zhuang1",
    "重复": "chong2 fu4",
    "重新": "chong2 xin1",
    "重试": "chong2 shi4",
    "扒门": "ba1 men2",
    "尾号": "wei3 hao4",
    "调取": "diao4 qu3",
    "挂失": "gua4 shi1",
    "乘坐": "cheng2 zuo4",
    "慎乘": "shen4 cheng2",
    "间隔": "jian4 ge2",
    "净重": "jing4 zhong4",
    "为准": "wei2 zhun3",
    "疑为": "yi2 wei2",
    "幺": "yao1",
    "一月": "yi1 yue4",
    "一次": "yi2 ci4",
    "一小时": "yi4 xiao3 shi2",
    "重听": "chong2 ting1",
    "倒气": "dao3 qi4",
    "防偷倒气": "fang2 tou1 dao3 qi4",
    "封签": "feng1 qian1",
    "耳标号": "er3 biao1 hao4",
    "井号键": "jing3 hao4 jian4",
}

# Kokoro's phonemes of the English names of letters, as plates and batch numbers are read out.
LETTERS: Final[Mapping[str, str]] = {
    "A": "ˈA", "B": "bˈi", "C": "sˈi", "D": "dˈi", "E": "ˈi", "F": "ˈɛf", "G": "ʤˈi", "H": "ˈAʧ", "I": "ˈI",
    "J": "ʤˈA", "K": "kˈA", "L": "ˈɛl", "M": "ˈɛm", "N": "ˈɛn", "O": "ˈO", "P": "pˈi", "Q": "kjˈu", "R": "ˈɑɹ",
    "S": "ˈɛs", "T": "tˈi", "U": "jˈu", "V": "vˈi", "W": "dˈʌbᵊlju", "X": "ˈɛks", "Y": "wˈI", "Z": "zˈi",
}  # fmt: skip

_RUNS: Final = re.compile(
    r"(?P<digits>[零幺一二三四五六七八九]{3,})|(?P<han>[\u3400-\u4dbf\u4e00-\u9fff]+?(?=[零幺一二三四五六七八九]{3}|[^\u3400-\u4dbf\u4e00-\u9fff]|\Z))"
    r"|(?P<letters>[A-Za-z]+)|(?P<other>.)",
    re.DOTALL,
)
_SIGNS: Final[Mapping[str, str]] = {
    "，": ", ", "、": ", ", "。": ". ", "；": "; ", "：": ": ", "！": "! ", "？": "? ", " ": " ",
}  # fmt: skip


def phonemes(said: str, scratch: Path) -> str:
    """Return what Kokoro reads; `scratch`: a folder of this user's own for the word list's cache.

    Raises `NoEngine` without the `[speech]` extra.
    """
    words = _words(scratch)
    parts = []
    for run in _RUNS.finditer(said):
        if run["digits"]:  # apart, each with its own tone: as words the same digit would sound now so, now so
            parts.append(f" {' '.join(map(words, run['digits']))} ")
        elif run["han"]:
            parts.append(words(run["han"]))
        elif run["letters"]:
            parts.append(" ".join(LETTERS[letter] for letter in run["letters"].upper()))
        else:
            parts.append(_SIGNS.get(run["other"], " "))
    return re.sub(" {2,}", " ", "".join(parts)).strip()


@functools.cache
def _words(scratch: Path) -> Callable[[str], str]:
    """Return what reads a run of Chinese characters, word by word."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba's escapes and pkg_resources, which nobody mends any more
            import jieba
            from misaki.zh import ZHG2P
            from pypinyin import load_phrases_dict
            from pypinyin.contrib.tone_convert import tone3_to_tone
    except ImportError as err:
        raise NoEngine(f"{err.name} is not installed: pip install 'fangxin-gateway[speech]'") from err
    jieba.setLogLevel("ERROR")
    jieba.dt.tmp_dir = str(scratch)  # not in /tmp, where anybody could lay a list for us to load
    load_phrases_dict({phrase: [[tone3_to_tone(one)] for one in pinyin.split()] for phrase, pinyin in READINGS.items()})
    for phrase in READINGS:
        jieba.add_word(phrase)
    return lambda run: " ".join(ZHG2P.word2ipa(word) for word in jieba.lcut(run)).replace("\u032f", "")
