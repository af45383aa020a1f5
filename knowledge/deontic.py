"""What a clause commands: forbidden, owed, allowed, not needed; and what it denies (情态与否定)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.numerals import NUMERAL

_CLAUSE = re.compile(r"[^，。；：！？\n,;:!?]+")
_SENTENCE = re.compile(r"[^。；！？\n;!?]+")
_TOPIC = re.compile(r"^(?:对|在|向|因|从|凡|本市|经)[^由]*$|(?:区域|范围|期间|[时后前内中])(?:（[^（）]*）)?$")
"""What only says where, when or to whom: it goes with what follows."""
_HEADING = re.compile(rf"^第{NUMERAL}+条(?:之{NUMERAL}+)?[\s\u3000]*")
_SUBJECT = re.compile(r"^.{0,5}(?:人|单位|机关|部门|政府|企业|机构)")
_DONT = re.compile(r"^[（(][一二三四五六七八九十\d]+[)）]\s*不")
_ITEM = re.compile(r"^\s*[（(][一二三四五六七八九十\d]+[)）]")


class Modality(StrEnum):
    """Deontic force of a clause."""

    FORBIDDEN = "forbidden"
    OWED = "owed"
    ALLOWED = "allowed"
    EXEMPT = "exempt"
    NONE = ""


NAMES = {
    Modality.FORBIDDEN: "禁止（不得）",
    Modality.OWED: "义务（应当）",
    Modality.ALLOWED: "许可（可以）",
    Modality.EXEMPT: "免除（无需）",
    Modality.NONE: "直接规定",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch between marks of punctuation, with the force that it states or takes over from what leads it in."""

    text: str
    force: Modality


# In this order: what comes first takes its characters from the rest.
_WORDS = (
    (Modality.OWED, r"不得不|必须|务必"),
    (
        Modality.EXEMPT,
        r"不需要?|无需|无须|毋须|不必|不用|免于|免除|不受限制|可以不|不要求|不应当?(?=承担|负)",
    ),
    (
        Modality.FORBIDDEN,
        r"不得|禁止|严禁|不准|不许|不能(?!证明|清除|有效|消除|履行|自|.{1,12}的.)|不可以|不允许|不应当?|不可(?=[^避抗])",
    ),
    (Modality.ALLOWED, r"可以|有权|允许|准许|鼓励|可(?=[由向对并处视暂委申请])|随意|自行(?=占|设|变)"),
    (
        Modality.OWED,
        r"应当|应(?=[由依在按予该将报采负承符保])|须|需要|有义务|必需|(?<=[^主重需必只不想摘概首])要(?![求件素点领])",
    ),
)
_PATTERNS = tuple((force, re.compile(words)) for force, words in _WORDS)
_STRONG = re.compile(r"应|必|须|义务")
_UNLESS = re.compile(r"未经|没有?经|非经|未取得|未获|擅自|未征得|违反规定|非法|随意|不按|未按")
_WITH_LEAVE = re.compile(r"经[^，。；]{0,24}(?:批准|同意|许可|审批|核准)|取得[^，。；]{0,16}(?:同意|许可|批准)|征得")
_PENALTY = re.compile(r"罚款|处罚|责令|警告|没收|追究|拘留|吊销|罚")
_PLAIN_RULE = re.compile(r"由|负责|建立|实行|推行|组织")
_DENIABLE = "承担|由|以|属于|是|归|负责|履行|适用|再适用|再给予|予以|予"
_DENIED = re.compile(rf"(?:不|并非|没有|未)(?P<what>{_DENIABLE})")
_NOT_DENIAL = re.compile(r"不予(?=受理|公开)|以下|以上|以内|是否|以及|由于")


def sentences(text: str) -> list[str]:
    """Stretches between full stops, semicolons and line breaks."""
    return [one.strip() for one in _SENTENCE.findall(text) if one.strip()]


def clauses(text: str) -> list[Clause]:
    """Stretches between marks of punctuation; one that states no force takes that of what leads it in.

    禁止下列行为： leads in its items, 不得甲，乙 the second deed. A condition (…的，) goes with what follows from it.
    """
    return list(_clauses(text))


