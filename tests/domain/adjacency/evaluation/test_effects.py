"""Difference-in-differences: it finds what was planted, not what was not, and says when it may not be believed."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.effects import Cells, Effect, Question, effect_of, effect_of_cells, touches
from domain.errors import InvalidInput
from tests.domain.adjacency.evaluation.logs import case, reading

TOWNS, MONTHS, CASES = 16, 12, 30
FIRST_RIGHT = shipped().indicator("adjacent_first_right_rate")


def panel(seed: int, *, effect: float = 0.0, trend: float = 0.0, spread: float = 0.05) -> Cells:
    """Half of the towns get something in the seventh month; towns differ, months differ, and towns drift by month."""
    rng = np.random.default_rng(seed)
    region, month = (axis.ravel() for axis in np.meshgrid(np.arange(TOWNS), np.arange(MONTHS), indexing="ij"))
    treated, after = region < TOWNS // 2, month >= MONTHS // 2
    share = 0.6 + rng.normal(0, spread, TOWNS)[region] + rng.normal(0, spread, MONTHS)[month]
    share = share + rng.normal(0, spread, len(region)) + effect * (treated & after) + trend * treated * month
    outcome = rng.binomial(CASES, np.clip(share, 0, 1)) / CASES
    return Cells(region, month + 660, treated, after, outcome, np.full(len(region), float(CASES)))


def several(n: int, **how: float) -> list[Effect]:
    return [effect_of_cells(panel(seed, **how)) for seed in range(n)]


def test_a_planted_effect_is_found_and_its_interval_holds_it() -> None:
    found = several(30, effect=0.15)
    assert np.mean([one.effect for one in found]) == pytest.approx(0.15, abs=0.01)
    assert np.mean([one.p < 0.05 for one in found]) > 0.9
    assert np.mean([one.low <= 0.15 <= one.high for one in found]) >= 0.88


def test_no_effect_is_found_where_none_was_planted() -> None:
    found = several(60)
    assert np.mean([one.p < 0.05 for one in found]) <= 0.13
    assert np.mean([one.low <= 0 <= one.high for one in found]) >= 0.86


def test_trends_that_differ_before_the_date_are_told() -> None:
    assert np.mean([one.parallel is False for one in several(20, trend=0.04)]) > 0.9
    assert np.mean([one.parallel is True for one in several(40)]) > 0.85
    marked = next(one for one in several(5, trend=0.04) if one.parallel is False)
    assert any("不能归因" in note for note in marked.notes)


def test_with_two_by_two_cells_it_is_the_difference_of_differences() -> None:
    region, month = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 3] * 2)
    outcome = np.array([0.5, 0.5, 0.9, 0.9, 0.4, 0.4, 0.5, 0.5])
    found = effect_of_cells(Cells(region, month, region == 0, month >= 2, outcome, np.ones(8)))
    assert found.effect == pytest.approx((0.9 - 0.5) - (0.5 - 0.4))
    assert any("区间只是大概" in note for note in found.notes)


def test_effects_of_regions_are_those_of_statsmodels_with_a_column_each() -> None:
    import statsmodels.api as sm

    cells = panel(3, effect=0.1)
    columns = [
        (cells.treated & cells.after)[:, None],
        cells.region[:, None] == np.unique(cells.region),
        cells.month[:, None] == np.unique(cells.month)[1:],
    ]
    fit = sm.WLS(cells.outcome, np.hstack(columns).astype(float), weights=cells.weight).fit()
    assert effect_of_cells(cells).effect == pytest.approx(fit.params[0])


def test_equal_input_gives_equal_numbers() -> None:
    assert effect_of_cells(panel(1)) == effect_of_cells(panel(1))


def rows(*, effect: bool) -> list[dict[str, Any]]:
    """Four towns in two districts over eight months; the first district's returns fall from half to a tenth."""
    made: list[dict[str, Any]] = []
    for town in range(8):
        district = "500001" if town < 4 else "500002"
        for month in range(8):
            for k in range(10):
                sent_back = k < (1 if effect and town < 4 and month >= 4 else 5)
                hours = month * 730 + k * 60 + town
                fields = {"adjacent": True, "district": district, "township": f"{district}00{town}"}
                made.append(case(f"{town}-{month}-{k}", hours, **fields, returns=int(sent_back)))
    return made


def test_a_log_gives_the_effect_on_an_indicator() -> None:
    question = Question(indicator=FIRST_RIGHT, treated=("500001",), start=date(2026, 5, 1))
    assert effect_of(reading(rows(effect=True)), question).effect == pytest.approx(0.4, abs=0.03)
    assert effect_of(reading(rows(effect=False)), question).effect == pytest.approx(0.0, abs=0.03)


def test_a_case_across_the_line_counts_for_both_sides_if_asked() -> None:
    read = reading([case("a", district="500002", township="500002001", neighbours="500001003")])
    assert touches(read, ["500001"], across=True).tolist() == [True]
    assert touches(read, ["500001"], across=False).tolist() == [False]


@pytest.mark.parametrize(
    ("treated", "start"),
    [
        (("999999",), date(2026, 5, 1)),  # nobody is treated
        (("500001", "500002"), date(2026, 5, 1)),  # everybody is
        (("500001",), date(2026, 1, 15)),  # hardly anything before
        (("500001",), date(2030, 1, 1)),  # nothing after
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(treated: tuple[str, ...], start: date) -> None:
    with pytest.raises(InvalidInput) as told:
        effect_of(reading(rows(effect=True)), Question(indicator=FIRST_RIGHT, treated=treated, start=start))
    assert told.value.hint
