"""What the responsibility agent is asked (确权定责的输入): everything it may look at, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.citation import Article
from domain.observation import Observation
from domain.region import BoundaryRelation


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCase:
    """An earlier case at this place; `distance_m` from the point asked about, metres, >= 0."""

    id: str
    issue: str
    day: date
    distance_m: float = 0.0
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """An administrative case opened (立案): which unit, when (aware), under which number; confirmed by a record."""

    unit: str
    at: datetime
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A settled matter that resembles this one (先例); explains, never binds.

    Attributes:
        issues: Issue ids it resembles; empty = matched by rule only.
        rules: Rules of the rule book it illustrates.
        source: Where it was published.
        ruling: How it was settled, in words.
        ruled: Whether a person with the power to do so ruled on it, in these records.
        features: `CaseFacts.to_json`; empty = read from its words.
        bearers: (duty, role) as it was settled, roles as `domain.precedentdraft.role_of` names them.
        basis: (law, article label, ISO date of the version) that it rests on.
        provenance: Who settled and admitted it and when, in Chinese, without names.
    """

    id: str
    title: str
    facts: str
    issues: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    year: int | None = None
    source: str = ""
    ruling: str = ""
    ruled: bool = False
    features: str = ""
    bearers: tuple[tuple[str, str], ...] = ()
    basis: tuple[tuple[str, str, str], ...] = ()
    provenance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question to `responsibility.decide`.

    Attributes:
        observation: The report, coordinates in WGS-84, with what the parties claim.
        issue: Issue id of the taxonomy (`P01`); empty when nothing was recognised.
        day: Civil day of the event (observed_at in China's zone): territory, units, powers, agreements and law are
            taken as they stood on it.
        boundary: `Territory.relate(point, accuracy_m, day)`.
        articles: What may be cited, by (law, article label), each with its status on `day`; ask
            `responsibility.needed_articles(issue)` which to resolve, leave out what the knowledge base lacks.
        guesses: Other readings of the report, (issue id, score in [0, 1]), best first, the chosen one included.
        sure: Whether recognition left no close second.
        several: Issues that look separately present in the report, the chosen one included.
        danger: Words of danger found (negation already respected).
        dispute_words: Words of dispute found by recognition.
        first_receiver: Code of the unit that received the report first; empty = the township office of the reporter's
            region, else of the likeliest township.
        history: Cases at this place in the last 90 days (others are ignored), any order.
        filings: Administrative cases already opened on the same act.
        precedents: Precedents retrieved by the caller; the packaged ones are always considered too.
        versions: Versions of code, knowledge base, model … to carry into the opinion.
    """

    observation: Observation
    issue: str
    day: date
    boundary: BoundaryRelation
    articles: Mapping[tuple[str, str], Article]
    guesses: tuple[tuple[str, float], ...] = ()
    sure: bool = True
    several: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()
    dispute_words: tuple[str, ...] = ()
    first_receiver: str = ""
    history: tuple[PastCase, ...] = ()
    filings: tuple[Filing, ...] = ()
    precedents: tuple[Precedent, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
