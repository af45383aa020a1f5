"""Lists of work orders, and counts."""

from datetime import timedelta

import pytest

from domain.case import Move, OrderStatus, Stage
from domain.errors import InvalidInput
from records.book import CaseBook
from tests.records.making import NOON, minutes, opened, order

REGIONS = ["500103001", "500103002", "500105001", ""]


async def four(book: CaseBook) -> list[str]:
    """Four cases in four places with an order each, issued a minute apart."""
    ids = []
    for n, region in enumerate(REGIONS):
        case = await opened(book, n, region=region)
        made = order(case.id, n, unit=f"u-{n}", issued_at=minutes(n))
        await book.issue_order(made, by="run", at=NOON, event={})
        ids.append(made.id)
    return ids


async def listed(book: CaseBook, **filters: object) -> list[str]:
    page = await book.orders(**filters)  # pyright: ignore[reportArgumentType]
    return [made.id for made in page.items]


@pytest.mark.parametrize(
    ("prefixes", "units", "seen"),
    [
        pytest.param((), (), [], id="nobody sees anything by default"),
        pytest.param(("",), (), [3, 2, 1, 0], id="the city sees all, unlocated ones too"),
        pytest.param(("500103",), (), [1, 0], id="a district"),
        pytest.param((), ("u-2",), [2], id="a unit sees its own"),
        pytest.param(("500103001",), ("u-3",), [3, 0], id="both"),
    ],
)
async def test_who_sees_which_orders(
    book: CaseBook, prefixes: tuple[str, ...], units: tuple[str, ...], seen: list[int]
) -> None:
    ids = await four(book)
    assert await listed(book, region_prefixes=prefixes, units=units) == [ids[n] for n in seen]


async def test_orders_are_filtered_by_status_and_unit(book: CaseBook) -> None:
    ids = await four(book)
    await book.order_move(ids[1], OrderStatus.ACCEPTED, by="u", at=NOON)
    assert await listed(book, region_prefixes=[""], status=OrderStatus.ACCEPTED) == [ids[1]]
    assert await listed(book, region_prefixes=[""], unit="u-2") == [ids[2]]
    assert await listed(book, region_prefixes=["500105"], unit="u-1") == []


async def test_pages_of_orders_neither_repeat_nor_miss(book: CaseBook) -> None:
    ids = await four(book)
    first = await book.orders(region_prefixes=[""], limit=3)
    case = await opened(book, 9, region="500103001")
    later = order(case.id, 9, issued_at=minutes(9))
    await book.issue_order(later, by="run", at=NOON + timedelta(minutes=9), event={})
    second = await book.orders(region_prefixes=[""], limit=3, cursor=first.cursor)
    assert [made.id for made in (*first.items, *second.items)] == ids[::-1]
    assert second.cursor == ""


@pytest.mark.parametrize("cursor", ["x", "bnVsbA", "WyIyMDI2LTA1LTAxIiwgMV0"])
async def test_a_cursor_that_no_page_gave_is_refused(book: CaseBook, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        await book.orders(region_prefixes=[""], cursor=cursor)


@pytest.mark.parametrize("limit", [0, 501])
async def test_a_page_has_a_size(book: CaseBook, limit: int) -> None:
    with pytest.raises(InvalidInput):
        await book.orders(region_prefixes=[""], limit=limit)


async def test_tallies_count_stages_and_messages(book: CaseBook) -> None:
    before = await book.tallies()
    assert set(before.cases) == set(Stage)
    assert set(before.cases.values()) == {0}
    await four(book)
    await opened(book, 5, Move.REGISTER)
    (message, *_) = await book.outbox_pending()
    await book.outbox_done(message.id, NOON)
    tallies = await book.tallies()
    assert tallies.cases[Stage.COLLECTED] == 4
    assert tallies.cases[Stage.REGISTERED] == 1
    assert (tallies.outbox_pending, tallies.outbox_dead) == (3, 0)


async def test_a_case_that_was_put_to_rest_can_be_taken_up_again(book: CaseBook) -> None:
    case = await opened(book)
    await book.finish_intake(case.id)
    assert await book.unfinished() == []
    await book.reopen_intake(case.id)
    assert await book.unfinished() == [case.id]
