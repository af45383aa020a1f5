"""The one door to embedding models: the shipped one at once, any other through sentence-transformers."""

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from domain.errors import Unavailable
from knowledge.encoder import StaticEncoder
from knowledge.fusion import FusionWeights
from knowledge.records import FloatArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class Encoder(Protocol):
    """Turns texts into vectors of length 1."""

    @property
    def name(self) -> str:
        """Tells models apart; kept beside the vectors, which are of use to this model only."""
        ...

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        ...

    @property
    def dense_weight(self) -> float:
        """How much this model's cosine counts against the lexical arm (`FusionWeights.dense`)."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of questions, shape (n, dim)."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of passages, shape (n, dim)."""
        ...


class SentenceTransformerEncoder:
    """A model of sentence-transformers, by name or folder."""

    dense_weight = FusionWeights().dense

    def __init__(self, model: "SentenceTransformer", name: str) -> None:
        self._model = model
        self.name = name
        self.dim = int(model.get_embedding_dimension() or 0)

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of questions, with the model's own query prompt."""
        found = self._model.encode_query(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(texts), self.dim)

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of passages, with the model's own document prompt."""
        found = self._model.encode_document(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(found, dtype=np.float32).reshape(len(texts), self.dim)


def shipped_model() -> Path:
    """Folder of the model that comes with the package."""
    return Path(str(files("knowledge") / "data" / "model"))


def open_encoder(model: str = "") -> Encoder:
    """Open an embedding model.

    Args:
        model: Empty for the shipped model, which needs neither torch nor the network; else the folder or the name
            of a sentence-transformers model. A name not in the local cache is fetched unless HF_HUB_OFFLINE is set.

    Raises:
        Unavailable: There is no such model, or it cannot be loaded.
    """
    if not model or Path(model).resolve() == shipped_model().resolve():
        return StaticEncoder(shipped_model())
    if _is_path(model) and not Path(model).is_dir():
        raise Unavailable(f"没有找到向量模型文件夹：{model}", "请检查 LIANZHI_EMBEDDING_MODEL；清空它则使用自带模型。")
    from sentence_transformers import SentenceTransformer  # seconds and hundreds of megabytes

    try:
        return SentenceTransformerEncoder(SentenceTransformer(model), model)
    except (OSError, ValueError, RuntimeError, KeyError) as error:  # what hub, loader and torch raise for a bad model
        raise Unavailable(
            f"向量模型“{model}”无法加载：{_first_line(error)}",
            "请检查 LIANZHI_EMBEDDING_MODEL 的名称或路径，离线时先把模型下载到本地；清空它则使用自带模型。",
        ) from error


def _is_path(model: str) -> bool:
    return model.startswith((".", "~", os.sep)) or model.count("/") > 1 or "\\" in model


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
