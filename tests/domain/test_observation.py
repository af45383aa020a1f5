"""The one door for reports: every bad input has its own error, and nothing else ever comes out."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.crs import gcj02_to_wgs84
from domain.errors import (
    EmptyText,
    FutureDate,
    InvalidInput,
    LianzhiError,
    MalformedJson,
    PointOutsideCity,
    TextTooLong,
    UnknownCrs,
    UnknownField,
    UnknownRegion,
    UnknownUnit,
)
from domain.fields import read_object
from domain.geo import Point
from domain.observation import KEYS, Observation, Source, observation_from_json, parse_observation
from domain.organisation import Level, Register, Sector, Unit
from domain.world import World

NOW = datetime(2026, 3, 6, 2, 0, tzinfo=UTC)
TOWN = Unit(code="u-1", name="甲街道办事处", level=Level.TOWNSHIP, sector=Sector.TOWNSHIP_OFFICE, region="500901001")


class Square:
    """A city of one degree around (106.5, 29.5) with one region and one unit."""

    world = World(name="方城", version="1", city="500900", regions=(), register=Register((TOWN,)))

    def contains(self, point: Point) -> bool:
        return abs(point.lon - 106.5) <= 0.5 and abs(point.lat - 29.5) <= 0.5

    def has_region(self, code: str) -> bool:
        return code == "500901001"


def ids() -> Callable[[], str]:
    numbers = iter(range(1000))
    return lambda: f"obs-{next(numbers)}"


def parse(raw: Any, received_at: datetime = NOW) -> Observation:
    return parse_observation(raw, received_at=received_at, new_id=ids(), territory=Square())


def report(**fields: Any) -> dict[str, Any]:
    return {"text": "井盖翻了，上头没得字", **fields}


def test_words_alone_are_enough() -> None:
    seen = parse(report())
    assert (seen.id, seen.source, seen.point) == ("obs-0", Source.PERSON, None)
    assert seen.observed_at == seen.received_at == NOW


def test_an_external_id_makes_the_id_with_its_source() -> None:
    assert parse(report(source="hotline", external_id="12345-7")).id == "hotline:12345-7"
    assert parse(report(external_id="7", id="mine")).id == "mine"


def test_two_reports_without_ids_get_two_ids() -> None:
    new_id = ids()
    seen = [parse_observation(report(), received_at=NOW, new_id=new_id, territory=Square()) for _ in range(2)]
    assert [one.id for one in seen] == ["obs-0", "obs-1"]


def test_gcj02_is_converted_and_noted() -> None:
    seen = parse(report(lon=106.5, lat=29.5, crs="gcj-02", accuracy_m=8))
    assert (seen.lon, seen.lat) == gcj02_to_wgs84(106.5, 29.5)
    assert seen.crs == "GCJ02"
    assert any("GCJ-02" in note for note in seen.notes)


def test_wgs84_and_cgcs2000_stay_where_they_are() -> None:
    for crs in ("WGS84", "EPSG:4490"):
        seen = parse(report(lon=106.5, lat=29.5, crs=crs, height_m=240))
        assert seen.point == Point(106.5, 29.5, 240.0)


def test_the_service_says_when_it_was_received() -> None:
    assert parse(report(received_at="2020-01-01T00:00:00Z")).received_at == NOW


def test_a_time_without_a_zone_is_chinas() -> None:
    assert parse(report(observed_at="2026-03-06T09:30:00")).observed_at == datetime(2026, 3, 6, 1, 30, tzinfo=UTC)


def test_a_clock_may_run_five_minutes_ahead_and_no_more() -> None:
    ahead = (NOW + timedelta(minutes=5)).isoformat()
    assert parse(report(observed_at=ahead)).observed_at == NOW + timedelta(minutes=5)
    with pytest.raises(FutureDate):
        parse(report(observed_at=(NOW + timedelta(minutes=5, seconds=1)).isoformat()))


def test_null_counts_as_absent() -> None:
    assert parse(report(**dict.fromkeys(key for key in KEYS if key != "text"))) == parse(report())


def test_a_claim_may_name_the_unit_by_code_or_name() -> None:
    seen = parse(report(claims=[{"unit": "u-1", "text": "不是我们的"}, {"unit": "甲街道办事处", "text": "对面的"}]))
    assert [claim.unit for claim in seen.claims] == ["u-1", "u-1"]


def test_invisible_characters_are_removed_from_the_text_and_noted() -> None:
    seen = parse(report(text="井盖\x00翻了\n第二行"))
    assert seen.text == "井盖翻了\n第二行"
    assert seen.notes


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        ([], MalformedJson),
        ("井盖翻了", MalformedJson),
        (None, MalformedJson),
        ({}, EmptyText),
        ({"text": None}, EmptyText),
        ({"text": " \n\t"}, EmptyText),
        ({"text": "\u200b\u200b"}, EmptyText),  # zero-width only
        ({"text": 5}, InvalidInput),
        ({"text": "\ud800井盖"}, InvalidInput),  # half a character
        ({"text": "井" * 5_001}, TextTooLong),
        (report(txet="x"), UnknownField),
        (report(source="rumour"), InvalidInput),
        (report(lon=106.5, lat=29.5), UnknownCrs),
        (report(lon=106.5, lat=29.5, crs=""), UnknownCrs),
        (report(lon=106.5, lat=29.5, crs="BD-09"), UnknownCrs),
        (report(crs="地方坐标系"), UnknownCrs),
        (report(lon=106.5, crs="WGS84"), InvalidInput),
        (report(lon="106.5", lat="29.5", crs="WGS84"), InvalidInput),
        (report(lon=True, lat=29.5, crs="WGS84"), InvalidInput),
        (report(lon=float("nan"), lat=29.5, crs="WGS84"), InvalidInput),
        (report(lon=10**400, lat=29.5, crs="WGS84"), InvalidInput),
        (report(lon=106.5, lat=95, crs="WGS84"), PointOutsideCity),
        (report(lon=116.4, lat=39.9, crs="WGS84"), PointOutsideCity),
        (report(lon=29.5, lat=106.5, crs="WGS84"), PointOutsideCity),
        (report(accuracy_m=0), InvalidInput),
        (report(accuracy_m=-3), InvalidInput),
        (report(height_m=1e9), InvalidInput),
        (report(region="999999"), UnknownRegion),
        (report(observed_at="昨天"), InvalidInput),
        (report(observed_at=1772762400), InvalidInput),
        (report(observed_at="0001-01-01T00:00:00"), InvalidInput),  # before the calendar in UTC
        (report(observed_at="1970-01-01T00:00:00Z"), InvalidInput),  # a clock that was never set
        (report(observed_at="2027-01-01T00:00:00Z"), FutureDate),
        (report(received_at="once"), InvalidInput),
        (report(address="x" * 501), TextTooLong),
        (report(device_id="a\x00b"), InvalidInput),
        (report(media="photo.jpg"), InvalidInput),
        (report(media=[""]), InvalidInput),
        (report(media=["x"] * 51), InvalidInput),
        (report(detections=[{"label": "a"}]), InvalidInput),
        (report(detections=[{"label": "a", "score": 1.2}]), InvalidInput),
        (report(detections=[{"label": "a", "score": 0.5, "bbox": [4, 0, 1, 2]}]), InvalidInput),
        (report(detections=[{"label": "a", "score": 0.5, "bbox": [0, 0, 1]}]), InvalidInput),
        (report(detections=[{"label": "a", "score": 0.5, "box": []}]), UnknownField),
        (report(detections=["manhole"]), MalformedJson),
        (report(claims=[{"unit": "u-9", "text": "不是我们的"}]), UnknownUnit),
        (report(claims=[{"unit": "u-1"}]), InvalidInput),
    ],
)
def test_each_fault_has_its_error(raw: Any, error: type[LianzhiError]) -> None:
    with pytest.raises(error) as caught:
        parse(raw)
    assert caught.type is error
    assert caught.value.message
    assert caught.value.hint
    caught.value.message.encode()


def test_five_megabytes_are_refused_without_an_echo() -> None:
    with pytest.raises(TextTooLong) as caught:
        parse(report(text="井盖" * 2_500_000))
    assert len(caught.value.message + caught.value.hint) < 200


@pytest.mark.parametrize("where", ["id", "address", "crs", "region", "source", "observed_at", "k" * 1_000_000])
def test_no_error_repeats_a_long_value(where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(report(**{where: "长" * 1_000_000}))
    assert len(caught.value.message + caught.value.hint) < 400


def test_hints_say_what_was_meant() -> None:
    with pytest.raises(UnknownField) as misspelt:
        parse(report(adress="x"))
    assert "address" in misspelt.value.hint
    with pytest.raises(PointOutsideCity) as swapped:
        parse(report(lon=29.5, lat=106.5, crs="WGS84"))
    assert "写反" in swapped.value.hint
    with pytest.raises(UnknownUnit) as close:
        parse(report(claims=[{"unit": "甲街道", "text": "不是我们的"}]))
    assert "甲街道办事处" in close.value.hint


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
SENSIBLE = st.fixed_dictionaries(
    {"text": st.text(min_size=1, max_size=60)},
    optional={
        "source": st.sampled_from([*Source]).map(str) | JSON,
        "lon": st.floats(105.9, 107.1) | JSON,
        "lat": st.floats(28.9, 30.1) | JSON,
        "crs": st.sampled_from(["WGS84", "GCJ02", "CGCS2000", "EPSG:4326"]) | JSON,
        "accuracy_m": st.floats(-1, 100) | JSON,
        "height_m": st.floats(-100, 900) | JSON,
        "region": st.sampled_from(["500901001", ""]) | JSON,
        "address": st.text(max_size=20) | JSON,
        "observed_at": st.datetimes().map(datetime.isoformat) | JSON,
        "media": st.lists(st.text(max_size=9), max_size=3) | JSON,
        "detections": st.lists(
            st.fixed_dictionaries(
                {"label": st.text(min_size=1, max_size=9), "score": st.floats(0, 1)},
                optional={"bbox": st.lists(st.floats(0, 9), min_size=4, max_size=4)},
            )
        )
        | JSON,
        "claims": st.lists(st.fixed_dictionaries({"unit": st.just("u-1"), "text": st.text(max_size=9)})) | JSON,
        "external_id": st.text(max_size=9) | JSON,
    },
)


def check_words(error: InvalidInput) -> None:
    assert error.message
    assert (error.message + error.hint).encode()


@given(st.dictionaries(st.sampled_from(KEYS) | st.text(), JSON, max_size=6) | SENSIBLE)
def test_any_object_either_parses_or_is_refused_in_words(raw: dict[str, Any]) -> None:
    try:
        seen = parse(raw)
    except InvalidInput as error:
        check_words(error)
        return
    assert seen.id
    assert seen.text
    assert seen.observed_at.tzinfo is UTC
    assert observation_from_json(seen.to_json()) == seen
    assert json.loads(json.dumps(seen.to_json())) == seen.to_json()


def test_a_full_report_survives_the_round_trip() -> None:
    seen = parse(
        report(
            source="drone",
            lon=106.5,
            lat=29.5,
            crs="GCJ02",
            accuracy_m=5,
            height_m=300,
            region="500901001",
            address="桥脚下",
            observed_at="2026-03-06T09:59:59.999+08:00",
            device_id="d1",
            raw_ref="s3://x",
            reporter="张某",
            media=["a.jpg"],
            detections=[{"label": "manhole_missing", "score": 0.9, "bbox": [0, 0, 5, 5]}],
            claims=[{"unit": "u-1", "text": "不是我们的"}],
            external_id="e1",
        )
    )
    assert seen.id == "drone:e1"
    assert observation_from_json(seen.to_json()) == seen


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", '"x"', '{"lon": NaN}', b"\xff\xfe", "[" * 100_000, '{"lon": ' + "9" * 5_000 + "}"],
)
def test_what_is_not_a_json_object_is_refused(text: str | bytes) -> None:
    with pytest.raises(MalformedJson) as caught:
        read_object(text)
    assert caught.value.hint


def test_a_json_object_is_read() -> None:
    assert read_object('{"text": "井盖翻了"}'.encode()) == {"text": "井盖翻了"}
