"""What the words of a report and of the parties' claims say about responsibility; patterns only, no judgement."""

import re
from dataclasses import dataclass
from datetime import date

from domain.organisation import Sector


@dataclass(frozen=True, slots=True)
class Mark:
    """Words on a cover, pole or box: whose network they name and which categories carry them."""

    pattern: str
    sector: Sector
    name: str
    categories: tuple[str, ...]


MARKS = (
    Mark("雨", Sector.DRAINAGE, "雨水（排水设施）", ("manhole.storm", "grate", "pipe.storm")),
    Mark("污|排水", Sector.DRAINAGE, "污水（排水设施）", ("manhole.sewage", "pipe.sewage")),
    Mark("燃气|天然气|煤气|燃|气", Sector.GAS, "燃气", ("manhole.gas", "pipe.gas")),
    Mark("路灯|照明", Sector.LIGHTING, "路灯照明", ("lamp", "power_box")),
    Mark("公安|监控|交警", Sector.PUBLIC_SECURITY, "公安", ("manhole.police",)),
    Mark("通信|电信|移动|联通|铁塔|广电|信", Sector.TELECOM, "通信", ("manhole.telecom", "pole", "pipe.telecom")),
    Mark("电力|供电|国网|电", Sector.POWER, "电力", ("manhole.power", "power_box", "pole", "pipe.power")),
    Mark("自来水|给水|供水|上水|水", Sector.WATER_SUPPLY, "供水", ("manhole.water", "hydrant", "pipe.water")),
)
"""In this order: 雨水 and 污水 before 水, 路灯 and 电信 before 电."""

_QUOTE = "“”\"'‘’「」『』《》"
_WRITTEN = re.compile(rf"(?:写|印|刻|标|字样|标识)[^，。,；;!！?？]{{0,6}}?[{_QUOTE}]?(?P<mark>[一-鿿]{{1,6}})")
_SIGN = re.compile(rf"[有是个{_QUOTE}](?P<mark>[一-鿿]{{1,4}})[{_QUOTE}]?(?:字样|字|标识|标志)")
_UNMARKED = re.compile(
    r"(?:没得|没有|无|没)(?:任何)?(?:字|标识|标志|标记|编号)|(?:看不出|认不出|不晓得是?哪)[^，。]{0,4}(?:家|单位|部门)"
)

_PATTERNS: dict[str, str] = {
    "ownerless": r"无主|没人认|没得人认|无人认领|权属不明|不晓得是?哪(?:家|个单位)|不知道是?哪(?:家|个单位)|哪个单位的哦",
    "line_moved": r"改道|改了道|裁弯取直|(?:路|街|河|沟|道)[^，。]{0,6}(?:拓宽|改线|移了位|变了位置)|拓宽了?[^，。]{0,4}(?:路|街|河)",
    "line_dispute": r"(?:界线|边界|分界线|行政区划线|界桩)[^，。]{0,8}(?:争议|有争|认定不一|说法不一|扯不清|不认|划错|异议)"
    r"|对(?:界线|边界)[^，。]{0,8}(?:异议|不服|不认)|(?:这块|这片|那块)?地[^，。]{0,4}到底(?:归|属|是)哪(?:边|个区|个镇|个街道)",
    "enclave": r"飞地|插花地",
    "across": r"交界|接壤|跨区|跨界|区界|界线|分界|两(?:个)?(?:区|镇|街道|县|边)|另(?:外)?一?个(?:区|镇|街道|县)"
    r"|(?:隔壁|对面|邻近|旁边|上头|下头|那边)(?:那个|的)?(?:区|镇|街道|县)|马路对面|上游|下游|对岸",
    "mutual": r"互相推|推来推去|踢皮球|扯皮|两边都(?:不|说)|都说不(?:是|归|该)|没(?:得)?人管|无人管|三不管"
    r"|对面也说不|说不(?:是|归)(?:我|他)们[^。]{0,20}也说不(?:是|归)|哪边都不",
    "pass_on": r"推给|互相推|推诿|扯皮|踢皮球|不归(?:他|我|它)|不是(?:他|我)们(?:的|管)|不属于|该归|说(?:是|该|归|由)|都不管",
    "cost": r"费用(?:分担|分摊|谁|怎么|哪)|哪个出钱|谁出钱|哪(?:边|家|个区)(?:出钱|掏钱|买单)|垫付|分摊|赔偿|赔钱|买单",
    "enforcement": r"罚款|处罚|罚他|查处|查封|拆除|强拆|取缔|执法|没收|扣押|责令|立案|抓他",
    "double": r"两(?:个区|边|家|个单位)都(?:在)?(?:查|罚|立案)|又罚|重复(?:处罚|罚款)|罚了两(?:次|道)|各罚",
    "returned": r"退单|退回|退件|被退|不属于[^，。]{0,6}(?:职责|范围|我)|归口",
    "petition": r"12345|信访|热线|市长信箱|群众诉求",
    "untransferred": r"未移交|没移交|没有移交|没得移交|还没交|尚未移交",
    "highway": r"(?<!高速)公路|国道|省道|县道|高速",
    "township_road": r"乡道|村道|村路|机耕道|通村",
    "septic": r"化粪池|粪坑|粪水|粪便",
    "compound_edge": r"小区(?:大)?门口|围墙(?:外|边|脚)|小区外(?:头|面)|单位门口|红线",
    "denies": r"不是我|不归我|不属于我|不在我|没得我们|不该我|不由我|不负责|与我[^，。]{0,4}无关|不是我方|没移交|未移交|应由|该由",
    "claims_line": r"界线|边界|界桩|勘界|行政区划线|协议书|详图|我(?:区|镇|街道|方|县)(?:界内|地界|范围内|辖区内)",
    "filed": r"已(?:经)?(?:于[^，。]{0,12})?立案|先立案|立了案|立案(?:查处|调查|在先)",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}

