"""What a case is about, in features that can be held against those of another (案情要素), and how alike two are.

Each feature counts by its weight: alike 1, unknown on a side `UNKNOWN`, different 0. So the likeness is symmetric, and
one more shared feature never lowers it; what is alike and what differs is said in Chinese.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.issues import Issue, issue_table
from domain.lexicon import lexicon, normalise
from domain.organisation import SECTOR_NAMES, Level, Sector
from domain.recognition import recognise

UNKNOWN = 0.25
"""What a feature counts of which one side says nothing: less than alike, more than different."""

WEIGHTS: Mapping[str, float] = {
    "issue": 0.40, "dispute": 0.10, "boundary": 0.20, "sectors": 0.12, "place": 0.08, "danger": 0.05, "level": 0.05,
}  # fmt: skip
"""Weights of the features; they sum to 1."""

SAME_AMONG = 0.6
"""Likeness of issues that share one that is not the first of both."""
SAME_GROUP = 0.3
"""Likeness of different issues of one group (大类)."""

DISPUTE_NAMES = {
    "sanitation": "环卫责任区争议",
    "department": "部门职责争议",
    "water": "水事与水污染争议",
    "geohazard": "地质灾害责任争议",
    "emergency": "突发事件责任争议",
    "petition": "诉求归口争议",
    "boundary": "界线认定争议",
    "police": "公安交管职责争议",
    "owner": "设施权属争议",
}
BOUNDARY_NAMES = {
    "inside": "不在界线附近",
    "line": "在界线附近",
    "township_line": "涉及镇街界线",
    "district_line": "涉及区县界线",
    "province_line": "涉及省（市）界",
    "river": "以河为界或在界河",
    "road_side": "以路为界或在道路两侧",
    "owner": "涉及产权或红线分界",
    "overlap": "界线数据重叠",
    "gap": "界线数据有空隙",
    "enclave": "飞地或插花地",
}
PLACE_NAMES = {
    "road": "道路",
    "bridge": "桥梁隧道",
    "water": "河湖沟渠",
    "compound": "小区楼院",
    "market": "市场广场",
    "green": "公园绿地林地",
    "site": "工地",
    "rail": "轨道铁路",
    "public": "学校医院",
    "village": "村社田地",
}
LEVEL_NAMES = {
    Level.CITY.value: "市级",
    Level.DISTRICT.value: "区县级",
    Level.TOWNSHIP.value: "镇街级",
    Level.COMMUNITY.value: "村社级",
    Level.GRID.value: "网格",
}

_PLACES = {
    "road": r"路|(?<!镇)街|巷|人行道|车行道|梯坎|公路|路口",
    "bridge": r"桥|立交|匝道|高架|隧道|天桥",
    "water": r"河|江(?!岚|北)|溪|湖|水库|沟渠|河堤|码头|滩涂|断面",
    "compound": r"小区|楼栋|楼道|楼上|院坝|物业|业主|单元|安置房",
    "market": r"市场|集市|菜场|农贸|广场|商圈|赶场",
    "green": r"公园|绿地|绿化带|林地|山上|山林|树林|森林",
    "site": r"工地|施工|基坑|塔吊|弃土场",
    "rail": r"轨道|铁路|高铁|火车|轻轨|站口",
    "public": r"学校|医院|幼儿园|校门",
    "village": r"村|社道|田|农户|果园|秸秆",
}
_BOUNDARIES = {
    "province_line": r"川渝|渝川|省界|跨省|外省|邻省|四川|省际",
    "district_line": r"两个?[区县]|跨[区县]|区界|区县(?:之间)?(?:交界|界线)|[区县]交界|毗邻区|.{2,3}区和.{2,3}区",
    "township_line": r"两[个]?镇|两[个]?街道|跨镇|镇街(?:之间|交界)|街道交界|镇交界|两[个]?乡|两[个]?村",
    "line": r"交界|接壤|毗邻|结合部|界线|跨界|边界|界桩|互相推诿|两不管|三不管",
    "river": r"界河|跨界河|共界|河对[岸面]|两岸|左岸|右岸|上下游|河中心线",
    "road_side": r"路(?:的)?两[侧边]|街(?:的)?两[侧边]|半边[路街]|[路街]对面|道路中心线|以路为界",
    "owner": r"产权|权属|红线|无主|移交|归属|所有权|电杆的产权|建设单位",
    "enclave": r"飞地|插花地",
}
_LINES = ("township_line", "district_line", "province_line", "enclave", "overlap", "gap")
_SECTORS = {
    Sector.URBAN_MANAGEMENT: r"城管|城市管理|市政|市容",
    Sector.HOUSING: r"住建|住房城乡建|建委|房管",
    Sector.TRANSPORT: r"交通(?:委|局|运输)|路政",
    Sector.TRAFFIC_POLICE: r"交警|交巡警",
    Sector.PUBLIC_SECURITY: r"公安|派出所|民警",
    Sector.WATER: r"水利|河长办|水务",
    Sector.ECOLOGY: r"环保|生态环境",
    Sector.PLANNING: r"规资|规划(?:和)?自然|规划局",
    Sector.MARKET: r"市场监管|市监",
    Sector.AGRICULTURE: r"农业|农委",
    Sector.FORESTRY: r"林业",
    Sector.EMERGENCY: r"应急(?:局|管理)",
    Sector.FIRE: r"消防(?:救援|大队|部门)",
    Sector.TOWNSHIP_OFFICE: r"街道办|镇政府|镇人民政府|乡政府",
    Sector.SANITATION: r"环卫(?:所|站|作业|公司|部门)",
    Sector.DRAINAGE: r"排水(?:公司|运营|单位)|污水厂",
    Sector.LIGHTING: r"路灯(?:所|管理)|照明(?:中心|管理)",
    Sector.PROPERTY: r"物业(?:公司|企业|服务)",
    Sector.POWER: r"供电|电力公司|国网",
    Sector.TELECOM: r"电信|移动公司|联通|铁塔|通信(?:公司|运营)",
    Sector.RIVER_CHIEF: r"河长(?!办)",
    Sector.GREENING: r"园林(?:所|处|养护|部门)|绿化(?:公司|养护)",
    Sector.ROAD_MAINTENANCE: r"市政养护|道路养护|养护(?:公司|单位)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """Features of one case; empty (None) where nothing is known.

    Attributes:
        text: The facts in words.
        issues: Issue ids, likeliest first.
        boundary: Keys of `BOUNDARY_NAMES`: how it lies to lines, sorted.
        sectors: Values of `Sector` of the units concerned, sorted.
        place: Keys of `PLACE_NAMES`, sorted.
        danger: Whether people or the public were in danger.
        level: Value of `Level` of the unit that bears the main duty.
        region: Code of the region it lies in; says nothing about likeness.
    """

    text: str = ""
    issues: tuple[str, ...] = ()
    boundary: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    danger: bool | None = None
    level: str = ""
    region: str = ""

    @property
    def dispute(self) -> str:
        """Kind of dispute that the first issue gives rise to; empty when the issue is unknown."""
        found = issue_table().get(self.issues[0]) if self.issues else None
        return found.dispute if found else ""

    @property
    def groups(self) -> frozenset[str]:
        """Groups (大类) of all issues."""
        return frozenset(group_of(issue_table()[key]) for key in self.issues if key in issue_table())

    def to_json(self) -> str:
        """All features but the text, as compact JSON; fields that say nothing are left out."""
        plain = {key: value for key, value in asdict(self).items() if key != "text" and value not in ((), "", None)}
        return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two cases are by their features, in [0, 1]; `alike` and `differs` say it in Chinese.

    `parts` has the likeness by feature, in the order of `WEIGHTS`; None where a side says nothing.
    """

    score: float
    alike: tuple[str, ...]
    differs: tuple[str, ...]
    parts: Mapping[str, float | None]


