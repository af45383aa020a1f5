"""Choosing an engine by settings, a server that does not answer, and real Chinese questions end to end."""

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from qdrant_client import QdrantClient

from domain.errors import Conflict, StaleIndex, Unavailable
from knowledge.edge import EdgeStore
from knowledge.embedding import open_encoder
from knowledge.engine import PassageStore
from knowledge.fusion import FusionWeights
from knowledge.records import Filters, PassageRecord
from knowledge.remote import RemoteStore, building
from knowledge.remoteengine import QdrantEngine
from knowledge.sparse import query_vector, sparse_vector
from knowledge.starter import starter_documents
from knowledge.store import VectorReader, open_builder, open_store
from knowledge.versions import only_builder
from tests.knowledge.stores import DIM, LOCAL, MODEL, PRECEDENT, write

ENCODER = open_encoder()
# The client's local mode scans everything, and says that it needs no parameters to do so.
pytestmark = pytest.mark.filterwarnings("ignore:Local mode performs exact")


@dataclass(frozen=True)
class Settings:
    home: Path
    qdrant_url: str = ""


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> VectorReader:
    settings = Settings(tmp_path_factory.mktemp("home"))
    records = [record for document in starter_documents() for record in document.records]
    texts = [record.index_text for record in records]
    with open_builder(settings, dim=ENCODER.dim, model=ENCODER.name) as store:
        store.upsert(records, ENCODER.encode_documents(texts), [sparse_vector(text) for text in texts])
        for doc_id in {record.doc_id for record in records}:
            store.finish_document(doc_id, {})
    weights = FusionWeights(dense=ENCODER.dense_weight)
    return open_store(settings, dim=ENCODER.dim, model=ENCODER.name, weights=weights)


def ask(store: VectorReader, question: str, filters: Filters | None = None) -> list[PassageRecord]:
    dense = ENCODER.encode_queries([question])[0]
    hits = store.search(dense, query_vector(question), limit=5, filters=filters or Filters())
    return [record for record, _ in hits]


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("窨井盖遭偷了，走路差点掉下去", "井盖"),
        ("楼下夜啤酒摊摆到街上，油烟大得很", "油烟"),
        ("渣土车一路撒土", "渣土"),
        ("半夜工地还在施工，吵得睡不着", "噪声"),
        ("路灯黑了好几天没人修", "路灯"),
        ("江面漂浮物没得人捞", "漂浮物"),
    ],
)
def test_questions_in_everyday_words_find_what_they_are_about(starter: VectorReader, question: str, term: str) -> None:
    assert any(term in record.index_text for record in ask(starter, question)[:3])


def test_the_same_question_has_the_same_answer(starter: VectorReader) -> None:
    question = "两个区交界的地方垃圾没人管"
    assert ask(starter, question) == ask(starter, question)


def test_a_question_for_laws_finds_laws_only(starter: VectorReader) -> None:
    found = ask(starter, "井盖丢了谁负责", Filters(kinds=("law",)))
    assert found
    assert {record.kind for record in found} == {"law"}


def test_without_an_address_the_embedded_engine_is_used(tmp_path: Path) -> None:
    settings = Settings(tmp_path)
    with open_builder(settings, dim=DIM, model=MODEL) as store:
        write(store, [LOCAL])  # type: ignore[arg-type]
    reader = open_store(settings, dim=DIM, model=MODEL)
    assert isinstance(reader, EdgeStore)
    assert [record.law for record in reader.scroll()] == ["重庆市城市管线条例"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["knowledge"]
    reader.close()


def test_a_server_that_does_not_answer_is_named_in_chinese(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(tmp_path, qdrant_url=f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable, match="没有正常应答") as caught:
        open_store(settings, dim=DIM, model=MODEL)
    assert "LIANZHI_QDRANT_URL" in caught.value.hint
    with pytest.raises(Unavailable), open_builder(settings, dim=DIM, model=MODEL):
        pass


def test_a_collection_of_another_model_is_refused_and_can_be_made_anew() -> None:
    client = QdrantClient(":memory:")
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights()) as store:
        write(store, [LOCAL])
    with pytest.raises(StaleIndex, match=MODEL):
        RemoteStore(client, "c", dim=DIM, model="another", weights=FusionWeights())
    with building(client, "c", dim=4, model="another", weights=FusionWeights(), recreate=True) as store:
        assert store.count() == 0
    assert RemoteStore(client, "c", dim=4, model="another", weights=FusionWeights()).count() == 0
    client.close()


def test_what_a_server_holds_is_remembered_for_a_moment() -> None:
    now = 0.0
    client = QdrantClient(":memory:")
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights()) as writer:
        pass
    reader = RemoteStore(client, "c", dim=DIM, model=MODEL, weights=FusionWeights(), clock=lambda: now)
    before = reader.version()
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights()) as writer:
        write(writer, [LOCAL])
        assert writer.version() != before
        assert reader.version() == before
        now = 10.0
        assert reader.version() == writer.version()
    client.close()


def test_a_collection_of_an_older_release_is_served_until_another_takes_its_place() -> None:
    """Before there were aliases, the collection had the plain name and no stamp."""
    client = QdrantClient(":memory:")
    engine = QdrantEngine(client, "c")
    engine.create(dim=DIM, metadata={"model": MODEL, "dim": DIM})
    write(PassageStore(engine, dim=DIM, model=MODEL, weights=FusionWeights()), [LOCAL])
    now = iter(range(0, 10**6, 10))
    reader = RemoteStore(client, "c", dim=DIM, model=MODEL, weights=FusionWeights(), clock=lambda: float(next(now)))
    assert [record.law for record in reader.scroll()] == ["重庆市城市管线条例"]
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights()) as store:
        write(store, [PRECEDENT])
    assert reader.count() == 2
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights(), recreate=True) as store:
        write(store, [PRECEDENT])
    assert reader.count() == 1
    assert {one.name for one in client.get_collections().collections} == {"c", "c-000001"}
    with building(client, "c", dim=DIM, model=MODEL, weights=FusionWeights()):
        pass
    assert {one.name for one in client.get_collections().collections} == {"c-000001"}
    client.close()


def test_a_server_has_one_builder_at_a_time_too(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, qdrant_url="http://127.0.0.1:1")
    (tmp_path / "knowledge").mkdir()
    with only_builder(tmp_path / "knowledge"), pytest.raises(Conflict), open_builder(settings, dim=DIM, model=MODEL):
        pass
