"""What is reported (上报/线索): the one form in which every source enters, and the one door it enters by."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Protocol

from domain.clock import iso, parse_iso
from domain.crs import CHINA_BOX, Crs, parse_crs, to_wgs84
from domain.errors import (
    EmptyText,
    FutureDate,
    InvalidInput,
    PointOutsideCity,
    TextTooLong,
    UnknownCrs,
    UnknownRegion,
    UnknownUnit,
)
from domain.fields import CONTROL, Fields, clip
from domain.geo import Point
from domain.organisation import Register
from domain.world import World

MAX_TEXT = 5_000
"""Longest report, characters."""

MAX_ACCURACY_M = 50_000.0
"""A position less sure than this says nothing."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far a device's clock may be ahead of ours."""


class Source(StrEnum):
    """Who or what reported."""

    PERSON = "person"
    VEHICLE = "vehicle"
    DRONE = "drone"
    CAMERA = "camera"
    SENSOR = "sensor"
    HOTLINE = "hotline"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one party says about the matter (主张), unconfirmed."""

    unit: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """What a recogniser saw: `score` in [0, 1], `bbox` in pixels (x0, y0, x1, y1) or None."""

    label: str
    score: float
    bbox: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One report, after checking; `lon`/`lat` are WGS-84 degrees whatever was sent.

    Attributes:
        id: Stable id, unique over all sources; made from `source` and `external_id` when those are given.
        text: What was said; 1 to 5,000 characters.
        crs: The system the coordinates came in (`WGS84`, `GCJ02`, `CGCS2000`); kept as provenance.
        accuracy_m: Radius of the position's uncertainty, metres, > 0; None when unknown.
        observed_at: When it was seen, aware, UTC.
        received_at: When it reached the service, aware, UTC.
    """

    id: str
    source: Source
    text: str
    lon: float | None = None
    lat: float | None = None
    crs: str = ""
    accuracy_m: float | None = None
    height_m: float | None = None
    region: str = ""
    address: str = ""
    observed_at: datetime
    received_at: datetime
    device_id: str = ""
    raw_ref: str = ""
    reporter: str = ""
    media: tuple[str, ...] = ()
    detections: tuple[Detection, ...] = ()
    claims: tuple[Claim, ...] = ()
    external_id: str = ""
    notes: tuple[str, ...] = field(default=())
    """What was done to it on the way in, in Chinese (坐标由 GCJ-02 转换 …)."""

    @property
    def point(self) -> Point | None:
        """The place, WGS-84; None when none was sent."""
        if self.lon is None or self.lat is None:
            return None
        return Point(self.lon, self.lat, self.height_m)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; instants in ISO 8601 UTC."""
        plain = asdict(self)
        plain["observed_at"] = iso(self.observed_at)
        plain["received_at"] = iso(self.received_at)
        return json.loads(json.dumps(plain, ensure_ascii=False))


def observation_from_json(plain: Mapping[str, Any]) -> Observation:
    """Read back what `Observation.to_json` wrote; trusts its input."""
    fields: dict[str, Any] = {
        **plain,
        "source": Source(plain["source"]),
        "observed_at": parse_iso(plain["observed_at"]),
        "received_at": parse_iso(plain["received_at"]),
        "media": tuple(plain["media"]),
        "notes": tuple(plain["notes"]),
        "claims": tuple(Claim(**claim) for claim in plain["claims"]),
        "detections": tuple(
            Detection(label=d["label"], score=d["score"], bbox=None if d["bbox"] is None else tuple(d["bbox"]))
            for d in plain["detections"]
        ),
    }
    return Observation(**fields)


class Ground(Protocol):
    """What intake must know of the city; fulfilled by `domain.territory.Territory`."""

    def contains(self, point: Point) -> bool:
        """Whether the point is in the governed territory."""
        ...

    def has_region(self, code: str) -> bool:
        """Whether the code is or was a region's."""
        ...

    @property
    def world(self) -> World:
        """The city as data, for its register of units."""
        ...


KEYS = (
    "id", "source", "text", "lon", "lat", "crs", "accuracy_m", "height_m", "region", "address", "observed_at",
    "received_at", "device_id", "raw_ref", "reporter", "media", "detections", "claims", "external_id",
)  # fmt: skip
"""Fields of the contract, in its order."""


