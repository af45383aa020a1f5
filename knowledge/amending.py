"""Which laws a decision changes or ends without being a text of them: 关于修改《…》的决定, 关于废止…的决定, 修正案.

A decision that names its laws in the title is about these; one about several (等…件, 部分法规) lists them in its items,
each opening with what is done to which law. What is quoted as new wording does not count.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from knowledge.names import canonical_name

_MARKED = r"[《〈]((?:[^《》〈〉]|《[^《》]*》|〈[^〈〉]*〉)+)[》〉]"
_NUMERALS = r"[\d〇零一二三四五六七八九十百]+"
_DECISION = re.compile(
    r"^(?P<body>.*?)关于(?:集中|统一|一并)?"
    r"(?P<verbs>(?:修改|修订|修正|废止|宣布失效)(?:[和与、及](?:修改|修订|修正|废止|宣布失效))*)(?!后)"
    r"(?P<what>.+)的(?:决定|通知|公告|命令|令)$"
)
_AMENDMENT = re.compile(r"^(?P<law>[^《》]+?)修正案(?:[（(][^（）()]*[)）])?$")
_DRAFT = re.compile(r"草案|征求意见|审议|说明")
_SEVERAL = re.compile(rf"等|部分(?!条|内容)|有关(?!条)|一批|若干(?!条)|{_NUMERALS}[部件项个]")
_CLAUSES = re.compile(r"(?:的?(?:部分|个别|有关|若干)(?:条款|条文|内容)|第.{1,8}条)$")
_ITEM = rf"^(?:#+\s*)?(?P<item>(?:第?{_NUMERALS}[条、.．]|[（(]{_NUMERALS}[)）])\s*)?"
_ACT = re.compile(
    rf"{_ITEM}(?:决定)?(?P<verb>修改|修订|修正|废止|对|将|删去|删除|在)?(?P<names>{_MARKED}(?:[、和与及]\s*{_MARKED})*)(?P<rest>.*)$"
)
_BARE = re.compile(
    rf"{_ITEM}(?P<name>[^《》“”，。；：、（(]{{4,60}}(?:法|条例|规定|办法|细则|规则|决定|通知|意见|解释|批复))(?:[（(].*)?$"
)
_CHANGED = re.compile(r"^(?:第|中|的|题|标题|名称|引言|附|$|[（(：])")
"""What may follow the name of a law that is changed; 将《甲法》修改为《乙法》 changes a word in another text."""
_ENDED = re.compile(r"^(?!第|中|的)[^。；]{0,60}?(?:废止|失效)")
_AMEND, _REPEAL = re.compile("修改|修订|修正"), re.compile("废止|失效")


@dataclass(frozen=True, slots=True)
class Decided:
    """Canonical names of the laws that a decision changes and of those that it ends."""

    amends: tuple[str, ...] = ()
    repeals: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, those that it changes first."""
        return self.amends + self.repeals


def decided(title: str, lines: Iterable[str]) -> Decided:
    """What a text does to other laws, when it is a decision about them; nothing when it is not.

    Args:
        title: As printed, with its book marks if it has any.
        lines: Its body, a paragraph a line.
    """
    title = re.sub(r"\s+", "", title)
    if _DRAFT.search(title):
        return Decided()
    if named := _AMENDMENT.match(title):
        return Decided(amends=(canonical_name(named["law"]),))
    found = _DECISION.match(title)
    if found is None:
        return Decided()
    modes = {bool(_REPEAL.search(verb)) for verb in re.split("[和与、及]", found["verbs"])}
    mode = modes.pop() if len(modes) == 1 else None
    names = _titled(found["what"])
    acts = [(mode, name) for name in names if mode is not None]
    if not names or mode is None or _SEVERAL.search(re.sub(_MARKED, "", found["what"])):
        acts += _acts(lines, mode)
    full = [(ended, one) for ended, name in acts for one in _full(name, found["body"])]
    return Decided(
        amends=tuple(dict.fromkeys(name for ended, name in full if not ended)),
        repeals=tuple(dict.fromkeys(name for ended, name in full if ended)),
    )


def _titled(what: str) -> list[str]:
    """Laws that a title names, also one that lost its book marks."""
    if marked := re.findall(_MARKED, what):
        return marked
    plain = _CLAUSES.sub("", what)
    return [] if _SEVERAL.search(plain) else [plain]


def _full(name: str, body: str) -> list[str]:
    """最高人民法院关于修改《关于…的规定》的决定 is about a text that is kept under the name of its maker."""
    plain = canonical_name(name)
    return [canonical_name(body + plain), plain] if body and plain.startswith("关于") else [plain]


def _acts(lines: Iterable[str], mode: bool | None) -> Iterator[tuple[bool, str]]:
    """Each law of the items, and whether it ends; `mode` is what the decision does where an item does not say."""
    fixed = mode is not None
    for raw in lines:
        line = re.sub(r"\s+", "", re.sub("“[^”]*”?", "“”", raw.strip()))
        if line.startswith("“"):
            continue
        if found := _ACT.match(line):
            ended = _fate(found["item"], found["verb"], found["rest"], mode)
            if ended is not None:
                yield from ((ended, name) for name in re.findall(_MARKED, found["names"]))
        elif mode and (bare := _BARE.match(line)) and bare["item"]:
            yield True, bare["name"]
        elif not fixed and (bool(_AMEND.search(line)) != bool(_REPEAL.search(line))):
            mode = bool(_REPEAL.search(line))


def _fate(item: str | None, verb: str | None, rest: str, mode: bool | None) -> bool | None:
    """Whether the law of an item ends (True), is changed (False), or is only spoken of (None)."""
    if (verb == "废止" and not re.match("第|中|的", rest)) or (not verb and _ENDED.match(rest)):
        return True
    if verb in {"修改", "修订", "修正", "废止"}:
        return False
    if verb:
        changed = _CHANGED.match(rest) or (verb == "对" and _AMEND.search(rest))
        return False if changed and rest else None
    if not item or not _CHANGED.match(rest):
        return None
    return False if rest.startswith("第") else mode
