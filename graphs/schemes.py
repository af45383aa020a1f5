"""Schemes that came with scenario packs, beside those that the project carries."""

from domain.adjacency.compensation.library import packaged
from domain.adjacency.compensation.schemes import Scheme
from domain.packcontent import schemes_of, usable
from domain.world import World
from records.packs import PackBook


async def imported_schemes(packs: PackBook, world: World) -> dict[str, Scheme]:
    """Schemes of the last import of each pack by `pack/scheme`, those that can be used."""
    return {
        f"{one.pack.name}/{name}": scheme
        for one in await packs.latest()
        for name, scheme in schemes_of(usable(one.pack, world)).items()
    }


class SchemeShelf:
    """All schemes that can be named; imported ones are read again when a pack was imported.

    Args:
        packs: Where imported packs are.
        world: The city against which their entries are checked.
    """

    def __init__(self, packs: PackBook, world: World) -> None:
        self._packs = packs
        self._world = world
        self._held: tuple[tuple[str, ...], dict[str, Scheme]] = ((), {})

    async def all(self) -> dict[str, Scheme]:
        """Packaged schemes by id, imported ones by `pack/scheme`."""
        digests = await self._packs.digests()
        if self._held[0] != digests:
            self._held = digests, await imported_schemes(self._packs, self._world)
        return {**packaged(), **self._held[1]}
