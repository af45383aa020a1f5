"""The lexicon of colloquial cues: patterns that must stand near each other and must not be negated."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.issues import issue_table

Span = tuple[int, int]
"""Where a match stands: start and end, end excluded."""

NEAR = 36
"""Characters within which all parts of one cue must stand."""

LONGEST = 5_000
"""Characters that are read; a report has no more."""

_NEGATED = re.compile(
    r"(?<!有)(?<!是)(不是|并非|没有|没得|没见|没|未见|未|莫得|无|不存在|未发现|不)"
    r"(啥子|什么|任何|一点|发现|看到|看见|看得到|闻到|听到|出现|发生|存在|哪个|谁|人|过|得|有|见|再)*$"
)
"""A negator, and words that may stand between it and what it negates; 是不是 and 有没有 ask, they do not deny."""


def normalise(text: str) -> str:
    """One form for all ways of writing: half width, lower case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text[:LONGEST]).lower())


@dataclass(frozen=True, slots=True)
class Cue:
    """Patterns that all must match near each other; `weight` is how much that says."""

    parts: tuple[re.Pattern[str], ...]
    weight: float = 0.0

    def find(self, said: str) -> tuple[Span, ...]:
        """Where its parts stand, in their order; empty when it does not speak."""
        first, *others = self.parts
        for anchor in affirmed(first, said):
            spans = [anchor]
            for part in others:
                nearest = min(affirmed(part, said), key=lambda span: abs(span[0] - anchor[0]), default=None)
                if nearest is None:
                    return ()
                spans.append(nearest)
            if max(b for _, b in spans) - min(a for a, _ in spans) <= NEAR:
                return tuple(spans)
        return ()


@dataclass(frozen=True, slots=True)
class Danger:
    """One danger to life or to the public (R00), whom to call, and what whoever stands there does first.

    `happens`: It is there or it is not (a fire, a fall into water), so a fear of it is none yet; what may give way at
    any moment (a wall, a tree) is a danger already.
    """

    label: str
    cues: tuple[Cue, ...]
    call: tuple[str, ...]
    first: str
    happens: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Words that say how or where, not what: feared, denied before what is meant, and in whose territory."""

    feared: tuple[re.Pattern[str], ...]
    denied: re.Pattern[str]
    place: re.Pattern[str]
    of_place: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the lexicon holds, compiled.

    Attributes:
        cues: By issue id.
        detections: Issue id by label of a recogniser.
        refines: Issue id to the more general issues that step back when it is clearly meant.
        names: Names of places that contain characters of cues.
    """

    cues: Mapping[str, tuple[Cue, ...]]
    dangers: tuple[Danger, ...]
    boundary: tuple[re.Pattern[str], ...]
    shirking: tuple[re.Pattern[str], ...]
    detections: Mapping[str, str]
    refines: Mapping[str, tuple[str, ...]]
    names: re.Pattern[str]
    circumstances: Circumstances

    def dangers_in(self, said: str) -> tuple[Danger, ...]:
        """Dangers that are said and not negated; those that merely might happen are left out."""
        real = said
        for pattern in self.circumstances.feared:
            real = blanked(pattern, real)
        return tuple(d for d in self.dangers if any(cue.find(real if d.happens else said) for cue in d.cues))

    def mask(self, said: str) -> str:
        """The same text with names of places blanked out, so that their characters are no cues."""
        return blanked(self.names, said)

    def dispute_words(self, said: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Words about lines, and words about parties that put it on each other, in order of the lexicon."""
        return _words(self.boundary, said), _words(self.shirking, said)


def blanked(pattern: re.Pattern[str], said: str) -> str:
    """The same text, as long, with all matches blanked out."""
    return pattern.sub(lambda found: "〇" * len(found.group()), said)


@cache
def lexicon() -> Lexicon:
    """The packaged lexicon, compiled."""
    plain = tomllib.loads(files("domain").joinpath("data/lexicon.toml").read_text(encoding="utf-8"))
    words: dict[str, str] = plain["words"]
    for name in words:  # macros may use earlier ones
        words[name] = _expand(words[name], words)
    return Lexicon(
        cues={
            issue_id: tuple(_cue(text, words) for text in plain["issues"].get(issue_id, ()))
            for issue_id in issue_table()
        },
        dangers=tuple(_danger(entry, words) for entry in plain["dangers"]),
        boundary=_patterns(plain["disputes"]["boundary"], words),
        shirking=_patterns(plain["disputes"]["shirking"], words),
        detections={label: issue_id for issue_id, labels in plain["detections"].items() for label in labels},
        refines={issue_id: tuple(less) for issue_id, less in plain["refines"].items()},
        names=re.compile(plain["names"]["places"]),
        circumstances=_circumstances(plain["circumstances"]),
    )


def affirmed(part: re.Pattern[str], said: str) -> list[Span]:
    """Matches of a pattern that no negator stands before."""
    return [m.span() for m in part.finditer(said) if not _NEGATED.search(said, max(0, m.start() - 8), m.start())]


def _words(patterns: Sequence[re.Pattern[str]], said: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match.group() for pattern in patterns for match in pattern.finditer(said)))


def _circumstances(plain: Mapping[str, Any]) -> Circumstances:
    return Circumstances(
        feared=tuple(re.compile(text) for text in plain["feared"]),
        denied=re.compile(plain["denied"]),
        place=re.compile(plain["place"]),
        of_place=tuple(plain["of_place"]),
    )


def _danger(entry: Mapping[str, Any], words: Mapping[str, str]) -> Danger:
    cues = tuple(_cue(f"{text} : 1", words) for text in entry["cues"])
    return Danger(entry["label"], cues, tuple(entry["call"]), entry["first"], bool(entry.get("happens", False)))


def _cue(text: str, words: Mapping[str, str]) -> Cue:
    body, _, weight = text.rpartition(" : ")
    return Cue(_patterns(body.split(" & "), words), float(weight))


def _patterns(texts: Sequence[str], words: Mapping[str, str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_expand(text, words)) for text in texts)


def _expand(text: str, words: Mapping[str, str]) -> str:
    """Macros filled in, and gaps made to match as little as they can, so that spans stay short."""
    whole = re.sub(r"\{([a-z]+)\}", lambda name: f"(?:{words[name[1]]})", text)
    return re.sub(r"(\{0,\d+\})(?!\?)", r"\1?", whole)
