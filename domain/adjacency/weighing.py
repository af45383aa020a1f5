"""What the rules' proposals come to before anybody asks how sure that is: who wins, by how much, under what caps.

Weight of a unit for a duty
    (weight the rule gives) x (share the selector gives: place, match with the ledger, order of sectors).
Which proposal wins
    The strongest precedence whose first unit leads the second by at least 0.3. Where none does, the answer is unknown
    and the units are candidates.
How these weights become probabilities is in `confidence`; who bears what in the end, in `bearing`.
"""

from domain.adjacency.holdings import CLEAR_LEAD
from domain.adjacency.record import Cap, Proposal, Record
from domain.adjacency.situation import Scene
from domain.adjacency.vocabulary import STATUS_NAMES, STATUS_RANK

DETERMINED_P = 0.7
"""From here a duty may stand as determined, and an opinion without a person's confirmation."""

LOSER_SHARE = 0.3
"""Share of its weight that a unit of a losing proposal keeps as a candidate."""

MAX_CANDIDATES = 4
"""Other candidates shown for one duty."""


def lead(proposal: Proposal) -> float:
    """How far the first choice is ahead of the second."""
    shares = [weight for _, weight in proposal.choices]
    return shares[0] - (shares[1] if len(shares) > 1 else 0.0) if shares else 0.0


def winner(record: Record, duty: str) -> Proposal | None:
    """The proposal that decides a duty; None when nobody proposed anything."""
    live = [p for p in record.live(duty) if p.choices or p.clears]
    settled = (p for p in live if p.clears or lead(p) >= CLEAR_LEAD)
    return next(settled, live[0] if live else None)


def rests_on_actor(scene: Scene, record: Record, duty: str) -> bool:
    """Whether upkeep is the actor's, and no unit stands in for it."""
    by_actor = scene.issue is not None and scene.issue.upkeep_by == "actor"
    return duty == "upkeep" and by_actor and winner(record, duty) is None


def is_settled(scene: Scene, record: Record, duty: str) -> bool:
    """Whether the duty has one clear bearer, or rests on purpose (halted by a line dispute, or the actor's)."""
    if rests_on_actor(scene, record, duty):
        return True
    best = winner(record, duty)
    if best is None:
        return False
    if best.clears:
        return best.precedence <= 2
    return lead(best) >= CLEAR_LEAD


def caps_on(record: Record, duty: str) -> list[Cap]:
    """Caps that count: weaker ones than a rule that settles the duty do not."""
    mine = sorted((cap for cap in record.caps if cap.duty == duty), key=lambda cap: cap.precedence)
    settling = [cap.precedence for cap in mine if cap.settles]
    limit = min(settling) if settling else 9
    return [cap for cap in mine if cap.settles or cap.precedence < limit]


def status_of(own: str, record: Record, duty: str) -> str:
    """The duty's own status as caps leave it."""
    caps = caps_on(record, duty)
    if any(cap.settles for cap in caps):
        own = "determined"
    return max([own, *(cap.status for cap in caps if not cap.settles)], key=lambda status: STATUS_RANK[status])


def said_of(record: Record, duty: str) -> list[Proposal]:
    """Every proposal for a duty, those withdrawn last."""
    return [*record.live(duty), *record.dropped(duty)]


def others_for(record: Record, duty: str, named: str) -> list[tuple[str, str, float]]:
    """Units other than the named one with their best weight, heaviest first."""
    best = winner(record, duty)
    weights: dict[str, tuple[str, float]] = {}
    for proposal in said_of(record, duty):
        share = 1.0 if proposal is best else LOSER_SHARE
        for unit, weight in proposal.choices:
            before = weights.get(unit.code, (unit.name, 0.0))[1]
            weights[unit.code] = (unit.name, max(before, weight * share))
    ranked = sorted(weights.items(), key=lambda item: (-item[1][1], item[0]))
    return [(code, name, weight) for code, (name, weight) in ranked if code != named and weight > 0.0]


def status_name(status: str) -> str:
    """A status as a Chinese reader would say it."""
    return STATUS_NAMES[status]
