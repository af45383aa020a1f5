"""Strict reading of JSON bodies and batches."""

import json
import tracemalloc
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.body import MAX_BATCH_ITEMS, parse_batch, parse_json, parse_object
from api.errors import BatchTooLarge
from domain.errors import MalformedJson

PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_TEXT, inner, max_size=4),
)


@given(JSON_VALUES)
def test_what_json_can_say_is_read_back_unchanged(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"text": ', id="cut off"),
        pytest.param(b"{'text': 'a'}", id="single quotes"),
        pytest.param(b"\xff\xfe\xfd", id="not UTF-8"),
        pytest.param('{"text": "井盖"}'.encode("gbk"), id="GBK"),
        pytest.param(b'{"lon": NaN}', id="NaN"),
        pytest.param(b'{"lon": -Infinity}', id="infinity"),
        pytest.param(b'{"id": "a", "id": "b"}', id="one key twice"),
        pytest.param(b'{"text": "\\ud800"}', id="half a surrogate pair"),
        pytest.param(b"[" * 200_000, id="nesting without end"),
        pytest.param(b'{"lon": ' + b"1" * 5000 + b"}", id="a number of 5,000 digits"),
    ],
)
def test_what_is_not_strict_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedJson) as caught:
        parse_json(raw)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"3", b"null"])
def test_an_observation_must_be_an_object(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_object(raw)


def test_a_bad_line_is_lost_alone() -> None:
    items = parse_batch(b'{"text": "a"}\n\nnot json\n[1]\n{"text": "b"}', "application/x-ndjson")
    assert [isinstance(item, MalformedJson) for item in items] == [False, True, True, False]
    assert items[0] == {"text": "a"}
    assert items[3] == {"text": "b"}


def test_an_array_keeps_its_order_and_its_faults() -> None:
    items = parse_batch(b' [{"text": "a"}, 3, {"text": "b"}]', "application/json")
    assert [isinstance(item, MalformedJson) for item in items] == [False, True, False]


def test_a_line_that_is_an_array_is_one_bad_item_when_lines_were_announced() -> None:
    (item,) = parse_batch(b'[{"text": "a"}]', "application/x-ndjson")
    assert isinstance(item, MalformedJson)


@pytest.mark.parametrize("raw", [b"", b"[]", b" \n \n"])
def test_an_empty_batch_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_batch(raw, "application/json")


def test_a_key_given_twice_among_very_many_is_found_at_once() -> None:
    raw = "{" + ",".join(f'"k{i}":1' for i in range(60_000)) + ',"k59999":2}'
    began = process_time()
    with pytest.raises(MalformedJson, match="k59999"):
        parse_json(raw.encode())
    assert process_time() - began < 2.0


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        pytest.param(b"1\n" * 400_000, "application/x-ndjson", id="lines"),
        pytest.param(b"[" + b"1," * 400_000 + b"1]", "application/json", id="an array"),
    ],
)
def test_a_batch_of_very_many_faults_is_refused_before_they_are_made(raw: bytes, content_type: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BatchTooLarge):
            parse_batch(raw, content_type)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_batch_is_read() -> None:
    assert len(parse_batch(b'{"text": "a"}\n' * MAX_BATCH_ITEMS, "application/x-ndjson")) == MAX_BATCH_ITEMS
