"""Does a text say only what the opinion says? The checks that every model's wording must pass.

A wrong refusal costs nothing, since the text of the rules is used instead; a wrong pass would put words into an
official document. So whatever cannot be shown to come from the opinion counts as a fault.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.limits import UNIT_NAMES
from domain.opinion import DUTIES
from knowledge.names import law_key, public_name
from knowledge.numerals import article_label, parse_numeral

STEP_LENGTH = 160
"""Characters of one step, if the rules' own steps are not longer."""
FORMAL_LENGTH = (0.4, 2.0)
"""Length of the formal text relative to the one by rules."""
DUTY_LABELS: dict[str, str] = dict(zip(DUTIES, ("现场处置", "权属养护", "行业监管", "行政执法"), strict=True))
SIGNS = ("人工", "签署", "签字", "审核", "审定", "裁定", "裁决", "指定")
"""Words by which a text says that a person has the last word."""

_NUMERAL = "零〇○一二两三四五六七八九十百千"
_ARTICLE = re.compile(rf"第\s*(?:[0-9]+|[{_NUMERAL}]+)\s*条(?:之(?:[0-9]+|[{_NUMERAL}]+))?")
_CITED = re.compile(
    rf"《(?P<law>[^《》]{{2,60}})》(?:[（(][^（）()]{{0,24}}[）)])?"
    rf"(?P<labels>(?:\s*[、，,和及与]?\s*{_ARTICLE.pattern}(?:第[0-9{_NUMERAL}]+[款项])*)*)"
)
_LAW_IN_WORDS = re.compile(
    r"(?:根据|依据|按照|依照|参照|遵照|适用|违反|援引)[“‘]?([一-龥]{2,30}?(?:法|条例|办法|规定))"
)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_UNIT = r"(紧急工作时|工作时|小时|分钟|工作日|自然日|公里|平方米|米|万元|元|年|月|日|天|倍|人|成|%|时|分|万|次)"
_COUNTED = re.compile(rf"([{_NUMERAL}]+)(?=\s*个?{_UNIT})")
_QUANTITY = re.compile(rf"([0-9]+(?:\.[0-9]+)?|[{_NUMERAL}]+)\s*个?{_UNIT}")
_BODY = re.compile(
    r"[一-龥]{0,24}?(?:委员会|办事处|人民政府|派出所|居委会|村委会|检察院|法院|公司|集团|协会|办公室|物业|街道|社区"
    r"|队|中心|分局|局|委|所|院|站|厂|处(?![置理罚分于]))"
)
_HELD_LIABLE = re.compile(r"[一-龥A-Za-z]{1,24}?(?=负责|承担|牵头|主办|协办)")
"""Whoever is said to be responsible, by whatever kind of name."""
_QUOTED = re.compile(r"[“‘]([^“”‘’]+)[”’]")
_BANKERS = frozenset("壹贰叁肆伍陆柒捌玖拾佰仟廿卅")
"""Numerals of cheques and calendars: nobody needs them to word an opinion."""
_ROUGHLY = re.compile(r"[半数几]\s*个?(?:小时|钟头|天|日|月|年|元|十|百|千|万|亿|倍|米|公里)")
_PLAIN = re.compile(r"[一-龥\s，。；：、！？“”‘’（）《》【】—…·,.;:!?()%/\-]")
"""Characters that any wording may use; others must stand in the opinion (no full-width digits, nothing invisible)."""
_BEFORE_A_NAME = set("由系请向报与和及到找给交的并转告知让是经为送往在对或即跟同，。；：、（(“「 ")
_STRANGE = re.compile(r"https?:|www\.|[<>`{}\\]|[\x00-\x09\x0b-\x1f]|\[[^\]]*\]\(")
_SENTENCE = re.compile(r"[^。；;！!\n]+")


def faults_of_prose(steps: Sequence[str], formal: str, opinion: Mapping[str, Any], units: Sequence[str]) -> list[str]:
    """What is wrong with a wording, in Chinese; empty when it may be used.

    Args:
        steps: Three steps for the grid worker.
        formal: The formal text.
        opinion: JSON of the contract, with the explanation by rules.
        units: Names of all units of the city.
    """
    text = "\n".join([*steps, formal])
    source = source_of(opinion)
    return [
        *_shape(steps, formal, opinion),
        *_signs(text, source),
        *_citations(text, opinion, source),
        *_numbers(text, steps, opinion, source),
        *_units(text, source, units),
        *_duties(text, formal, opinion, units),
    ]


def source_of(opinion: Mapping[str, Any]) -> str:
    """All words of the opinion that its explanation may use."""
    parts: list[str] = []
    for key in ("explanation", "duties", "candidates", "escalation", "contacts", "evidence", "agreements"):
        parts += _strings(opinion.get(key))
    parts += [opinion["counter_argument"], opinion["issue"].get("name", ""), *opinion["human_required"]["why"]]
    parts += [f"{limit['what']}{limit['value']:g}{UNIT_NAMES[limit['unit']]}" for limit in opinion["deadlines"]]
    return "\n".join(parts)


