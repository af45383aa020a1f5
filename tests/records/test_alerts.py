"""Alerts on file: one for a thing that goes on, decided once, told to both sides."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from domain.adjacency.alerting.filing import AlertDecision, AlertState, AlertVerdict
from domain.clock import iso
from domain.errors import AlertNotFound, Conflict, EmptyText, InvalidInput
from records.alerts import AlertFilters
from records.book import CaseBook
from tests.records.making import NOON

DAY = timedelta(days=1)
EVERYTHING = AlertFilters(region_prefixes=[""])


def alert(number: int = 1, *, day: int = 0, **values: Any) -> dict[str, Any]:
    """What a watch found on the line between two townships, as far as the records look into it."""
    made: dict[str, Any] = {
        "id": f"al-{number}",
        "issue": "E04",
        "issue_name": "河道垃圾",
        "kind": "strip",
        "title": "两镇交界处河道垃圾聚集：14件，预期3.1件",
        "since": iso(NOON - DAY),
        "as_of": iso(NOON + day * DAY),
        "lon": 106.5,
        "lat": 29.6,
        "radius_m": 250.0,
        "regions": ["509901", "509901002", "509902", "509902001"],
        "observed": 14,
        "expected": 3.1,
        "p": 0.002,
        "q": 0.02,
        "signals": [{"method": "strips"}],
        "sides": [],
        "review_on": "2026-05-15",
        "action": {"lead": "u-lead", "partners": [{"unit": "u-east"}, {"unit": "u-west"}, {"unit": "u-east"}]},
    }
    return made | values


def word(verdict: AlertVerdict = AlertVerdict.ACKNOWLEDGE, **values: Any) -> AlertDecision:
    given: Mapping[str, Any] = {"alert_id": "al-1", "by": "officer-1", "at": NOON, **values}
    return AlertDecision(verdict=verdict, **given)


DISMISSED: dict[str, Any] = {"verdict": AlertVerdict.DISMISS, "category": "seasonal", "reason": "汛期每年如此"}


async def test_an_alert_is_filed_once_however_often_it_is_found(book: CaseBook) -> None:
    filed, how = await book.alerts.file(alert(), by="schedule", at=NOON)
    assert (how, filed.state, filed.seen) == ("new", AlertState.OPEN, 1)
    again, how = await book.alerts.file(alert(), by="schedule", at=NOON)
    assert (how, again) == ("again", filed)
    assert [entry.action for entry in await book.audit()] == ["alert.raise"]
    assert [message.topic for message in await book.outbox_pending()] == ["alert.raised"]


async def test_a_thing_that_goes_on_stays_one_alert(book: CaseBook) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    moved = alert(2, day=2, lon=106.501, observed=20, regions=["509901", "509901004"])
    filed, how = await book.alerts.file(moved, by="schedule", at=NOON + 2 * DAY)
    assert (how, filed.id, filed.seen, filed.body["observed"]) == ("again", "al-1", 2, 20)
    assert filed.body["since"] == iso(NOON - DAY)
    both = AlertFilters(region_prefixes=["509902001"]), AlertFilters(region_prefixes=["509901004"])
    for filters in both:
        assert [one.id for one in (await book.alerts.page(filters)).items] == ["al-1"]


@pytest.mark.parametrize(
    "other",
    [{"day": 16}, {"issue": "E01"}, {"lon": 106.53}, {"kind": "repeat"}, {"lon": None, "lat": None}],
    ids=["later", "other issue", "elsewhere", "repeat", "whole area"],
)
async def test_another_thing_is_another_alert(book: CaseBook, other: dict[str, Any]) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    assert (await book.alerts.file(alert(2, **other), by="schedule", at=NOON))[1] == "new"


async def test_acknowledging_tells_the_lead_and_every_side_once(book: CaseBook) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    decided = await book.alerts.decide(word())
    assert (decided.state, decided.settled) == (AlertState.ACKNOWLEDGED, False)
    assert await book.alerts.unsettled() == ["al-1"]
    for _ in range(2):
        assert (await book.alerts.settle("al-1", at=NOON)).settled
    told = [m.payload["unit"] for m in await book.outbox_pending() if m.topic == "alert.action"]
    assert told == ["u-lead", "u-east", "u-west"]
    assert await book.alerts.unsettled() == []
    assert await book.alerts.decide(word()) == await book.alerts.get("al-1")
    assert await book.verify_audit() == 2


async def test_a_dismissed_alert_stays_quiet_until_it_doubles(book: CaseBook) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    await book.alerts.decide(word(**DISMISSED))
    await book.alerts.settle("al-1", at=NOON)
    assert (await book.alerts.file(alert(2, day=1, observed=20), by="schedule", at=NOON + DAY))[1] == "quiet"
    filed, how = await book.alerts.file(alert(3, day=2, observed=28), by="schedule", at=NOON + 2 * DAY)
    assert (how, filed.id, filed.state, filed.category) == ("woken", "al-1", AlertState.OPEN, "")


async def test_what_cannot_be_said_is_refused(book: CaseBook) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    with pytest.raises(EmptyText):
        await book.alerts.decide(word(AlertVerdict.DISMISS, category="known"))
    with pytest.raises(InvalidInput):
        await book.alerts.decide(word(AlertVerdict.DISMISS, reason="不知道"))
    with pytest.raises(InvalidInput):
        await book.alerts.decide(word(AlertVerdict.DISMISS, category="mood", reason="不喜欢"))
    with pytest.raises(Conflict):
        await book.alerts.decide(word(AlertVerdict.CLOSE, reason="已处置"))
    with pytest.raises(Conflict):
        await book.alerts.decide(word(), version=7)
    with pytest.raises(AlertNotFound):
        await book.alerts.decide(word(alert_id="al-9"))
    await book.alerts.decide(word(**DISMISSED))
    with pytest.raises(Conflict) as caught:
        await book.alerts.decide(word(by="officer-2"))
    assert "officer-1" in caught.value.message


async def test_personal_data_stays_out_of_reasons(book: CaseBook) -> None:
    await book.alerts.file(alert(), by="schedule", at=NOON)
    decided = await book.alerts.decide(word(**{**DISMISSED, "reason": "问过业主 13800001111"}))
    assert "13800001111" not in decided.reason
    assert "13800001111" not in str([entry.detail for entry in await book.audit()])


async def test_pages_and_filters(book: CaseBook) -> None:
    for number in range(1, 6):
        made = alert(number, day=number, lon=106.0 + number / 10, issue="E04" if number % 2 else "E01")
        await book.alerts.file(made, by="schedule", at=NOON)
    await book.alerts.decide(word())
    first = await book.alerts.page(EVERYTHING, limit=3)
    rest = await book.alerts.page(EVERYTHING, limit=3, cursor=first.cursor)
    assert [one.id for one in (*first.items, *rest.items)] == ["al-5", "al-4", "al-3", "al-2", "al-1"]
    assert rest.cursor == ""

    async def ids(**wanted: Any) -> list[str]:
        page = await book.alerts.page(AlertFilters(**{"region_prefixes": [""], **wanted}))
        return [one.id for one in page.items]

    assert await ids(issue="E01") == ["al-4", "al-2"]
    assert await ids(state=AlertState.ACKNOWLEDGED) == ["al-1"]
    assert await ids(review_by="2026-05-15") == ["al-1"]
    assert await ids(review_by="2026-05-14") == []
    assert await ids(region_prefixes=["509903"]) == []
    assert await ids(region_prefixes=[]) == []
    assert len(await book.alerts.everything(EVERYTHING, since=NOON + 3 * DAY)) == 3


async def test_watches_are_kept(book: CaseBook) -> None:
    assert await book.alerts.last_watch() is None
    for number in (1, 2):
        at = NOON + number * DAY
        for _ in range(2):
            await book.alerts.file_watch(f"w-{number}", {"tests": {"cells": 3}}, as_of=at, by="schedule", at=at)
    last = await book.alerts.last_watch()
    assert last is not None
    assert (last.id, last.as_of, last.body) == ("w-2", NOON + 2 * DAY, {"tests": {"cells": 3}})
    assert [entry.action for entry in await book.audit()] == ["alert.watch"] * 2
