"""Money in whole fen (分), never in floats; yuan and 万元 only at the edges."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction

FEN = 100
"""Fen in a yuan."""
WAN = 10_000
"""Yuan in 万元."""
MOST_CNY = 1_000_000_000_000
"""No payment of this kind comes near a trillion yuan: more is a slip of the pen."""


def fen_of(value: object) -> int:
    """Yuan as a scheme declares them, in fen.

    Args:
        value: An int, a Decimal, or text of one such as `1000000` or `350.05`; never a float.

    Raises:
        ValueError: If it is none of these, below nought, has less than a fen, or is beyond `MOST_CNY`.
    """
    if isinstance(value, bool | float) or not isinstance(value, int | Decimal | str):
        raise ValueError("金额须为整数或带引号的十进制数（元）")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"金额不是数：{str(value)[:30]}") from None
    if not amount.is_finite() or amount < 0 or amount > MOST_CNY:
        raise ValueError(f"金额超出范围：{str(value)[:30]}")
    fen = amount * FEN
    if fen != fen.to_integral_value():
        raise ValueError(f"金额不足一分：{str(value)[:30]}")
    return int(fen)


def yuan_text(fen: int) -> str:
    """`-1,000,000.00`: yuan with two decimals."""
    sign, size = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{size // FEN:,}.{size % FEN:02d}"


def wan_text(fen: int) -> str:
    """`878.3万元`: as people speak of such sums, exact."""
    amount = (Decimal(fen) / FEN / WAN).normalize()
    return f"{amount:f}万元"


def shares(fen: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split a sum by whole-number weights into whole fen that add up to it (largest remainders; ties by order).

    Raises:
        ValueError: If a weight is below nought, or none is above it.
    """
    total = sum(weights.values())
    if total <= 0 or min(weights.values()) < 0:
        raise ValueError("weights must not be negative, and not all nought")
    exact = {name: Fraction(abs(fen) * weight, total) for name, weight in weights.items()}
    parts = {name: int(share) for name, share in exact.items()}
    order: Sequence[str] = sorted(exact, key=lambda name: parts[name] - exact[name])
    for name in order[: abs(fen) - sum(parts.values())]:
        parts[name] += 1
    return {name: part if fen >= 0 else -part for name, part in parts.items()}
