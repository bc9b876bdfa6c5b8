"""What the public may see of personal data (DOMAIN 2.0). ID numbers and photographs have no public form at all;
our own codes are masked beside their other forms, in `code.py`."""

import re

_MOBILE = re.compile(r"1[3-9][0-9]{9}\Z")
_MOBILE_IN_TEXT = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
# Twelve digits and more, as they are printed in groups too; \d takes full-width ones.
_CODE_IN_TEXT = re.compile(r"\d(?:[ \-\u3000]?\d){11,31}")
_PLATE_IN_TEXT = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][A-Z0-9]{5,6}(?![A-Za-z0-9])"
)

# Two-character surnames in use (公安部 name statistics and 百家姓); they stay whole.
_COMPOUND = frozenset(
    """
    欧阳 上官 司马 诸葛 夏侯 东方 皇甫 尉迟 公孙 令狐 长孙 慕容 宇文 司徒 司空 轩辕 端木 南宫 独孤 呼延
    闻人 申屠 太史 淳于 单于 澹台 濮阳 赫连 拓跋 钟离 鲜于 闾丘 西门 东郭 南门 第五 达奚 完颜 耶律 纳兰
    """.split()  # noqa: SIM905 - quotes round each would hide the names
)
# The commonest single-character surnames, some 99 of 100 Han names. A name that begins otherwise, is longer than
# three characters or holds a dot is a given name without surname, as Mongolian names are (巴图, 其其格, 阿古达木).
_SINGLE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴"
    "霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景"
    "党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封官"
)


def _surname(name: str) -> str | None:
    """Return the surname a Han name begins with; None for a name without one."""
    if name[:2] in _COMPOUND and len(name) > 2:
        return name[:2]
    return name[:1] if name[:1] in _SINGLE and 2 <= len(name) <= 3 else None


def person(name: str) -> str:
    """`张三丰` is `张**`, `欧阳锋` is `欧阳**`, `其其格` is `其**`; an empty name stays empty."""
    bare = name.strip()
    return f"{_surname(bare) or bare[0]}**" if bare else ""


def worker(name: str) -> str:
    """`张三丰` is `张师傅`; a name without surname shows its first character and `**`."""
    surname = _surname(name.strip())
    return f"{surname}师傅" if surname else person(name)


def phone(number: str) -> str:
    """`138****0001`. For a person's phone: an organisation's hot line is public and needs no mask."""
    return f"{number[:3]}****{number[-4:]}" if _MOBILE.match(number) else f"****{number[-2:]}"


def phones_in(text: str) -> str:
    """Mask the mobile numbers that somebody wrote into a text; longer numbers are codes."""
    return _MOBILE_IN_TEXT.sub(lambda found: phone(found[0]), text)


def plate(number: str) -> str:
    """`蒙C12312` is `蒙C***12`."""
    return f"{number[:2]}***{number[-2:]}"


def certificate(number: str) -> str:
    """Keep the last four characters of a certificate, and none of one so short that they are all of it."""
    return f"****{number[-4:]}" if len(number) > 4 else "****"


def cylinder(number: str) -> str:
    """Keep the last four characters of a cylinder's stamp number."""
    return certificate(number)


def codes_in(text: str) -> str:
    """Mask codes and plates that somebody wrote into a text, however they are spaced, and mobile numbers."""
    return _PLATE_IN_TEXT.sub(lambda found: plate(found[0]), phones_in(_CODE_IN_TEXT.sub(_masked_code, text)))


def _masked_code(found: re.Match[str]) -> str:
    digits = "".join(character for character in found[0] if character.isdecimal())
    return f"{digits[:4]}{'*' * 8}{digits[-4:]}"
