"""The threshold report counts officers' words, and proposes only on enough of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.adjacency.alerting.filing import (
    AlertDecision,
    AlertState,
    AlertVerdict,
    FiledAlert,
    goes_on,
    still_open,
    wakes,
)
from domain.adjacency.alerting.thresholds import threshold_report
from domain.errors import EmptyText, InvalidInput

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
BODY: dict[str, Any] = {
    "issue": "E04",
    "issue_name": "河道垃圾",
    "kind": "strip",
    "lon": 106.5,
    "lat": 29.6,
    "radius_m": 200.0,
    "regions": ["509901"],
    "observed": 12,
    "q": 0.03,
    "signals": [{"method": "strips"}],
}


def filed(
    number: int, *, category: str = "", state: AlertState | None = None, q: float = 0.03, **body: Any
) -> FiledAlert:
    stood = state or (AlertState.DISMISSED if category else AlertState.ACKNOWLEDGED)
    return FiledAlert(
        id=f"al-{number}",
        state=stood,
        body=BODY | {"q": q} | body,
        first_seen=NOON,
        last_seen=NOON,
        seen=1,
        raised_by="schedule",
        category=category,
        decided_by="officer",
        decided_at=NOON,
        decided_cases=12,
    )


def test_only_false_alarms_count_against_the_settings() -> None:
    some = [
        filed(1),
        filed(2, category="known"),
        filed(3, category="seasonal"),
        filed(4, category="other"),
        filed(5, state=AlertState.OPEN),
    ]
    made = threshold_report(some)
    assert (made["raised"], made["decided"], made["undecided"]) == (5, 3, 2)
    assert (made["worth"]["n"], made["worth"]["worth_raising"]) == (3, 2)
    assert made["dismissed"] == {"known": 1, "seasonal": 1}
    assert made["by_issue"][0]["issue_name"] == "河道垃圾"
    assert made["by_method"] == [
        {"method": "strips", "method_name": made["by_method"][0]["method_name"], **made["worth"]}
    ]
    assert made["proposal"]["q"] is None


def test_a_stricter_q_is_proposed_with_what_it_costs() -> None:
    good = [filed(k, q=0.004) for k in range(18)] + [filed(100, q=0.03)]
    bad = [filed(200 + k, category="false_alarm", q=0.03) for k in range(8)]
    made = threshold_report([*good, *bad])
    rows = {row["q"]: row for row in made["at_q"]}
    assert rows[0.05]["share"] == round(19 / 27, 3)
    assert (rows[0.005]["share"], rows[0.005]["lost_worth_raising"]) == (1.0, 1)
    assert made["proposal"]["q"] == 0.02
    assert "少发1条" in made["proposal"]["text"]


def test_where_no_q_helps_it_says_so() -> None:
    made = threshold_report([filed(k, category="seasonal", q=0.0001) for k in range(25)])
    assert made["proposal"]["q"] is None
    assert "季节" in made["proposal"]["text"]


def test_nothing_decided_is_no_fault() -> None:
    made = threshold_report([])
    assert (made["worth"]["share"], made["worth"]["interval"]) == (None, [0.0, 1.0])


def test_an_alert_goes_on_near_by_and_within_two_weeks() -> None:
    assert goes_on(BODY, BODY | {"lon": 106.503})
    assert not goes_on(BODY, BODY | {"lon": 106.51})
    assert not goes_on(BODY, BODY | {"issue": "E01"})
    area = BODY | {"lon": None, "lat": None}
    assert not goes_on(BODY, area)
    assert goes_on(area, area)
    assert not goes_on(area, area | {"regions": ["509903"]})
    one = filed(1)
    assert still_open(one, NOON + timedelta(days=14))
    assert not still_open(one, NOON + timedelta(days=15))
    assert not still_open(one, NOON - timedelta(days=1))


def test_a_dismissed_alert_wakes_when_it_doubles() -> None:
    quiet = filed(1, category="seasonal")
    assert not wakes(quiet, BODY | {"observed": 23})
    assert wakes(quiet, BODY | {"observed": 24})
    assert not wakes(replace(quiet, state=AlertState.ACKNOWLEDGED), BODY | {"observed": 99})


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"verdict": AlertVerdict.DISMISS, "category": "known"}, EmptyText),
        ({"verdict": AlertVerdict.CLOSE}, EmptyText),
        ({"verdict": AlertVerdict.ACKNOWLEDGE, "by": " "}, EmptyText),
        ({"verdict": AlertVerdict.ACKNOWLEDGE, "category": "known"}, InvalidInput),
        ({"verdict": AlertVerdict.DISMISS, "reason": "无"}, InvalidInput),
        ({"verdict": AlertVerdict.DISMISS, "reason": "无", "category": "x"}, InvalidInput),
        ({"verdict": AlertVerdict.DISMISS, "reason": "无" * 501, "category": "known"}, InvalidInput),
    ],
)
def test_incomplete_words_are_refused(values: dict[str, Any], error: type[Exception]) -> None:
    given = {"alert_id": "al-1", "by": "officer", "at": NOON} | values
    with pytest.raises(error):
        AlertDecision(**given).check()
