"""How sure: no doubt ever raises a probability, and the packaged model keeps what it says of itself."""

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjacency.confidence import (
    DUTY_DOUBTS,
    HIGHEST,
    LOWEST,
    OPINION_DOUBTS,
    confidence_model,
    read_confidence,
)
from domain.opinion import DUTIES
from scripts.fit_confidence import Fitted, fit

MODEL = confidence_model()
PLAIN: dict[str, Any] = json.loads(files("domain").joinpath("data/confidence.json").read_text(encoding="utf-8"))
shares = st.floats(0.0, 1.0)
of_duty = st.fixed_dictionaries(dict.fromkeys(DUTY_DOUBTS, shares))
of_opinion = st.fixed_dictionaries(dict.fromkeys(OPINION_DOUBTS, shares))


@given(st.sampled_from(DUTIES), of_duty, st.sampled_from(sorted(DUTY_DOUBTS)), shares)
def test_no_doubt_raises_the_probability_of_a_unit(duty: str, doubts: dict[str, float], name: str, more: float) -> None:
    before = MODEL.of_duty(duty, doubts)
    after = MODEL.of_duty(duty, {**doubts, name: max(doubts[name], more)})
    assert LOWEST <= after <= before <= HIGHEST


@given(of_opinion, st.sampled_from(sorted(OPINION_DOUBTS)), shares)
def test_no_doubt_raises_the_confidence_of_an_opinion(doubts: dict[str, float], name: str, more: float) -> None:
    before = MODEL.of_opinion(doubts)
    after = MODEL.of_opinion({**doubts, name: max(doubts[name], more)})
    assert LOWEST <= after <= before <= HIGHEST


def test_without_doubts_it_is_sure_and_an_open_duty_makes_it_unsure() -> None:
    none = dict.fromkeys(OPINION_DOUBTS, 0.0)
    assert MODEL.of_opinion(none) > 0.9
    assert MODEL.of_opinion({**none, "open": 1.0}) < 0.5


def test_what_was_measured_is_kept_with_the_model_and_meets_its_goal() -> None:
    held = MODEL.about["held"]
    assert held["ece_units"] <= 0.05
    assert held["ece_opinions"] <= 0.05
    assert held["sure_right"] >= 0.97
    assert set(MODEL.about["families"])


@pytest.mark.parametrize(
    "fault",
    [
        {"duty": {**PLAIN["duty"], "weights": {**PLAIN["duty"]["weights"], "weak": 0.1}}},
        {"duty": {**PLAIN["duty"], "weights": {"weak": -1.0}}},
        {"opinion": {**PLAIN["opinion"], "weights": {**PLAIN["opinion"]["weights"], "stars": -1.0}}},
        {"threshold": 1.0},
        {"threshold": 0.4},
    ],
)
def test_a_model_that_could_raise_or_lacks_a_doubt_is_refused(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="confidence"):
        read_confidence(json.dumps(PLAIN | fault).encode())


def test_the_version_changes_with_the_content() -> None:
    other = read_confidence(json.dumps(PLAIN | {"threshold": 0.8}).encode())
    assert other.version != MODEL.version
    assert replace(other, version=MODEL.version, threshold=MODEL.threshold) == MODEL


def test_the_fit_finds_what_the_rows_say_and_nothing_that_raises() -> None:
    """Doubt `a` halves the odds of being right, `b` seems to help: it gets nothing."""
    doubts = [{"a": float(n % 2), "b": float(n % 4 < 2)} for n in range(800)]
    right = [n % 2 == 0 or n % 5 < 2 for n in range(800)]
    found = fit(["x"] * 800, doubts, right, ["a", "b"])
    again = fit(["x"] * 800, doubts, right, ["a", "b"])
    assert found == again == Fitted(found.intercepts, found.weights)
    assert found.weights["a"] < -1.0
    assert found.weights["b"] <= 0.0
    assert found.of("x", {"a": 1.0, "b": 0.0}) == pytest.approx(0.4, abs=0.05)
