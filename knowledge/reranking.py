"""A second look at the best passages: a cross-encoder reads question and passage together, if one is set.

Blend over the first `depth` passages, with p the model's probability and f the first score, both in [0, 1] among them:

    place by  w * p + (1 - w) * (f - min f) / (max f - min f)

The first score stays in because it knows what the model cannot read: how much authority a law has, whose law it is.
w = 1 leaves the order to the model alone. Passages behind the first `depth` keep their places.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from domain.errors import Unavailable
from knowledge.embedding import first_line, is_path
from knowledge.records import PassageRecord

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

Ranked = list[tuple[PassageRecord, float]]
_BATCH = 16


class Reranker(Protocol):
    """Puts passages that were found into a better order."""

    @property
    def depth(self) -> int:
        """So many passages are looked at."""
        ...

    def rerank(self, query: str, found: Ranked) -> Ranked:
        """The same passages, best first.

        Args:
            query: What is asked.
            found: Passages with their scores, best first.
        """
        ...


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers; loaded when it is first needed. Safe to use from several threads."""

    def __init__(self, model: str, *, depth: int, weight: float, device: str = "") -> None:
        """Remember which model; see `open_reranker`.

        Args:
            model: Name or folder.
            depth: So many passages are looked at, >= 1.
            weight: Of the model against the first score, [0, 1].
            device: As torch names it; empty: the best there is.
        """
        self.depth = depth
        self._name = model
        self._weight = weight
        self._device = device
        self._loading = threading.Lock()
        self._model: CrossEncoder | None = None

    def rerank(self, query: str, found: Ranked) -> Ranked:
        """See `Reranker.rerank`.

        Raises:
            Unavailable: The model cannot be loaded.
        """
        first, rest = found[: self.depth], found[self.depth :]
        if len(first) < 2:
            return found
        firsts = np.array([score for _, score in first])
        spread = firsts.max() - firsts.min()
        before = (firsts - firsts.min()) / spread if spread > 0 else np.zeros(len(first))
        chances = self._chances(query, [record for record, _ in first])
        blended = np.round(self._weight * chances + (1 - self._weight) * before, 6)
        # Behind the last of the first, so that scores go down all along the list.
        scored = [
            (record, round(float(firsts.min() + more), 6)) for (record, _), more in zip(first, blended, strict=True)
        ]
        return sorted(scored, key=lambda one: -one[1]) + rest

    def _chances(self, query: str, records: Sequence[PassageRecord]) -> np.ndarray:
        """Probability that each passage answers, shape (n,)."""
        model = self._loaded()
        from torch.nn import Sigmoid  # here the model that needs it is loaded already

        pairs = [(query, record.index_text) for record in records]
        with self._loading:  # tokenizers of transformers keep state while they pad
            found = model.predict(pairs, batch_size=_BATCH, activation_fn=Sigmoid(), show_progress_bar=False)
        return np.asarray(found, dtype=np.float64).reshape(len(records))

    def _loaded(self) -> "CrossEncoder":
        with self._loading:
            if self._model is None:
                self._model = _load(self._name, self._device)
            return self._model


def open_reranker(model: str, *, depth: int = 50, weight: float = 0.7, device: str = "") -> Reranker | None:
    """The reranker that the settings name, or None when they name none.

    Args:
        model: Empty, or folder or name of a sentence-transformers cross-encoder with one output.
        depth: So many passages are looked at, >= 1.
        weight: Of the model against the first score, [0, 1].
        device: As torch names it; empty: the best there is.

    Raises:
        Unavailable: The folder is not there.
    """
    if not model:
        return None
    if is_path(model) and not Path(model).expanduser().is_dir():
        raise Unavailable(f"没有找到重排模型文件夹：{model}", "请检查 LIANZHI_RERANKER_MODEL；清空它则不重排。")
    return CrossEncoderReranker(model, depth=depth, weight=weight, device=device)


def _load(model: str, device: str) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder  # seconds and hundreds of megabytes
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # it would draw into the output of every command
    hint = "请检查 LIANZHI_RERANKER_MODEL 的名称或路径，离线时先把模型下载到本地；清空它则不重排。"
    try:
        name = str(Path(model).expanduser()) if is_path(model) else model
        loaded = CrossEncoder(name, device=device or None, trust_remote_code=False)
    except (OSError, ValueError, RuntimeError, KeyError) as error:  # what hub, loader and torch raise for a bad model
        raise Unavailable(f"重排模型“{model}”无法加载：{first_line(error)}", hint) from error
    if loaded.num_labels != 1:
        raise Unavailable(f"重排模型“{model}”有 {loaded.num_labels} 个输出，应当只有一个。", hint)
    return loaded
