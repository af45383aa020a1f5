"""How sure it is: from proposals to one duty each, and from the duties to one confidence.

Probability of a unit for a duty
    (weight the rule gives) x (share the selector gives: place, match with the ledger, order of sectors).
Which proposal wins
    The strongest precedence whose first unit leads the second by at least 0.3. Where none does, the answer is unknown
    and the units are candidates.
Status
    `determined` from probability 0.7 with lead 0.3, else `provisional`; caps of rules lower it, unless a rule of
    stronger precedence settles the duty. Enforcement is never determined here: a person decides it.
Confidence of the opinion
    issue x weakest duty x consent, where
    issue    = 1 when recognition is sure, else best / (best + second) of its scores;
    weakest  = least probability among the duties at stake; 0.4 for one that could not be named, 0.5 when it waits for a
               ruling; supervision counts at least 0.5; enforcement only when something is to be enforced; upkeep not
               when it rests on an actor who is not a unit;
    consent  = 0.9 when the parties dispute, else 1.
    Below 0.7 a person must confirm (R50).
"""

from domain.adjacency.holdings import CLEAR_LEAD
from domain.adjacency.record import Cap, Proposal, Record
from domain.adjacency.situation import Scene, is_close
from domain.adjacency.vocabulary import DUTY_NAMES, STATUS_NAMES, STATUS_RANK, WHOM_TO_ASK
from domain.opinion import DUTIES, Candidate, Duty

DETERMINED_P = 0.7
"""From here a duty may stand as determined, and an opinion without a person's confirmation."""

UNKNOWN_P = 0.4
"""What a duty that could not be named counts in the confidence."""

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


def duty_of(scene: Scene, record: Record, duty: str) -> Duty:
    """Who bears a duty, how surely, and why."""
    best = winner(record, duty)
    if best is None:
        return _nobody(scene, record, duty)
    caps = _caps(record, duty)
    reasons = [best.why, *(cap.why for cap in caps if cap.why and not cap.settles)]
    if best.clears:
        return _unnamed(_status("provisional", record, duty), reasons)
    unit, probability = best.choices[0]
    if lead(best) < CLEAR_LEAD and not any(cap.settles for cap in caps):
        names = "、".join(unit.name for unit, _ in best.choices[:3])
        return _unnamed(
            _status("provisional", record, duty), [f"{names}难分先后，不能断定", _ask(scene, duty), *reasons]
        )
    sure = probability >= DETERMINED_P and duty != "enforcement"
    return Duty(
        unit=unit.code,
        unit_name=unit.name,
        level=unit.level.value,
        probability=round(probability, 4),
        status=_status("determined" if sure else "provisional", record, duty),
        reasons=_distinct(reasons),
    )


def _unnamed(status: str, reasons: list[str]) -> Duty:
    return Duty(unit="", unit_name="", level="", probability=0.0, status=status, reasons=_distinct(reasons))


def _nobody(scene: Scene, record: Record, duty: str) -> Duty:
    issue = scene.issue
    if issue is not None and duty == "enforcement" and not issue.enforcement:
        return _unnamed("not_applicable", ["该事项没有对应的行政处罚"])
    if rests_on_actor(scene, record, duty):
        status = "provisional" if issue is not None and issue.upkeep else "not_applicable"
        return _unnamed(
            _status(status, record, duty) if status != "not_applicable" else status,
            ["由行为人自行改正、清除，没有设施养护单位", WHOM_TO_ASK["actor"]],
        )
    caps = [cap.why for cap in _caps(record, duty) if cap.why and not cap.settles]
    reasons = [f"{DUTY_NAMES[duty]}单位没有查到，不能断定", _ask(scene, duty), *caps]
    return _unnamed(_status("provisional", record, duty), reasons)


def _ask(scene: Scene, duty: str) -> str:
    """Whom to ask next: for upkeep who keeps such things, for the rest which side it is on or whose duty it is."""
    if scene.issue is None or duty == "upkeep":
        return WHOM_TO_ASK[scene.issue.upkeep_by if scene.issue else ""]
    return WHOM_TO_ASK["place"] if is_close(scene) else WHOM_TO_ASK["sector"]


