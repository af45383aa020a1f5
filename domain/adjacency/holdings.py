"""Whose thing it is: matching a report to assets of the ledger by place, kind and mark (R12, R13)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.adjacency.words import Mark, is_unmarked, mark_of
from domain.geo import Point
from domain.issues import Issue
from domain.organisation import Register, Unit
from domain.territory import Territory
from domain.world import Asset

ASSUMED_ACCURACY_M = 30.0
"""Taken when a report does not say how sure its position is."""

DECKS = ("overpass", "bridge")
"""What carries a road over another."""

SAME_LAYER_M = 4.0
"""Half the height between two layers of a crossing: a height given within it of a deck's means that deck."""

LAYERS = ("地面", "二层", "三层", "四层", "匝道", "快速路", "桥面")
"""Words by which people and ledgers tell the layers of a crossing apart."""

SEEN, NAMED, FAR = 0.93, 0.97, 0.6
"""Quality of a match: in reach; in reach and the mark agrees; only within twice the reach."""

CLEAR_LEAD = 0.3
"""Lead of the best over the second from which a choice counts as settled (R01)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the ledger knows about the thing reported.

    Attributes:
        owner: `known` one keeper, `several` keepers within reach, `unknown` recorded without owner, `absent`.
        shares: Keepers with their weights in [0, 1], falling; sums to the quality of the match.
        assets: The assets matched, nearest first.
        category: Category of the nearest match, or what the mark says; empty when neither.
        mark: What the report says is written on it.
        unmarked: Whether the report says that nothing is.
        others: Assets of the kind within reach that the mark rules out.
    """

    owner: str
    shares: tuple[tuple[Unit, float], ...] = ()
    assets: tuple[tuple[Asset, float], ...] = ()
    category: str = ""
    mark: Mark | None = None
    unmarked: bool = False
    others: tuple[Asset, ...] = ()

    @property
    def keeper(self) -> Unit | None:
        """The most likely keeper."""
        return self.shares[0][0] if self.shares else None


def is_lid(issue: Issue) -> bool:
    """Whether the issue is about the cover of any manhole, whatever network it belongs to."""
    return issue.id in ("P01", "P02")


def holdings(
    issue: Issue, text: str, point: Point | None, accuracy_m: float | None, territory: Territory, day: date
) -> Holdings:
    """What the ledger says about the thing that the issue concerns, at the place, on the day."""
    mark, unmarked = mark_of(text), is_unmarked(text)
    category = mark.categories[0] if mark and is_lid(issue) else ""
    silent = Holdings(owner="absent", category=category, mark=mark, unmarked=unmarked)
    kinds = ("manhole",) if is_lid(issue) else issue.asset_categories
    kinds += DECKS if "road" in kinds else ()
    if point is None or not kinds:
        return silent
    accuracy = accuracy_m or ASSUMED_ACCURACY_M
    found = territory.assets_near(point, 2 * (accuracy + 10.0), day, kinds)
    near = [(asset, gap) for asset, gap in found if gap <= accuracy + asset.accuracy_m]
    kept = [pair for pair in near or found if _agrees(pair[0], mark, unmarked)]
    kept = _of_layer(kept, text, point.height_m)
    others = tuple(asset for asset, _ in near if not _agrees(asset, mark, unmarked))
    if not kept:
        return Holdings(owner="absent", category=category, mark=mark, unmarked=unmarked, others=others)
    quality = FAR if not near else (NAMED if mark else SEEN)
    shares = _shares(kept, accuracy, territory.world.register, day, quality)
    return Holdings(
        owner=_state(shares, quality),
        shares=shares,
        assets=tuple(kept),
        category=kept[0][0].category,
        mark=mark,
        unmarked=unmarked,
        others=others,
    )


def _of_layer(found: Sequence[tuple[Asset, float]], text: str, height_m: float | None) -> list[tuple[Asset, float]]:
    """Of roads above each other, those on the layer that the height, else the words, name.

    When neither does, all that lie at the point itself; a deck beside it is none of them.
    """
    if not any(asset.category in DECKS for asset, _ in found):
        return list(found)
    if height_m is not None:
        level = [pair for pair in found if abs((pair[0].height_m or 0.0) - height_m) <= SAME_LAYER_M]
        if level:
            return level
    said = {word for word in LAYERS if word in text}
    named = [(asset, gap) for asset, gap in found if any(word in asset.name for word in said)]
    if not named and "地面" in said:
        named = [(asset, gap) for asset, gap in found if not asset.height_m]
    return named or [(asset, gap) for asset, gap in found if asset.category not in DECKS or gap == 0.0]


def _agrees(asset: Asset, mark: Mark | None, unmarked: bool) -> bool:
    """Whether what is written on it, by the report, fits the asset of the ledger."""
    if unmarked:
        return not asset.marking
    if mark is None:
        return True
    return any(asset.category == kind or asset.category.startswith(f"{kind}.") for kind in mark.categories)


def _shares(
    found: Sequence[tuple[Asset, float]], accuracy_m: float, register: Register, day: date, quality: float
) -> tuple[tuple[Unit, float], ...]:
    """Weights of the keepers by a Gaussian of the distance; assets without keeper take their share away."""
    weights: dict[str, float] = {}
    total = 0.0
    nearest = found[0][1]
    for asset, gap in found:
        weight = math.exp(-0.5 * (gap**2 - nearest**2) / max(accuracy_m / 2.0, 2.5) ** 2)
        total += weight
        unit = register.get(asset.maintainer or asset.owner)
        if unit is not None and unit.valid_on(day):
            weights[unit.code] = weights.get(unit.code, 0.0) + weight
    ranked = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    units = ((register.get(code), weight) for code, weight in ranked)
    return tuple((unit, round(quality * weight / total, 6)) for unit, weight in units if unit is not None)


def _state(shares: Sequence[tuple[Unit, float]], quality: float) -> str:
    if not shares:
        return "unknown"
    rest = shares[1][1] if len(shares) > 1 else 0.0
    nobody = quality - sum(weight for _, weight in shares)
    if shares[0][1] - max(rest, nobody) >= CLEAR_LEAD:
        return "known"
    return "several" if len(shares) > 1 else "unknown"
