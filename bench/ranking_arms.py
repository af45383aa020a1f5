"""Both arms and their fusion over a pool of passages in memory: the product's formulas, without an engine.

Lexical scores are those of `knowledge.sparse` with the engine's inverse document frequency over everything held,
cosines those of the encoder, candidates and order those of `knowledge.engine` and `knowledge.fusion`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import scipy.sparse

from bench.ranking_corpus import Held, Rows
from knowledge.captions import captioned_text
from knowledge.embedding import Encoder
from knowledge.fusion import Candidate, FusionWeights, diversified, fuse
from knowledge.names import law_key, public_name
from knowledge.records import NATIONAL, FloatArray, SparseVector
from knowledge.searching import depth_for
from knowledge.sparse import (
    CAPTION_LENGTH,
    EXPANSION,
    FUNCTION,
    K1,
    MEAN_LENGTH,
    B,
    content_of,
    legal_terms,
    tokens,
    words,
)

DEPTH = 100
"""Articles asked for."""
_BATCH = 4000

Article = tuple[str, str]
"""Key of a law and label of its article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """How passages are weighed; the defaults are the product's."""

    b: float = B
    k1: float = K1
    caption_length: float = CAPTION_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How questions are weighed: what is left of function words, what a legal term for lay words counts."""

    function: float = FUNCTION
    expansion: float = EXPANSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question taken apart as `knowledge.sparse.query_vector` weighs it: token ids with their counts.

    Attributes:
        content, function: Tokens of the question itself.
        added: Tokens of legal terms for its lay words.
        words: Words alone, for the simplest baseline.
    """

    content: SparseVector
    function: SparseVector
    added: SparseVector
    words: SparseVector

    @classmethod
    def of(cls, text: str) -> "Query":
        """Of the asker's words."""
        said, content = Counter(tokens(text)), set(tokens(content_of(text)))
        return cls(
            content=_vector({token: times for token, times in said.items() if token in content}),
            function=_vector({token: times for token, times in said.items() if token not in content}),
            added=_vector({token: 1 for term in legal_terms(text) for token in tokens(term)}),
            words=_vector(Counter(words(text))),
        )


def _vector(counts: Mapping[str, int]) -> SparseVector:
    ids = np.array([crc32(token.encode()) for token in counts], dtype=np.uint32)
    return ids, np.array(list(counts.values()), dtype=np.float32)


class LexicalArm:
    """BM25 of the passages of a pool for the tokens that some questions have."""

    def __init__(self, rows: Sequence[Rows], lengths: np.ndarray, mean: float, pool: np.ndarray, asked: np.ndarray,
                 weighing: Weighing) -> None:  # fmt: skip
        """Weigh the tokens.

        Args:
            rows: Tokens of all passages held; of several fields the counts are added up.
            lengths: Of the passages, in tokens; those of length 0 do not count as held.
            mean: Length that counts as average.
            pool: Places of the passages to score.
            asked: Ids of the tokens that occur in questions, ascending.
            weighing: How a token's count becomes a weight.
        """
        counts = sum((_matrix(one, asked) for one in rows[1:]), start=_matrix(rows[0], asked)).tocoo()
        held, saying = int((lengths > 0).sum()), np.bincount(counts.col, minlength=len(asked))
        idf = np.log(1 + (held - saying + 0.5) / (saying + 0.5))
        values = bm25(counts.data, lengths[counts.row], mean, weighing) * idf[counts.col]
        whole = scipy.sparse.csr_matrix((values.astype(np.float32), (counts.row, counts.col)), shape=counts.shape)
        self._matrix = whole[pool].tocsc()
        self._asked = asked

    def scores(self, vector: SparseVector) -> FloatArray:
        """Score of each passage of the pool for the tokens of a question, shape (pool,)."""
        found = np.zeros(self._matrix.shape[0], dtype=np.float32)
        for column, weight in zip(np.searchsorted(self._asked, vector[0]), vector[1], strict=True):
            part = slice(self._matrix.indptr[column], self._matrix.indptr[column + 1])
            found[self._matrix.indices[part]] += weight * self._matrix.data[part]
        return found


def bm25(counts: np.ndarray, lengths: np.ndarray, mean: float, weighing: Weighing) -> np.ndarray:
    """Saturated counts, without inverse document frequency."""
    saturation = weighing.k1 * (1 - weighing.b + weighing.b * lengths / mean)
    return counts * (weighing.k1 + 1) / (counts + saturation)


def _matrix(rows: Rows, asked: np.ndarray) -> scipy.sparse.csr_matrix:
    columns = np.minimum(np.searchsorted(asked, rows.ids), len(asked) - 1)
    kept = asked[columns] == rows.ids
    places = (rows.places[kept], columns[kept])
    return scipy.sparse.csr_matrix((rows.counts[kept], places), shape=(len(rows.sizes), len(asked)))


