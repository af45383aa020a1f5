"""The shipped embedding model without torch: a table of token vectors and a tokenizer, read by numpy.

The folder is a sentence-transformers model (StaticEmbedding, Normalize) that `SentenceTransformer(path)` loads as it
is; here the same numbers come out in a hundredth of the time and memory. The table is kept as 8-bit integers with one
scale a token: `embeddings` int8 (V, d), `weights` float32 (V,).
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from domain.errors import Unavailable
from knowledge.records import FloatArray

_FILES = ("model.safetensors", "tokenizer.json")
CARD = "lianzhi.json"
"""Beside the model: `{"name", "dense_weight"}`."""


class StaticEncoder:
    """Mean of token vectors, scaled to length 1; a text of unknown tokens only becomes zeros."""

    def __init__(self, folder: Path, *, dense_weight: float | None = None) -> None:
        """Read a model folder.

        Args:
            folder: Where it is.
            dense_weight: Weight of the cosine in place of the card's.

        Raises:
            Unavailable: It is not there or damaged.
        """
        if not all((folder / name).is_file() for name in _FILES):
            raise Unavailable(f"没有找到向量模型：{folder}", "请重新安装，或设置 LIANZHI_EMBEDDING_MODEL。")
        card = json.loads((folder / CARD).read_text(encoding="utf-8")) if (folder / CARD).is_file() else {}
        content = hashlib.sha256(b"".join((folder / name).read_bytes() for name in _FILES)).hexdigest()
        self.name = f"{card.get('name', folder.name)}-{content[:8]}"
        self.dense_weight = float(card.get("dense_weight", 0.8)) if dense_weight is None else dense_weight
        tensors = load_file(folder / "model.safetensors")
        self._table: FloatArray = tensors["embeddings"].astype(np.float32) * tensors["weights"][:, None]
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return int(self._table.shape[1])

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of questions, shape (n, dim)."""
        return self._encode(texts)

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of passages, shape (n, dim)."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            if encoding.ids:
                vectors[row] = self._table[encoding.ids].mean(axis=0)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.maximum(lengths, 1e-12)
