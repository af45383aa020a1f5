"""What the words of a report and of the parties' claims say about responsibility; patterns only, no judgement."""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

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
_WRITTEN = re.compile(r"(?:写|印|刻|标(?:着|的|有|起)|(?:字样|标识)(?:是|为))(?P<mark>[^，。,；;!！?？]{1,8})")
_SIGN = re.compile(rf"[有是个{_QUOTE}](?P<mark>[一-鿿]{{1,4}})[{_QUOTE}]?(?:字样|字|标识|标志)")
_UNMARKED = re.compile(
    r"(?:没得|没有|无|没)(?:任何)?(?:字|标识|标志|标记|编号)|(?:看不出|认不出|不晓得是?哪)[^，。]{0,4}(?:家|单位|部门)"
)


@cache
def _signs() -> dict[str, re.Pattern[str]]:
    """Named signs of `domain/data/rules_words.toml`, each as one pattern."""
    text = (files("domain") / "data" / "rules_words.toml").read_text(encoding="utf-8")
    plain: dict[str, list[str]] = tomllib.loads(text)
    return {name: re.compile("|".join(parts)) for name, parts in plain.items()}


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
    return _signs()[name].search(text) is not None


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
