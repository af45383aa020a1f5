"""What every engine behind the store's port must do: embedded, client in memory, and a server when one is named."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from knowledge.engine import PassageStore
from knowledge.fusion import FusionWeights
from knowledge.records import Filters, PassageRecord
from tests.knowledge.engines import Bench, EdgeBench, found
from tests.knowledge.stores import (
    ALL,
    DIM,
    ELSEWHERE,
    LOCAL,
    PRECEDENT,
    ROAD_2017,
    ROAD_2019,
    ROAD_FINE,
    dense_of,
    passage,
    sparse_of,
    write,
)

# The client's local mode scans everything, and says that it needs no parameters to do so.
pytestmark = pytest.mark.filterwarnings("ignore:Local mode performs exact")


def test_an_empty_store_answers(bench: Bench) -> None:
    assert (bench.reader.count(), bench.reader.documents(), list(bench.reader.scroll())) == (0, {}, [])
    assert found(bench.reader, "井盖") == []
    assert bench.reader.version()


def test_records_come_back_as_they_went(library: Bench) -> None:
    assert sorted(library.reader.scroll(), key=lambda r: r.id) == sorted(ALL, key=lambda r: r.id)
    assert library.reader.count() == len(ALL)


def test_scrolling_is_in_order_of_id(library: Bench) -> None:
    ids = [record.id for record in library.reader.scroll()]
    assert ids == sorted(ids)


def test_documents_are_those_finished_with_their_meta(bench: Bench) -> None:
    meta = {"title": "先例", "passages": 1, "cites": {"民法典": 3}, "notes": ["甲", "乙"]}
    with bench.build() as store:
        write(store, [ROAD_2019], finish=False)
        write(store, [PRECEDENT], finish=False)
        store.finish_document("先例", meta)
        assert store.documents() == {"先例": meta}
    assert bench.reader.documents() == {"先例": meta}


def test_an_unfinished_document_is_never_found(bench: Bench) -> None:
    with bench.build() as store:
        write(store, [PRECEDENT])
        write(store, [LOCAL], finish=False)
        assert found(store, LOCAL.text) == [PRECEDENT]
    assert found(bench.reader, LOCAL.text) == [PRECEDENT]
    assert [record.id for record in bench.reader.scroll()] == [PRECEDENT.id]
    assert bench.reader.count() == 1


def test_a_kill_between_the_mark_and_the_passages_is_mended(bench: Bench) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with pytest.raises(Killed), bench.build() as store:  # noqa: PT012
        write(store, [LOCAL, ROAD_2019], finish=False)
        store._engine.set_payload = die  # type: ignore[method-assign]
        store.finish_document("重庆管线", {})
    with bench.build() as store:
        assert list(store.documents()) == ["重庆管线"]
        assert found(store, "井盖") == [LOCAL]


def test_writing_to_a_finished_document_unfinishes_it(bench: Bench) -> None:
    with bench.build() as store:
        write(store, [ROAD_2019])
        write(store, [ROAD_FINE], finish=False)
        assert store.documents() == {}


def test_the_same_words_are_found_first(library: Bench) -> None:
    for record in ALL:
        hits = found(library.reader, record.text, filters=Filters(kinds=(record.kind,)))
        assert hits[0] == record


def test_a_deleted_document_is_gone(filled: Bench) -> None:
    with filled.build() as store:
        store.delete_document("道路2019")
        store.delete_document("不存在")
    assert "道路2019" not in filled.reader.documents()
    assert {record.doc_id for record in filled.reader.scroll()} == {r.doc_id for r in ALL} - {"道路2019"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(
            Filters(as_of=date(2018, 5, 1)), [ROAD_2017, ELSEWHERE, PRECEDENT], id="the old version held then"
        ),
        pytest.param(Filters(as_of=date(2019, 3, 23)), [ROAD_2017, ELSEWHERE, PRECEDENT], id="its last day"),
        pytest.param(
            Filters(as_of=date(2019, 3, 24)), [ROAD_2019, ROAD_FINE, ELSEWHERE, PRECEDENT], id="the day of the change"
        ),
        pytest.param(Filters(as_of=date(2024, 1, 1)), [r for r in ALL if r is not ROAD_2017], id="today"),
        pytest.param(
            Filters(regions=("", "500000")), [r for r in ALL if r is not ELSEWHERE], id="national and own city"
        ),
        pytest.param(Filters(regions=("500000",)), [LOCAL], id="own city only"),
        pytest.param(Filters(regions=("",)), [ROAD_2017, ROAD_2019, ROAD_FINE, PRECEDENT], id="national only"),
        pytest.param(Filters(levels=("地方性法规",)), [LOCAL, ELSEWHERE], id="local regulations"),
        pytest.param(
            Filters(levels=("行政法规", "地方性法规"), regions=("",)), [ROAD_2017, ROAD_2019], id="two levels"
        ),
        pytest.param(Filters(statuses=("current",)), [r for r in ALL if r is not ROAD_2017], id="not ended"),
        pytest.param(Filters(statuses=("superseded", "repealed")), [ROAD_2017], id="ended"),
        pytest.param(Filters(kinds=("case",)), [PRECEDENT], id="cases"),
        pytest.param(Filters(kinds=("case", "law"), regions=("500000", "310000")), [LOCAL, ELSEWHERE], id="two fields"),
        pytest.param(Filters(law="城市道路管理条例"), [ROAD_2017, ROAD_2019, ROAD_FINE], id="one law"),
        pytest.param(Filters(law="城市道路管理条例", article="42"), [ROAD_FINE], id="one article"),
        pytest.param(
            Filters(law="城市道路管理条例", article="23", as_of=date(2020, 1, 1)),
            [ROAD_2019],
            id="one article, one day",
        ),
        pytest.param(Filters(doc_id="道路2019"), [ROAD_2019, ROAD_FINE], id="one document"),
        pytest.param(Filters(law="没有这部法"), [], id="nothing"),
    ],
)
def test_filters_restrict_search_and_scroll_alike(
    library: Bench, filters: Filters, expected: list[PassageRecord]
) -> None:
    ids = {record.id for record in expected}
    assert {record.id for record in library.reader.scroll(filters)} == ids
    assert {record.id for record in found(library.reader, "井盖两", filters=filters)} == ids


def test_either_arm_alone_suffices(library: Bench) -> None:
    only_words = library.reader.search(None, sparse_of("上海"), limit=1)
    only_dense = library.reader.search(dense_of(LOCAL.text), None, limit=1)
    assert [record for record, _ in only_words] == [ELSEWHERE]
    assert [record for record, _ in only_dense] == [LOCAL]


def test_a_question_of_no_known_token_finds_nothing(library: Bench) -> None:
    nothing = np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32)
    assert library.reader.search(np.zeros(DIM, dtype=np.float32), nothing, limit=5) == []
    assert library.reader.search(None, None, limit=5) == []


def test_limit_and_order(library: Bench) -> None:
    hits = library.reader.search(dense_of("井盖"), sparse_of("井盖"), limit=3)
    scores = [score for _, score in hits]
    assert len(hits) == 3
    assert scores == sorted(scores, reverse=True)


def test_authority_decides_between_equals(bench: Bench) -> None:
    twins = [passage("应当及时修复。", doc_id=name, law=name) for name in ("甲条例", "乙条例")]
    with bench.build() as store:
        write(store, twins)
    first = [
        bench.reader.search(dense_of("应"), sparse_of("应当"), limit=2, prior={name: 1.0})[0][0].law
        for name in ("甲条例", "乙条例")
    ]
    assert first == ["甲条例", "乙条例"]


def test_ties_are_broken_by_id(bench: Bench) -> None:
    twins = [passage("应当及时修复。", doc_id=f"第{n}号") for n in range(20)]
    with bench.build() as store:
        write(store, reversed(twins))
    ids = [record.id for record in found(bench.reader, "应当", limit=20)]
    assert ids == sorted(record.id for record in twins)


def test_equal_content_has_an_equal_version_whatever_the_order(bench: Bench, tmp_path: Path) -> None:
    with bench.build() as store:
        write(store, ALL)
    other = EdgeBench(tmp_path / "other")
    with other.build() as store:
        for record in [PRECEDENT, ELSEWHERE, LOCAL, ROAD_2017]:
            write(store, [record])
        write(store, [ROAD_FINE, ROAD_2019])
    assert other.reader.version() == bench.reader.version()
    answers = [found(one.reader, "井盖缺损", limit=6) for one in (bench, other)]
    assert answers[0] == answers[1]
    other.reader.close()


def test_every_change_changes_the_version(bench: Bench) -> None:
    seen = [bench.reader.version()]
    changes: list[Callable[[PassageStore], None]] = [
        lambda store: write(store, [ROAD_2019]),
        lambda store: write(store, [ROAD_FINE]),
        lambda store: store.amend_document("道路2019", {"expiry_date": date(2030, 1, 1)}),
        lambda store: store.finish_document("道路2019", {"title": "另一个名字"}),
        lambda store: write(store, [LOCAL]),
    ]
    for change in changes:
        with bench.build() as store:
            change(store)
        seen.append(bench.reader.version())
    assert len(set(seen)) == len(seen)
    with bench.build() as store:
        store.delete_document("重庆管线")
    assert bench.reader.version() == seen[-2]


def test_amending_changes_all_passages_and_nothing_else(filled: Bench) -> None:
    day = date(2026, 1, 1)
    with filled.build() as store:
        store.amend_document(
            "道路2019", {"expiry_date": day, "expiry_kind": "repealed", "status_note": "已废止"}, {"title": "新"}
        )
        store.amend_document("不存在", {"expiry_date": day})
    amended = list(filled.reader.scroll(Filters(doc_id="道路2019")))
    assert {record.article for record in amended} == {"23", "42"}
    assert {(r.expiry_date, r.expiry_kind, r.status_note) for r in amended} == {(day, "repealed", "已废止")}
    assert {record.text for record in amended} == {ROAD_2019.text, ROAD_FINE.text}
    assert filled.reader.documents()["道路2019"] == {"title": "新"}
    assert {r.doc_id for r in filled.reader.scroll(Filters(statuses=("repealed",)))} == {"道路2019"}
    assert found(filled.reader, ROAD_FINE.text, filters=Filters(as_of=date(2025, 12, 31)))[0].article == "42"
    assert "道路2019" not in {r.doc_id for r in found(filled.reader, "井盖", filters=Filters(as_of=day))}
    assert "不存在" not in filled.reader.documents()


@pytest.mark.parametrize("field", ["id", "text", "nonsense"])
def test_what_a_passage_is_cannot_be_amended(filled: Bench, field: str) -> None:
    with filled.build() as store, pytest.raises(KeyError):
        store.amend_document("道路2019", {field: "x"})


def test_writing_twice_is_writing_once(filled: Bench) -> None:
    before = filled.reader.version()
    with filled.build() as store:
        write(store, ALL)
    assert filled.reader.count() == len(ALL)
    assert filled.reader.version() == before


def test_vectors_of_the_wrong_shape_are_refused(bench: Bench) -> None:
    with bench.build() as store:
        with pytest.raises(ValueError, match="dim 8"):
            store.upsert([ROAD_2019], np.zeros((1, DIM + 1), dtype=np.float32), [sparse_of("井")])
        with pytest.raises(ValueError, match="dim 8"):
            store.upsert([ROAD_2019], np.full((1, DIM), np.nan, dtype=np.float32), [sparse_of("井")])


def test_more_passages_than_one_write_and_one_page(bench: Bench) -> None:
    many = [passage(f"第{n}个窨井盖。", doc_id=f"册{n // 700}", ordinal=n) for n in range(2100)]
    with bench.build() as store:
        write(store, many)
    assert bench.reader.count() == 2100
    assert sorted(record.ordinal for record in bench.reader.scroll()) == list(range(2100))


def test_one_trip_finds_what_two_trips_find(bench: Bench) -> None:
    """Short lists over many passages, most of them with an equal among the others: the ends of the lists decide."""
    words = ["井盖", "油烟", "噪声", "占道", "垃圾", "河道", "路灯", "渣土"]
    texts = [f"{words[n % 8]}{words[n // 8 % 8]}由{words[n // 64 % 8]}部门{n % 5}负责。" for n in range(256)]
    few = FusionWeights(candidates=12, dense_candidates=5)
    with bench.build() as store:
        write(store, [passage(text, doc_id=f"第{n % 9}号", ordinal=n) for n, text in enumerate(texts)])
        store._weights = few
        for question in ["井盖坏了", "油烟噪声扰民", "河道有垃圾没人管", "3号部门", "没有的"]:
            answers = []
            for one_trip in (True, False):
                store.one_trip = one_trip
                hits = store.search(dense_of(question), sparse_of(question), limit=10, prior={"第3号": 1.0})
                answers.append([(record.id, score) for record, score in hits])
            assert answers[0] == answers[1], question
            assert len(answers[0]) == 10
