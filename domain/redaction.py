"""Personal data taken out of what is published for good (公开前脱敏): stricter than masking for a log or a prompt.

Nothing of a number is left over, and what was taken out is counted by kind, so that a person who approves a draft sees
it. Names go where a label, a title or a number beside them says that they are names, or where the caller knows them;
no pattern finds every name, which is why a person reads each draft.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from domain.privacy import PROVINCES, SURNAMES

KIND_NAMES = {
    "email": "邮箱",
    "identity": "证件号",
    "card": "银行卡号",
    "phone": "电话",
    "plate": "车牌号",
    "account": "微信、QQ 号",
    "number": "其他长号码",
    "name": "姓名",
    "door": "门牌房号",
    "point": "坐标",
}
"""What may be taken out, as Chinese users read it."""

_MOST_ROUNDS = 8
_BLANKS = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()} | {
    ord(wide): narrow for wide, narrow in zip("＠．－＋＿", "@.-+_", strict=True)
}

_DIGITS = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_COMMON = (
    "王李张刘陈杨赵黄周吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧肖程曹袁邓傅沈彭吕苏卢蒋蔡贾魏薛阎闫潘杜戴夏钟姜范谭廖邹熊陆郝"
    "孔崔毛邱秦侯邵孟龙雷钱汤尹黎乔贺赖龚冉向覃牟蒲付涂曾许余叶何"
)
"""Surnames that are hardly anything else before a title."""
_CORE = "王李张刘陈杨赵黄周吴徐孙朱郭罗梁宋郑谢韩唐冯董萧肖曹袁邓傅沈彭吕苏卢蒋蔡贾魏薛阎闫潘杜戴夏姜范谭廖邹熊陆郝"
"""Surnames that begin hardly any other word; after 经办人, 投诉人 … three characters are a name whatever follows."""
_DOUBLE = "欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|令狐|慕容|夏侯|东方|端木|百里|呼延"
_AMBIGUOUS = frozenset("向和于时经应从计常关查解管那空权支万干须丰方安水石路段车成家益丁何能公平明金包池")
_SURE = "".join(sorted(set(SURNAMES) - _AMBIGUOUS))
_WHO = (
    "投诉人|举报人|反映人|来电人|报案人|报警人|申请人|求助人|上报人|当事人|行为人|违法人|责任人|负责人|联系人|经办人|签收人|被投诉人|"
    "法定代表人|业主|住户|户主|房东|租户|店主|车主|司机|驾驶员|村民|居民|市民|群众|网格员|网格长|河长|巡查员|保洁员"
)
_SAYS = (
    "称|说|反映|表示|来电|来访|来信|投诉|举报|报警|报告|住|家住|在|于|系|电话|手机|身份证|微信|与|和|及|被|将|已|拒|到|向|的|又|也|"
    "是|未|不|要求|认为|发现|路过|先生|女士|等"
)
_POLITE = "先生|女士|小姐|大爷|大妈|大娘|大叔|大姐|大哥|师傅|老师|同志|阿姨|嬢嬢|婆婆|爷爷|奶奶|老汉"
_OFFICE = "主任|科长|处长|局长|队长|所长|站长|书记|经理|老板|医生|警官|主管|工程师"

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}[ -]?(?:18|19|20)\d{2}[ -]?\d{4}[ -]?\d{3}[\dXx](?!\d)")
_CARD = re.compile(r"(?<!\d)[3-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{3,4}(?:[ -]?\d{1,3})?(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[ .·-]?[3-9](?:[ .·-]?\d){9}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:\(0\d{2,3}\)|0\d{2,3})[ -]?[2-9]\d{6,7}(?!\d)")
_TOLD = re.compile(r"((?:电话|座机|手机|联系方式|致电|拨打|回电|传真)[^\d，。；\n【]{0,4})(\d{7,8}(?!\d))")
_SPOKEN = re.compile(rf"[{_DIGITS}]{{7,}}")
_PLATE = re.compile(rf"[{PROVINCES}][A-Za-z][·•. -]?[A-Za-z0-9]{{4,5}}[A-Za-z0-9挂学警港澳使领]")
_WECHAT = re.compile(r"((?:微信|VX|vx|Vx|wechat|WeChat)(?:号|ID|id)?[是为:： ]*)([A-Za-z][A-Za-z0-9_-]{4,19})")
_QQ = re.compile(r"((?:QQ|qq|扣扣)(?:号码?|群)?[是为:： ]*)(\d{5,12}(?!\d))")
_LONG = re.compile(r"(?<![0-9A-Za-z])\d{11,}(?![0-9A-Za-z])")
_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}(?![0-9A-Za-z])")
_POINT = re.compile(r"(?<![\d.])(\d{1,3}\.\d{2})\d{2,}(?![\d.])")
_ARC = re.compile(r"(\d{1,3}°\d{1,2}[′'分])\d{1,2}(?:\.\d+)?[″\"秒]")
_STREET = re.compile(
    r"(?<=[路街巷道弄里村院段坡沟湾坪坝桥口])(?:附|第)?\d{1,5}(?:[-之附]\d{1,4})*号(?![线院楼桥墩井站文令])(?:附\d{1,4}号)?"
)
_ROOM = re.compile(
    r"(?:附?\d{1,4}号楼|\d{1,3}[栋幢座]|[A-Za-z][栋幢座])?"
    r"(?:\d{1,2}单元(?:\d{1,2}[楼层])?\d{1,4}(?:-\d{1,4})?(?:室|号房?|户)?|\d{1,4}(?:-\d{1,4}){1,2}(?:室|号房|号)|\d{3,4}(?:室|号房))"
)
_BUILDING = re.compile(r"(\d{1,4}号楼|\d{1,3}[栋幢座])(\d{1,2}-\d{1,4}(?:-\d{1,4})?)(?!\d)")
_ORGAN = "(?!.[一-龥][局委办队所站部处院厂店组科](?:$|[^一-龥]))"
"""负责人：水务局 names no person."""
_END = rf"(?=$|[^一-龥]|{_SAYS})"
_LABELLED = re.compile(
    rf"((?:{_WHO}|姓名)[是为叫:： （(]*[是为叫:：（(] ?){_ORGAN}({_DOUBLE}|[{SURNAMES}])([一-龥]{{1,2}}){_END}"
)
_CALLED = re.compile(rf"({_WHO}){_ORGAN}({_DOUBLE}|[{_SURE}])([一-龥]{{1,2}}){_END}")
_BARE = re.compile(rf"([一-龥]人)([{_CORE}])(?!某)([一-龥]{{2}})")
_OWN = re.compile(rf"(我叫|我是|本人叫|名叫)({_DOUBLE}|[{SURNAMES}])([一-龥]{{1,2}}){_END}")
_POLITELY = re.compile(rf"({_DOUBLE}|[{SURNAMES}])([一-龥]{{0,2}}?)(?={_POLITE})")
_OFFICIAL = re.compile(rf"({_DOUBLE}|[{_COMMON}])([一-龥]{{0,2}}?)(?={_OFFICE})")
_BESIDE = re.compile(
    rf"(?:(?<![一-龥])|(?<=联系)|(?<=致电)|(?<=打给))({_DOUBLE}|[{_SURE}])([一-龥]{{1,2}})"
    r"(?=[ ，,、（(:：]{0,2}(?:电话|手机|身份证)?[:： ]?【(?:电话|证件号)】)"
)

Replacement = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A text fit for publication, and how often what kind was taken out (keys of `KIND_NAMES`)."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


def _label(kind: str) -> Replacement:
    return lambda _: f"【{KIND_NAMES[kind]}】"


def _keep_head(kind: str) -> Replacement:
    return lambda m: f"{m[1]}【{KIND_NAMES[kind]}】"


def _surname(found: re.Match[str]) -> str:
    *before, surname, _ = found.groups()
    return "".join(before) + f"{surname}某"


_RULES: tuple[tuple[str, re.Pattern[str], Replacement], ...] = (
    ("email", _EMAIL, _label("email")),
    ("identity", _IDENTITY, _label("identity")),
    ("identity", _CODE, _label("identity")),
    ("phone", _MOBILE, _label("phone")),
    ("card", _CARD, _label("card")),
    ("phone", _LANDLINE, _label("phone")),
    ("phone", _TOLD, _keep_head("phone")),
    ("phone", _SPOKEN, _label("phone")),
    ("account", _WECHAT, _keep_head("account")),
    ("account", _QQ, _keep_head("account")),
    ("plate", _PLATE, _label("plate")),
    ("number", _LONG, _label("number")),
    ("point", _POINT, lambda m: m[1]),
    ("point", _ARC, lambda m: m[1]),
    ("door", _ROOM, _label("door")),
    ("door", _BUILDING, _keep_head("door")),
    ("door", _STREET, _label("door")),
    ("name", _LABELLED, _surname),
    ("name", _CALLED, _surname),
    ("name", _BARE, _surname),
    ("name", _OWN, _surname),
    ("name", _POLITELY, _surname),
    ("name", _OFFICIAL, _surname),
    ("name", _BESIDE, _surname),
)


def redact(text: str, *, names: Collection[str] = ()) -> Redaction:
    """The text without personal data; redacting twice changes nothing more.

    Args:
        text: What is to be published.
        names: Names and account names that are known to stand for people in this matter, as from a form field.
    """
    counts: Counter[str] = Counter()
    text = _BLANKS.sub("", text).translate(_WIDE)
    for name in sorted({name.strip() for name in names if telling(name)}, key=lambda name: (-len(name), name)):
        counts["name"] += text.count(name)
        text = text.replace(name, "某人")
    for _ in range(_MOST_ROUNDS):
        before = text
        for kind, pattern, replacement in _RULES:
            text = _replaced(text, kind, pattern, replacement, counts)
        if text == before:
            break
    return Redaction(text=text, counts={kind: counts[kind] for kind in KIND_NAMES if counts[kind]})


def total(redactions: Iterable[Redaction]) -> dict[str, int]:
    """What was taken out of several texts together."""
    counts: Counter[str] = Counter()
    for one in redactions:
        counts.update(one.counts)
    return {kind: counts[kind] for kind in KIND_NAMES if counts[kind]}


_GENERIC = frozenset(
    (
        "市民",
        "居民",
        "群众",
        "网格员",
        "巡查员",
        "匿名",
        "系统",
        "热线",
        "某人",
        "未知",
        "坐席",
        "值班员",
        "无人机",
        "志愿者",
    )
)


def telling(name: str) -> bool:
    """Whether the content of a name field points to one person, and is not a word for anybody (市民, 匿名)."""
    name = unicodedata.normalize("NFKC", name).strip()
    return len(name) >= 2 and name not in _GENERIC and not set(name) <= set("某【】")


def _replaced(text: str, kind: str, pattern: re.Pattern[str], replacement: Replacement, counts: Counter[str]) -> str:
    def change(found: re.Match[str]) -> str:
        fresh = replacement(found)
        counts[kind] += fresh != found[0]
        return fresh

    return pattern.sub(change, text)
