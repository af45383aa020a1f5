"""What the vectors of a store depend on: the embedding model, and the recipe of everything else.

A store remembers both as one string, `model#recipe`. Vectors of another model are of no use to a question: they are
refused. Vectors of an older recipe (how texts are cut and weighed, captions, the layout of payloads) still answer, a
little worse: they are served, and what is added counts as of that recipe too, until `lianzhi kb reindex` makes all of
them anew.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from domain.errors import StaleIndex
from knowledge.captions import captioned_text
from knowledge.embedding import Encoder
from knowledge.records import LAYOUT, FloatArray, PassageRecord, SparseVector
from knowledge.sparse import passage_vector, recipe

_HINT = "请运行 lianzhi kb reindex 重建索引（不需要原文件）"


class Maker(NamedTuple):
    """Who made the vectors: `model#recipe`, and how long they are."""

    identity: str
    dim: int

    @property
    def model(self) -> str:
        """The model alone; stores of old have no recipe."""
        return self.identity.rpartition("#")[0] or self.identity

    def serves(self, wanted: "Maker") -> bool:
        """Whether these vectors can be compared with those of another maker: one model, one length."""
        return (self.model, self.dim) == (wanted.model, wanted.dim)

    def __str__(self) -> str:
        return f"“{self.model}”（{self.dim} 维）"


def index_recipe() -> str:
    """Eight hex digits for all that a stored passage depends on besides its record and the model."""
    return hashlib.sha256(f"{recipe()}/{LAYOUT}".encode()).hexdigest()[:8]


def vectors_of(records: Sequence[PassageRecord], encoder: Encoder) -> tuple[FloatArray, list[SparseVector]]:
    """Both vectors of each passage, as the store wants them: shape (n, dim), and n sparse ones."""
    dense = encoder.encode_documents([captioned_text(record) for record in records])
    return dense, [passage_vector(record) for record in records]


def identity_of(encoder: Encoder) -> str:
    """What a store made with this encoder now is known by."""
    return f"{encoder.name}#{index_recipe()}"


def check_maker(stored: Maker, wanted: Maker) -> None:
    """Let through what may be searched and added to.

    Raises:
        StaleIndex: Another model or length of vectors.
    """
    if not stored.serves(wanted):
        hint = f"请恢复 LIANZHI_EMBEDDING_MODEL 等设置；如确需更换，{_HINT}。"
        raise StaleIndex(f"知识库的索引由模型{stored}生成，当前设置的模型是{wanted}。", hint)


def maker_of(encoder: Encoder) -> Maker:
    """What makes vectors with this encoder now."""
    return Maker(identity_of(encoder), encoder.dim)


def index_warning(stored: Maker, wanted: Maker) -> str:
    """What to tell people of an index that is served though its recipe is old; empty when all is well."""
    return "" if stored == wanted else f"知识库的索引是旧版本的方法生成的，仍可检索但效果稍差，{_HINT}。"
