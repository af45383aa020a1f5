"""What the rules have said so far: proposals, caps, reasons for a person, evidence, citations."""

from dataclasses import dataclass, field

from domain.adjacency.rulebook import Effect
from domain.adjacency.selectors import Choices
from domain.opinion import RuleOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One rule's word on one duty; without choices it is a clear: nobody is to be named.

    `precedence` is 1 (strongest) to 8; `order` the place in which it was made; `choices` units with probabilities.
    """

    rule: str
    duty: str
    precedence: int
    order: int
    choices: Choices
    why: str
    clears: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """One rule's limit on a duty's status; `settles` says that the duty is determined instead."""

    rule: str
    duty: str
    precedence: int
    status: str
    why: str = ""
    settles: bool = False


@dataclass(slots=True, kw_only=True)
class Record:
    """Grows while the rules run; private to one decision."""

    proposals: list[Proposal] = field(default_factory=list[Proposal])
    withdrawn: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """(duty, rule) whose proposals no longer count."""
    caps: list[Cap] = field(default_factory=list[Cap])
    human: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    evidence: list[str] = field(default_factory=list[str])
    disputes: list[str] = field(default_factory=list[str])
    cites: list[tuple[str, Effect]] = field(default_factory=list[tuple[str, Effect]])
    """(rule, cite effect), in the order made."""
    deadlines: list[tuple[str, Effect]] = field(default_factory=list[tuple[str, Effect]])
    outcomes: list[RuleOutcome] = field(default_factory=list[RuleOutcome])
    emergency: bool = False

    def live(self, duty: str) -> list[Proposal]:
        """Proposals for a duty that nobody withdrew, strongest first."""
        kept = [p for p in self.proposals if p.duty == duty and (duty, p.rule) not in self.withdrawn]
        return sorted(kept, key=lambda p: (p.precedence, p.order))

    def dropped(self, duty: str) -> list[Proposal]:
        """Proposals for a duty that were withdrawn."""
        return [p for p in self.proposals if p.duty == duty and (duty, p.rule) in self.withdrawn]
