"""Personal data in free text, masked before it leaves the case: logs, exports, prompts (个人信息去标识化).

Masked: mobile and landline numbers, identity numbers, bank cards, licence plates, e-mail addresses, and names where
the words around them say that they are names. Distances, counts, dates and article numbers stay as they are.
What is published for good goes through `domain.redaction`, which is stricter.
"""

import re
from collections.abc import Callable

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
    "俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧"
    "计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫"
    "经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗"
    "谭冉向石牟秦覃龙田文游廖邝辛简饶曾关查游竺权逯盖益桓公欧聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰"
    "刘叶黎侯武易符景詹幸宁仇栾甘厉祖仲伊宫赖蒲卓蔺屠蒙池乔胥莘党翟贡姬申冉宰郦雍桑桂濮牛寿燕尚温庄晏柴瞿阎慕茹习艾戈廖衡耿匡寇"
    "肖付代闫涂仝邸"
)
"""Single-character surnames; characters that are mostly something else (国 东 通 都) are left out."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)")
_CARD = re.compile(r"(?<!\d)[3-6]\d{15,18}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[- ]?[2-9]\d{6,7}(?!\d)")
_PLATE = re.compile(rf"[{PROVINCES}][A-Z][·• ]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳]")
_TITLED = re.compile(rf"([{SURNAMES}])[一-龥]{{0,2}}?(?=先生|女士|小姐|大爷|大妈|师傅|老师|同志)")
_NAMED = re.compile(rf"(我叫|(?:姓名|联系人|报案人|当事人)[是为:： ]*)([{SURNAMES}])([一-龥]{{1,2}})(?![一-龥])")

Replacement = str | Callable[[re.Match[str]], str]


def identity_checks(number: str) -> bool:
    """Whether the last character of an 18-character identity number is right (GB 11643-1999)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17].upper()


def _stars(found: re.Match[str]) -> str:
    text = found[0]
    return text[:3] + "*" * max(3, len(text) - 7) + text[-4:]


_RULES: tuple[tuple[re.Pattern[str], Replacement], ...] = (
    (_EMAIL, "***@***"),
    # A number of this shape is masked whether or not its check digit is right: people mistype.
    (_IDENTITY, lambda m: m[0][:6] + "********" + m[0][-2:]),
    (_CARD, lambda m: m[0][:4] + "*" * (len(m[0]) - 8) + m[0][-4:]),
    (_MOBILE, lambda m: re.sub(r"\D", "", m[0])[-11:][:3] + "****" + m[0][-4:]),
    (_LANDLINE, _stars),
    (_PLATE, lambda m: m[0][:2] + "*****"),
    (_NAMED, lambda m: f"{m[1]}{m[2]}某"),
    (_TITLED, lambda m: f"{m[1]}某"),
)


def masked(text: str) -> str:
    """The text with personal data made unreadable; masking twice changes nothing more."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
