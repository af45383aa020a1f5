"""Worlds as JSON, and the schematic city that the project carries (示意城市，一切名称均为虚构).

The packaged files are written by `scripts/generate_world.py`; nothing in them is a real place, unit or case.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar, cast

from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from domain.geo import Point
from domain.organisation import Level, Register, Sector, Unit
from domain.region import Region
from domain.world import Agreement, Asset, EnforcementPower, World, Zone

FORMAT = "lianzhi-world/1"
"""Name of the JSON form; a reader refuses others."""

_DATA = files("domain").joinpath("data")
T = TypeVar("T", Region, Unit, Asset, Zone, Agreement, EnforcementPower)

_ENUMS: Mapping[str, Any] = {"level": Level, "sector": Sector}
_DATES = frozenset({"valid_from", "valid_to", "signed_on"})
_SHAPES = frozenset({"geometry", "area"})
_LISTS = frozenset({"skills", "parties", "issues", "arranges", "replaces"})
_PAIRS = frozenset({"leads"})


@cache
def schematic_city() -> World:
    """The schematic city 云屏市, read once from packaged data."""
    return world_from_json(_read("world.json.gz"))


@cache
def places() -> Mapping[str, Point]:
    """Named places of the schematic city where something is special, e.g. `three_town_market`, `gap_strip`."""
    plain: dict[str, Any] = json.loads(_DATA.joinpath("world_places.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Point(place["lon"], place["lat"]) for name, place in plain.items()})


def year_of_cases() -> Iterator[dict[str, Any]]:
    """The schematic city's cases from 2025-11-01 to 2026-10-31 in order of reporting, one plain dict each.

    What a row holds: `id issue source text address lon lat` (WGS-84, with the error of `accuracy_m`) `reporter`;
    where it lies on its day: `district township community grid` (codes, empty in a gap) `adjacent crosses neighbours`;
    the loop, ISO 8601 UTC or null: `observed_at reported_at registered_at dispatched_at settled_at` (the right unit
    has it) `due_at handled_at closed_at`; `limit_h` (hours), `stage` (`closed handled dispatched rejected merged`),
    `first_unit unit` (codes), `settled_by` (`first negotiation superior`), `returns` (list of `at unit reason`),
    `rework extended` (counts), `satisfied` (true, false or null: not asked), `emergency`, `previous` (id of the
    closed case that came back), `master` (id it was merged into). `truth` is what the generator planted (`unit`,
    `outbreak`, `repeat`, `gaming`, `duplicate_of`) and must not be an input of a method that is judged by it.
    """
    packed = _DATA.joinpath("world_cases.jsonl.gz").read_bytes()
    for line in gzip.decompress(packed).decode("utf-8").splitlines():
        yield json.loads(line)


def world_to_json(world: World) -> dict[str, Any]:
    """A world as a plain JSON value; `world_from_json` reads it back without loss."""
    return {
        "format": FORMAT,
        "name": world.name,
        "version": world.version,
        "city": world.city,
        "regions": _plain_all(world.regions),
        "units": _plain_all(world.register.units),
        "assets": _plain_all(world.assets),
        "zones": _plain_all(world.zones),
        "agreements": _plain_all(world.agreements),
        "powers": _plain_all(world.powers),
    }


def world_from_json(plain: Mapping[str, Any]) -> World:
    """Read a world written by `world_to_json`; trusts the content, not the form.

    Raises:
        ValueError: If the value is not of this form.
    """
    if plain.get("format") != FORMAT:
        raise ValueError(f"not a {FORMAT} file: {plain.get('format')!r}")
    return World(
        name=plain["name"],
        version=plain["version"],
        city=plain["city"],
        regions=_build_all(Region, plain["regions"]),
        register=Register(_build_all(Unit, plain["units"])),
        assets=_build_all(Asset, plain["assets"]),
        zones=_build_all(Zone, plain["zones"]),
        agreements=_build_all(Agreement, plain["agreements"]),
        powers=_build_all(EnforcementPower, plain["powers"]),
    )


def agreement_from_json(plain: Mapping[str, Any]) -> Agreement:
    """One agreement as `world_to_json` writes it.

    Raises:
        KeyError, ValueError, TypeError: If it is not of that form.
    """
    return _build_all(Agreement, [plain])[0]


def content_version(plain: Mapping[str, Any]) -> str:
    """Hash of a world's JSON, its own version left out: equal content, equal version."""
    rest = {key: value for key, value in plain.items() if key != "version"}
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _read(name: str) -> Any:  # noqa: ANN401
    return json.loads(gzip.decompress(_DATA.joinpath(name).read_bytes()))


def _plain_all(things: Sequence[T]) -> list[dict[str, Any]]:
    return [_plain(thing) for thing in things]


def _plain(thing: T) -> dict[str, Any]:
    """One record; fields at their default are left out."""
    plain: dict[str, Any] = {}
    for spec in fields(thing):
        value = getattr(thing, spec.name)
        if value != spec.default:
            plain[spec.name] = _plain_value(value)
    return plain


def _plain_value(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, BaseGeometry):
        return {"type": value.geom_type, "coordinates": mapping(value)["coordinates"]}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(cast("tuple[str, ...]", value))
    return value


def _build_all(kind: type[T], rows: Sequence[Mapping[str, Any]]) -> tuple[T, ...]:
    return tuple(kind(**{key: _value(key, value) for key, value in row.items()}) for row in rows)


def _value(key: str, value: Any) -> Any:  # noqa: ANN401
    if key in _SHAPES:
        return shape(value)
    if key in _DATES:
        return None if value is None else date.fromisoformat(value)
    if key in _ENUMS:
        return _ENUMS[key](value)
    if key in _PAIRS:
        return tuple((str(first), str(second)) for first, second in value)
    return tuple(value) if key in _LISTS else value