def facts_from_json(text: str, features: str) -> CaseFacts:
    """Features that `CaseFacts.to_json` wrote, with the facts in words.

    Raises:
        ValueError: If `features` is not what it wrote.
    """
    plain: dict[str, Any] = json.loads(features)
    lists = {key: tuple(plain.pop(key, ())) for key in ("issues", "boundary", "sectors", "place")}
    try:
        return CaseFacts(text=text, **lists, **plain)
    except TypeError as error:
        raise ValueError(f"not the features of a case: {features[:80]}") from error


def facts_of_text(text: str, *, issues: Sequence[str] = (), region: str = "") -> CaseFacts:
    """Features read from words alone.

    Args:
        text: What is told of the case.
        issues: Issue ids, when they are known; otherwise the words are recognised.
        region: Code of the region, if known.
    """
    found = tuple(dict.fromkeys(key for key in issues if key in issue_table())) or _recognised(text)
    said = lexicon().mask(normalise(text))
    danger = any(issue_table()[key].danger for key in found) or any(
        cue.find(said) for one in lexicon().dangers for cue in one.cues
    )
    return CaseFacts(
        text=text,
        issues=found,
        boundary=boundary_of_text(normalise(text)),
        sectors=tuple(sorted(sector.value for sector, words in _SECTORS.items() if re.search(words, said))),
        place=places_of_text(said),
        danger=danger if found else None,
        region=region,
    )