class Pool:
    """Passages that a search goes through, with their lexical and dense arms.

    Attributes:
        shown: Whether each may be given; the others are candidates, and the best score may be theirs.
        keys: Number of the article of each; pieces of a long one share it.
        articles: Law and label of each.
    """

    def __init__(self, held: Held, pool: np.ndarray, queries: Sequence[Query], encoder: Encoder) -> None:
        self._held, self._pool, self._encoder = held, pool, encoder
        parts = (query.__getattribute__(name)[0] for query in queries for name in Query.__slots__)
        self._asked = np.unique(np.concatenate(list(parts)))
        records = [held.records[place] for place in pool]
        self.shown = np.array([held.shown(place) for place in pool], dtype=bool)
        keys = [(one.law, one.article, f"{one.version_date}") if one.article else (one.id,) for one in records]
        numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        self.keys = np.array([numbers[key] for key in keys])
        self.articles: list[Article] = [(law_key(public_name(one.law)), one.article) for one in records]
        payloads = [{"law": one.law, "region": one.region or NATIONAL, "kind": one.kind} for one in records]
        places = [tuple(payload.values()) for payload in payloads]
        self._payloads = dict(zip(places, payloads, strict=True))
        order = {place: number for number, place in enumerate(self._payloads)}
        self._places = np.array([order[place] for place in places])

    def lexical(self, *, captions: bool, weighing: Weighing | None = None) -> LexicalArm:
        """Words and bigrams, with or without captions."""
        weighing = weighing or Weighing()
        rows, lengths = [self._held.text], self._held.text.lengths
        if captions:
            rows.append(self._held.captions)
            lengths = lengths + weighing.caption_length * self._held.captions.lengths
        return LexicalArm(rows, lengths, MEAN_LENGTH, self._pool, self._asked, weighing)

    def words(self) -> LexicalArm:
        """Words alone, over national law."""
        lengths = self._held.words.lengths
        return LexicalArm([self._held.words], lengths, lengths[lengths > 0].mean(), self._pool, self._asked,
                          Weighing(b=0.75))  # fmt: skip

    def dense(self, *, captions: bool) -> FloatArray:
        """Vectors of the passages, shape (pool, dim)."""
        records = [self._held.records[place] for place in self._pool]
        texts = [captioned_text(record) if captions else record.index_text for record in records]
        encode = self._encoder.encode_documents
        return np.concatenate([encode(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)])

    def authority(self, weights: FusionWeights) -> FloatArray:
        """Authority of each passage, shape (pool,)."""
        prior = self._held.catalogue.prior
        values = [weights.authority_of(payload, prior) for payload in self._payloads.values()]
        return np.array(values, dtype=np.float32)[self._places]

    def ranked(self, lexical: FloatArray, cosines: FloatArray, authority: FloatArray, weights: FusionWeights, *,
               depth: int = DEPTH, diverse: bool = True) -> list[int]:  # fmt: skip
        """Places in the pool, best first, each article once, as `knowledge.searching` finds them.

        Args:
            lexical: BM25 of each passage; zeros throughout leave the arm out.
            cosines: Of each passage; zeros throughout leave the arm out.
            authority: Of each passage.
            weights: How they are added up.
            depth: At most so many articles.
            diverse: Let other laws come up a little.
        """
        given = authority if weights.prior else np.zeros_like(authority)
        looked_at = depth_for(depth)
        while True:
            chosen = candidates(lexical, cosines, weights, looked_at)
            rows = zip(chosen, lexical[chosen], cosines[chosen], given[chosen], strict=True)
            found = fuse([Candidate(int(at), *map(float, scores)) for at, *scores in rows], weights)[:looked_at]
            first: dict[int, tuple[int, float]] = {}
            for at, score in found:
                if self.shown[at]:
                    first.setdefault(int(self.keys[at]), (at, score))
            if len(first) >= depth or len(found) < looked_at:
                break
            looked_at *= 4
        kept = list(first.values())
        if diverse:
            kept = [kept[place] for place, _ in diversified([(self.articles[at][0], score) for at, score in kept])]
        return [at for at, _ in kept[:depth]]


def candidates(lexical: FloatArray, cosines: FloatArray, weights: FusionWeights, depth: int) -> np.ndarray:
    """Union of both arms' best; an arm without any score has none."""
    arms = ((lexical, weights.candidates), (cosines, weights.dense_candidates))
    return np.unique(np.concatenate([_best(scores, max(depth, wanted)) for scores, wanted in arms if scores.any()]))


def _best(scores: FloatArray, wanted: int) -> np.ndarray:
    """Places of the highest scores, equal ones by place."""
    if wanted >= len(scores):
        return np.flatnonzero(scores)
    floor = np.partition(scores, -wanted)[-wanted]
    found = np.flatnonzero((scores >= floor) & (scores != 0))
    return found[np.argsort(-scores[found], kind="stable")][:wanted]
