"""The suite of scenes: all families, each from its own stream of the seed and in its own copy of the city."""

import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from domain.world import World
from evals.scenes import acts, circumstances, papers, places, things
from evals.scenes.form import Scene
from evals.scenes.ground import Ground
from evals.scenes.telling import Telling

SEED = 20260704
FIT = 0.5
"""Share of the families, of those that may be, that calibration may look at."""
FAMILIES: dict[str, Callable[[Telling], None]] = {
    teller.__name__: teller
    for teller in (
        places.enclave, places.gap, places.overlap, places.river, papers.market, things.interchange,
        places.territory, things.rails, things.red_line, papers.agreement, papers.agreement_void,
        papers.agreement_conflict, papers.agreement_oversteps, papers.designation, things.split_road, things.covers,
        things.two_covers, things.ownerless, things.parts, acts.false_claims, acts.precedent_like, things.danger,
        things.unlisted, places.inside, places.near_sharp, places.near_blurred, places.near_shared, places.gcj02,
        places.province, places.nowhere, acts.powers, acts.first_filing, acts.mutual_denial, acts.departments,
        acts.line_dispute, acts.fireworks, circumstances.sites, circumstances.frontage, circumstances.others_paper,
        circumstances.one_sided, circumstances.late, circumstances.hearsay, circumstances.no_accuracy,
        circumstances.cameras, circumstances.three_ways,
    )
}  # fmt: skip
"""Families by name."""
TITLES: dict[str, str] = {name: (teller.__doc__ or name).split(":")[0] for name, teller in FAMILIES.items()}
"""Chinese names of the families."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All scenes and the cities in which they are true.

    Attributes:
        worlds: Family -> the schematic city with what the family planted.
        scenes: In the order of `FAMILIES`.
        halves: Family -> `fit` (calibration may look at it) or `held` (it only judges).
    """

    worlds: Mapping[str, World]
    scenes: tuple[Scene, ...]
    halves: Mapping[str, str]

    def of(self, half: str) -> Iterator[Scene]:
        """Scenes of `fit`, `held` or `all`."""
        return (scene for scene in self.scenes if half in ("all", self.halves[scene.family]))


def build(base: World, *, seed: int = SEED, only: Collection[str] = ()) -> Suite:
    """Tell all families in a city.

    Args:
        base: The schematic city.
        seed: The same seed gives the same scenes, byte for byte; the halves are those of the suite's own seed.
        only: Families wanted; none: all. A family is the same alone as among others.
    """
    ground = Ground(base)
    worlds: dict[str, World] = {}
    scenes: list[Scene] = []
    for name, teller in FAMILIES.items():
        if only and name not in only:
            continue
        telling = Telling(ground.fresh(), np.random.default_rng([seed, zlib.crc32(name.encode())]), name)
        teller(telling)
        scenes += telling.scenes
        worlds[name] = telling.ground.world()
    return Suite(worlds=worlds, scenes=tuple(scenes), halves=halves())


def halves(*, seed: int = SEED) -> dict[str, str]:
    """Which families may be fitted to and which only judge.

    Drawn by seed and name, so that a new family moves no other; those of `circumstances`, written after the rules had
    been mended for the others, always judge.
    """
    drawn = {name: np.random.default_rng([seed, zlib.crc32(name.encode()), 7]).random() for name in FAMILIES}
    late = {teller.__name__ for teller in FAMILIES.values() if teller.__module__ == circumstances.__name__}
    return {name: "fit" if share < FIT and name not in late else "held" for name, share in drawn.items()}