def _clauses(text: str) -> Iterator[Clause]:
    lead = Modality.NONE
    for line in filter(str.strip, _HEADING.sub("", text.strip()).splitlines()):
        item = bool(_ITEM.match(line))
        lead = lead if item else Modality.NONE
        for sentence in filter(None, line.split("。")):
            running, condition = lead, ""
            for part in filter(None, map(str.strip, _CLAUSE.findall(sentence))):
                if (part.endswith("的") or _TOPIC.search(part)) and not item and not modality(part):
                    condition += f"{part}，"
                    continue
                said = Modality.FORBIDDEN if _DONT.match(part) else modality(part)
                over = running is Modality.ALLOWED and _SUBJECT.match(part)
                running = said or (Modality.NONE if over else running)
                yield Clause(condition + part, running)
                condition = ""
            if condition:
                yield Clause(condition.rstrip("，"), Modality.NONE)
            if not item and line.rstrip().endswith(("：", ":")):
                lead = Modality.NONE if _PENALTY.search(sentence) else running


def modality(clause: str) -> Modality:
    """The first force that a clause itself states; none when it is a condition (…的)."""
    if clause.rstrip().endswith("的"):
        return Modality.NONE
    best: tuple[int, Modality] | None = None
    rest = clause
    for kind, pattern in _PATTERNS:
        found = pattern.search(rest)
        if found is not None and (best is None or found.start() < best[0]):
            best = found.start(), kind
        rest = pattern.sub(lambda one: "＿" * len(one[0]), rest)
    return best[1] if best else Modality.NONE


_OPPOSED = {
    Modality.FORBIDDEN: {Modality.ALLOWED, Modality.OWED, Modality.EXEMPT},
    Modality.OWED: {Modality.FORBIDDEN, Modality.EXEMPT, Modality.ALLOWED},
    Modality.ALLOWED: {Modality.FORBIDDEN, Modality.OWED},
    Modality.EXEMPT: {Modality.OWED, Modality.FORBIDDEN, Modality.NONE},
    Modality.NONE: set[Modality](),
}


def opposed(claimed: Clause, stated: Clause) -> bool:
    """Whether a clause of a claim commands something else than the clause of a text that it is about.

    未经批准不得 and 经批准可以, 应当经批准 say the same; so do a prohibition and a penalty for the same deed. What a
    law plainly states (由…负责) binds: the claim that it is not needed opposes it.
    """
    said, printed = claimed.force, stated.force
    if printed is Modality.NONE and said is Modality.ALLOWED:
        return bool(_PENALTY.search(stated.text)) and not _PENALTY.search(claimed.text)
    if printed is Modality.NONE and said is Modality.FORBIDDEN:
        return bool(_PLAIN_RULE.search(stated.text)) and not _PENALTY.search(stated.text)
    if printed not in _OPPOSED[said]:
        return False
    if said is Modality.OWED and printed is not Modality.EXEMPT and not _STRONG.search(claimed.text):
        return False  # 要 says "must" as well as "wants to"
    leave = _WITH_LEAVE.search(claimed.text) or _WITH_LEAVE.search(stated.text)
    conditional = bool(_UNLESS.search(claimed.text)) != bool(_UNLESS.search(stated.text))
    return not (leave and conditional and said is not Modality.EXEMPT)


def denied_otherwise(claimed: str, stated: str) -> bool:
    """Whether one of two clauses denies what the other affirms: 不承担 and 承担, 不由 and 由."""
    mine, theirs = (_NOT_DENIAL.sub("＿", text) for text in (claimed, stated))
    for this, that in ((mine, theirs), (theirs, mine)):
        for found in _DENIED.finditer(this):
            what = found["what"].removeprefix("再")
            if re.search(rf"(?<!不)(?<!再)(?<!代){what}", that) and not re.search(
                rf"(?:不|并非|没有|未)再?{what}", that
            ):
                return True
    return False
