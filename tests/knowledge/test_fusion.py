"""Score fusion, rank fusion, authority."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.fusion import (
    DIVERSE_PLACES,
    DIVERSITY,
    Candidate,
    FusionWeights,
    authority,
    diversified,
    fuse,
)

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(0, 2**64 - 1),
        st.floats(0, 50, allow_nan=False),
        st.floats(-1, 1, allow_nan=False),
        st.floats(0, 1, allow_nan=False),
    ),
    unique_by=lambda c: c.id,
    max_size=20,
)
METHODS = st.sampled_from([FusionWeights(), FusionWeights(method="rrf")])


def test_the_formula() -> None:
    weights = FusionWeights(dense=0.8, prior=0.4)
    found = dict(fuse([Candidate(1, 10.0, 0.5, 0.0), Candidate(2, 5.0, 0.9, 1.0)], weights))
    assert found == {1: pytest.approx(1.0 + 0.8 * (0.5 - 0.9)), 2: pytest.approx(0.5 + 0.4)}


def test_reciprocal_ranks() -> None:
    weights = FusionWeights(method="rrf", dense=0.5, rrf_k=2)
    found = dict(fuse([Candidate(1, 10.0, 0.1), Candidate(2, 5.0, 0.9), Candidate(3, 0.0, 0.2)], weights))
    assert found == {
        1: pytest.approx(1 / 3 + 0.5 / 5, abs=1e-6),
        2: pytest.approx(1 / 4 + 0.5 / 3, abs=1e-6),
        3: pytest.approx(0.5 / 4, abs=1e-6),
    }


@given(CANDIDATES, METHODS)
def test_everything_comes_out_once_best_first(candidates: list[Candidate], weights: FusionWeights) -> None:
    ranked = fuse(candidates, weights)
    assert sorted(key for key, _ in ranked) == sorted(c.id for c in candidates)
    assert ranked == sorted(ranked, key=lambda pair: (-pair[1], pair[0]))


@given(CANDIDATES, METHODS)
def test_the_order_they_come_in_does_not_matter(candidates: list[Candidate], weights: FusionWeights) -> None:
    assert fuse(candidates, weights) == fuse(candidates[::-1], weights)


@given(CANDIDATES)
def test_without_the_dense_arm_the_lexical_order_stands(candidates: list[Candidate]) -> None:
    ranked = [key for key, _ in fuse(candidates, FusionWeights(dense=0.0, prior=0.0))]
    best = max((c.bm25 for c in candidates), default=0.0) or 1.0
    assert ranked == [c.id for c in sorted(candidates, key=lambda c: (-round(c.bm25 / best, 6), c.id))]


@given(CANDIDATES.filter(lambda found: len(found) > 1))
def test_more_authority_never_ranks_lower(candidates: list[Candidate]) -> None:
    first, *rest = candidates
    places = [
        [key for key, _ in fuse([Candidate(first.id, first.bm25, first.cosine, given_), *rest], FusionWeights())].index(
            first.id
        )
        for given_ in (0.0, 1.0)
    ]
    assert places[1] <= places[0]


@pytest.mark.parametrize(
    "wrong",
    [{"dense": -0.1}, {"prior": -1.0}, {"own": -0.5}, {"rrf_k": 0}, {"candidates": 0}, {"dense_candidates": 0}],
    ids=str,
)
def test_weights_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="out of range"):
        FusionWeights(**wrong)  # type: ignore[arg-type]


def test_authority_grows_slowly_with_citations_up_to_one() -> None:
    found = authority({"民法典": 1000, "道路交通安全法": 100, "没人引用": 0})
    assert found["民法典"] == 1.0
    assert 0.6 < found["道路交通安全法"] < 0.7
    assert found["没人引用"] == 0.0


@pytest.mark.parametrize("nothing", [{}, {"甲": 0}])
def test_no_citation_no_authority(nothing: dict[str, int]) -> None:
    assert authority(nothing) == {}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param({"kind": "law", "law": "民法典", "region": "-"}, 0.9, id="national"),
        pytest.param({"kind": "law", "law": "民法典(侵权责任编)", "region": "-"}, 0.9, id="a book of the code"),
        pytest.param({"kind": "law", "law": "没人引用", "region": "-"}, 0.0, id="national, never cited"),
        pytest.param({"kind": "law", "law": "没人引用", "region": "重庆"}, 0.5, id="local regulations have their own"),
        pytest.param({"kind": "law", "law": "民法典", "region": "重庆"}, 0.9, id="the greater counts"),
        pytest.param({"kind": "case", "law": "", "region": "-"}, 0.5, id="cases and papers of the city"),
        pytest.param({}, 0.5, id="unknown"),
    ],
)
def test_authority_of_a_passage(payload: dict[str, str], expected: float) -> None:
    assert FusionWeights(own=0.5).authority_of(payload, {"民法典": 0.9}) == expected


RANKED = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.floats(-1, 2).map(lambda x: round(x, 6))), max_size=60).map(
    lambda rows: sorted(rows, key=lambda row: -row[1])
)


@given(RANKED)
def test_mixing_keeps_everything_and_falls(scored: list[tuple[str, float]]) -> None:
    mixed = diversified(scored)
    assert sorted(place for place, _ in mixed) == list(range(len(scored)))
    assert [score for _, score in mixed] == sorted((score for _, score in mixed), reverse=True)
    assert all(score <= scored[place][1] + 1e-6 for place, score in mixed)


@given(RANKED)
def test_mixing_keeps_the_first_and_the_order_within_a_law(scored: list[tuple[str, float]]) -> None:
    places = [place for place, _ in diversified(scored)]
    assert places[:1] == list(range(len(scored)))[:1]
    for law in "甲乙丙":
        own = [place for place in places if scored[place][0] == law]
        assert own == sorted(own)


@given(RANKED)
def test_who_comes_up_was_not_far_behind(scored: list[tuple[str, float]]) -> None:
    places = [place for place, _ in diversified(scored)]
    for at, place in enumerate(places):
        passed = [scored[other][1] for other in places[at + 1 :] if other < place]
        assert all(score - scored[place][1] <= DIVERSITY * DIVERSE_PLACES + 1e-6 for score in passed)


def test_one_law_gives_way_to_what_is_nearly_as_good() -> None:
    near = [("甲", 1.0), ("甲", 0.95), ("甲", 0.94), ("乙", 0.935)]
    assert [place for place, _ in diversified(near)] == [0, 1, 3, 2]
    far = [("甲", 1.0), ("甲", 0.95), ("甲", 0.94), ("乙", 0.5)]
    assert [place for place, _ in diversified(far)] == [0, 1, 2, 3]
    assert dict(diversified(far)) == pytest.approx({0: 1.0, 1: 0.95 - DIVERSITY, 2: 0.94 - 2 * DIVERSITY, 3: 0.5})


def test_laws_of_their_own_stay_as_they_are() -> None:
    scored = [(f"法{number}", 1.0 - number / 100) for number in range(50)]
    assert diversified(scored) == [(place, pytest.approx(score)) for place, (_, score) in enumerate(scored)]
