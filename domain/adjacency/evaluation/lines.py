"""Adjacent or not, where a log does not say: all its cases against the lines between townships at once (R01).

The rule is that of `domain.territory.Territory.relate`: adjacent is what has another township within the greatest of
three times its accuracy, the error of that township's line and the configured distance, or lies in none, in more than
one, or in an enclave.
"""

# pyright: standard
# shapely's functions over arrays are typed for single shapes.

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from domain.caselog import NOT_SAID, CaseTable, Codes, Floats
from domain.edition import Edition, parts_of
from domain.geo import LocalFrame, Point
from domain.region import Region
from domain.relation import ASSUMED_ACCURACY_M
from domain.territory import NEAR_M
from domain.world import World

Index = NDArray[np.int64]
_CHINA = np.timedelta64(8, "h").astype("timedelta64[s]")


def with_lines(table: CaseTable, world: World) -> CaseTable:
    """The log with `adjacent` and `neighbours` for cases with a place and a day, where the log says neither.

    Cases outside the city stay unsaid. The territory of the day of each report is used. Neighbours of an enclave are
    those within reach, which may be none.
    """
    known = ~np.isnan(table.numbers["lon"]) & ~np.isnan(table.numbers["lat"]) & table.known("reported_at")
    todo = known & (table.flags["adjacent"] == NOT_SAID)
    flags, near = table.flags["adjacent"].copy(), table.words["neighbours"].words()
    own = table.words["township"].words()
    day = (table.time("reported_at") + _CHINA).astype("datetime64[D]")
    for start, end, edition in _editions(world):
        here = np.flatnonzero(todo & (day >= np.datetime64(start)) & (day < np.datetime64(end)))
        if len(here) and edition.townships:
            for i, (codes, adjacent) in zip(here.tolist(), _touching(table, here, edition), strict=True):
                flags[i] = NOT_SAID if not codes else int(adjacent)
                near[i] = "|".join(code for code in codes if code != own[i])
    return replace(
        table,
        flags={**table.flags, "adjacent": flags},
        words={**table.words, "neighbours": _codes(near)},
        columns=table.columns | {"adjacent", "neighbours"},
    )


def _editions(world: World) -> list[tuple[date, date, Edition]]:
    """Spans of days with the territory that holds on them; the first reaches back for ever, the last on."""
    days = {region.valid_from for region in world.regions} | {r.valid_to for r in world.regions if r.valid_to}
    changes = sorted(days)
    found: list[tuple[date, date, Edition]] = []
    for start, end in pairwise([*changes, date.max]):
        valid = [region for region in world.regions if region.valid_on(start)]
        first = date.min if start == changes[0] else start
        found.append((first, end, Edition(since=start, regions=valid, city=world.city)))
    return found


def _touching(table: CaseTable, rows: Index, edition: Edition) -> list[tuple[list[str], bool]]:
    """For each row the codes of the townships within reach, none outside the city, and whether it is adjacent."""
    place = np.column_stack([table.numbers["lon"][rows], table.numbers["lat"][rows]])
    accuracy = np.nan_to_num(table.numbers["accuracy_m"][rows], nan=ASSUMED_ACCURACY_M)
    frame = LocalFrame(float(place[:, 0].mean()), float(place[:, 1].mean()))
    points = np.asarray(shapely.points(frame.to_m(place)))
    areas = np.array([frame.flatten(town.geometry) for town in edition.townships])
    error = np.array([town.accuracy_m for town in edition.townships])
    own_reach = np.maximum(3 * accuracy, NEAR_M)
    which, town = STRtree(areas).query(points, "dwithin", np.maximum(own_reach, error.max()))
    gap = np.asarray(shapely.distance(points[which], areas[town]))
    close = gap <= np.maximum(own_reach[which], error[town])
    codes: list[list[str]] = [[] for _ in rows]
    for i, k in sorted(zip(which[close].tolist(), town[close].tolist(), strict=True)):
        codes[i].append(edition.townships[k].code)
    covered = np.bincount(which[gap == 0], minlength=len(rows))
    odd = {one.code for one in edition.townships if _has_enclave(one, edition)}
    return [
        (near, len(near) > 1 or covered[i] != 1 or (near[0] in odd and _is_enclave(near[0], edition, place[i])))
        for i, near in enumerate(codes)
    ]


def _has_enclave(town: Region, edition: Edition) -> bool:
    spots = [part.representative_point() for part in parts_of(town.geometry)]
    return any(edition.in_enclave(town, Point(spot.x, spot.y)) for spot in spots)


def _is_enclave(code: str, edition: Edition, place: Floats) -> bool:
    return edition.in_enclave(edition.by_code[code], Point(float(place[0]), float(place[1])))


def _codes(words: list[str]) -> Codes:
    vocab = sorted(set(words) - {""})
    number = {word: i for i, word in enumerate(vocab)}
    return Codes(np.array([number.get(word, NOT_SAID) for word in words], dtype=np.int32), tuple(vocab))
