"""What lies nearby: the same as measuring the distance to every case."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.case import Move
from domain.geo import WGS84, Point, distance_m
from records import cases
from records.book import CaseBook
from tests.records.making import NOON, minutes, opened

HERE = Point(106.55, 29.56)
_numbers = count(5000)


def away(metres: float, bearing: float, start: Point = HERE) -> dict[str, Any]:
    """A place at a distance, degrees clockwise from north."""
    lon, lat, _ = WGS84.fwd(start.lon, start.lat, bearing, metres)
    return {"lon": lon, "lat": lat}


async def test_cases_within_the_radius_come_nearest_first(book: CaseBook) -> None:
    far = await opened(book, 1, **away(90, 45))
    near = await opened(book, 2, **away(10, 200))
    await opened(book, 3, **away(101, 90))
    await opened(book, 4, lon=None, lat=None)
    found = await book.nearby(HERE, radius_m=100, since=NOON, exclude="")
    assert list(found) == [near, far]


async def test_old_merged_and_excluded_cases_are_left_out(book: CaseBook) -> None:
    master = await opened(book, 1, at=minutes(10))
    await opened(book, 2, at=minutes(4))
    merged = await opened(book, 3, at=minutes(10))
    await book.move(merged.id, Move.MERGE, by="run", at=NOON, into=master.id)
    mine = await opened(book, 4, at=minutes(10))

    found = await book.nearby(HERE, radius_m=50, since=minutes(5), exclude=mine.id)
    assert [case.id for case in found] == [master.id]
    assert len(await book.nearby(HERE, radius_m=50, since=minutes(10), exclude="")) == 2
    assert await book.nearby(HERE, radius_m=50, since=minutes(10.01), exclude="") == []


async def test_similar_history_is_of_one_issue(book: CaseBook) -> None:
    manhole, lamp = await opened(book, 1), await opened(book, 2)
    await book.describe(manhole.id, {"issue": "P01"}, at=NOON)
    await book.describe(lamp.id, {"issue": "P08"}, at=NOON)

    async def similar(issue: str, exclude: str = "") -> list[str]:
        since = NOON - timedelta(days=180)
        found = await book.similar_history(HERE, radius_m=50, since=since, issue=issue, exclude=exclude)
        return [case.id for case in found]

    assert await similar("P01") == [manhole.id]
    assert await similar("P01", exclude=manhole.id) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    centre=st.builds(Point, st.floats(-170, 170), st.floats(-80, 80)),
    places=st.lists(st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 360.0)), min_size=1, max_size=6),
    radius_m=st.floats(1.0, 50_000.0),
)
async def test_the_box_never_cuts_off_a_part_of_the_circle(
    book: CaseBook, centre: Point, places: list[tuple[float, float]], radius_m: float
) -> None:
    wanted: set[str] = set()
    mine: set[str] = set()
    for share, bearing in places:
        case = await opened(book, next(_numbers), **away(radius_m * share, bearing, centre))
        mine.add(case.id)
        if distance_m(centre, Point(case.lon or 0.0, case.lat or 0.0)) <= radius_m:
            wanted.add(case.id)
    found = await book.nearby(centre, radius_m=radius_m, since=NOON, exclude="")
    assert {case.id for case in found} & mine == wanted


@pytest.mark.parametrize("bearing", range(0, 360, 15))
async def test_the_edge_belongs_to_the_circle(book: CaseBook, bearing: int) -> None:
    case = await opened(book, 1, **away(99.999, bearing))
    assert [found.id for found in await book.nearby(HERE, radius_m=100, since=NOON, exclude="")] == [case.id]


async def test_of_very_many_the_newest_are_looked_at(book: CaseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "MOST_NEAR", 2)
    made = [await opened(book, number, at=minutes(number), lon=HERE.lon, lat=HERE.lat) for number in range(4)]
    found = await book.nearby(HERE, radius_m=50, since=NOON, exclude="")
    assert {case.id for case in found} == {case.id for case in made[2:]}
