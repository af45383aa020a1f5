"""The bench of the ranking measures what is served: its scores, candidates and order are those of the product."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.ranking import Ranker, System, gains, measured, systems
from bench.ranking_arms import Asking, Pool, Query, Weighing, bm25, candidates
from bench.ranking_corpus import Held, Rows, from_base, from_files
from bench.ranking_fit import FOLDS, GRID, START, Sample, cross_validated, folds, objective, search
from bench.ranking_measures import MISSED, NAMES, ranks_of, scores_of
from bench.ranking_questions import Question, governance_questions
from knowledge.captions import caption_of
from knowledge.fusion import FusionWeights
from knowledge.names import law_key
from knowledge.records import PassageRecord, SparseVector
from knowledge.sparse import MEAN_LENGTH, passage_vector, query_vector, tokens
from tests.knowledge.libraries import CharacterEncoder, library, opened

QUESTIONS = [
    "界河两岸的垃圾谁来扫",
    "堤防归哪个管嘛",
    "河岸",
    "毗邻区县怎么办",
    "为了保护河岸",
    "上一级人民政府",
    "楼上吵死了",
]
ENCODER = CharacterEncoder()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    base = opened(home)
    base.ingest([library(tmp_path_factory.mktemp("library"))])
    base.close()
    return home


@pytest.fixture(scope="module")
def held(home: Path) -> Held:
    return from_base(home)


def pool_of(held: Held, *regions: str) -> Pool:
    return Pool(held, held.pool(*regions), [Query.of(question) for question in QUESTIONS], ENCODER)


def test_the_order_is_that_of_the_base(home: Path, held: Held) -> None:
    pool = pool_of(held, "", "重庆")
    asked = [Question(id=text, text=text, gold=(), block="") for text in QUESTIONS]
    ranker = Ranker(pool, ENCODER, asked, [Query.of(text) for text in QUESTIONS])
    ours = System(name="ours", weights=FusionWeights(dense=ENCODER.dense_weight))
    base = opened(home)
    try:
        for at, question in enumerate(QUESTIONS):
            served = [(law_key(one.law), one.article) for one in base.search(question, limit=10, kinds=("law",))]
            assert served == [pool.articles[place] for place in ranker.ranked(ours, at, depth=10)]
    finally:
        base.close()


def test_passages_are_weighed_as_they_are_stored(held: Held) -> None:
    """Text and caption; the starter corpus has articles with captions."""
    captioned = [place for place, record in enumerate(held.records) if caption_of(record)]
    assert len(captioned) > 50
    lengths = held.text.lengths + Weighing().caption_length * held.captions.lengths
    said, told = by_passage(held.text), by_passage(held.captions)
    for place in [*captioned, *range(0, len(held.records), 10)]:
        counts = Counter(said[place]) + Counter(told[place])
        values = bm25(np.array(list(counts.values())), lengths[place], MEAN_LENGTH, Weighing())
        weighed = dict(zip(counts, values.tolist(), strict=True))
        assert weighed == pytest.approx(as_dict(passage_vector(held.records[place])), rel=1e-5)


def by_passage(rows: Rows) -> list[dict[int, float]]:
    ends = np.cumsum(rows.sizes)
    return [
        as_dict((rows.ids[end - size : end], rows.counts[end - size : end]))
        for size, end in zip(rows.sizes, ends, strict=True)
    ]


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_parts_of_a_question_are_the_whole(question: str) -> None:
    query, asking = Query.of(question), Asking()
    total: dict[int, float] = {}
    for part, weight in ((query.content, 1.0), (query.function, asking.function), (query.added, asking.expansion)):
        for key, value in as_dict(part).items():
            total[key] = total.get(key, 0.0) + weight * value
    assert total == pytest.approx(as_dict(query_vector(question)), rel=1e-5)


def as_dict(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector[0].tolist(), vector[1].tolist(), strict=True))


def test_files_and_base_give_the_same_passages(tmp_path: Path, held: Held) -> None:
    read = from_files(library(tmp_path / "library"))
    assert {one.text_sha256 for one in read.records if one.law} == {one.text_sha256 for one in held.records if one.law}
    found = [{(one.law, one.article, f"{one.version_date}") for one in shown(which)} for which in (read, held)]
    assert found[0] == found[1]
    assert {law for law, _, _ in found[0]} >= {"河岸法", "重庆市河岸条例"}
    assert {version for law, _, version in found[0] if law == "河岸法"} == {"2021-01-22"}
    assert "堤防办法" not in {law for law, _, _ in found[0]}  # it was repealed


def shown(held: Held) -> list[PassageRecord]:
    return [held.records[place] for place in held.pool("", "重庆") if held.shown(place)]


def test_counts_of_tokens() -> None:
    rows = Rows.of([tokens("河岸河岸"), [], tokens("堤防")])
    assert rows.lengths.tolist() == [len(tokens("河岸河岸")), 0, len(tokens("堤防"))]
    assert rows.sizes.sum() == len(rows.ids) == len(rows.places)
    joined = Rows.joined([rows, rows])
    assert joined.lengths.tolist() == [*rows.lengths, *rows.lengths]


@given(st.lists(st.integers(0, 30), unique=True, max_size=20), st.lists(st.integers(0, 30), unique=True, min_size=1))
def test_measures_agree_with_their_definition(found: list[int], gold: list[int]) -> None:
    named, right = [("法", str(one)) for one in found], [("法", str(one)) for one in gold]
    ranks = ranks_of(named, right)
    scores = dict(zip(NAMES, scores_of(ranks), strict=True))
    for cut in (5, 10, 30, 100):
        assert scores[f"R@{cut}"] == pytest.approx(len(set(found[:cut]) & set(gold)) / len(gold))
    first = [at for at, one in enumerate(found[:10]) if one in gold]
    assert scores["MRR@10"] == pytest.approx(1 / (first[0] + 1) if first else 0.0)
    assert 0 <= scores["nDCG@10"] <= 1 + 1e-9
    assert (ranks == MISSED).sum() == len(set(gold) - set(found))


def test_a_perfect_order_has_a_gain_of_one() -> None:
    gold = [("法", str(number)) for number in range(3)]
    assert scores_of(ranks_of(gold, gold)) == pytest.approx([1.0] * len(NAMES))


def test_what_an_arm_does_not_know_is_no_candidate() -> None:
    nothing, some = np.zeros(5, dtype=np.float32), np.array([0, 2, 0, 1, 2], dtype=np.float32)
    assert candidates(some, nothing, FusionWeights(), 10).tolist() == [1, 3, 4]
    assert candidates(some, nothing, FusionWeights(candidates=1), 1).tolist() == [1]  # equal scores: the first place


def test_blocks_are_whole_in_one_fold() -> None:
    blocks = [f"block {number // 3}" for number in range(60)]
    placed = folds(blocks, seed=1)
    assert all(len({placed[at] for at, one in enumerate(blocks) if one == name}) == 1 for name in set(blocks))
    assert set(placed.tolist()) == set(range(FOLDS))
    assert folds(blocks, seed=1).tolist() == placed.tolist()


def sample_of(held: Held) -> Sample:
    pool = pool_of(held, "", "重庆")
    gold = [article for article in dict.fromkeys(pool.articles) if article[1]]
    questions = [
        Question(id=text, text=text, gold=(gold[at % len(gold)],), block=f"{at}") for at, text in enumerate(QUESTIONS)
    ]
    queries = [Query.of(text) for text in QUESTIONS]
    return Sample(questions=questions, queries=queries, pool=pool, vectors=pool.dense(captions=True), encoder=ENCODER)


def test_a_sample_scores_as_the_ranker_ranks(held: Held) -> None:
    sample = sample_of(held)
    weights = FusionWeights(dense=0.8)
    served = tuple(
        (name, {"b": Weighing().b, "caption_length": Weighing().caption_length, "function": Asking().function,
                "expansion": Asking().expansion, "prior": weights.prior, "own": weights.own, "dense": 0.8}[name])
        for name in GRID
    )  # fmt: skip
    ranker = Ranker(sample.pool, ENCODER, sample.questions, sample.queries)
    ranked = measured(ranker, System(name="ours", weights=weights), sample.questions)
    np.testing.assert_allclose(sample.scores(served), ranked)


def test_the_search_never_ends_below_its_start(held: Held) -> None:
    sample = sample_of(held)
    value = objective([sample], [np.ones(len(QUESTIONS), dtype=bool)])
    found = search(value, ["prior", "dense"])
    assert value(found) >= value(START)
    assert {key for key, option in found if option != dict(START)[key]} <= {"prior", "dense"}


def test_every_question_is_scored_without_its_own_fold(held: Held) -> None:
    sample = sample_of(held)
    fit = cross_validated([sample], ["prior"], seed=3)
    placed = folds(sample.blocks, seed=3)
    for at in range(len(QUESTIONS)):
        np.testing.assert_allclose(fit.outside[0][at], sample.scores(fit.by_fold[placed[at]])[at])


def test_every_part_has_its_gain() -> None:
    scores = {system.name: np.full((2, len(NAMES)), at / 100) for at, system in enumerate(systems(0.8))}
    named = [name for name, _ in gains(scores)]
    for part in ("lay map", "function words", "captions", "authority", "dense arm", "diversity"):
        assert sum(part in name for name in named) == 2  # without it, and when it comes in


def test_only_the_open_half_of_the_suite_is_looked_at() -> None:
    questions = governance_questions()
    assert len(questions) > 100
    assert all(question.gold for question in questions)
