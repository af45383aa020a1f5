"""Puts the city together and writes it as deterministic files."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain.organisation import Register
from domain.world import World
from domain.worlddata import content_version, world_from_json, world_to_json
from scripts.worldgen import deals, ground, land, people, plan, roads, things
from scripts.worldgen.land import FRAME, Land
from scripts.worldgen.roads import Network


@dataclass(frozen=True, slots=True)
class City:
    """The world and the plan that it was drawn from."""

    world: World
    land: Land
    net: Network


def city(seed: int = plan.SEED) -> City:
    """Draw the whole city; each part has its own stream of the seed, so that parts change independently."""
    streams = np.random.SeedSequence(seed).spawn(6)
    rng = [np.random.default_rng(stream) for stream in streams]
    ground_plan = land.draw(rng[0])
    regions = land.regions(ground_plan, rng[1])
    units = people.units(ground_plan, regions, rng[2])
    net = roads.lay_out(ground_plan, rng[3])
    assets = things.ledger(ground_plan, net, rng[4])
    zones, firms = ground.lay(ground_plan, net, rng[5])
    world = World(
        name=plan.CITY_NAME,
        version="",
        city=plan.CITY,
        regions=tuple(regions),
        register=Register((*units, *firms)),
        assets=tuple(assets),
        zones=tuple(zones),
        agreements=tuple(deals.agreements(ground_plan, net)),
        powers=tuple(deals.powers()),
    )
    plain = world_to_json(world)
    plain["version"] = content_version(plain)
    return City(world_from_json(json.loads(json.dumps(plain))), ground_plan, net)


def named_places(drawn: City) -> dict[str, dict[str, Any]]:
    """Longitude, latitude and what is special at each named place."""
    spots = ground.spot_of(drawn.land, drawn.net)
    if spots.keys() != ground.NOTES.keys():
        raise RuntimeError("a named place has no note, or a note no place")
    found: dict[str, dict[str, Any]] = {}
    for name, spot in spots.items():
        lon, lat = np.round(FRAME.to_degrees(np.array([[spot.x, spot.y]]))[0], 7)
        found[name] = {"lon": float(lon), "lat": float(lat), "note": ground.NOTES[name]}
    return found


def packed(text: str) -> bytes:
    """Gzip without time or name: the same text gives the same bytes."""
    return gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)


def line(plain: Mapping[str, Any]) -> str:
    """One JSON value on one line."""
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files; an unchanged one is left alone."""
    for name, content in files.items():
        target = folder / name
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)