def _distinct(reasons: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(reason for reason in reasons if reason))


def _caps(record: Record, duty: str) -> list[Cap]:
    """Caps that count: weaker ones than a rule that settles the duty do not."""
    mine = sorted((cap for cap in record.caps if cap.duty == duty), key=lambda cap: cap.precedence)
    settling = [cap.precedence for cap in mine if cap.settles]
    limit = min(settling) if settling else 9
    return [cap for cap in mine if cap.settles or cap.precedence < limit]


def _status(own: str, record: Record, duty: str) -> str:
    caps = _caps(record, duty)
    if any(cap.settles for cap in caps):
        own = "determined"
    return max([own, *(cap.status for cap in caps if not cap.settles)], key=lambda status: STATUS_RANK[status])


def candidates_of(record: Record, duties: dict[str, Duty]) -> tuple[Candidate, ...]:
    """Others who may bear a duty, per duty by falling probability; with the named unit they sum to at most 1."""
    found: list[Candidate] = []
    for duty in DUTIES:
        named = duties[duty]
        room = 1.0 - named.probability
        weights = _others(record, duty, named.unit)
        total = sum(weight for _, _, weight in weights)
        scale = min(1.0, room / total) if total > 0.0 else 0.0
        for unit_code, name, weight in weights[:MAX_CANDIDATES]:
            reason = next(p.why for p in _said(record, duty) if any(u.code == unit_code for u, _ in p.choices))
            found.append(
                Candidate(
                    duty=duty, unit=unit_code, unit_name=name, probability=round(weight * scale, 4), reason=reason
                )
            )
    return tuple(found)


def _said(record: Record, duty: str) -> list[Proposal]:
    return [*record.live(duty), *record.dropped(duty)]


def _others(record: Record, duty: str, named: str) -> list[tuple[str, str, float]]:
    """Units other than the named one with their best weight, heaviest first."""
    best = winner(record, duty)
    weights: dict[str, tuple[str, float]] = {}
    for proposal in _said(record, duty):
        share = 1.0 if proposal is best else LOSER_SHARE
        for unit, weight in proposal.choices:
            before = weights.get(unit.code, (unit.name, 0.0))[1]
            weights[unit.code] = (unit.name, max(before, weight * share))
    ranked = sorted(weights.items(), key=lambda item: (-item[1][1], item[0]))
    return [(code, name, weight) for code, (name, weight) in ranked if code != named and weight > 0.0]


def confidence_of(scene: Scene, record: Record, *, enforced: bool, disputed: bool) -> float:
    """Confidence of the whole opinion, in [0, 1]; the formula is at the top of this module."""
    weakest = 1.0
    for duty in DUTIES:
        bearer = duty_of(scene, record, duty)
        at_stake = duty != "enforcement" or enforced
        if not at_stake or bearer.status == "not_applicable" or rests_on_actor(scene, record, duty):
            continue
        value = bearer.probability if bearer.unit else UNKNOWN_P
        if bearer.status == "pending_ruling":
            value = min(value, 0.5)
        weakest = min(weakest, max(value, 0.5) if duty == "supervision" else value)
    return round(_issue_certainty(scene) * weakest * (0.9 if disputed else 1.0), 4)


def _issue_certainty(scene: Scene) -> float:
    """1 when recognition is sure; else the share of the best of the two best readings."""
    if scene.issue is None:
        return UNKNOWN_P
    scores = sorted((score for _, score in scene.question.guesses), reverse=True)[:2]
    if scene.question.sure or not scores or sum(scores) <= 0.0:
        return 1.0 if scene.question.sure else 0.5
    return scores[0] / sum(scores)


def status_name(status: str) -> str:
    """A status as a Chinese reader would say it."""
    return STATUS_NAMES[status]