def _recognised(text: str) -> tuple[str, ...]:
    read = recognise(text)
    return read.several or ((read.best,) if read.best else ())


def boundary_of_text(said: str) -> tuple[str, ...]:
    """How the words say that it lies to lines; empty when they say nothing. `said` is normalised."""
    found = {key for key, words in _BOUNDARIES.items() if re.search(words, said)}
    return tuple(sorted(found | ({"line"} if found & {*_LINES, "river", "road_side"} else set())))


def places_of_text(said: str) -> tuple[str, ...]:
    """Types of place that the words name. `said` is normalised."""
    return tuple(sorted(key for key, words in _PLACES.items() if re.search(words, said)))


def boundary_of_relation(relation: Mapping[str, Any]) -> tuple[str, ...]:
    """The same from an opinion's `boundary` (JSON of `BoundaryRelation`); empty when the place is unknown."""
    position = relation.get("position", "unknown")
    if position in ("unknown", "outside"):
        return ()
    if not relation.get("adjacent"):
        return ("inside",)
    found = {"line"} | ({position} & {"overlap", "gap", "enclave"})
    crosses = relation.get("crosses", "none")
    return tuple(sorted(found | ({f"{crosses}_line"} if crosses != "none" else set())))


def group_of(issue: Issue) -> str:
    """Group (大类) of an issue: for example 市容环境."""
    return issue.category.split("/", 1)[0]


def compare(ours: CaseFacts, other: CaseFacts) -> Likeness:
    """How alike two cases are by their features; the words are left to a search.

    Args:
        ours: The case asked about (本案 in the words of the answer).
        other: The one it is held against (先例).
    """
    parts = {name: part(ours, other) for name, part in _PARTS.items()}
    total = sum(weight * (UNKNOWN if (value := parts[name]) is None else value) for name, weight in WEIGHTS.items())
    alike: list[str] = []
    differs: list[str] = []
    for say in _SAYINGS.values():
        same, different = say(ours, other)
        alike += same
        differs += different
    return Likeness(score=round(total, 6), alike=tuple(alike), differs=tuple(differs), parts=parts)


def _issue_part(ours: CaseFacts, other: CaseFacts) -> float | None:
    if not (ours.issues and other.issues):
        return None
    if ours.issues[0] == other.issues[0]:
        return 1.0
    if set(ours.issues) & set(other.issues):
        return SAME_AMONG
    return SAME_GROUP if ours.groups & other.groups else 0.0


def _equal(ours: object, other: object) -> float | None:
    return None if ours in ("", None) or other in ("", None) else float(ours == other)


def _shared(ours: Sequence[str], other: Sequence[str]) -> float | None:
    """Jaccard index; None when one side is empty."""
    if not (ours and other):
        return None
    return len(set(ours) & set(other)) / len(set(ours) | set(other))


