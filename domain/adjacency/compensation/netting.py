"""Who pays whom: transfers of a section, balances of parties, the settlement of a year. All in fen, all sum to 0."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.adjacency.compensation.money import shares, yuan_text
from domain.adjacency.compensation.schemes import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One party pays another `fen` > 0."""

    payer: str
    payee: str
    fen: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {"payer": self.payer, "payee": self.payee, "fen": self.fen, "cny": yuan_text(self.fen)}


def transfers(amount: int, upstream: Side, downstream: Side) -> tuple[Transfer, ...]:
    """Transfers of a section.

    Args:
        amount: Fen; above nought the downstream side pays, below it the upstream side.
        upstream: Parties with weights; they bear or get their shares.
        downstream: The same on the other side.
    """
    if amount == 0:
        return ()
    payers, payees = (downstream, upstream) if amount > 0 else (upstream, downstream)
    owed, due = shares(abs(amount), dict(payers)), shares(abs(amount), dict(payees))
    return tuple(_matched(owed, due))


def _matched(owed: Mapping[str, int], due: Mapping[str, int]) -> Iterable[Transfer]:
    """Pairs debts with claims in their order; both sides have the same sum."""
    claims = [(payee, fen) for payee, fen in due.items() if fen]
    for payer, debt in owed.items():
        left = debt
        while left:
            payee, claim = claims.pop(0)
            fen = min(left, claim)
            yield Transfer(payer=payer, payee=payee, fen=fen)
            left -= fen
            if claim > fen:
                claims.insert(0, (payee, claim - fen))


def balances(made: Iterable[Transfer], parties: Iterable[str] = ()) -> dict[str, int]:
    """What each party gets (above nought) or pays (below it); sums to nought. `parties` are listed even with nought."""
    found = dict.fromkeys(parties, 0)
    for one in made:
        found[one.payer] = found.get(one.payer, 0) - one.fen
        found[one.payee] = found.get(one.payee, 0) + one.fen
    return found


def by_pairs(made: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """Each pair settles the sum of what passed between the two."""
    sums: dict[tuple[str, str], int] = {}
    for one in made:
        forward = one.payer <= one.payee
        key = (one.payer, one.payee) if forward else (one.payee, one.payer)
        sums[key] = sums.get(key, 0) + (one.fen if forward else -one.fen)
    return tuple(
        Transfer(payer=first, payee=second, fen=fen) if fen > 0 else Transfer(payer=second, payee=first, fen=-fen)
        for (first, second), fen in sorted(sums.items())
        if fen
    )


def through(treasury: str, made: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """Every party settles its whole balance with the treasury."""
    own = {party: fen for party, fen in balances(made).items() if fen and party != treasury}
    return tuple(
        Transfer(payer=treasury, payee=party, fen=fen) if fen > 0 else Transfer(payer=party, payee=treasury, fen=-fen)
        for party, fen in sorted(own.items())
    )
