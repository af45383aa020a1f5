"""The arrays count what plain loops over the rows count."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bench.evaluation import indicators, rows
from bench.plainkpi import CUTS, PLAIN, plain_tallies
from domain.adjacency.evaluation.definitions import shipped
from domain.caselogreader import CaseLogReader


@pytest.mark.parametrize("cases", [300, 9000])
def test_arrays_and_plain_loops_count_alike(cases: int) -> None:
    given = list(rows(cases))
    reader = CaseLogReader()
    reader.add({key: [row[key] for row in given] for key in given[0]}, range(1, cases + 1))
    log = reader.table()
    assert log.problems == ()
    plain = plain_tallies(given, datetime(2026, 11, 1, tzinfo=UTC), shipped().limits, CUTS)
    ours = indicators(log, PLAIN)
    assert {name for _, _, name in plain} == set(PLAIN)
    assert {key: tally for key, tally in ours.items() if tally != [0, 0]} == dict(plain)
    assert np.unique(log.id).size == cases
