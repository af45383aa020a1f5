"""The one door to embedding models: the shipped one at once, any other through sentence-transformers."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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

_BATCH = 32
_SAMPLES = 64
"""Numbers of each tensor that go into a model's name: any training moves some of them."""


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
    """A model of sentence-transformers: its own prompts, longest text and pooling; vectors scaled to length 1."""

    def __init__(self, model: "SentenceTransformer", name: str, options: "ModelOptions") -> None:
        """Take a model that is loaded; see `open_encoder`.

        Raises:
            Unavailable: It gives no vectors, or shorter ones than are asked for.
        """
        self._model = model
        self._options = options
        self.dim = int(model.get_embedding_dimension() or 0)
        if not self.dim or self.dim < options.dim:
            raise Unavailable(
                f"向量模型“{name}”的向量只有 {self.dim} 维。",
                "请检查 LIANZHI_EMBEDDING_MODEL 与 LIANZHI_EMBEDDING_DIM。",
            )
        self.name = f"{Path(name).name}-{self._fingerprint()}"
        self.dense_weight = FusionWeights().dense if options.weight is None else options.weight

    def encode_queries(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of questions, with the query prompt."""
        prompt = self._options.query_prompt or None
        return self._plain(texts, self._model.encode_query, prompt)

    def encode_documents(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of passages, with the document prompt."""
        prompt = self._options.passage_prompt or None
        return self._plain(texts, self._model.encode_document, prompt)

    def _plain(self, texts: Sequence[str], encode: Callable[..., object], prompt: str | None) -> FloatArray:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        found = encode(
            list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False, batch_size=_BATCH
        )
        return np.asarray(found, dtype=np.float32).reshape(len(texts), self.dim)

    def _fingerprint(self) -> str:
        """Eight hex digits for the weights and what is put before a passage, wherever the files lie."""
        told = hashlib.sha256(f"{self._options.passage_prompt}\0{sorted(self._model.prompts.items())}".encode())
        for key, tensor in sorted(self._model.state_dict().items()):
            flat = tensor.detach().flatten()
            sample = flat[:: max(1, flat.numel() // _SAMPLES)].float().cpu().numpy()
            told.update(f"{key}{tuple(tensor.shape)}".encode() + sample.tobytes())
        return told.hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """How a model of sentence-transformers is used.

    Attributes:
        dim: Keep so many of the first numbers of a vector; 0: all.
        query_prompt: Put before every question; empty: the model's own.
        passage_prompt: Put before every passage; empty: the model's own.
        weight: Of the cosine against the lexical arm, >= 0; None: the model's own, or the default.
        device: As torch names it; empty: the best there is.
    """

    dim: int = 0
    query_prompt: str = ""
    passage_prompt: str = ""
    weight: float | None = None
    device: str = ""


_PLAIN = ModelOptions()


def shipped_model() -> Path:
    """Folder of the model that comes with the package."""
    return Path(str(files("knowledge") / "data" / "model"))


def open_encoder(model: str = "", options: ModelOptions = _PLAIN) -> Encoder:
    """Open an embedding model.

    Args:
        model: Empty for the shipped model, which needs neither torch nor the network; else the folder or the name
            of a sentence-transformers model. A name not in the local cache is fetched unless HF_HUB_OFFLINE is set.
            Code that comes with a model is never run.
        options: How it is used; of the shipped model only the weight can be changed.

    Raises:
        Unavailable: There is no such model, or it cannot be loaded.
    """
    if not model or Path(model).resolve() == shipped_model().resolve():
        return StaticEncoder(shipped_model(), dense_weight=options.weight)
    if is_path(model) and not Path(model).expanduser().is_dir():
        raise Unavailable(f"没有找到向量模型文件夹：{model}", "请检查 LIANZHI_EMBEDDING_MODEL；清空它则使用自带模型。")
    from sentence_transformers import SentenceTransformer  # seconds and hundreds of megabytes
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it would draw into the output of every command
    try:
        loaded = SentenceTransformer(
            str(Path(model).expanduser()) if is_path(model) else model,
            device=options.device or None,
            truncate_dim=options.dim or None,
            trust_remote_code=False,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:  # what hub, loader and torch raise for a bad model
        raise Unavailable(
            f"向量模型“{model}”无法加载：{first_line(error)}",
            "请检查 LIANZHI_EMBEDDING_MODEL 的名称或路径，离线时先把模型下载到本地；清空它则使用自带模型。",
        ) from error
    return SentenceTransformerEncoder(loaded, model, options)


def is_path(model: str) -> bool:
    """Whether the name of a model means a folder."""
    return model.startswith((".", "~", os.sep)) or model.count("/") > 1 or "\\" in model


def first_line(error: Exception) -> str:
    """What an error of a library says, short enough for a message."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
