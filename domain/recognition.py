"""What a report is about: deterministic understanding of colloquial words and of what cameras saw.

No language model. Two witnesses are heard: cues of a lexicon with aliases of the issue table (things near states, what
is negated does not count), and a small linear model of how each matter is worded (`domain.wording`). A logistic model
with four weights (`domain/data/recognition.json`) puts them together into probabilities; it is fitted, and "sure" is
set, by `scripts/train_recognition.py` on reports that neither witness had seen. Every guess says why.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import floor

import numpy as np

from domain.issues import issue_table
from domain.lexicon import Cue, Span, affirmed, blanked, lexicon, normalise
from domain.observation import Detection
from domain.wording import OUT_OF_SCOPE, Floats, wording

REST = 0.3
"""What further cues of one issue add to its best one."""

ALIAS_WEIGHT = 1.2
"""Weight of an alias said in full, per character."""

ALIAS_MOST = 6.0
"""Most that an alias weighs."""

STRONG = 4.0
"""From this weight on, a cue can carry an issue by itself."""

MUCH = 6.0
"""Weight of cues beyond which more of it counts more: one cue says little that the wording does not say."""

ASIDE = 4.0
"""What the logit of an issue loses that only says where."""

LEAST = 0.03
"""Probability below which nothing is guessed."""

OUTSIDE = 0.5
"""Probability of being about nothing in the table from which nothing is guessed."""

DETECTION_WEIGHT = 5.0
"""Weight of a detection with score 1."""

SEEING = 4.0
"""What a detection adds to the logit of its issue, per unit of weight: it outweighs words that say nothing."""

MANY = 8
"""Most guesses reported."""

NEARLY = 2.5
"""Logarithm of odds by which the wording of a cue's words may prefer another issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueGuess:
    """One issue the report may be about; `score` in [0, 1], `why` in Chinese."""

    issue: str
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a report seems to be about.

    Attributes:
        issues: Best first; scores sum to at most 1. Empty when nothing in the table is meant.
        danger: Labels of the lexicon's dangers that are said and not negated, e.g. `燃气泄漏`.
        dispute_words: Words that say parties or lines are in dispute, as they stand in the text.
        several: Issues that look separately present, best first; empty unless two or more (R10: split the case).
        sure: Whether the first guess may be used without asking a person (R10: 分差小要求人工选).
        boundary_words: Those of `dispute_words` that are about a line, not about shirking.
        contacts: Whom to call for the dangers found, e.g. `119`.
    """

    issues: tuple[IssueGuess, ...]
    danger: tuple[str, ...]
    dispute_words: tuple[str, ...]
    several: tuple[str, ...]
    sure: bool
    boundary_words: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()

    @property
    def best(self) -> str:
        """Id of the first guess; empty when there is none."""
        return self.issues[0].issue if self.issues else ""


@dataclass(frozen=True, slots=True)
class _Ground:
    """One reason to think of an issue."""

    weight: float
    why: str
    spans: tuple[Span, ...] = ()
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Blend:
    """How the witnesses are put together: weights of a conditional logit.

    Attributes:
        wording, cues, behind, outside: Of the wording's logarithm, of cues beyond `MUCH`, of stepping back behind a
            more special issue (at most 0), and of being outside.
        sure, sure_alone: Probability that counts as sure with a strong cue for the same issue, and without.
    """

    wording: float
    cues: float
    behind: float
    outside: float
    sure: float
    sure_alone: float


def recognise(text: str, detections: Sequence[Detection] = ()) -> Recognition:
    """Guess what a report is about.

    Args:
        text: The words, any length; cues must stand near each other to count.
        detections: What recognisers saw; a Chinese label is read as words.
    """
    heard = normalise(text)
    said = lexicon().mask(heard)
    grounds = {issue_id: _grounds(issue_id, said) for issue_id in issue_table()}
    told, seen = _heard(said, grounds), _seen(detections)
    chances = _chances(told, seen)
    for issue_id, ground in seen:
        grounds[issue_id].append(ground)
    ranked = sorted((i for i in grounds if chances[i] >= LEAST), key=lambda i: (-chances[i], i))[:MANY]
    ranked = ranked if chances[OUT_OF_SCOPE] < OUTSIDE else []
    guesses = tuple(
        IssueGuess(issue=i, score=floor(chances[i] * 1e6) / 1e6, why=_reasons(i, told.words, grounds[i]))
        for i in ranked
    )
    dangers = lexicon().dangers_in(said)
    lines, shirking = lexicon().dispute_words(heard)
    return Recognition(
        issues=guesses,
        danger=tuple(danger.label for danger in dangers),
        dispute_words=tuple(dict.fromkeys(lines + shirking)),
        several=_several(ranked, grounds, told),
        sure=_is_sure(guesses, grounds, told),
        boundary_words=lines,
        contacts=tuple(dict.fromkeys(contact for danger in dangers for contact in danger.call)),
    )


@dataclass(frozen=True, slots=True)
class Testimony:
    """What the witnesses are asked and say.

    Attributes:
        words: For the wording model: what is denied before what is meant (不是井盖，是消防栓) and, where a cue carries
            another matter, in whose territory it lies (飞地里头垃圾) is blanked out.
        cues: Weight of cues by issue.
        behind: General issues that step back behind special ones that a strong cue carries.
        aside: Issues that only say where, since another one is carried by a strong cue.
    """

    words: str
    cues: Mapping[str, float]
    behind: frozenset[str]
    aside: frozenset[str]


def testimony(text: str) -> Testimony:
    """The testimony on a text, without what was seen."""
    said = lexicon().mask(normalise(text))
    return _heard(said, {issue_id: _grounds(issue_id, said) for issue_id in issue_table()})


def _heard(said: str, grounds: Mapping[str, Sequence[_Ground]]) -> Testimony:
    around = lexicon().circumstances
    weights = {issue_id: _weight(found) for issue_id, found in grounds.items()}
    strong = {i for i, found in grounds.items() if any(ground.weight > STRONG for ground in found)}
    behind = {general for special in strong for general in lexicon().refines.get(special, ())}
    words, aside = blanked(around.denied, said), frozenset[str]()
    if around.place.search(said) and any(weights[i] > STRONG for i in weights if i not in around.of_place):
        words = blanked(around.place, words)
        aside = frozenset(around.of_place)
    return Testimony(words=words, cues=weights, behind=frozenset(behind), aside=aside)


def _chances(told: Testimony, seen: Sequence[tuple[str, _Ground]]) -> dict[str, float]:
    """Probability of each issue and of `OUT_OF_SCOPE`, summing to 1."""
    labels = wording().labels
    logits = logits_of(labels, wording().logs(told.words), told, blend())
    places = {label: at for at, label in enumerate(labels)}
    for issue_id, ground in seen:
        logits[places[issue_id]] += SEEING * ground.weight
    raised = np.exp(logits - logits.max())
    return dict(zip(places, (raised / raised.sum()).tolist(), strict=True))


def logits_of(labels: Sequence[str], logs: Floats, told: Testimony, held: Blend) -> Floats:
    """Logit of each label of the wording model, up to a common constant."""
    cues = np.array([max(told.cues.get(label, 0.0) - MUCH, 0.0) for label in labels])
    behind = np.array([float(label in told.behind) for label in labels])
    aside = np.array([ASIDE * (label in told.aside) for label in labels])
    outside = np.array([float(label == OUT_OF_SCOPE) for label in labels])
    return held.wording * logs + held.cues * cues + held.behind * behind - aside + held.outside * outside


@cache
def blend() -> Blend:
    """The packaged weights."""
    plain = json.loads(files("domain").joinpath("data/recognition.json").read_text(encoding="utf-8"))
    return Blend(**plain["blend"])


def _grounds(issue_id: str, said: str) -> list[_Ground]:
    found = [_ground(cue, spans, said) for cue in lexicon().cues[issue_id] if (spans := cue.find(said))]
    for alias in issue_table()[issue_id].aliases:
        if spans := affirmed(re.compile(re.escape(normalise(alias))), said):
            weight = min(ALIAS_MOST, ALIAS_WEIGHT * len(alias))
            found.append(_Ground(weight, f"说到“{alias}”", tuple(spans)))
    return found


def _ground(cue: Cue, spans: tuple[Span, ...], said: str) -> _Ground:
    words = " + ".join(said[a:b] for a, b in spans)
    return _Ground(cue.weight, f"说到“{words}”", spans)


def _seen(detections: Sequence[Detection]) -> list[tuple[str, _Ground]]:
    """Grounds from detections; labels that nobody knows say nothing."""
    found: list[tuple[str, _Ground]] = []
    for seen in detections:
        label = seen.label.strip().lower().replace("-", "_").replace(" ", "_")
        meant = lexicon().detections.get(label) or _named(seen.label)
        if meant:
            weight = DETECTION_WEIGHT * min(max(seen.score, 0.0), 1.0)
            found.append((meant, _Ground(weight, f"识别到“{seen.label[:30]}”（{seen.score:.2f}）", seen=True)))
    return found


def _named(label: str) -> str:
    """The issue that a Chinese label means, if one cue or alias carries it."""
    said = normalise(label)
    weights = {i: _weight(_grounds(i, said)) for i in issue_table()} if not said.isascii() else {}
    best = max(weights, key=lambda i: (weights[i], i), default="")
    return best if best and weights[best] >= STRONG / 2 else ""


def _weight(grounds: Sequence[_Ground]) -> float:
    if not grounds:
        return 0.0
    weights = sorted((ground.weight for ground in grounds), reverse=True)
    return weights[0] + REST * sum(weights[1:])


def _reasons(issue_id: str, words: str, grounds: Sequence[_Ground]) -> tuple[str, ...]:
    best = sorted(grounds, key=lambda ground: -ground.weight)[:3]
    alike = "、".join(wording().telling(words, issue_id))
    worded = (f"用语像这类上报（{alike}）",) if alike else ()
    return tuple(dict.fromkeys((*(ground.why for ground in best), *worded))) or ("没有更像的事项",)


def _is_sure(guesses: Sequence[IssueGuess], grounds: Mapping[str, Sequence[_Ground]], told: Testimony) -> bool:
    """Whether the first guess may stand.

    A lower probability suffices where a strong cue says the same; where only cues of other issues are strong, the
    witnesses contradict each other and no probability does.
    """
    if not guesses:
        return False
    carried = {i for i, found in grounds.items() if any(ground.weight >= STRONG for ground in found)}
    if guesses[0].issue in carried:
        return guesses[0].score >= blend().sure
    return guesses[0].score >= blend().sure_alone and not carried - told.behind - told.aside


def _several(ranked: Sequence[str], grounds: Mapping[str, Sequence[_Ground]], told: Testimony) -> tuple[str, ...]:
    """Issues carried by strong cues on words that no better issue uses, where these words alone read like them too."""
    taken: list[Span] = []
    apart: list[str] = []
    if not ranked or not any(ground.weight >= STRONG for ground in grounds[ranked[0]]):
        return ()
    hidden = told.behind | told.aside
    others = sorted((i for i in grounds if i not in ranked), key=lambda i: -_weight(grounds[i]))
    for issue_id in (*ranked, *others):
        if apart and (issue_id in hidden or issue_table()[issue_id].dispute == "boundary"):
            continue  # who it belongs to is a question about the first issue, not a second one
        strong = [ground for ground in grounds[issue_id] if ground.weight >= STRONG]
        free = [g for g in strong if not any(a < d and c < b for a, b in g.spans for c, d in taken)]
        if not apart or any(_fits(issue_id, ground, told.words) for ground in free):
            apart.append(issue_id)
            taken += [span for ground in strong for span in ground.spans]
    return tuple(apart) if len(apart) > 1 else ()


def _fits(issue_id: str, ground: _Ground, words: str) -> bool:
    """Whether the words of a cue, read alone, are worded like its issue; what was seen needs no words."""
    if not ground.spans:
        return True
    logs = wording().logs(words[min(a for a, _ in ground.spans) : max(b for _, b in ground.spans) + 1])
    return bool(logs[wording().labels.index(issue_id)] >= logs.max() - NEARLY)
