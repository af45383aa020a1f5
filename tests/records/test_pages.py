"""Lists of cases: who may see what, and pages that do not shift."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.case import Move, Stage
from domain.errors import InvalidInput
from records.book import CaseBook
from tests.records.making import NOON, minutes, opened, opinion, order, ruling

REGIONS = ["500103001", "500103002", "500105001", "50010", "5001031", ""]


async def six(book: CaseBook) -> list[str]:
    """Six cases in six regions, a minute apart."""
    return [(await opened(book, n, at=minutes(n), region=region)).id for n, region in enumerate(REGIONS)]


async def listed(book: CaseBook, **filters: object) -> list[str]:
    page = await book.cases(**filters)  # pyright: ignore[reportArgumentType]
    return [case.id for case in page.items]


async def test_nobody_sees_anything_by_default(book: CaseBook) -> None:
    await six(book)
    assert await listed(book) == []
    assert await listed(book, region_prefixes=[], stage=Stage.COLLECTED) == []


@pytest.mark.parametrize(
    ("prefixes", "seen"),
    [
        pytest.param([""], [0, 1, 2, 3, 4, 5], id="everything, unlocated cases too"),
        pytest.param(["5"], [0, 1, 2, 3, 4], id="the city"),
        pytest.param(["500103"], [0, 1, 4], id="a district"),
        pytest.param(["500103001"], [0], id="a township"),
        pytest.param(["500103002", "500105"], [1, 2], id="two"),
        pytest.param(["500104"], [], id="none of ours"),
        pytest.param(["%", "50010_"], [], id="no wildcards"),
    ],
)
async def test_regions_are_seen_with_all_below_them(book: CaseBook, prefixes: list[str], seen: list[int]) -> None:
    ids = await six(book)
    assert await listed(book, region_prefixes=prefixes) == [ids[n] for n in reversed(seen)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(prefix=st.text("0135", max_size=9))
async def test_a_prefix_selects_exactly_the_codes_that_begin_with_it(book: CaseBook, prefix: str) -> None:
    ids = await six(book)
    wanted = [case_id for case_id, region in zip(ids, REGIONS, strict=True) if region.startswith(prefix)]
    assert await listed(book, region_prefixes=[prefix]) == wanted[::-1]


async def test_a_unit_sees_the_cases_it_has_an_order_for(book: CaseBook) -> None:
    ids = await six(book)
    await book.issue_order(order(ids[2], 1, unit="u-gas"), by="run", at=NOON, event={})
    assert await listed(book, units=["u-gas"]) == [ids[2]]
    assert await listed(book, units=["u-gas"], region_prefixes=["500103001"]) == [ids[2], ids[0]]
    assert await listed(book, units=["u-power"]) == []


async def test_filters_narrow_the_list(book: CaseBook) -> None:
    ids = await six(book)
    await book.move(ids[0], Move.REGISTER, by="run", at=NOON)
    await book.describe(ids[1], {"issue": "P01"}, at=NOON)
    assert await listed(book, region_prefixes=[""], stage=Stage.REGISTERED) == [ids[0]]
    assert await listed(book, region_prefixes=[""], issue="P01") == [ids[1]]
    assert await listed(book, region_prefixes=["500105"], issue="P01") == []


async def test_the_officers_pile_holds_what_waits_for_a_signature(book: CaseBook) -> None:
    ids = await six(book)
    await book.save_opinion(ids[0], opinion(0), at=NOON)
    await book.save_opinion(ids[1], opinion(1, person=False), at=NOON)
    await book.save_opinion(ids[2], opinion(2), at=NOON)
    await book.decide(ruling(2))
    await book.save_opinion(ids[4], opinion(4), at=NOON)
    await book.save_opinion(ids[4], opinion(5, person=False), at=NOON)

    assert await listed(book, region_prefixes=[""], awaiting=True) == [ids[0]]
    assert await listed(book, region_prefixes=[""], awaiting=False) == [ids[n] for n in (5, 4, 3, 2, 1)]


@pytest.mark.parametrize("limit", [1, 2, 4, 6, 7])
async def test_pages_follow_each_other_without_gap_or_repeat(book: CaseBook, limit: int) -> None:
    ids = await six(book)
    seen: list[str] = []
    cursor = ""
    while True:
        page = await book.cases(region_prefixes=[""], limit=limit, cursor=cursor)
        seen += [case.id for case in page.items]
        cursor = page.cursor
        if not cursor:
            break
    assert seen == ids[::-1]


async def test_new_cases_do_not_shift_the_pages(book: CaseBook) -> None:
    """Cases of one instant are told apart by their ids."""
    ids = {(await opened(book, n)).id for n in range(9)}
    first = await book.cases(region_prefixes=[""], limit=4)
    newer = {(await opened(book, n, at=minutes(1))).id for n in range(20, 25)}
    rest = await book.cases(region_prefixes=[""], limit=50, cursor=first.cursor)

    seen = [case.id for case in (*first.items, *rest.items)]
    assert sorted(seen) == sorted(ids)
    assert not newer & set(seen)


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%%%",
        "MQ",
        base64.urlsafe_b64encode(b'["2026-05-01T00:00:00", "c"]').decode(),
        base64.urlsafe_b64encode(b'["2026-05-01T00:00:00Z", 7]').decode(),
    ],
)
async def test_a_made_up_cursor_is_refused(book: CaseBook, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        await book.cases(region_prefixes=[""], cursor=cursor)


@pytest.mark.parametrize("filters", [{"region_prefixes": "500103"}, {"units": "u-gas"}])
async def test_a_bare_code_is_not_taken_for_many(book: CaseBook, filters: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        await listed(book, **filters)


@pytest.mark.parametrize("limit", [0, -1, 501])
async def test_a_page_has_a_size(book: CaseBook, limit: int) -> None:
    with pytest.raises(InvalidInput):
        await book.cases(region_prefixes=[""], limit=limit)


async def test_what_is_listed_equals_what_is_read(book: CaseBook) -> None:
    (case_id, *_) = await six(book)
    page = await book.cases(region_prefixes=["500103001"])
    assert page.items == (await book.case(case_id),)
