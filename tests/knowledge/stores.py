"""A small world of passages for the store's tests: made vectors, real Chinese text."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from knowledge.engine import PassageStore
from knowledge.records import FloatArray, PassageRecord, SparseVector

DIM = 8
MODEL = "test-8"


def passage(text: str, *, doc_id: str = "d1", **fields: object) -> PassageRecord:
    record = PassageRecord(id="", doc_id=doc_id, kind="law", text=text, law=f"《{doc_id}》".strip("《》"))
    record = replace(record, **fields)  # type: ignore[arg-type]
    return replace(record, id=hashlib.sha256(f"{doc_id}/{record.article}/{text}".encode()).hexdigest())


def sparse_of(text: str) -> SparseVector:
    """One token a character, weight 1: enough to match by shared characters."""
    ids = np.unique(np.array([ord(char) for char in text], dtype=np.uint32))
    return ids, np.ones(len(ids), dtype=np.float32)


def dense_of(text: str) -> FloatArray:
    """A direction fixed by the text's first character."""
    seed = ord(text[0]) if text else 0
    return np.random.default_rng(seed).standard_normal(DIM).astype(np.float32)


def write(store: PassageStore, records: Iterable[PassageRecord], *, finish: bool = True) -> None:
    records = list(records)
    dense = np.stack([dense_of(record.text) for record in records])
    store.upsert(records, dense, [sparse_of(record.text) for record in records])
    if finish:
        for doc_id in sorted({record.doc_id for record in records}):
            store.finish_document(doc_id, {"title": doc_id})


ROAD_2017 = passage(
    "井盖缺损影响交通安全的，产权单位应当及时修复。",
    doc_id="道路2017",
    law="城市道路管理条例",
    level="行政法规",
    article="23",
    version_date=date(2017, 3, 1),
    effective_date=date(2017, 3, 1),
    expiry_date=date(2019, 3, 24),
    expiry_kind="superseded",
)
ROAD_2019 = passage(
    "井盖缺损影响交通安全的，产权单位应当及时补缺。",
    doc_id="道路2019",
    law="城市道路管理条例",
    level="行政法规",
    article="23",
    version_date=date(2019, 3, 24),
    effective_date=date(2019, 3, 24),
)
ROAD_FINE = replace(
    passage(
        "违反规定的，由市政工程行政主管部门责令改正，可以处以罚款。",
        doc_id="道路2019",
        law="城市道路管理条例",
        article="42",
    ),
    effective_date=date(2019, 3, 24),
)
LOCAL = passage(
    "管线权属单位负责井盖的日常巡查。",
    doc_id="重庆管线",
    law="重庆市城市管线条例",
    article="24",
    level="地方性法规",
    region="500000",
    effective_date=date(2020, 1, 1),
)
ELSEWHERE = passage(
    "上海井盖由权属单位管理。",
    doc_id="上海",
    law="上海市道路条例",
    article="9",
    level="地方性法规",
    region="310000",
    meta={"note": "远"},
)
PRECEDENT = passage("两区交界井盖丢失，先围挡后确权。", doc_id="先例", kind="case", law="", title="交界井盖")
ALL = (ROAD_2017, ROAD_2019, ROAD_FINE, LOCAL, ELSEWHERE, PRECEDENT)
