"""All passages encoded anew, from what the store keeps of them: for another model, or another recipe.

No source file is needed, and nothing but the vectors changes. A document that is written counts; cut off and called
again, the work goes on with the next.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.errors import Unavailable
from knowledge.embedding import Encoder
from knowledge.identity import vectors_of
from knowledge.ingest import BATCH_PASSAGES, Progress
from knowledge.records import Filters, PassageRecord
from knowledge.store import VectorReader, VectorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ReindexReport:
    """What a reindex did.

    Attributes:
        documents, passages: Encoded anew in this run.
        kept: Documents that an earlier run, cut off, had done already.
        version: Of the knowledge base afterwards.
        model: Name of the embedding model from now on.
        dim: Length of its vectors.
    """

    documents: int
    passages: int
    kept: int
    version: str
    model: str
    dim: int

    def to_json(self) -> dict[str, Any]:
        """The report for programs."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report for people, in Chinese."""
        if not self.documents and not self.kept:
            return [f"索引已是当前模型“{self.model}”和当前方法生成的，无需重建；版本 {self.version}。"]
        kept = f"，上次中断前已完成 {self.kept} 个" if self.kept else ""
        return [
            f"已用模型“{self.model}”（{self.dim} 维）重建文件 {self.documents} 个、段落 {self.passages} 段{kept}；"
            f"版本 {self.version}。"
        ]


def reindex(
    held: VectorReader, builder: VectorStore, encoder: Encoder, progress: Progress | None = None
) -> ReindexReport:
    """Encode all documents of a store into a builder.

    Args:
        held: What there is, whoever made its vectors.
        builder: Where the passages go; documents that it has already are passed over.
        encoder: Makes the dense vectors.
        progress: Told of every document.

    Raises:
        Unavailable: The builder does not hold what the store holds; nothing must be published then.
    """
    documents, done = held.documents(), set(builder.documents())
    passages = 0
    waiting: list[tuple[str, list[PassageRecord]]] = []

    def write() -> None:
        _write(builder, encoder, [record for _, records in waiting for record in records])
        for doc_id, _ in waiting:
            builder.finish_document(doc_id, documents[doc_id])
        waiting.clear()

    for number, (doc_id, meta) in enumerate(documents.items()):
        if progress:
            progress(number, len(documents), _title(meta))
        if doc_id in done:
            continue
        records = sorted(held.scroll(Filters(doc_id=doc_id)), key=lambda record: record.ordinal)
        passages += len(records)
        waiting.append((doc_id, records))
        if sum(len(records) for _, records in waiting) >= BATCH_PASSAGES:
            write()
    write()
    builder.flush()
    if progress:
        progress(len(documents), len(documents), "完成")
    if builder.count() != held.count() or builder.documents() != documents:
        raise Unavailable(
            f"重建后的段落数（{builder.count()}）与原有的（{held.count()}）不符，没有发布。",
            "原有内容仍可检索；请再运行一次 lianzhi kb reindex。",
        )
    return ReindexReport(
        documents=len(set(documents) - done),
        passages=passages,
        kept=len(done),
        version=builder.version(),
        model=encoder.name,
        dim=encoder.dim,
    )


def _write(builder: VectorStore, encoder: Encoder, records: list[PassageRecord]) -> None:
    for start in range(0, len(records), BATCH_PASSAGES):
        part = records[start : start + BATCH_PASSAGES]
        builder.upsert(part, *vectors_of(part, encoder))


def _title(meta: Mapping[str, Any]) -> str:
    return str(meta.get("title") or meta.get("source") or "")