def _strings(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _strings(inner)


def _shape(steps: Sequence[str], formal: str, opinion: Mapping[str, Any]) -> Iterator[str]:
    if len(steps) != 3 or not all(steps):
        yield "步骤不是三句"
    longest = max(STEP_LENGTH, *(int(1.3 * len(step)) for step in opinion["explanation"]["steps"]))
    if any(len(step) > longest for step in steps):
        yield f"步骤超过{longest}字"
    own = len(opinion["explanation"]["formal"])
    if not FORMAL_LENGTH[0] * own <= len(formal) <= FORMAL_LENGTH[1] * own + 200:
        yield "正式意见过短或过长"
    if _STRANGE.search("\n".join([*steps, formal])):
        yield "含有链接、标记或控制字符"


def _signs(text: str, source: str) -> Iterator[str]:
    strange = sorted({char for char in text if char not in source and not _PLAIN.fullmatch(char)})
    if strange:
        yield f"含有意见以外的字符（{'、'.join(f'U+{ord(char):04X}' for char in strange[:5])}）"
    if any(quoted not in source for quoted in _QUOTED.findall(text)):
        yield "引号中的文字不在意见中"


def citations_in(text: str) -> tuple[set[tuple[str, str]], set[str], int]:
    """Pairs (law key, label) cited, keys of all laws named, and how many article numbers stand without a law."""
    pairs: set[tuple[str, str]] = set()
    laws: set[str] = set()
    covered = 0
    for found in _CITED.finditer(text):
        laws.add(law_key(found["law"]))
        labels = _ARTICLE.findall(found["labels"])
        covered += len(labels)
        pairs |= {(law_key(found["law"]), _label(label)) for label in labels}
    return pairs, laws, len(_ARTICLE.findall(text)) - covered


def _label(text: str) -> str:
    try:
        return article_label(text)
    except ValueError:
        return text


def _citations(text: str, opinion: Mapping[str, Any], source: str) -> Iterator[str]:
    pairs, laws, loose = citations_in(text)
    own_pairs, own_laws, own_loose = citations_in(source)
    cited = [(name, c["article"]) for c in opinion["citations"] for name in (c["law"], public_name(c["law"]))]
    allowed = {(law_key(name), label) for name, label in cited} | own_pairs
    for _, label in sorted(pairs - allowed):
        yield f"引用了意见以外的条文（第{label}条）"
    if laws - {law for law, _ in allowed} - own_laws:
        yield "提到了意见以外的法规"
    if loose > own_loose:
        yield "条文号前没有法规名称"
    if any(name not in source for name in _LAW_IN_WORDS.findall(text)):
        yield "以意见以外的法规为据"


def numbers_in(text: str) -> set[float]:
    """Every number, in digits or counted in Chinese numerals; article numbers are the citations' matter."""
    bare = _ARTICLE.sub("", text)
    counted = {_value(numeral) for numeral, _ in _COUNTED.findall(bare)}
    return {float(number) for number in _NUMBER.findall(bare)} | counted


def quantities_in(text: str) -> set[tuple[float, str]]:
    """Every number with the unit behind it, in either script."""
    return {(_value(number), unit) for number, unit in _QUANTITY.findall(_ARTICLE.sub("", text))}


def _value(number: str) -> float:
    try:
        return float(number) if number[0] in "0123456789" else float(parse_numeral(number))
    except ValueError:
        return float("inf")


def _numbers(text: str, steps: Sequence[str], opinion: Mapping[str, Any], source: str) -> Iterator[str]:
    said = numbers_in(text)
    written = {char for char in text if char in _BANKERS} | set(_ROUGHLY.findall(text))
    new = said - numbers_in(source) or quantities_in(text) - quantities_in(source)
    if new or any(word not in source for word in written):
        yield "出现了意见以外的数字"
    needed = numbers_in("\n".join(opinion["explanation"]["steps"]))
    # The grid worker reads the steps alone: a number that moved to the formal text is lost to them.
    if needed - numbers_in("\n".join(steps)):
        yield "漏掉了步骤中的数字（时限或电话）"


def _units(text: str, source: str, units: Sequence[str]) -> Iterator[str]:
    rest = text
    for name in sorted({name for name in units if len(name) >= 4}, key=lambda name: (-len(name), name)):
        if name in rest:
            if name not in source:
                yield f"提到了意见以外的单位“{name}”"
            rest = rest.replace(name, "，")
    for found in _BODY.finditer(rest):
        if not _is_known_body(found[0], source):
            yield f"出现了无法核实的单位“{found[0][-12:]}”"
    for found in _HELD_LIABLE.finditer(rest):
        if not _is_known_body(found[0], source):
            yield f"出现了无法核实的责任人“{found[0][-12:]}”"


def _is_known_body(run: str, source: str) -> bool:
    """Whether the longest end of the run that the opinion knows follows a word that can stand before a name."""
    for start in range(len(run)):
        if run[start:] in source:
            return start == 0 or run[start - 1] in _BEFORE_A_NAME
    return False


def _duties(text: str, formal: str, opinion: Mapping[str, Any], units: Sequence[str]) -> Iterator[str]:
    for duty in DUTIES:
        name = opinion["duties"][duty]["unit_name"]
        if name and name not in formal:
            yield f"正式意见漏写{DUTY_LABELS[duty]}单位"
    own = "\n".join([*opinion["explanation"]["steps"], opinion["explanation"]["formal"]])
    for label, name in sorted(_attributions(text, units) - _attributions(own, units)):
        yield f"把{label}与“{name}”写在一句，意见中没有"
    if opinion["human_required"]["value"] and not any(sign in formal for sign in SIGNS):
        yield "漏写须由人工审核"
    unsettled = [duty for duty in DUTIES if opinion["duties"][duty]["status"] == "pending_ruling"]
    for duty in unsettled:
        if re.search(rf"{DUTY_LABELS[duty]}[^。；\n]{{0,30}}(?:已确定|确定由|明确由|就是|归)", text):
            yield f"把待裁定的{DUTY_LABELS[duty]}写成已确定"


def _attributions(text: str, units: Sequence[str]) -> set[tuple[str, str]]:
    """Duty labels and unit names that stand in one sentence."""
    return {
        (label, name)
        for sentence in _SENTENCE.findall(text)
        for label in DUTY_LABELS.values()
        if label in sentence
        for name in units
        if name in sentence
    }
