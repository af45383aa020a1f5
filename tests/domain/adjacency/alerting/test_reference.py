"""Published answers: the New Mexico scan, and Salmonella Newport under EARS."""

from pathlib import Path

import numpy as np
import pytest

from domain.adjacency.alerting.charts import ears
from domain.adjacency.alerting.farrington import normal_bounds, outbreak_weights, predictive
from domain.adjacency.alerting.scan import MonteCarlo, scan_expectation
from domain.adjacency.alerting.zones import Zones, great_circle_m, nearest_zones
from tests.rda import read_rda

FIRST, LAST = 1986, 1989


@pytest.fixture(scope="module")
def new_mexico(shared_dir: Path) -> tuple[list[str], np.ndarray, np.ndarray, Zones]:
    """Counties, cases and expected cases 1986–1989, zones of the 15 nearest counties.

    Source: R package scanstatistics 1.1.2, vignette "Introduction to scanstatistics".
    """
    import statsmodels.api as sm

    folder = shared_dir / "patrol" / "scan"
    geo = read_rda(folder / "NM_geo.rda")["NM_geo"]
    cases = read_rda(folder / "NM_popcas.rda")["NM_popcas"]
    counted = set(cases["county"])  # cibola was split off in 1981 and is counted with valencia
    kept = [k for k, name in enumerate(geo["county"]) if name in counted]
    names = [geo["county"][k] for k in kept]
    distances = great_circle_m(np.array(geo["seat_long"])[kept], np.array(geo["seat_lat"])[kept])
    year, population, count = (np.array(cases[name], dtype=float) for name in ("year", "population", "count"))
    before = year < FIRST

    def design(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(rows.sum()), year[rows] - (FIRST - 1)])

    family = sm.families.Poisson()
    fitted = sm.GLM(count[before], design(before), family=family, offset=np.log(population[before])).fit()
    now = (year >= FIRST) & (year <= LAST)
    expected = fitted.predict(design(now), offset=np.log(population[now]))
    row = np.array([names.index(name) for name in cases["county"]])[now]
    column = (year[now] - FIRST).astype(int)
    seen, wanted = np.zeros((2, len(names), LAST - FIRST + 1))
    seen[row, column], wanted[row, column] = count[now], expected
    return names, seen.astype(int), wanted, nearest_zones(distances, 15)


def test_new_mexico_has_415_zones(new_mexico: tuple[list[str], np.ndarray, np.ndarray, Zones]) -> None:
    assert len(new_mexico[3]) == 415


def test_the_cluster_is_los_alamos_and_santa_fe_over_four_years(
    new_mexico: tuple[list[str], np.ndarray, np.ndarray, Zones],
) -> None:
    names, seen, expected, zones = new_mexico
    result = scan_expectation(seen, expected, zones, np.random.default_rng(1), MonteCarlo(replicates=999))
    best = result.windows[0]
    assert sorted(names[place] for place in zones.of(best.zone)) == ["losalamos", "santafe"]
    assert best.duration == 4
    assert best.score == pytest.approx(9.181, abs=5e-4)
    assert best.relative_risk == pytest.approx(2.08, abs=5e-3)
    assert result.replicates == 999
    assert 0.002 <= best.p <= 0.010


NEWPORT = [1, 1, 1, 3, 3, 1, 2, 1, 0, 3, 3]
"""Salmonella Newport in Germany, cases a week from seven weeks before 2011 on (R package surveillance, salmNewport)."""


def test_c1_of_salmonella_newport() -> None:
    chart = ears(np.array([NEWPORT]), "C1", alpha=0.05)
    assert chart.upper[0, 7:].tolist() == pytest.approx([3.278854, 3.278854, 3.436517, 3.855617], abs=1e-6)
    assert np.isnan(chart.upper[0, :7]).all()


@pytest.mark.parametrize(
    ("power", "lower", "upper"),
    [(1.0, 1.3073128, 8.6926872), (0.5, 1.9891097, 9.3744842), (2 / 3, 1.8084477, 9.1154825)],
)
def test_farringtons_own_bounds(power: float, lower: float, upper: float) -> None:
    """Worked by hand in surveillance's test-farringtonFlexible.R."""
    assert normal_bounds(5.0, 0.2, 1.0, 0.05, power) == pytest.approx((lower, upper), abs=1e-6)


@pytest.mark.parametrize(("phi", "upper", "p"), [(1.5, 10, 0.03763657), (1.0, 9, 0.01369527)])
def test_the_negative_binomial_plug_in(phi: float, upper: float, p: float) -> None:
    """From the same file: a mean of 5, level 0.05, 11 cases seen."""
    tail = predictive(5.0, phi)
    assert (tail.isf(0.05), tail.sf(10)) == (upper, pytest.approx(p, abs=1e-7))


def test_weights_of_weeks_worked_by_hand() -> None:
    weights = outbreak_weights(np.array([0.0] * 5 + [2.0] * 5), 0.0)
    assert weights.tolist() == pytest.approx([1.6] * 5 + [0.4] * 5)
    assert outbreak_weights(np.zeros(10), 0.0).tolist() == [1.0] * 10
