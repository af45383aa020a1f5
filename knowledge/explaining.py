"""Why a passage was found (检索理由): which words met, which legal terms stood for them, how near, how often cited.

Told of passages already found, so that searching itself carries nothing for it.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.errors import LawNotFound
from knowledge.captions import HASH_DIGITS, captions_by_hash
from knowledge.catalogue import Catalogue
from knowledge.embedding import Encoder
from knowledge.fusion import FusionWeights
from knowledge.passage import Passage
from knowledge.records import NATIONAL
from knowledge.sparse import content_of, legal_terms, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What speaks for one passage.

    Attributes:
        words: Words of the question in its title, chapter or text.
        terms: Legal terms for the asker's lay words in its title, chapter or text.
        caption: Words of the question in its lay caption only.
        cosine: Of the vectors of question and passage, [-1, 1].
        authority: How much the corpus cites its law, or what counts for local law and papers, [0, 1].
    """

    words: tuple[str, ...]
    terms: tuple[str, ...]
    caption: tuple[str, ...]
    cosine: float
    authority: float

    def to_json(self) -> dict[str, Any]:
        """One row."""
        return asdict(self) | {"cosine": round(self.cosine, 4), "authority": round(self.authority, 4)}

    def line(self) -> str:
        """For people, in Chinese."""
        met = (("词语", self.words), ("法律用语", self.terms), ("通俗条旨", self.caption))
        parts = [f"{name}：{'、'.join(found)}" for name, found in met if found]
        return "；".join([*parts, f"语义相近 {self.cosine:.2f}", f"法规权重 {self.authority:.2f}"])


def explained(query: str, passages: Sequence[Passage], encoder: Encoder, catalogue: Catalogue) -> list[Why]:
    """What speaks for each passage, in their order.

    Args:
        query: The question they were found for.
        passages: Of a search of the base that the catalogue belongs to.
        encoder: The one that the base is searched with.
        catalogue: Says how much a law is cited.
    """
    if not passages:
        return []
    captioned = [(_text(passage), _caption(passage)) for passage in passages]
    vectors = encoder.encode_documents(["\n".join(part for part in pair if part) for pair in captioned])
    cosines = vectors @ encoder.encode_queries([query])[0]
    asked = list(dict.fromkeys(word for word in words(content_of(query)) if len(word) > 1))
    terms = [term for term in legal_terms(query) if term not in query]
    weights = FusionWeights()
    found = []
    for passage, (text, caption), cosine in zip(passages, captioned, cosines, strict=True):
        text, caption = _folded(text), _folded(caption)
        met = tuple(word for word in asked if word in text)
        found.append(
            Why(
                words=met,
                terms=tuple(term for term in terms if term in text),
                caption=tuple(word for word in asked if word in caption and word not in met),
                cosine=float(cosine),
                authority=weights.authority_of(_payload(passage), _prior(passage, catalogue)),
            )
        )
    return found


def _folded(text: str) -> str:
    """As words of a question are: ＧＢ is gb."""
    return unicodedata.normalize("NFKC", text).lower()


def _text(passage: Passage) -> str:
    """As it is indexed."""
    head = "，".join(part for part in (passage.title or passage.law, passage.chapter) if part)
    return f"{head}\n{passage.text}" if head else passage.text


def _caption(passage: Passage) -> str:
    """Of its article; papers have none."""
    return captions_by_hash().get(passage.text_sha256[:HASH_DIGITS], "") if passage.article else ""


def _payload(passage: Passage) -> dict[str, str]:
    return {"kind": passage.kind, "law": passage.law, "region": passage.region or NATIONAL}


def _prior(passage: Passage, catalogue: Catalogue) -> dict[str, float]:
    """Authority under the name that passages carry: the books of a code share one."""
    try:
        named = [held.law for versions in catalogue.find(passage.law) for held in versions] if passage.law else []
    except LawNotFound:
        named = []
    return {passage.law: max((catalogue.prior.get(name, 0.0) for name in named), default=0.0)}
