"""The suite of scenes: all families, each from its own stream of the seed and in its own copy of the city."""

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from domain.world import World
from evals.scenes import acts, papers, places, things
from evals.scenes.form import Scene
from evals.scenes.ground import Ground
from evals.scenes.telling import Telling

SEED = 20260704
FAMILIES: dict[str, Callable[[Telling], None]] = {
    teller.__name__: teller
    for teller in (
        places.enclave, places.gap, places.overlap, places.river, papers.market, things.interchange,
        places.territory, things.rails, things.red_line, papers.agreement, papers.agreement_void,
        papers.agreement_conflict, papers.agreement_oversteps, papers.designation, things.split_road, things.covers,
        things.two_covers, things.ownerless, things.parts, acts.false_claims, acts.precedent_like, things.danger,
        things.unseen, places.inside, places.near_sharp, places.near_blurred, places.near_shared, places.gcj02,
        places.province, places.nowhere, acts.powers, acts.first_filing, acts.mutual_denial, acts.departments,
        acts.line_dispute, acts.fireworks,
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


def build(base: World, *, seed: int = SEED) -> Suite:
    """Tell all families in a city.

    Args:
        base: The schematic city.
        seed: The same seed gives the same scenes, byte for byte.
    """
    ground = Ground(base)
    worlds: dict[str, World] = {}
    scenes: list[Scene] = []
    for name, teller in FAMILIES.items():
        telling = Telling(ground.fresh(), np.random.default_rng([seed, zlib.crc32(name.encode())]), name)
        teller(telling)
        scenes += telling.scenes
        worlds[name] = telling.ground.world()
    return Suite(worlds=worlds, scenes=tuple(scenes), halves=halves(seed=seed))


def halves(*, seed: int = SEED) -> dict[str, str]:
    """Which families may be fitted to and which only judge: drawn by the seed, half and half."""
    names = sorted(FAMILIES)
    drawn = np.random.default_rng([seed, 7]).permutation(len(names))
    fit = {names[int(i)] for i in drawn[: len(names) // 2]}
    return {name: "fit" if name in fit else "held" for name in FAMILIES}