def parse_observation(
    raw: Mapping[str, Any], *, received_at: datetime, new_id: Callable[[], str], territory: Ground
) -> Observation:
    """Check one report and bring it into the common form.

    Args:
        raw: The JSON object as sent. A `received_at` in it must be readable but is not used.
        received_at: When the service got it, aware.
        new_id: Gives an id where neither `id` nor `external_id` was sent.
        territory: The city it must lie in.

    Raises:
        MalformedJson: Not an object.
        UnknownField: A key that the contract does not have.
        EmptyText: No text.
        TextTooLong: A text beyond its limit.
        UnknownCrs: Coordinates without a coordinate system, or with one not accepted.
        PointOutsideCity: A point that is not in the city.
        FutureDate: Seen later than now, beyond a skew of 5 minutes.
        UnknownRegion: A region that does not exist.
        UnknownUnit: A claim by a unit that does not exist.
        InvalidInput: A value of the wrong type or out of range.
    """
    sent = Fields(raw, KEYS)
    received_at = received_at.astimezone(UTC).replace(microsecond=0)
    notes: list[str] = []
    text = _text(sent, notes)
    source = _source(sent)
    lon, lat, crs = _place(sent, territory, notes)
    sent.instant("received_at")
    external_id = sent.line("external_id", 128)
    return Observation(
        id=sent.line("id", 160) or (f"{source}:{external_id}" if external_id else new_id()),
        source=source,
        text=text,
        lon=lon,
        lat=lat,
        crs=crs,
        accuracy_m=_accuracy(sent),
        height_m=sent.number("height_m", -500.0, 20_000.0),
        region=_region(sent, territory),
        address=sent.line("address", 500),
        observed_at=_observed_at(sent, received_at),
        received_at=received_at,
        device_id=sent.line("device_id", 128),
        raw_ref=sent.line("raw_ref", 2_000),
        reporter=sent.line("reporter", 128),
        media=tuple(_media(item, n) for n, item in enumerate(sent.items("media", 50))),
        detections=tuple(_detection(item, n) for n, item in enumerate(sent.items("detections", 200))),
        claims=tuple(_claim(item, n, territory.world.register) for n, item in enumerate(sent.items("claims", 20))),
        external_id=external_id,
        notes=tuple(notes),
    )


def _text(sent: Fields, notes: list[str]) -> str:
    said = sent.value("text")
    if isinstance(said, str) and len(said) > MAX_TEXT:
        raise TextTooLong(
            f"上报文字有 {len(said)} 个字，超过上限 {MAX_TEXT}。", "请写明要点，长材料作为附件（media）上传。"
        )
    text = sent.text("text", MAX_TEXT)
    clean = CONTROL.sub("", text).strip()
    if not any(char.isprintable() and not char.isspace() for char in clean):
        raise EmptyText("没有说明情况。", "请用一句话写明看到了什么、在哪里，例如：井盖翻了，上头没得字。")
    if clean != text:
        notes.append("文字中的不可见控制字符已去除")
    return clean


def _source(sent: Fields) -> Source:
    named = sent.line("source", 64) or Source.PERSON.value
    if named not in set(Source):
        raise sent.wrong("source", f"应为 {'、'.join(Source)} 之一", named)
    return Source(named)


def _place(sent: Fields, territory: Ground, notes: list[str]) -> tuple[float | None, float | None, str]:
    """Longitude and latitude in WGS-84, and the system they came in."""
    lon, lat = sent.number("lon", -180.0, 180.0), sent.number("lat", -180.0, 180.0)
    named = sent.line("crs", 64)
    if (lon is None) != (lat is None):
        missing = "lon" if lon is None else "lat"
        raise InvalidInput(f"坐标不完整：缺少 {missing}。", "lon（经度）与 lat（纬度）须同时给出，或都不给。")
    if lon is None or lat is None:
        return None, None, parse_crs(named).value if named else ""
    if not named:
        raise UnknownCrs(
            "有坐标但没有声明坐标系。",
            "请用 crs 声明：WGS84（卫星定位原始值）、GCJ02（高德、腾讯地图）或 CGCS2000；两者相差约 500 米，不能猜。",
        )
    crs = parse_crs(named)
    x, y = to_wgs84(lon, lat, crs)
    if abs(y) > 90.0 or not territory.contains(Point(x, y)):
        raise PointOutsideCity("该点不在本市管辖范围内。", _outside_hint(lon, lat))
    if crs is Crs.GCJ02:
        notes.append("坐标由 GCJ-02 转换为 WGS-84")
    if crs is Crs.CGCS2000:
        notes.append("坐标为 CGCS2000，与 WGS-84 相差不足 1 米，按相同处理")
    return x, y, crs.value