_PARTS: Mapping[str, Callable[[CaseFacts, CaseFacts], float | None]] = {
    "issue": _issue_part,
    "dispute": lambda a, b: _equal(a.dispute, b.dispute),
    "boundary": lambda a, b: _shared(a.boundary, b.boundary),
    "sectors": lambda a, b: _shared(a.sectors, b.sectors),
    "place": lambda a, b: _shared(a.place, b.place),
    "danger": lambda a, b: _equal(a.danger, b.danger),
    "level": lambda a, b: _equal(a.level, b.level),
}

Said = tuple[list[str], list[str]]


def _say_issue(ours: CaseFacts, other: CaseFacts) -> Said:
    part = _issue_part(ours, other)
    if part is None:
        return [], []
    first, second = _issue_name(ours.issues[0]), _issue_name(other.issues[0])
    if part == 1.0:
        return [f"事项相同：{first}"], []
    both = [_issue_name(key) for key in ours.issues if key in other.issues]
    groups = sorted(ours.groups & other.groups)
    same = [f"都涉及{'、'.join(both)}"] if both else [f"同属{'、'.join(groups)}类"] if groups else []
    return same, [f"事项不同：本案为{first}，先例为{second}"]


def _issue_name(key: str) -> str:
    found = issue_table().get(key)
    return f"{found.name}（{key}）" if found else key


def _say_dispute(ours: CaseFacts, other: CaseFacts) -> Said:
    if not (ours.dispute and other.dispute):
        return [], []
    mine, its = DISPUTE_NAMES[ours.dispute], DISPUTE_NAMES[other.dispute]
    return ([f"争议类型相同：{mine}"], []) if mine == its else ([], [f"争议类型不同：本案属{mine}，先例属{its}"])


def _say_danger(ours: CaseFacts, other: CaseFacts) -> Said:
    if ours.danger is None or other.danger is None:
        return [], []
    if ours.danger == other.danger:
        return (["都有人身或公共安全危险"], []) if ours.danger else ([], [])
    return [], ["本案有安全危险，先例没有" if ours.danger else "先例有安全危险，本案没有"]


def _say_level(ours: CaseFacts, other: CaseFacts) -> Said:
    if not (ours.level and other.level):
        return [], []
    mine, its = LEVEL_NAMES.get(ours.level, ours.level), LEVEL_NAMES.get(other.level, other.level)
    return ([f"责任层级相同：{mine}"], []) if mine == its else ([], [f"责任层级不同：本案{mine}，先例{its}"])


def _say_sets(title: str, names: Mapping[str, str], pick: Callable[[CaseFacts], Sequence[str]]) -> Callable[..., Said]:
    def say(ours: CaseFacts, other: CaseFacts) -> Said:
        mine, its = pick(ours), pick(other)
        if not (mine and its):
            return [], []
        both = [names.get(key, key) for key in mine if key in its]
        only = [names.get(key, key) for key in mine if key not in its]
        lacks = [names.get(key, key) for key in its if key not in mine]
        said = [f"本案另有{'、'.join(only)}"] if only and both else [f"本案为{'、'.join(only)}"] if only else []
        said += [f"先例另有{'、'.join(lacks)}"] if lacks and both else [f"先例为{'、'.join(lacks)}"] if lacks else []
        return ([f"{title}相同：{'、'.join(both)}"] if both else []), (
            [f"{title}不同：{'，'.join(said)}"] if said else []
        )

    return say


_SAYINGS: Mapping[str, Callable[[CaseFacts, CaseFacts], Said]] = {
    "issue": _say_issue,
    "dispute": _say_dispute,
    "boundary": _say_sets("界线情形", BOUNDARY_NAMES, lambda facts: facts.boundary),
    "sectors": _say_sets(
        "所涉单位", {sector.value: name for sector, name in SECTOR_NAMES.items()}, lambda facts: facts.sectors
    ),
    "place": _say_sets("地点类型", PLACE_NAMES, lambda facts: facts.place),
    "danger": _say_danger,
    "level": _say_level,
}
