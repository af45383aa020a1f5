"""What the small embedding model learns from: passages, captions in lay words, and the pairs drawn from them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from domain.issues import issue_table
from knowledge.captions import caption_of
from knowledge.corpus import build_document
from knowledge.readers import Skipped, Unreadable, find_files, read_units
from knowledge.records import PassageRecord
from knowledge.sparse import lay_map, words
from knowledge.starter import starter_documents

HELD_OUT_EVERY = 5
"""Of the names of issues, one in so many is kept for the score."""
HELD_OUT_CAPTIONS = 33
"""Of the captioned articles, one in so many is never trained on."""
KNOWN = 48
"""At most so many pairs of lay and legal terms a step."""
CAPTIONED = 0.5
"""Share of a step's pairs that are a lay phrase and its article."""
TOGETHER = 40
"""Articles of one law drawn together in half of the cases: neighbours are the negatives that teach most."""
READ_CHARS = 1200
_SENTENCE = re.compile(r"[^。；;\n]{6,}[。；;]?")

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One passage to learn from: its subject, what it says, and what people ask when it is the answer."""

    head: str
    body: str
    law: str = ""
    phrases: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """Subject and text, as they are indexed."""
        return f"{self.head}\n{self.body}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Passages, pairs known to belong together, and what is kept for the score.

    `held_out` are names of issues with the place of their issue in `issues`; `kept_phrases` lay phrases with the place
    of their article in `texts`.
    """

    texts: list[Text]
    pairs: list[Pair]
    held_out: list[tuple[str, int]]
    issues: list[str]
    kept_phrases: list[tuple[str, int]] = field(default_factory=list)

    def every_text(self) -> list[str]:
        """All there is to read, for vocabulary and statistics."""
        phrases = [phrase for text in self.texts for phrase in text.phrases]
        return [text.whole for text in self.texts] + phrases + [f"{one} {other}" for one, other in self.pairs]


def collect(corpus: Sequence[Path], regions: Sequence[str]) -> Material:
    """The starter corpus, the names people use, and the passages of other files (newest versions, these regions)."""
    records = list(_newest(_from_files(corpus), regions))
    texts = [_text(record) for document in starter_documents() for record in document.records]
    texts += [_text(record) for record in records]
    captioned = [place for place, text in enumerate(texts) if text.phrases and text.law]
    kept = captioned[::HELD_OUT_CAPTIONS]
    kept_phrases = [(phrase, place) for place in kept for phrase in texts[place].phrases]
    for place in kept:
        text = texts[place]
        texts[place] = Text(head=text.head, body=text.body, law=text.law)
    issues = list(issue_table().values())
    cards = [f"{issue.name} {issue.category} {issue.responsible} {issue.note}" for issue in issues]
    named = [(alias, place) for place, issue in enumerate(issues) for alias in issue.aliases]
    held_out = named[::HELD_OUT_EVERY]
    pairs = [(alias, cards[place]) for alias, place in named if (alias, place) not in held_out]
    pairs += [(word, " ".join(terms)) for lay, terms in lay_map() for word in lay]
    return Material(texts=texts, pairs=pairs, held_out=held_out, issues=cards, kept_phrases=kept_phrases)


def _text(record: PassageRecord) -> Text:
    head = "，".join(part for part in (record.title or record.law, record.chapter) if part)
    # Names kept for the score must not be in the texts.
    body = re.sub(r"^俗称：.*\n?", "", record.text, flags=re.MULTILINE)[:READ_CHARS]
    return Text(head=head, body=body, law=record.law, phrases=tuple(caption_of(record).split()))


def _from_files(paths: Sequence[Path]) -> Iterator[PassageRecord]:
    for _, path in find_files(paths):
        if isinstance(path, Skipped):
            continue
        try:
            yield from build_document(path, read_units(path), kind=None, source=path.name).records
        except Unreadable:
            continue


def _newest(records: Iterator[PassageRecord], regions: Sequence[str]) -> Iterator[PassageRecord]:
    """Articles of the newest version of each law of these regions, and what is no law, each text once."""
    kept = [record for record in records if record.region in regions and (record.article or not record.law)]
    newest: dict[str, str] = {}
    for record in kept:
        newest[record.law] = max(newest.get(record.law, ""), f"{record.version_date or ''}")
    seen: set[str] = set()
    for record in kept:
        if f"{record.version_date or ''}" == newest[record.law] and record.id not in seen:
            seen.add(record.id)
            yield record


class Drawer:
    """Draws the pairs of a training step; no passage twice, so that no negative is a positive."""

    def __init__(self, material: Material, rng: np.random.Generator) -> None:
        self._material = material
        self._rng = rng
        self._captioned = [place for place, text in enumerate(material.texts) if text.phrases]
        grouped: defaultdict[str, list[int]] = defaultdict(list)
        for place in self._captioned:
            grouped[material.texts[place].law].append(place)
        self._groups = list(grouped.values())
        sizes = np.array([len(group) for group in self._groups], dtype=float)
        self._chances = sizes / sizes.sum() if len(sizes) else sizes

    def draw(self, batch: int) -> list[Pair]:
        """About `batch` pairs: lay and legal terms, lay phrases and articles, views of passages."""
        known = self._rng.choice(len(self._material.pairs), size=min(KNOWN, len(self._material.pairs)), replace=False)
        taken = {self._material.pairs[place][1]: self._material.pairs[place] for place in known}
        places = self._some_captioned(int(batch * CAPTIONED))
        pairs = [*taken.values(), *(self._phrase(self._material.texts[place]) for place in places)]
        rest = max(0, min(batch - len(pairs), len(self._material.texts)))
        others = self._rng.choice(len(self._material.texts), size=rest, replace=False)
        return pairs + [_view(self._material.texts[place], self._rng) for place in others if place not in places]

    def _some_captioned(self, wanted: int) -> set[int]:
        places: set[int] = set()
        wanted = min(wanted, len(self._captioned) // 2)
        while len(places) < wanted:
            group = self._captioned
            if self._rng.random() < 0.5:
                group = self._groups[self._rng.choice(len(self._groups), p=self._chances)]
            places.update(
                int(place) for place in self._rng.choice(group, size=min(TOGETHER, len(group)), replace=False)
            )
        return places

    def _phrase(self, text: Text) -> Pair:
        """A phrase and its article; half of the time with the other phrases, as it is indexed."""
        place = int(self._rng.integers(len(text.phrases)))
        others = text.phrases[:place] + text.phrases[place + 1 :] if self._rng.random() < 0.5 else ()
        return text.phrases[place], "\n".join([text.whole, *others])


def _view(text: Text, rng: np.random.Generator) -> Pair:
    """A question that the passage answers: its subject, a sentence left out of it, or some of its words."""
    sentences = _SENTENCE.findall(text.body)
    kind = rng.integers(4)
    if kind == 0 or not sentences:
        return text.head, text.body
    place = int(rng.integers(len(sentences)))
    if kind <= 2 and len(sentences) > 1:
        rest = "".join(sentences[:place] + sentences[place + 1 :])
        return sentences[place], f"{text.head}\n{rest}"
    said = _long_words(sentences[place])
    some = [word for word in said if rng.random() < 0.3] or list(said[:2])
    return " ".join(some) or text.head, text.whole


@cache
def _long_words(sentence: str) -> tuple[str, ...]:
    return tuple(word for word in words(sentence) if len(word) > 1)
