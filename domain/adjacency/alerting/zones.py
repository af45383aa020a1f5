"""Which places are looked at together: sets of locations, as rows of a sparse matrix."""

# pyright: standard
# scipy and statsmodels carry no types.

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix
from scipy.spatial import KDTree

from domain.adjacency.alerting.arrays import CountMatrix, IntArray
from domain.geo import FloatArray

EARTH_RADIUS_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Zones:
    """Sets of locations, each set once.

    Attributes:
        locations: How many locations there are; a member is a number below it.
        starts: Where the members of each zone begin in `members`, shape (Z + 1,).
        members: Locations of zone after zone, ascending within a zone.
    """

    locations: int
    starts: IntArray
    members: IntArray
    matrix: csr_matrix = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ones = np.ones(len(self.members), dtype=np.float32)
        shape = (len(self.starts) - 1, self.locations)
        object.__setattr__(self, "matrix", csr_matrix((ones, self.members, self.starts), shape=shape))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, zone: int) -> IntArray:
        """Locations of one zone."""
        return self.members[self.starts[zone] : self.starts[zone + 1]]

    def sums(self, values: CountMatrix | FloatArray) -> FloatArray:
        """Sums of a value of locations, shape (L,) or (L, n), over each zone: (Z,) or (Z, n)."""
        return np.asarray(self.matrix @ values)

    def widened(self, locations: int) -> "Zones":
        """The same sets among more locations, the new ones in none of them."""
        return Zones(locations, self.starts, self.members)

    def subset(self, chosen: IntArray) -> "Zones":
        """Some of the zones, in the order given."""
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        flat = np.repeat(self.starts[chosen] - starts[:-1], lengths) + np.arange(int(starts[-1]))
        return Zones(self.locations, starts, self.members[flat])

    def among(self, kept: IntArray) -> "Zones":
        """The same zones seen on some locations only, renumbered in the order of `kept`; sets that fall together, once.

        Locations without a case never change a sum, so a scan may leave them out.
        """
        number = np.full(self.locations, -1, dtype=np.int64)
        number[kept] = np.arange(len(kept))
        found = number[self.members]
        zone_of = np.repeat(np.arange(len(self)), np.diff(self.starts))
        inside = found >= 0
        order = np.lexsort((found[inside], zone_of[inside]))
        members, owners = found[inside][order], zone_of[inside][order]
        return _deduplicated(len(kept), members, np.bincount(owners, minlength=len(self)))


def zones_of(sets: Iterable[Iterable[int]], locations: int) -> Zones:
    """Zones from sets of location numbers; an equal set again and an empty one are left out."""
    unique = dict.fromkeys(tuple(sorted(set(members))) for members in sets)
    kept = [members for members in unique if members]
    starts = np.cumsum([0, *(len(members) for members in kept)])
    flat = np.fromiter((place for members in kept for place in members), dtype=np.int64, count=int(starts[-1]))
    return Zones(locations, starts.astype(np.int64), flat)


def nearest_zones(distances_m: FloatArray, most: int) -> Zones:
    """For each location the sets of its 1, 2, … `most` nearest, itself among them (Kulldorff's growing circles).

    Args:
        distances_m: Distances between all locations, metres, shape (L, L).
        most: Locations of the largest set, >= 1.
    """
    order = np.argsort(distances_m, axis=1, kind="stable")[:, :most]
    return zones_of((row[: k + 1].tolist() for row in order for k in range(order.shape[1])), len(distances_m))


def circle_zones(points_m: FloatArray, radii_m: Sequence[float]) -> Zones:
    """Around each location the sets of all within each radius.

    Args:
        points_m: Places in a flat metric frame, metres, shape (L, 2).
        radii_m: Radii of the circles, metres, >= 0.
    """
    if not len(points_m):
        return Zones(0, np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int64))
    tree = KDTree(points_m)
    found = [tree.query_ball_point(points_m, radius, return_sorted=True) for radius in sorted(radii_m)]
    sizes = np.array([len(members) for ring in found for members in ring])
    flat = np.fromiter((m for ring in found for members in ring for m in members), dtype=np.int64, count=sizes.sum())
    return _deduplicated(len(points_m), flat, sizes)


def great_circle_m(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Distances between all places on a sphere, metres, shape (L, L); degrees in, shape (L,)."""
    phi, lam = np.radians(lat), np.radians(lon)
    half = (
        np.sin((phi[:, None] - phi) / 2) ** 2
        + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def _deduplicated(locations: int, members: IntArray, sizes: IntArray) -> Zones:
    """Zones from members in order and sizes; each set once, empty ones left out, the first of equals kept."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    # Two random 64-bit words for each location: equal sums mean equal sets but for a chance of about 2^-100.
    words = np.random.Generator(np.random.PCG64(locations)).integers(0, 2**63, (2, max(locations, 1)), dtype=np.uint64)
    sums = [np.concatenate([[np.uint64(0)], np.cumsum(word[members], dtype=np.uint64)]) for word in words]
    keys = np.column_stack([total[starts[1:]] - total[starts[:-1]] for total in sums])
    filled = np.flatnonzero(sizes > 0)
    _, first = np.unique(keys[filled], axis=0, return_index=True)
    kept = filled[np.sort(first)]
    return Zones(locations, starts.astype(np.int64), members).subset(kept)