def _outside_hint(lon: float, lat: float) -> str:
    west, south, east, north = CHINA_BOX
    if west <= lat <= east and south <= lon <= north:
        return "经度与纬度可能写反了：lon 是经度，lat 是纬度。"
    return "请核对经纬度与坐标系；外省市事项请向当地反映。"


def _accuracy(sent: Fields) -> float | None:
    accuracy = sent.number("accuracy_m", 0.0, MAX_ACCURACY_M)
    if accuracy == 0.0:
        raise sent.wrong("accuracy_m", "须大于 0（米）；不知道时请不要填写", accuracy)
    return accuracy


def _region(sent: Fields, territory: Ground) -> str:
    code = sent.line("region", 64)
    if code and not territory.has_region(code):
        raise UnknownRegion(f"没有编码为“{clip(code)}”的区域。", "请填行政区划编码，或留空由坐标判定。")
    return code


def _observed_at(sent: Fields, received_at: datetime) -> datetime:
    seen = sent.instant("observed_at")
    if seen is None:
        return received_at
    if seen > received_at + CLOCK_SKEW:
        raise FutureDate(f"发现时间 {iso(seen)} 晚于现在。", "请核对设备时钟；没有时区的时间按北京时间读取。")
    return seen


def _media(item: object, number: int) -> str:
    link = Fields({"link": item}, ("link",), f"media[{number}].").line("link", 2_000)
    if not link:
        raise InvalidInput(f"“media[{number}]”是空的。", "请填附件的地址或编号。")
    return link


def _detection(item: object, number: int) -> Detection:
    sent = Fields(item, ("label", "score", "bbox"), f"detections[{number}].")
    label, score = sent.line("label", 100), sent.number("score", 0.0, 1.0)
    if not label or score is None:
        raise InvalidInput(
            f"“detections[{number}]”缺少 label 或 score。", "label 为识别类别，score 为 0 到 1 的置信度。"
        )
    return Detection(label=label, score=score, bbox=_bbox(sent))


def _bbox(sent: Fields) -> tuple[float, float, float, float] | None:
    if sent.value("bbox") is None:
        return None
    names = ("x0", "y0", "x1", "y1")
    members = sent.items("bbox", 4)
    corners = Fields(dict(zip(names, members, strict=False)), names, "bbox.")
    x0, y0, x1, y1 = (corners.number(name, -1e6, 1e6) for name in names)
    if x0 is None or y0 is None or x1 is None or y1 is None or x1 < x0 or y1 < y0:
        raise sent.wrong("bbox", "应为 [x0, y0, x1, y1]，且 x1 不小于 x0、y1 不小于 y0", members)
    return x0, y0, x1, y1


def _claim(item: object, number: int, register: Register) -> Claim:
    sent = Fields(item, ("unit", "text"), f"claims[{number}].")
    unit, text = sent.line("unit", 200), CONTROL.sub("", sent.text("text", MAX_TEXT)).strip()
    if not unit or not text:
        raise InvalidInput(f"“claims[{number}]”缺少 unit 或 text。", "请写明是哪个单位、主张什么。")
    return Claim(unit=_unit_code(unit, register), text=text)


def _unit_code(named: str, register: Register) -> str:
    """The code of a unit given by code or by full name."""
    if register.get(named):
        return named
    by_name = {unit.name: unit.code for unit in register.units}
    if named in by_name:
        return by_name[named]
    close = get_close_matches(clip(named), by_name, n=3, cutoff=0.4)
    hint = f"相近的有：{'、'.join(close)}。" if close else "请填单位编码或全称。"
    raise UnknownUnit(f"没有名为“{clip(named)}”的单位。", hint)
