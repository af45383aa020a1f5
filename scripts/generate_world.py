"""Write the schematic city into `domain/data`: `python -m scripts.generate_world [FOLDER]`."""

import json
import sys
from pathlib import Path

import numpy as np

from domain.geo import Point
from domain.worlddata import world_to_json
from scripts.worldgen import plan
from scripts.worldgen.pack import City, city, line, named_places, packed, write
from scripts.worldgen.year import Year

TARGET = Path(__file__).parents[1] / "domain" / "data"


def files_of(drawn: City) -> dict[str, bytes]:
    """All packaged files of the city by name."""
    named = named_places(drawn)
    places = json.dumps(named, ensure_ascii=False, indent=1) + "\n"
    spots = {name: Point(place["lon"], place["lat"]) for name, place in named.items()}
    year = Year(drawn.world, spots, np.random.default_rng([plan.SEED, 2]))
    return {
        "world.json.gz": packed(line(world_to_json(drawn.world))),
        "world_cases.jsonl.gz": packed("".join(line(row) + "\n" for row in year.rows())),
        "world_places.json": places.encode("utf-8"),
    }


def main() -> None:
    """Draw the city and write it; prints what was written."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    files = files_of(city())
    write(folder, files)
    for name, content in files.items():
        print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
