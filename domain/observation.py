"""What is reported (上报/线索): the one form in which every source enters."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; instants in ISO 8601 UTC."""
        from domain.clock import iso

        plain = asdict(self)
        plain["observed_at"] = iso(self.observed_at)
        plain["received_at"] = iso(self.received_at)
        return json.loads(json.dumps(plain, ensure_ascii=False))


def observation_from_json(plain: Mapping[str, Any]) -> Observation:
    """Read back what `Observation.to_json` wrote; trusts its input."""
    raise NotImplementedError