_DEPARTMENTS: dict[str, Sector] = {
    "城管": Sector.URBAN_MANAGEMENT,
    "城市管理": Sector.URBAN_MANAGEMENT,
    "市政": Sector.URBAN_MANAGEMENT,
    "住建": Sector.HOUSING,
    "建委": Sector.HOUSING,
    "交通委": Sector.TRANSPORT,
    "交通局": Sector.TRANSPORT,
    "交通运输": Sector.TRANSPORT,
    "交警": Sector.TRAFFIC_POLICE,
    "交巡警": Sector.TRAFFIC_POLICE,
    "公安": Sector.PUBLIC_SECURITY,
    "派出所": Sector.PUBLIC_SECURITY,
    "水利": Sector.WATER,
    "环保": Sector.ECOLOGY,
    "生态环境": Sector.ECOLOGY,
    "规资": Sector.PLANNING,
    "规划": Sector.PLANNING,
    "市场监管": Sector.MARKET,
    "农业": Sector.AGRICULTURE,
    "林业": Sector.FORESTRY,
    "应急": Sector.EMERGENCY,
    "消防": Sector.FIRE,
}

_DAY = re.compile(r"(?:(?P<year>\d{4})[年\-/.])?(?P<month>\d{1,2})[月\-/.](?P<day>\d{1,2})")


def says(name: str, text: str) -> bool:
    """Whether the text matches the named pattern."""
    return _COMPILED[name].search(text) is not None


def mark_of(text: str) -> Mark | None:
    """What is written on the cover, pole or box, when the report says so; the first that matches."""
    if is_unmarked(text):
        return None
    for pattern in (_SIGN, _WRITTEN):
        for found in pattern.finditer(text):
            read = _mark_in(found.group("mark"))
            if read is not None:
                return read
    return None


def _mark_in(words: str) -> Mark | None:
    return next((mark for mark in MARKS if re.search(mark.pattern, words)), None)


def is_unmarked(text: str) -> bool:
    """Whether the report says that nothing is written on it."""
    return _UNMARKED.search(text) is not None


def departments_in(text: str) -> tuple[Sector, ...]:
    """Departments that the text names, in the order of first mention, each once."""
    places = sorted((text.find(word), sector) for word, sector in _DEPARTMENTS.items() if word in text)
    return tuple(dict.fromkeys(sector for _, sector in places))


def passes_between_departments(text: str) -> bool:
    """Whether the text tells of two departments that pass the matter on."""
    return len(departments_in(text)) >= 2 and says("pass_on", text)


def day_in(text: str, *, year: int) -> date | None:
    """The first calendar day in the text; `year` is taken when it names none."""
    for found in _DAY.finditer(text):
        try:
            return date(int(found.group("year") or year), int(found.group("month")), int(found.group("day")))
        except ValueError:
            continue
    return None
